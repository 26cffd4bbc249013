"""What a debugger does to an STM32: flash, option bytes, core, programs in SRAM; operations and findings.

Stacks on `stm32_adi`.
"""

from .pd import Decoder
