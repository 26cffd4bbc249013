"""A virtual STM32 and what belongs to it: waveform synthesis now, targets and servers later.

Nothing but `cli` and the tests imports this package, and it imports no protocol or device table of
the core: what it says on the wire is typed again from the manuals, else the truth would be
circular.
"""
