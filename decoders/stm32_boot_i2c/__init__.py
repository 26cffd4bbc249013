"""The bootloader of an STM32 on I2C, as its host and it talk: commands, operations, findings.

Stacks on the stock decoder `i2c`.
"""

from .pd import Decoder
