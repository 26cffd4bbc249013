"""A probe with verbs. Source: Arm IHI 0031 (ADIv5.2), chapter B4; B5.2 for the switch from JTAG."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from stm32trace.simulator.board import PS, Board

OK, WAIT, FAULT = 0b001, 0b010, 0b100
NO_ANSWER = 0b111
JTAG_TO_SWD = 0xE79E
RESET_CLOCKS = 56
WORD_BITS = 32

# DP and AP registers, by address. Source: IHI 0031, tables B2-5 and C2-6.
DPIDR, ABORT, CTRL_STAT, SELECT, RDBUFF = 0x0, 0x0, 0x4, 0x8, 0xC
CSW, TAR, DRW = 0x0, 0x4, 0xC
POWER_UP, POWERED = 0x5000_0000, 0xF000_0000
CLEAR_STICKY = 0x1E
CSW_BASE = 0x2300_0000
CSW_SIZE = {1: 0, 2: 1, 4: 2}
CSW_INCREMENT = 0x10


class ProbeError(Exception):
    """The target did not answer OK."""

    def __init__(self, acknowledge: int) -> None:
        super().__init__(f'acknowledge {acknowledge:03b}')
        self.acknowledge = acknowledge


class Answer(NamedTuple):
    """What came back for one request."""

    acknowledge: int
    word: int  # 0 for a write, and without OK
    parity_is_right: bool


class SwdProbe:
    """Drives SWCLK and SWDIO of a board; board time passes while it works."""

    DRIVER = 'probe'

    def __init__(self, board: Board, clock_hz: float = 4e6, retries: int = 100) -> None:
        self._board = board
        self._half = round(PS / clock_hz / 2)
        self._retries = retries
        self.turnaround = 1
        board.drive('swclk', self.DRIVER, 0)

    # Bits.

    def clock(self, level: int | None) -> int:
        """Drive SWDIO for one clock cycle, None releases it; return what it is before the rising edge."""
        board = self._board
        board.drive('swclk', self.DRIVER, 0)
        board.drive('swdio', self.DRIVER, level)
        board.run_for(self._half)
        seen = board.level('swdio')
        board.drive('swclk', self.DRIVER, 1)
        board.run_for(self._half)
        return seen

    def send(self, word: int, count: int) -> None:
        """Drive `count` bits, the least significant first."""
        for place in range(count):
            self.clock(word >> place & 1)

    def receive(self, count: int) -> int:
        """Return `count` bits that the target drives."""
        return sum(self.clock(None) << place for place in range(count))

    def idle(self, cycles: int = 8) -> None:
        """Clock low cycles, as after the last request."""
        self.send(0, cycles)

    def pause(self, seconds: float) -> None:
        """Do nothing for a while, SWCLK low."""
        self._board.drive('swclk', self.DRIVER, 0)
        self._board.run_for(round(seconds * PS))

    # Requests.

    def request(self, ap: bool, read: bool, address: int, word: int = 0) -> Answer:
        """Make one request and take what comes; nothing is repeated."""
        bits = ap | read << 1 | (address >> 2) << 2
        parity = bits.bit_count() & 1
        self.send(1 | bits << 1 | parity << 5 | 1 << 7, 8)
        for _ in range(self.turnaround):
            self.clock(None)
        acknowledge = self.receive(3)
        if acknowledge != OK:
            for _ in range(self.turnaround):
                self.clock(None)
            return Answer(acknowledge, 0, True)
        if read:
            value = self.receive(WORD_BITS)
            right = self.receive(1) == value.bit_count() & 1
            for _ in range(self.turnaround):
                self.clock(None)
            return Answer(OK, value, right)
        for _ in range(self.turnaround):
            self.clock(None)
        self.send(word, WORD_BITS)
        self.send(word.bit_count() & 1, 1)
        return Answer(OK, 0, True)

    def transfer(self, ap: bool, read: bool, address: int, word: int = 0) -> int:
        """Make a request until it is not answered WAIT any more. Raises ProbeError for what is not OK."""
        answer = self.request(ap, read, address, word)
        for _ in range(self._retries):
            if answer.acknowledge != WAIT:
                break
            answer = self.request(ap, read, address, word)
        if answer.acknowledge != OK:
            raise ProbeError(answer.acknowledge)
        return answer.word

    def read_dp(self, address: int) -> int:
        """Return a DP register."""
        return self.transfer(False, True, address)

    def write_dp(self, address: int, word: int) -> None:
        """Write a DP register."""
        self.transfer(False, False, address, word)

    def read_ap(self, address: int) -> int:
        """Return an AP register, fetched from RDBUFF."""
        self.transfer(True, True, address)
        return self.read_dp(RDBUFF)

    def write_ap(self, address: int, word: int) -> None:
        """Write an AP register."""
        self.transfer(True, False, address, word)

    # Sessions.

    def line_reset(self) -> None:
        """Reset the line."""
        self.send((1 << RESET_CLOCKS) - 1, RESET_CLOCKS)

    def connect(self) -> int:
        """Switch to SWD, read DPIDR, power the debug domain up, select AP 0; return DPIDR."""
        self.line_reset()
        self.send(JTAG_TO_SWD, 16)
        self.line_reset()
        self.idle()
        identity = self.read_dp(DPIDR)
        self.write_dp(ABORT, CLEAR_STICKY)
        self.write_dp(SELECT, 0)
        self.write_dp(CTRL_STAT, POWER_UP)
        for _ in range(self._retries):
            if self.read_dp(CTRL_STAT) & POWERED == POWERED:
                break
        return identity

    def read(self, address: int, size: int = 4) -> int:
        """Return what is in memory."""
        self.write_ap(CSW, CSW_BASE | CSW_SIZE[size])
        self.write_ap(TAR, address)
        return self.read_ap(DRW) >> 8 * (address & 3) & (1 << 8 * size) - 1

    def write(self, address: int, value: int, size: int = 4) -> None:
        """Write to memory; a refusal shows in what follows."""
        self.write_ap(CSW, CSW_BASE | CSW_SIZE[size])
        self.write_ap(TAR, address)
        self.write_ap(DRW, value << 8 * (address & 3))

    def write_block(self, address: int, words: Iterable[int]) -> None:
        """Write words with the increment of TAR, which is written anew at each 1 KiB."""
        self.write_ap(CSW, CSW_BASE | CSW_INCREMENT | CSW_SIZE[4])
        for place, word in enumerate(words):
            if not place or not (address + 4 * place) % 0x400:
                self.write_ap(TAR, address + 4 * place)
            self.write_ap(DRW, word)

    def read_block(self, address: int, count: int) -> list[int]:
        """Return words read with the increment of TAR: each value comes with the next read."""
        self.write_ap(CSW, CSW_BASE | CSW_INCREMENT | CSW_SIZE[4])
        words: list[int] = []
        while len(words) < count:
            first = address + 4 * len(words)
            room = (0x400 - first % 0x400) // 4
            words += self._read_run(first, min(count - len(words), room))
        return words

    def _read_run(self, address: int, count: int) -> list[int]:
        self.write_ap(TAR, address)
        values = [self.transfer(True, True, DRW) for _ in range(count)]
        return [*values[1:], self.read_dp(RDBUFF)]
