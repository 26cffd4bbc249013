"""I2C dialogues with true bus timing (UM10204), as levels of SCL, SDA and the slow lines.

A bit takes one clock period: SCL is low for its first half, SDA changes at three tenths, SCL is
high for the second half. START: SDA falls, half a period later SCL. STOP: SCL rises with SDA low,
half a period later SDA rises, and the bus stays free for half a period more. After `stop=False` SCL
stays low after the ninth bit, and the next `write` or `read` begins with a repeated START.

`transfers` is the truth about what was said with `write`, `read`, `start`, `byte`, `bits` and
`stop`. It does not know of lines that are held or glitches that are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from stm32trace.capture.changes import Changes, cut
from stm32trace.simulator.wave import Wave
from stm32trace_core.wire.i2c import (
    ADDRESS_NACK,
    BROKEN,
    EMPTY,
    OK,
    TRUNCATED,
    I2cTransfer,
)

SDA_CHANGE = 0.3  # of a clock period, after the SCL fall
HALF = 0.5
LEAD_IN = 10  # clock periods of idle bus before anything is said
STRAY_LIMIT = 2  # a third bit after the last whole byte makes the transfer broken

TEN_BIT_HEADER = 0b11110_000  # UM10204 3.1.11: 11110, A9, A8, R/W
BYTE_MASK = 0xFF
SEVEN_BITS = 0x7F


@dataclass(slots=True)
class _Said:
    """A transfer as far as it was said."""

    start: int
    restart: bool
    address: int | None = None  # as given to `write` or `read`
    ten_bit: bool = False
    header: int = 1  # number of address bytes
    values: list[int] = field(default_factory=list)  # of the bytes that are complete
    acked: list[bool] = field(default_factory=list)
    lows: list[tuple[int, int]] = field(
        default_factory=list
    )  # SCL low phase before each bit: [fall, rise)
    bits: int = 0  # of the byte that is being said
    value: int = 0  # these bits
    stretch: dict[tuple[int, int], float] = field(default_factory=dict)

    def held(self, last: tuple[int, int]) -> tuple[int, int]:
        """Return (length, start) of the longest low phase that the target can have held.

        Each byte counts with its longest low phase only, the first of equals; `last`: that before
        the SCL pulse of the STOP or repeated START.
        """
        words = [self.lows[at : at + 9] for at in range(0, len(self.lows), 9)]
        found = []
        for number, word in enumerate(words):
            lengths = [rise - fall for fall, rise in word]
            bit = lengths.index(max(lengths))
            if bit == 8 or (bit == 0 and number > 0):
                found.append(word[bit])
        if self.values and not self.bits:
            found.append(last)
        best = max(found, key=lambda low: low[1] - low[0], default=(self.start, self.start))
        length = best[1] - best[0]
        return length, best[0] if length else self.start

    def transfer(self, bus: str, end: int, stopped: bool, last: tuple[int, int]) -> I2cTransfer:
        """Return the record of this transfer, closed at sample `end`."""
        whole = len(self.values) >= self.header
        address = self.address
        if address is None and self.values:
            address = self.values[0] >> 1
        stretch, stretch_start = self.held(last)
        return I2cTransfer(
            start=self.start,
            end=end,
            bus=bus,
            address=-1 if address is None or not whole else address,
            ten_bit=self.ten_bit,
            write=bool(self.values) and not self.values[0] & 1,
            data=bytes(self.values[self.header :]),
            acked=tuple(self.acked),
            restart=self.restart,
            stopped=stopped,
            outcome=self._outcome(whole),
            stretch=stretch,
            stretch_start=stretch_start,
            stray_bits=self.bits,
        )

    def _outcome(self, whole: bool) -> str:
        if self.bits > STRAY_LIMIT:
            return BROKEN
        if not all(self.acked[: self.header]):
            return ADDRESS_NACK
        return OK if whole else EMPTY


class I2cWave:
    """A dialogue on one I2C bus: verbs append to it and return it.

    rate: samples per second; clock: SCL in Hz. boot0, nrst, vdd: initial level of a slow line that
    is captured, None for one that is not.
    """

    def __init__(
        self,
        rate: float = 1_000_000,
        clock: float = 100_000,
        boot0: int | None = None,
        nrst: int | None = None,
        vdd: int | None = None,
        bus: str = 'i2c0',
    ) -> None:
        slow = {'nrst': nrst, 'boot0': boot0, 'vdd': vdd}
        levels = {role: level for role, level in slow.items() if level is not None}
        self.wave = Wave(rate, {'scl': 1, 'sda': 1, **levels})
        self.rate = rate
        self.bus = bus
        self.period = 1 / clock
        self.now = LEAD_IN * self.period  # seconds
        self._said: list[I2cTransfer] = []
        self._open: _Said | None = None
        self._fall = 0  # sample of the last SCL fall
        self._stretch: dict[tuple[int, int], float] = {}
        self._forced: set[str] = set()
        self._wanted: dict[str, int] = {}  # level that a forced line returns to
        self._edge = 0  # last sample at which a line was set

    # What is asked of a dialogue.

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in the order of the channels: 'scl', 'sda', then the slow lines."""
        return self.wave.roles

    @property
    def length(self) -> int:
        """Number of samples: up to now, and beyond the last edge."""
        return max(self.wave.sample(self.now), self._edge + 1)

    @property
    def transfers(self) -> list[I2cTransfer]:
        """The transfers said so far; one that is open ends, truncated, with the capture."""
        if self._open is None:
            return list(self._said)
        last = (self._open.start, self._open.start)
        truncated = self._open.transfer(self.bus, self.length, stopped=False, last=last)
        return [*self._said, truncated._replace(outcome=TRUNCATED)]

    def changes(self, roles: Iterable[str] | None = None) -> Changes:
        """Return all of it as one block, or the lines `roles` only."""
        return self.wave.changes(roles, self.length)

    def lines(self) -> Changes:
        """Return SCL and SDA as one block: what a line decoder takes."""
        return self.changes(('scl', 'sda'))

    def blocks(self, cuts: Iterable[int], roles: Iterable[str] | None = None) -> Iterator[Changes]:
        """Yield what `changes` returns, cut at the samples `cuts`."""
        return self.wave.blocks(cuts, roles, self.length)

    def write_sr(self, path: Path | str) -> int:
        """Write the dialogue as a sigrok session and return the number of samples."""
        return self.wave.write_sr(path, self.length)

    # Verbs: transfers.

    def write(
        self,
        address: int,
        data: Iterable[int] = (),
        ack: bool = True,
        nack_at: int | None = None,
        stop: bool = True,
        ten_bit: bool = False,
    ) -> Self:
        """START, address + W, the bytes of `data`, STOP.

        ack=False: nobody answers, the host goes on to the STOP. nack_at: that byte of `data` is not
        acknowledged and is the last one sent. 10-bit addressing for addresses above 0x7F or
        `ten_bit`.
        """
        self.start()
        self._address(address, ten_bit, ack)
        if ack:
            self._data(data, nack_at)
        return self.stop() if stop else self

    def read(
        self,
        address: int,
        data: Iterable[int] = (),
        ack: bool = True,
        last_nack: bool = True,
        stop: bool = True,
        ten_bit: bool = False,
    ) -> Self:
        """START, address + R, the bytes of `data`, the last one not acknowledged, STOP.

        last_nack=False: the host acknowledges the last byte as well. With 10-bit addressing a write
        of the address and a repeated START come first, but for a read that follows such a write
        with stop=False.
        """
        answer = list(data)
        if ten_bit or address > SEVEN_BITS:
            self._ten_bit_read_header(address, ten_bit, ack)
        else:
            self.start()
            self._transfer.address = address
            self.byte(address << 1 | 1, ack)
        if ack:
            self._data(answer, len(answer) - 1 if last_nack else None)
        return self.stop() if stop else self

    def stretch(self, seconds: float, byte: int = 0, bit: int = 8) -> Self:
        """Let the target hold SCL low for `seconds` more than usual in the next transfer.

        bit 8 of `byte`: before its ACK bit; bit 0: before its first bit, thus after the ACK of the
        byte before. Byte 0 is the (first) address byte. Bit 0 of the byte after the last one:
        before the STOP.
        """
        self._stretch[byte, bit] = seconds
        return self

    # Verbs: pieces of transfers.

    def start(self) -> Self:
        """START, or a repeated START within a transfer; SCL is low afterwards."""
        before = self._open
        low = self._rise(1) if before else (0, 0)
        start = self._set('sda', self.now, 0)
        if before:
            self._said.append(before.transfer(self.bus, start, stopped=False, last=low))
        self._open = _Said(start, restart=before is not None, stretch=self._stretch)
        self._stretch = {}
        self.now += HALF * self.period
        self._fall = self._set('scl', self.now, 0)
        return self

    def byte(self, value: int, ack: bool = True) -> Self:
        """Eight bits, most significant first, and the ACK bit."""
        return self.bits(f'{value:08b}' + ('0' if ack else '1'))

    def bits(self, levels: str) -> Self:
        """Clock pulses with SDA at these levels ('0', '1').

        Within a transfer nine make a byte; outside of one they leave SCL high (the pulses that free
        a bus).
        """
        for level in levels:
            if self._open is None:
                self._fall = self._set('scl', self.now, 0)
                self._rise(int(level))
            else:
                self._bit(self._open, int(level))
        return self

    def stop(self) -> Self:
        """STOP; the bus is free afterwards."""
        low = self._rise(0)
        end = self._set('sda', self.now, 1) + 1
        self._said.append(self._transfer.transfer(self.bus, end, stopped=True, last=low))
        self._open = None
        self.now += HALF * self.period
        return self

    # Verbs: lines and time.

    def idle(self, seconds: float) -> Self:
        """Nothing changes for `seconds`; within a transfer SCL stays low."""
        self.now += seconds
        return self

    def level(self, role: str, value: int) -> Self:
        """Give a line (a slow one, as a rule) another level from now on."""
        self._set(role, self.now, value)
        return self

    def pulse(self, role: str, seconds: float) -> Self:
        """Give a line its other level for `seconds`, which pass."""
        before = self.wave.level(role)
        return self.level(role, 1 - before).idle(seconds).level(role, before)

    def hold(self, role: str, value: int, seconds: float | None = None) -> Self:
        """Let something hold a line at `value` for `seconds`, which pass; None: until `release`.

        Whatever is said meanwhile does not change the line.
        """
        before = self.wave.level(role)
        self._set(role, self.now, value)
        self._wanted[role] = before
        self._forced.add(role)
        return self if seconds is None else self.idle(seconds).release(role)

    def release(self, role: str) -> Self:
        """End a `hold`: the line takes the level that the dialogue wants now."""
        self._forced.discard(role)
        self._set(role, self.now, self._wanted[role])
        return self

    def glitch(self, role: str, sample: int, width: int = 1) -> Self:
        """Invert a line over `width` samples from `sample` on, wherever that is."""
        self.wave.glitch(role, sample, width)
        return self

    def _set(self, role: str, seconds: float, level: int) -> int:
        """Set a line unless it is held; return the sample."""
        sample = self.wave.sample(seconds)
        self._wanted[role] = level
        if role not in self._forced:
            self.wave.set(role, seconds, level)
            self._edge = max(self._edge, sample)
        return sample

    def _rise(self, level: int) -> tuple[int, int]:
        """SDA to `level` in the low phase that has begun, then SCL high for half a period.

        Returns the low phase, [fall, rise).
        """
        said = self._open
        extra = 0.0 if said is None else said.stretch.pop((len(said.values), said.bits), 0.0)
        self._set('sda', self.now + SDA_CHANGE * self.period, level)
        self.now += HALF * self.period + extra
        rise = self._set('scl', self.now, 1)
        self.now += HALF * self.period
        return self._fall, rise

    def _bit(self, said: _Said, level: int) -> None:
        said.lows.append(self._rise(level))
        self._fall = self._set('scl', self.now, 0)
        said.bits += 1
        if said.bits == 9:
            said.values.append(said.value)
            said.acked.append(not level)
            said.bits = said.value = 0
        else:
            said.value = said.value << 1 | level

    @property
    def _transfer(self) -> _Said:
        assert self._open is not None, 'there is no START'
        return self._open

    def _address(self, address: int, ten_bit: bool, ack: bool) -> None:
        """Say the address bytes of a write."""
        said = self._transfer
        said.address = address
        if not ten_bit and address <= SEVEN_BITS:
            self.byte(address << 1, ack)
            return
        said.ten_bit, said.header = True, 2
        self.byte(TEN_BIT_HEADER | address >> 8 << 1, ack)
        if ack:
            self.byte(address & BYTE_MASK)

    def _ten_bit_read_header(self, address: int, ten_bit: bool, ack: bool) -> None:
        if self._open is None or self._open.address != address:
            self.write(address, ack=ack, stop=False, ten_bit=ten_bit)
        if ack:
            self.start()
            self._transfer.address = address
            self._transfer.ten_bit = True
            self.byte(TEN_BIT_HEADER | address >> 8 << 1 | 1)

    def _data(self, data: Iterable[int], nack_at: int | None) -> None:
        for number, value in enumerate(data):
            self.byte(value, ack=number != nack_at)
            if number == nack_at:
                break


def window(block: Changes, start: int, stop: int) -> Changes:
    """Return the samples [start, stop) of a block as a run of its own, numbered as before."""
    before, rest = cut(block, start)
    middle, _ = cut(rest, stop)
    if start == stop or (len(middle.index) and middle.index[0] == start):
        return middle
    return Changes(
        start,
        stop,
        np.concatenate(([start], middle.index)),
        np.concatenate((before.state[-1:], middle.state)),
    )
