"""Debug and access ports of an STM32: registers with their fields, and accesses to memory through them.

Stacks on `stm32_swd`, or on the stock decoder `swd`, which does not tell bad parity nor switching sequences.
"""

from .pd import Decoder
