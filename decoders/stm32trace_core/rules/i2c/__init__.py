"""I2C: the link itself: who answers, who holds which line, for how long."""
