"""What was done to the part: flash operations, option changes, and the windows in which they are pending."""
