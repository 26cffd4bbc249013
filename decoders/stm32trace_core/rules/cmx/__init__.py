"""CMX: the core under debug: halt, reset, lock-up, and programs that the probe runs in RAM."""
