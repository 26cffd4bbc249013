"""The bootloader of an STM32 on a UART, as its host and it talk: commands, operations, findings.

Stacks on the stock decoder `uart`; 8 data bits, even parity, unless the host uses another format.
"""

from .pd import Decoder
