"""The oracle of line/i2c.py: I2C framing sample by sample, as UM10204 and I2cByte put it.

Slow and plain. Shares nothing with the decoder but the record type.
"""

from __future__ import annotations

from itertools import pairwise

from stm32trace.capture.changes import Changes, to_samples
from stm32trace_core.wire.i2c import BYTE, PARTIAL, RESTART, START, STOP, I2cByte


class Pulse:
    """One SCL pulse."""

    def __init__(self, rise: int, low_start: int, level: int) -> None:
        self.rise = rise
        self.low_start = low_start
        self.level = level
        self.ended = False


class Framer:
    """Levels of SCL and SDA in, I2cByte out."""

    def __init__(self, bus: str) -> None:
        self.bus = bus
        self.words: list[I2cByte] = []
        self.inside = False
        self.pulses: list[Pulse] = []  # since the last byte, START or STOP
        self.fall = 0

    def run(self, block: Changes) -> list[I2cByte]:
        """Frame one run."""
        states = [(int(state) & 1, int(state) >> 1) for state in to_samples(block)]
        for number, (before, now) in enumerate(pairwise(states), start=block.start + 1):
            self.sample(number, before, now)
        self.cut(block.stop)
        return self.words

    def sample(self, number: int, before: tuple[int, int], now: tuple[int, int]) -> None:
        if before[0] < now[0]:
            self.pulses.append(Pulse(number, self.fall, now[1]))
        elif before[0] > now[0]:
            self.fall = number
            if self.pulses:
                self.pulses[-1].ended = True
            self.close_byte(number)
        elif now[0] and before[1] != now[1]:
            self.condition(number, start=before[1] > now[1])

    def close_byte(self, end: int) -> None:
        if self.inside and len(self.pulses) == 9:
            bits = ''.join(str(pulse.level) for pulse in self.pulses)
            self.word(BYTE, end, int(bits[:8], 2), self.pulses, acked=bits[8] == '0')
            self.pulses = []

    def cut(self, end: int) -> None:
        """What a START, a STOP or the end of the data does to the word that is open."""
        self.close_byte(end)
        whole = [pulse for pulse in self.pulses if pulse.ended]
        if not whole:
            return
        if self.inside:
            value = int(''.join(str(pulse.level) for pulse in whole), 2)
            self.word(PARTIAL, end, value, whole)
        else:
            start = whole[0].rise
            self.words.append(
                I2cByte(start, end, self.bus, PARTIAL, 0, len(whole), False, 0, 0, start)
            )

    def word(
        self, kind: int, end: int, value: int, pulses: list[Pulse], acked: bool = False
    ) -> None:
        lows = [pulse.rise - pulse.low_start for pulse in pulses]
        bit = lows.index(max(lows))
        self.words.append(
            I2cByte(
                pulses[0].rise,
                end,
                self.bus,
                kind,
                value,
                len(pulses),
                acked,
                lows[bit],
                bit,
                pulses[bit].low_start,
            )
        )

    def condition(self, number: int, start: bool) -> None:
        self.cut(number)
        kind = (RESTART if self.inside else START) if start else STOP
        low, low_start = 0, number
        if self.inside and self.pulses:
            low_start = self.pulses[-1].low_start
            low = self.pulses[-1].rise - low_start
        self.words.append(
            I2cByte(number, number + 1, self.bus, kind, 0, 0, False, low, 0, low_start)
        )
        self.inside = start
        self.pulses = []
