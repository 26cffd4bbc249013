"""FLS: the flash controller, as its registers are written and read over SWD."""
