"""Waves to decoders, in this process: what a stack shows, passes on and writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from decoders.hosts import Layer, Notes, Wires, run
from waves.i2c import I2cWave
from waves.swd import SwdWave
from waves.uart import UartWave

SWD = (Layer('stm32_swd', {'swclk': 'swclk', 'swdio': 'swdio'}),)
ADI = (*SWD, Layer('stm32_adi'))
FLASH = (*ADI, Layer('stm32_flash'))
I2C = (Layer('i2c', {'scl': 'scl', 'sda': 'sda'}), Layer('stm32_boot_i2c'))


def uart(baud: int = 115_200, parity: str = 'even') -> tuple[Layer, ...]:
    options = {'baudrate': baud, 'parity': parity}
    return (Layer('uart', {'tx': 'tx', 'rx': 'rx'}, options), Layer('stm32_boot_uart'))


def noted(wave: I2cWave | SwdWave | UartWave, stack: tuple[Layer, ...], **options: Any) -> Notes:
    """Run a stack on the lines of a wave; options: of the topmost decoder."""
    top = stack[-1]
    stack = (*stack[:-1], Layer(top.decoder, top.channels, {**top.options, **options}))
    lines = wave.changes(tuple(stack[0].channels.values()))
    return run(Wires(lines, wave.rate), stack, wave.rate)


def shown(notes: Notes, *classes: str) -> list[str]:
    """Return the texts of some classes, in the order in which they were put."""
    return [text for name, text in texts(notes) if name in classes]


def texts(notes: Notes) -> Iterator[tuple[str, str]]:
    for name, annotation in zip(notes.classes, notes.annotations, strict=True):
        yield name, annotation.text
