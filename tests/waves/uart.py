"""UART dialogues, as levels of TX, RX and the slow lines.

A frame is a start bit (the line leaves its idle level), data bits from the least significant on,
perhaps a parity bit, and stop bits. TX is what the host sends, RX what the target sends.

    wave = UartWave(baud=115200)                      # 8E1 on both lines
    wave.tx([0x7F]).idle(1e-3).rx([0x79])             # one after the other
    wave.tx([0x00, 0xFF], gap=2)                      # two bits of silence after each frame
    wave.both(tx=b'...', rx=b'...')                   # both lines at once
    wave.use(baud=9600).use('rx', parity='none')      # from here on; both lines, one line
    wave.break_('rx', bits=20).glitch('tx', 1234)

`words` is what a decoder that knows the formats should find, `formats` what was used from which
sample on. They do not know of glitches, raw levels and cuts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from stm32trace.capture.changes import Changes
from stm32trace.simulator.wave import Wave
from stm32trace_core.wire.uart import (
    BAD_PARITY,
    BAD_STOP,
    BREAK,
    EVEN,
    MARK,
    NO_PARITY,
    ODD,
    RX,
    SPACE,
    TX,
    UartWord,
)

LEAD_IN_S = 1e-3  # of idle lines before anything is said
LEAD_IN_BITS = 20  # at least


@dataclass(frozen=True, slots=True)
class Frame:
    """How the bytes of a line are framed."""

    baud: float
    data_bits: int = 8
    parity: str = EVEN
    stop_bits: float = 1

    def levels(self, value: int, bad_parity: bool = False) -> list[int]:
        """Return the levels of the start bit, the data bits and the parity bit; idle is 1."""
        data = [value >> bit & 1 for bit in range(self.data_bits)]
        return [0, *data, *(level ^ bad_parity for level in self._parity(sum(data) & 1))]

    def _parity(self, odd: int) -> list[int]:
        known = {NO_PARITY: [], EVEN: [odd], ODD: [1 - odd], MARK: [1], SPACE: [0]}
        return known[self.parity]

    @property
    def bits(self) -> float:
        """Length of a frame."""
        return 1 + self.data_bits + (self.parity != NO_PARITY) + self.stop_bits


class UartWave:
    """A dialogue on one UART: verbs append to it and return it.

    rate: samples per second. lines: those that are captured, ('tx',) for the host's alone. inverted:
    idle is low. skew: how much faster than told a line is: {'rx': 0.02}. jitter: an edge is up to so
    many bits early or late, at random. boot0, nrst, vdd: initial level of a slow line that is
    captured, None for one that is not.
    """

    def __init__(
        self,
        rate: float = 4_000_000,
        baud: float = 115_200,
        parity: str = EVEN,
        data_bits: int = 8,
        stop_bits: float = 1,
        *,
        lines: Sequence[str] = (TX, RX),
        inverted: bool = False,
        skew: Mapping[str, float] | None = None,
        jitter: float = 0.0,
        seed: int = 1,
        boot0: int | None = None,
        nrst: int | None = None,
        vdd: int | None = None,
        bus: str = 'uart0',
    ) -> None:
        slow = {'nrst': nrst, 'boot0': boot0, 'vdd': vdd}
        levels = {role: level for role, level in slow.items() if level is not None}
        self.rate = rate
        self.bus = bus
        self.now = max(LEAD_IN_S, LEAD_IN_BITS / baud)  # seconds
        self.frames = dict.fromkeys((TX, RX), Frame(baud, data_bits, parity, stop_bits))
        self.formats: list[tuple[int, str, Frame]] = []  # (first sample, line, format)
        self._lines = tuple(lines)
        self._idle = int(not inverted)
        self.wave = Wave(rate, {**dict.fromkeys((TX, RX), self._idle), **levels})
        self._skew = dict(skew or {})
        self._jitter = jitter
        self._random = np.random.default_rng(seed)
        self._said: list[UartWord] = []
        self._edge = 0  # last sample at which a line was set

    def __repr__(self) -> str:
        """Tell how it was made, for tests that fail."""
        return f'UartWave({self.rate:g}, {self.frames}, {len(self._said)} words)'

    # What is asked of a dialogue.

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in the order of the channels: the captured lines, then the slow ones."""
        return (*self._lines, *(role for role in self.wave.roles if role not in (TX, RX)))

    @property
    def length(self) -> int:
        """Number of samples: up to now, and beyond the last edge."""
        return max(self.wave.sample(self.now), self._edge + 1)

    @property
    def words(self) -> list[UartWord]:
        """The words of the captured lines, in the order of their ends."""
        said = [word for word in self._said if word.line in self._lines]
        return sorted(said, key=lambda word: (word.end, self._lines.index(word.line)))

    def changes(self, roles: Iterable[str] | None = None) -> Changes:
        """Return all of it as one block, or the lines `roles` only."""
        return self.wave.changes(self.roles if roles is None else roles, self.length)

    def lines(self) -> Changes:
        """Return the captured lines as one block: what a line decoder takes."""
        return self.changes(self._lines)

    def blocks(self, cuts: Iterable[int], roles: Iterable[str] | None = None) -> Iterator[Changes]:
        """Yield what `changes` returns, cut at the samples `cuts`."""
        return self.wave.blocks(cuts, self.roles if roles is None else roles, self.length)

    def write_sr(self, path: Path | str) -> int:
        """Write all lines, those not captured too, as a sigrok session; return the number of samples."""
        return self.wave.write_sr(path, self.length)

    # Verbs: frames.

    def tx(self, data: Iterable[int], **how: Any) -> Self:
        """The host sends `data`; `how` as for `send`."""
        return self.send(TX, data, **how)

    def rx(self, data: Iterable[int], **how: Any) -> Self:
        """The target sends `data`; `how` as for `send`."""
        return self.send(RX, data, **how)

    def both(self, tx: Iterable[int], rx: Iterable[int], **how: Any) -> Self:
        """Both send at once; what follows begins when both are done."""
        begun = self.now
        self.tx(tx, **how)
        done, self.now = self.now, begun
        self.rx(rx, **how)
        self.now = max(self.now, done)
        return self

    def send(
        self,
        line: str,
        data: Iterable[int],
        *,
        gap: float = 0.0,
        bad_parity: bool = False,
        bad_stop: bool = False,
        **other: Any,
    ) -> Self:
        """Frames without a pause but for `gap` bits after each.

        bad_parity: with a wrong parity bit. bad_stop: the line is at its start level where the first
        stop bit should be. other: fields of `Frame` that differ from those in use.
        """
        frame = replace(self.frames[line], **other)
        bit = 1 / (frame.baud * (1 + self._skew.get(line, 0.0)))
        for value in data:
            begun = self.now
            levels = [*frame.levels(value, bad_parity), int(not bad_stop)]
            places = [begun + number * bit for number in range(len(levels))]
            start = self._bits(line, levels, places, bit)
            if bad_stop:
                self._set(line, places[-1] + bit, 1, bit)
            self.now = begun + (frame.bits + bad_stop) * bit
            flags = BAD_PARITY * bad_parity | BAD_STOP * bad_stop
            self._note(line, frame, start, begun + frame.bits * bit, value, flags)
            self.now += gap * bit
        return self

    def break_(self, line: str, bits: float = 13) -> Self:
        """Hold the line at its start level for `bits` bit times, then a bit of idle."""
        frame = self.frames[line]
        bit = 1 / frame.baud
        start = self._set(line, self.now, 0, bit)
        self.now += bits * bit
        self._note(line, frame, start, self.now, 0, BREAK)
        self._set(line, self.now, 1, bit)
        self.now += bit
        return self

    def raw(self, line: str, levels: str) -> Self:
        """Levels ('0', '1') of a bit time each, 1 being idle; the line is idle afterwards."""
        bit = 1 / self.frames[line].baud
        places = [self.now + number * bit for number in range(len(levels) + 1)]
        self._bits(line, [*map(int, levels), 1], places, bit)
        self.now = places[-1]
        return self

    # Verbs: formats, lines and time.

    def use(self, line: str | None = None, **other: Any) -> Self:
        """Give fields of `Frame` other values from now on: of one line, or of both."""
        for name in (TX, RX) if line is None else (line,):
            self.frames[name] = replace(self.frames[name], **other)
        return self

    def idle(self, seconds: float) -> Self:
        """Nothing changes for `seconds`."""
        self.now += seconds
        return self

    def level(self, role: str, value: int) -> Self:
        """Give any line another level from now on."""
        self.wave.set(role, self.now, value)
        self._edge = max(self._edge, self.wave.sample(self.now))
        return self

    def pulse(self, role: str, seconds: float) -> Self:
        """Give a line its other level for `seconds`, which pass."""
        before = self.wave.level(role)
        return self.level(role, 1 - before).idle(seconds).level(role, before)

    def glitch(self, role: str, sample: int, width: int = 1) -> Self:
        """Invert a line over `width` samples from `sample` on, wherever that is."""
        self.wave.glitch(role, sample, width)
        return self

    def _bits(self, line: str, levels: Sequence[int], places: Sequence[float], bit: float) -> int:
        """Set levels at places in seconds; return the sample of the first one."""
        first = self._set(line, places[0], levels[0], bit)
        for number in range(1, len(levels)):
            if levels[number] != levels[number - 1]:
                self._set(line, places[number], levels[number], bit)
        return first

    def _set(self, line: str, seconds: float, level: int, bit: float) -> int:
        """Set a line, 1 being idle; return the sample."""
        if self._jitter:
            seconds += self._jitter * bit * self._random.uniform(-1, 1)
        sample = self.wave.sample(seconds)
        self.wave.set(line, seconds, level if self._idle else 1 - level)
        self._edge = max(self._edge, sample)
        return sample

    def _note(
        self, line: str, frame: Frame, start: int, end: float, value: int, flags: int
    ) -> None:
        known = next((one[2] for one in reversed(self.formats) if one[1] == line), None)
        if known != frame:
            self.formats.append((start, line, frame))
        sample = self.wave.sample(end)
        self._said.append(UartWord(start, sample, self.bus, line, value, flags))


def dense_uart(
    words: int, rate: float = 4_000_000, baud: float = 115_200, seed: int = 1
) -> UartWave:
    """Random bytes on both lines at once, 8E1, without a pause.

    10 million samples are dense_uart(26_000).
    """
    random = np.random.default_rng(seed)
    wave = UartWave(rate, baud)
    wave.both(random.integers(0, 256, words).tolist(), random.integers(0, 256, words).tolist())
    return wave.idle(LEAD_IN_S)
