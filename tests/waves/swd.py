"""SWD dialogues with true wire timing (ADIv5.2 chapter B4), as levels of SWCLK, SWDIO and slow lines.

A clock cycle begins with SWCLK low; the host changes SWDIO there (on the falling edge). SWCLK rises
in the middle of the cycle. A target changes SWDIO a little after the rise, so each of its bits lasts
from one rise to the next. A line that nobody drives is high (pull-up of the part).

With a turnaround of one clock, cycle 0 being that of the START bit:

    cycle            0..7     8    9..11  12       13..44  45      idle
    write, OK        request  trn  ack    trn      data    parity
    cycle            0..7     8    9..11  12..43   44      45      idle
    read, OK         request  trn  ack    data     parity  trn
    WAIT, FAULT      request  trn  ack    trn                      idle

`truth` is the list of records that a decoder should find in what was said with these verbs; it does
not know of `bits`, `glitch`, `level` and cuts. `dense` makes long captures of nothing but packets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from stm32trace.capture.changes import Changes, from_samples
from stm32trace.simulator.wave import Wave
from stm32trace_core.wire.swd import (
    BAD_PARITY,
    DATA_PHASE,
    DORMANT_TO_JTAG,
    DORMANT_TO_SWD,
    FAULT,
    HIGH,
    JTAG_TO_DORMANT,
    JTAG_TO_SWD,
    LINE_RESET,
    NO_REPLY,
    OK,
    SELECTION_ALERT,
    SWD_TO_DORMANT,
    SWD_TO_JTAG,
    WAIT,
    SwdSequence,
    SwdTransfer,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    'AP',
    'DP',
    'FAULT',
    'NO_REPLY',
    'OK',
    'WAIT',
    'Dense',
    'SwdWave',
    'dense',
    'request',
    'said',
]

DP, AP = 'dp', 'ap'
TARGETSEL = 0xC

LEAD_IN = 20  # clock periods of silence before anything is said
HALF = 0.5
TARGET_DELAY = 0.15  # of a clock period, after the rise

# ADIv5.2 B5: bits as sent, first bit first.
JTAG_TO_SWD_BITS = '0111100111100111'  # 0xE79E
SWD_TO_JTAG_BITS = '0011110011100111'  # 0xE73C
SWD_TO_DORMANT_BITS = '0011110111000111'  # 0xE3BC
JTAG_TO_DORMANT_WORD = (0x33BBBBBA, 31)
ALERT_WORD = (0x19BC0EA2E3DDAFE986852D956209F392, 128)
SWD_ACTIVATION_WORD = (0x1A, 8)
JTAG_ACTIVATION_WORD = (0x0A, 8)

# After the first of these the bits are no SWD until one of the second.
LEAVE_SWD = SWD_TO_JTAG, SWD_TO_DORMANT, JTAG_TO_DORMANT, SELECTION_ALERT, DORMANT_TO_JTAG
ENTER_SWD = LINE_RESET, JTAG_TO_SWD, DORMANT_TO_SWD

LINE_RESET_CLOCKS = 50  # fewer are none
HIGH_CLOCKS = 8  # fewer are no record at all


def request(port: str, read: bool, address: int) -> int:
    """The request byte, least significant bit sent first (ADIv5.2 B4.1.1)."""
    ap, two, three = int(port == AP), address >> 2 & 1, address >> 3 & 1
    parity = (ap + read + two + three) & 1
    return 1 | ap << 1 | read << 2 | two << 3 | three << 4 | parity << 5 | 1 << 7


def lsb_first(value: int, width: int) -> str:
    """The bits of `value` in the order of the wire."""
    return ''.join(str(value >> bit & 1) for bit in range(width))


def parity_of(value: int) -> int:
    """The bit that makes the number of ones even."""
    return value.bit_count() & 1


class SwdWave:
    """A dialogue on one SWD bus: verbs append to it and return it.

    rate: samples per second; clock: SWCLK in Hz. nrst, boot0, vdd: initial level of a slow line that
    is captured, None for one that is not. gap: idle clocks after each packet.
    """

    def __init__(
        self,
        rate: float = 24_000_000,
        clock: float = 4_000_000,
        nrst: int | None = None,
        boot0: int | None = None,
        vdd: int | None = None,
        bus: str = 'swd0',
        gap: int = 2,
    ) -> None:
        slow = {'nrst': nrst, 'boot0': boot0, 'vdd': vdd}
        levels = {role: level for role, level in slow.items() if level is not None}
        self.wave = Wave(rate, {'swclk': 0, 'swdio': 1, **levels})
        self.rate = rate
        self.bus = bus
        self.gap = gap
        self.period = 1 / clock
        self.now = LEAD_IN * self.period  # seconds
        self.truth: list[SwdTransfer | SwdSequence] = []
        self._turnaround = 1
        self._overrun = False
        self._foreign = False  # what is said is no SWD
        self._rises: list[int] = []  # sample of the rise in each cycle
        self._falls: list[int] = []  # and of the fall that ends it
        self._edge = 0  # last sample at which a line was set

    # What is asked of a dialogue.

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in the order of the channels: 'swclk', 'swdio', then the slow lines."""
        return self.wave.roles

    @property
    def length(self) -> int:
        """Number of samples: up to now, and beyond the last edge."""
        return max(self.wave.sample(self.now), self._edge + 1)

    @property
    def transfers(self) -> list[SwdTransfer]:
        """The packets of `truth`."""
        return [record for record in self.truth if isinstance(record, SwdTransfer)]

    @property
    def sequences(self) -> list[SwdSequence]:
        """The sequences of `truth`."""
        return [record for record in self.truth if isinstance(record, SwdSequence)]

    def changes(self, roles: Iterable[str] | None = None) -> Changes:
        """Return all of it as one block, or the lines `roles` only."""
        return self.wave.changes(roles, self.length)

    def lines(self) -> Changes:
        """Return SWCLK and SWDIO as one block: what a line decoder takes."""
        return self.changes(('swclk', 'swdio'))

    def blocks(self, cuts: Iterable[int], roles: Iterable[str] | None = None) -> Iterator[Changes]:
        """Yield what `changes` returns, cut at the samples `cuts`."""
        return self.wave.blocks(cuts, roles, self.length)

    def write_sr(self, path: Path | str) -> int:
        """Write the dialogue as a sigrok session and return the number of samples."""
        return self.wave.write_sr(path, self.length)

    # Verbs: packets.

    def read(
        self,
        port: str,
        address: int,
        value: int = 0,
        ack: int = OK,
        bad_parity: bool = False,
    ) -> Self:
        """Read a register of the DP or AP; the target answers `ack`, and `value` if that is OK.

        Without OK nobody drives the data phase, if there is one.
        """
        first = self._request(port, True, address)
        parity = parity_of(value) ^ bad_parity
        data = lsb_first(value, 32) + str(parity) if ack == OK else '1' * 33
        has_data = ack == OK or self._overrun
        self._answer(lsb_first(ack, 3) + (data if has_data else ''))
        self._released(self._turnaround)
        end = self._rises[first + self._turnaround + (43 if has_data else 10)]
        word = (value if ack == OK else 0xFFFFFFFF) if has_data else 0
        return self._said(first, end, port, True, address, ack, word, has_data, bad_parity)

    def write(
        self,
        port: str,
        address: int,
        value: int = 0,
        ack: int = OK,
        bad_parity: bool = False,
        has_data: bool | None = None,
    ) -> Self:
        """Write a register of the DP or AP; has_data: whether the data phase is clocked.

        Default for that: after OK, and in `overrun` mode always.
        """
        first = self._request(port, False, address)
        self._answer(lsb_first(ack, 3))
        self._released(self._turnaround)
        end = self._rises[first + self._turnaround + 10]
        if has_data is None:
            has_data = ack == OK or self._overrun
        if has_data:
            self.bits(lsb_first(value, 32) + str(parity_of(value) ^ bad_parity))
            end = self._falls[-1]
        word = value if has_data else 0
        return self._said(first, end, port, False, address, ack, word, has_data, bad_parity)

    def targetsel(self, value: int) -> Self:
        """Write TARGETSEL, which no target acknowledges."""
        return self.write(DP, TARGETSEL, value, ack=NO_REPLY, has_data=True)

    def overrun(self, on: bool = True) -> Self:
        """From now on the data phase is clocked whatever the ACK: ORUNDETECT, or a bit-bang host."""
        self._overrun = on
        return self

    def turnaround(self, clocks: int) -> Self:
        """From now on a turnaround takes 1 to 4 clocks (DLCR.TURNROUND + 1)."""
        assert 1 <= clocks <= 4, clocks
        self._turnaround = clocks
        return self

    # Verbs: sequences.

    def high(self, clocks: int) -> Self:
        """SWDIO is high for `clocks`: from 50 on a line reset."""
        kind = LINE_RESET if clocks >= LINE_RESET_CLOCKS else HIGH
        return self._sequence(kind if clocks >= HIGH_CLOCKS else None, '1' * clocks)

    def line_reset(self, high: int = 56, idle: int = 2) -> Self:
        """High and then idle clocks."""
        return self.high(high).idle(idle)

    def jtag_to_swd(self, high: int = 56, idle: int = 2) -> Self:
        """Line reset, the code 0xE79E, line reset, idle clocks."""
        return self.high(high)._sequence(JTAG_TO_SWD, JTAG_TO_SWD_BITS).line_reset(high, idle)

    def swd_to_jtag(self, high: int = 56, after: int = 5) -> Self:
        """Line reset, the code 0xE73C, a few more clocks with SWDIO high."""
        return self.high(high)._sequence(SWD_TO_JTAG, SWD_TO_JTAG_BITS).high(after)

    def swd_to_dormant(self, high: int = 56) -> Self:
        """Line reset and the code 0xE3BC."""
        return self.high(high)._sequence(SWD_TO_DORMANT, SWD_TO_DORMANT_BITS)

    def jtag_to_dormant(self, high: int = 56) -> Self:
        """Five or more clocks high, then 31 bits."""
        return self.high(high)._sequence(JTAG_TO_DORMANT, lsb_first(*JTAG_TO_DORMANT_WORD))

    def selection_alert(self, high: int = 8) -> Self:
        """Eight or more clocks high, then 128 bits, then four low."""
        return self.high(high)._sequence(SELECTION_ALERT, lsb_first(*ALERT_WORD)).idle(4)

    def dormant_to_swd(self, high: int = 8) -> Self:
        """Selection alert, activation code, line reset."""
        self.selection_alert(high)
        return self._sequence(DORMANT_TO_SWD, lsb_first(*SWD_ACTIVATION_WORD)).line_reset()

    def dormant_to_jtag(self, high: int = 8) -> Self:
        """Selection alert and the activation code of an Arm JTAG-DP."""
        self.selection_alert(high)
        return self._sequence(DORMANT_TO_JTAG, lsb_first(*JTAG_ACTIVATION_WORD))

    # Verbs: bits, lines and time.

    def bits(self, levels: str) -> Self:
        """Clock cycles in which the host drives these levels ('0', '1')."""
        for level in levels:
            self._cycle(int(level), None)
        return self

    def idle(self, clocks: int) -> Self:
        """Clock cycles with SWDIO low."""
        return self.bits('0' * clocks)

    def pause(self, seconds: float) -> Self:
        """Nothing changes for `seconds`; SWCLK stays low."""
        self.now += seconds
        return self

    def level(self, role: str, value: int) -> Self:
        """Give a line (a slow one, as a rule) another level from now on."""
        self._set(role, self.now, value)
        return self

    def pulse(self, role: str, seconds: float) -> Self:
        """Give a line its other level for `seconds`, which pass."""
        before = self.wave.level(role)
        return self.level(role, 1 - before).pause(seconds).level(role, before)

    def glitch(self, role: str, sample: int, width: int = 1) -> Self:
        """Invert a line over `width` samples from `sample` on, wherever that is."""
        self.wave.glitch(role, sample, width)
        return self

    def _set(self, role: str, seconds: float, level: int) -> int:
        self.wave.set(role, seconds, level)
        sample = self.wave.sample(seconds)
        self._edge = max(self._edge, sample)
        return sample

    def _cycle(self, host: int | None, after: int | None) -> None:
        """One clock: what the host drives from its begin, what the target drives from its rise."""
        if host is not None:
            self._set('swdio', self.now, host)
        rise = self.now + HALF * self.period
        self._rises.append(self._set('swclk', rise, 1))
        if after is not None:
            self._set('swdio', rise + TARGET_DELAY * self.period, after)
        self.now += self.period
        self._falls.append(self._set('swclk', self.now, 0))

    def _request(self, port: str, read: bool, address: int) -> int:
        """The eight bits and all but the last turnaround clock; returns the number of the cycle."""
        first = len(self._rises)
        self.bits(lsb_first(request(port, read, address), 8))
        self._released(self._turnaround - 1)
        return first

    def _released(self, clocks: int) -> None:
        for _ in range(clocks):
            self._cycle(None, None)

    def _answer(self, levels: str) -> None:
        """The last turnaround clock and the bits of the target, then the line is released."""
        for level in levels + '1':
            self._cycle(None, int(level))

    def _said(
        self,
        first: int,
        end: int,
        port: str,
        read: bool,
        address: int,
        ack: int,
        data: int,
        has_data: bool,
        bad_parity: bool,
    ) -> Self:
        flags = DATA_PHASE if has_data else 0
        if has_data and bad_parity and ack == OK:
            flags |= BAD_PARITY
        byte = request(port, read, address)
        self.truth.append(SwdTransfer(self._rises[first], end, self.bus, byte, ack, data, flags))
        return self.idle(self.gap)

    def _sequence(self, kind: str | None, levels: str) -> Self:
        first = len(self._rises)
        self.bits(levels)
        self._foreign = kind in LEAVE_SWD or (self._foreign and kind not in ENTER_SWD)
        if kind is not None and not (kind == HIGH and self._foreign):
            start, end = self._rises[first], self._falls[-1]
            self.truth.append(SwdSequence(start, end, self.bus, kind, len(levels)))
        return self


@dataclass(frozen=True, slots=True)
class Dense:
    """Packets without a pause, all with a turnaround of one clock."""

    samples: NDArray[np.uint8]  # bit 0 SWCLK, bit 1 SWDIO
    start: NDArray[np.int64]  # (n,) rise of each START
    request: NDArray[np.uint8]
    ack: NDArray[np.uint8]
    data: NDArray[np.uint32]  # 0 where there was no data phase

    def changes(self) -> Changes:
        """Return all of it as one block."""
        return from_samples(self.samples, 0, None)


def dense(
    packets: int, per_clock: int = 6, gap: int = 2, wait: float = 0.0, seed: int = 1
) -> Dense:
    """Random reads and writes, answered OK or (a share of `wait`) WAIT; `per_clock` samples a cycle.

    50 million samples are dense(173_000).
    """
    random = np.random.default_rng(seed)
    bytes_ = np.array(
        [request(p, r, a) for p in (DP, AP) for r in (False, True) for a in (0, 4, 8)]
    )
    asked = random.choice(bytes_, packets).astype(np.uint8)
    # SELECT, CTRL/STAT and DLCR written at random would change the meaning of what follows.
    asked[np.isin(asked, [request(DP, False, a) for a in (4, 8)])] = request(DP, False, 0)
    ack = np.where(random.random(packets) < wait, WAIT, OK).astype(np.uint8)
    word = random.integers(0, 1 << 32, packets, np.uint32)
    return said(asked, ack, word, per_clock, gap)


def said(
    asked: NDArray[np.uint8],
    ack: NDArray[np.uint8],
    word: NDArray[np.uint32],
    per_clock: int = 6,
    gap: int = 2,
) -> Dense:
    """(n,) packets without a pause: request bytes, acknowledges OK or WAIT, and the words that go with OK."""
    host, after, length = _cycles(asked, ack, word, gap)
    used = np.arange(host.shape[1]) < length[:, np.newaxis]
    first = np.concatenate(([0], np.cumsum(length)[:-1]))
    low = (per_clock + 1) // 2
    samples = _sampled(host[used], after[used], per_clock, low)
    data = np.where(ack == OK, word, 0).astype(np.uint32)
    silence = LEAD_IN * per_clock
    samples = np.concatenate((np.full(silence, 2, np.uint8), samples))
    return Dense(samples, silence + first * per_clock + low, asked, ack, data)


RELEASED = 2  # nobody drives; in the columns of `dense`


def _cycles(
    asked: NDArray[np.uint8], ack: NDArray[np.uint8], word: NDArray[np.uint32], gap: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]]:
    """(n, 46 + gap) each: level the host drives, level the target drives after the rise; lengths."""
    shape = len(asked), 46 + gap
    host, after = np.zeros(shape, np.uint8), np.full(shape, RELEASED, np.uint8)
    host[:, :8] = asked[:, np.newaxis] >> np.arange(8) & 1
    host[:, 8:13] = RELEASED
    after[:, 8:11] = ack[:, np.newaxis] >> np.arange(3) & 1
    after[:, 11] = 1
    bits = (word[:, np.newaxis] >> np.arange(32, dtype=np.uint32) & 1).astype(np.uint8)
    bits = np.concatenate((bits, bits.sum(axis=1, keepdims=True, dtype=np.uint8) & 1), axis=1)
    reads = (asked & 4 > 0) & (ack == OK)
    writes = (asked & 4 == 0) & (ack == OK)
    host[writes, 13:46] = bits[writes]
    host[reads, 8:46] = RELEASED
    after[reads, 11:44] = bits[reads]
    after[reads, 44] = 1
    return host, after, np.where(ack == OK, 46 + gap, 13 + gap)


def _sampled(
    host: NDArray[np.uint8], after: NDArray[np.uint8], per_clock: int, low: int
) -> NDArray[np.uint8]:
    """Samples of cycles whose first `low` samples have SWCLK low; the target changes one later."""
    driven = np.stack((host, after), axis=1).ravel()  # RELEASED keeps what was
    known = np.where(driven != RELEASED, np.arange(len(driven)), 0)
    levels = driven[np.maximum.accumulate(known)].reshape(-1, 2)
    samples = np.empty((len(levels), per_clock), np.uint8)
    samples[:, : low + 1] = levels[:, :1] << 1
    samples[:, low + 1 :] = levels[:, 1:] << 1
    samples[:, low:] |= 1
    return samples.ravel()
