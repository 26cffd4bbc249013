"""SIG: how well the capture shows the wires: sampling, dead channels, borders, gaps."""
