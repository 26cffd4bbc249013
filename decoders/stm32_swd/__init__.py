"""Serial Wire Debug: packets with parity, WAIT and FAULT, line resets and switching sequences.

Finds what the stock decoder `swd` finds, and more; what is stacked on that one can be stacked on this one.
"""

from .pd import Decoder
