"""Dialogue builders: a test writes the conversation, not the bits, and gets samples and truth."""
