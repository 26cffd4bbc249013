"""The options of decoders that a capture's own facts call for; all others keep their defaults.

Sources: the metadata of the stock decoder `uart` of libsigrokdecode 0.5.3, and of ours in `decoders/`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stm32trace_core.context import Context, bare_context
from stm32trace_core.machine import REPORT, Machine
from stm32trace_core.wire.uart import EVEN, MARK, NO_PARITY, ODD, SPACE, UartFormat

Option = str | int | float

# What ours can be told, each by an option of this name.
_OURS: dict[str, tuple[str, ...]] = {
    'stm32_boot_i2c': ('family', 'address', 'samplerate'),
    'stm32_boot_uart': ('family', 'samplerate'),
    'stm32_adi': ('samplerate',),
    'stm32_flash': ('family', 'samplerate'),
}
_PARITIES = {NO_PARITY: 'none', EVEN: 'even', ODD: 'odd', MARK: 'one', SPACE: 'zero'}

# Rates that devices are set to; a measured one is one of these if it is near.
_RATES = (
    1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 76800, 115200, 230400, 256000, 460800, 500000,
    921600, 1000000, 1500000, 2000000,
)  # fmt: skip
_NEAR = 0.02  # of the rate


class Formats(Machine):
    """Notes how the words of each UART line were read: a reporter for `analyze`."""

    consumes = (UartFormat,)
    phase = REPORT
    per_bus = False

    def __init__(self) -> None:
        super().__init__(bare_context())
        self.found: dict[tuple[str, str], UartFormat] = {}  # by bus and line

    def feed(self, record: Any) -> Iterable[Any]:
        """Keep the first format that is certain, else the last one."""
        held = self.found.get((record.bus, record.line))
        if held is None or not held.certain:
            self.found[record.bus, record.line] = record
        return ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What decoders may have to be told.

    context: of the analysis, with what the user said of the part. told_rate: the sample rate as the user gave it,
    None where the file's own holds. formats: see `Formats`.
    """

    context: Context
    told_rate: float | None = None
    formats: Mapping[tuple[str, str], UartFormat] = field(default_factory=dict)

    def options(self, decoder: str, bus: str) -> dict[str, Option]:
        """Return the options of one decoder on one bus that are not to be left at their defaults."""
        if decoder == 'uart':
            return dict(self._uart(bus))
        known = dict(self._known())
        return {name: known[name] for name in _OURS.get(decoder, ()) if name in known}

    def _known(self) -> Iterator[tuple[str, Option]]:
        if self.context.family is not None:
            yield 'family', self.context.family
        if self.context.address is not None:
            yield 'address', f'0x{self.context.address:02x}'
        if self.told_rate is not None:
            yield 'samplerate', round(self.told_rate)

    def _uart(self, bus: str) -> Iterator[tuple[str, Option]]:
        """The decoder reads both lines alike: as the host's is read, or the only one there is."""
        lines = {line: told for (name, line), told in sorted(self.formats.items()) if name == bus}
        if not lines:
            return
        read = lines.get('tx') or next(iter(lines.values()))
        if self.context.sample_rate:
            yield 'baudrate', usual_rate(read.baud)
        yield 'data_bits', read.data_bits
        yield 'parity', _PARITIES[read.parity]
        yield 'stop_bits', float(read.stop_bits)
        for line, told in lines.items():
            if told.inverted:
                yield f'invert_{line}', 'yes'


def usual_rate(baud: float) -> int:
    """Return the usual rate that a measured one stands for, else the measured one itself."""
    nearest = min(_RATES, key=lambda rate: abs(rate - baud))
    return nearest if abs(nearest - baud) <= _NEAR * nearest else round(baud)


def variant(value: Option) -> tuple[str, bytes]:
    """Return a value as GLib's type string and its bytes, as PulseView stores it."""
    if isinstance(value, str):
        return 's', value.encode() + b'\0'
    if isinstance(value, float):
        return 'd', struct.pack('<d', value)
    return 'x', struct.pack('<q', value)
