"""Which decoders PulseView stacks on a bus, from the wires up.

Sources: the metadata of the decoders themselves, ours in `decoders/`, the stock ones of libsigrokdecode 0.5.3; the
tests compare these tables with both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """One decoder of a stack.

    roles: ours, in the order of the decoder's own channels, the optional ones after the required ones; '' for a
        channel that no role of ours stands for.
    hidden: numbers of its annotation rows that are left out, since they show single bits.
    """

    decoder: str
    roles: tuple[str, ...] = ()
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Stack:
    """The decoders of one protocol, the one that reads the wires first."""

    title: str
    layers: tuple[Layer, ...]


STACKS: dict[str, Stack] = {
    'i2c': Stack(
        'I2C bootloader', (Layer('i2c', ('scl', 'sda'), hidden=(0,)), Layer('stm32_boot_i2c'))
    ),
    'swd': Stack(
        'SWD', (Layer('stm32_swd', ('swclk', 'swdio')), Layer('stm32_adi'), Layer('stm32_flash'))
    ),
    'uart': Stack(
        'UART bootloader', (Layer('uart', ('rx', 'tx'), hidden=(0, 5)), Layer('stm32_boot_uart'))
    ),
    'jtag': Stack('JTAG', (Layer('jtag', ('tdi', 'tdo', 'tck', 'tms', 'trst', '', '')),)),
    'spi': Stack('SPI', (Layer('spi', ('sck', 'miso', 'mosi', 'ncs')),)),
    'can': Stack('CAN', (Layer('can', ('can_rx',)),)),
}
