"""ADIv5: what the packets mean. Registers of debug and access ports, memory accesses, and how the link does."""
