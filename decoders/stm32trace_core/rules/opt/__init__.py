"""OPT: option bytes, read-out protection and boot selection."""
