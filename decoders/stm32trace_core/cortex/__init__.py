"""Core debug of Cortex-M: halt, run, reset, core registers, and programs that a probe runs in the part's SRAM."""
