"""BLS: the session with the bootloader: what a host does with the commands, and in which order."""
