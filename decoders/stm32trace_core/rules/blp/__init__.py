"""BLP: the protocol of the ROM bootloader, frame by frame and status by status."""
