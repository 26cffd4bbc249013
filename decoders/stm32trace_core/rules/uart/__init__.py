"""UART: the link itself: rate and parity of both sides, synchronisation, echoes, breaks, framing."""
