"""RST: reset, boot pins and supply, as seen on their lines."""
