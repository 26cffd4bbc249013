"""The commands of the bootloader as a conversation of bytes.

Sources: AN3155 (UART), AN4221 (I2C), AN2606 (versions, addresses); AN2662 for what the first ROMs do where the
others are silent.

What the application notes leave open, chosen here:
- An unknown command, a bad complement and a bad checksum are answered NACK, and the next command is expected.
- Readout Unprotect: ACK, erase and option bytes, ACK, then the reset, which loads the options.
- Erasing page by page goes on in one operation; a page that does not exist is answered NACK.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import xor

from stm32trace.simulator.board import PS
from stm32trace.simulator.debug.dap import BusFaultError
from stm32trace.simulator.parts.flash import MEMORY
from stm32trace.simulator.parts.part import Part

ACK, NACK, BUSY = 0x79, 0x1F, 0x76
GET, GET_VERSION, GET_ID, READ, GO, WRITE, ERASE, EXTENDED_ERASE = (
    0x00,
    0x01,
    0x02,
    0x11,
    0x21,
    0x31,
    0x43,
    0x44,
)
WRITE_PROTECT, WRITE_UNPROTECT, READOUT_PROTECT, READOUT_UNPROTECT = 0x63, 0x73, 0x82, 0x92
CHECKSUM = 0xA1
NO_STRETCH = {0x32: WRITE, 0x45: EXTENDED_ERASE, 0x64: WRITE_PROTECT, 0x74: WRITE_UNPROTECT, 0x83: READOUT_PROTECT, 0x93: READOUT_UNPROTECT}  # fmt: skip
NEED_LEVEL_0 = frozenset(
    [READ, GO, WRITE, ERASE, EXTENDED_ERASE, WRITE_PROTECT, WRITE_UNPROTECT, READOUT_PROTECT]
)
MASS_ERASE, BANK_1, BANK_2, RESERVED = 0xFFFF, 0xFFFE, 0xFFFD, 0xFFF0
ALL_PAGES = 0xFF
STATUSES = {ACK: 'ack', NACK: 'nack'}
_OVER = -1  # no picoseconds: the conversation is over
RESETTING = frozenset([WRITE_PROTECT, WRITE_UNPROTECT, READOUT_PROTECT, READOUT_UNPROTECT])
RESET_DELAY = PS // 1000  # from the last ACK to the reset
THINKING = 20 * PS // 10**6  # before each answer
POLYNOMIAL, WORD = 0x04C1_1DB7, 0xFFFF_FFFF


class Work(int):
    """Picoseconds in which the flash is at work, where a no-stretch command answers BUSY."""


# A conversation asks for a byte with None, for time to pass with a number of picoseconds, and sends with bytes.
Talk = Generator[int | bytes | None, int, None]
Ask = Generator[int | bytes | None, int, int]
Asks = Generator[int | bytes | None, int, bytes]


@dataclass(frozen=True, slots=True)
class Version:
    """What a loader says of itself."""

    number: int  # 0x31 is 3.1
    commands: tuple[int, ...]
    is_i2c: bool = False


UART_COMMANDS = (
    GET, GET_VERSION, GET_ID, READ, GO, WRITE, EXTENDED_ERASE, WRITE_PROTECT, WRITE_UNPROTECT, READOUT_PROTECT,
    READOUT_UNPROTECT,
)  # fmt: skip
UART_31 = Version(0x31, UART_COMMANDS)
UART_33 = Version(0x33, (*UART_COMMANDS, CHECKSUM))
UART_22 = Version(0x22, tuple(ERASE if code == EXTENDED_ERASE else code for code in UART_COMMANDS))
I2C_10 = Version(0x10, UART_COMMANDS, is_i2c=True)
I2C_11 = Version(0x11, (*UART_COMMANDS, *NO_STRETCH), is_i2c=True)
I2C_12 = Version(0x12, (*UART_COMMANDS, *NO_STRETCH, CHECKSUM), is_i2c=True)


class Engine:
    """Answers the commands of one host.

    quirk_no_end: Readout Unprotect never comes to its end, as a user of a G071 saw it.
    """

    def __init__(self, part: Part, version: Version, quirk_no_end: bool = False) -> None:
        self._part = part
        self._version = version
        self._no_end = quirk_no_end
        self._resetting = set(RESETTING)
        self.stretches = True  # False while a no-stretch command is at work
        self.reset: Callable[[], None] = lambda: part.reset('sysresetreq')

    def conversation(self) -> Talk:
        """Commands, one after the other, for ever."""
        while True:
            opcode = yield None
            start = self._part.board.now
            complement = yield None
            yield THINKING
            self.stretches = True
            status = NACK
            if complement == opcode ^ 0xFF and self._is_allowed(opcode):
                self.stretches = opcode not in NO_STRETCH
                status = yield from self._do(opcode)
            else:
                yield bytes([NACK])
            self._part.truth.add(
                'boot_command', start, self._part.board.now, opcode=opcode, status=STATUSES[status]
            )
            if status == ACK and NO_STRETCH.get(opcode, opcode) in self._resetting:
                yield from self._restart()

    def _do(self, opcode: int) -> Ask:
        """Carry a command out; return the last status that was sent."""
        yield bytes([ACK])
        status = ACK
        talk = self._handler(NO_STRETCH.get(opcode, opcode))
        wanted = next(talk, _OVER)
        while wanted != _OVER:
            if wanted in (bytes([ACK]), bytes([NACK])):
                assert isinstance(wanted, bytes)
                status = wanted[0]
            byte = yield wanted
            try:
                wanted = talk.send(byte) if wanted is None else next(talk)
            except StopIteration:
                break
        return status

    def _is_allowed(self, opcode: int) -> bool:
        plain = NO_STRETCH.get(opcode, opcode)
        known = opcode in self._version.commands
        return known and not (self._part.level and plain in NEED_LEVEL_0)

    def _handler(self, opcode: int) -> Talk:
        handlers: dict[int, Callable[[], Talk]] = {
            GET: self._get, GET_VERSION: self._get_version, GET_ID: self._get_id, READ: self._read, GO: self._go,
            WRITE: self._write, ERASE: self._erase, EXTENDED_ERASE: self._extended_erase,
            WRITE_PROTECT: self._write_protect, WRITE_UNPROTECT: self._write_unprotect,
            READOUT_PROTECT: self._readout_protect, READOUT_UNPROTECT: self._readout_unprotect,
            CHECKSUM: self._checksum,
        }  # fmt: skip
        return handlers[opcode]()

    # Frames.

    def _frame(self, length: int) -> Asks:
        """Return `length` bytes, b'' where the checksum after them is wrong."""
        data = bytearray()
        for _ in range(length):
            data.append((yield None))
        checksum = yield None
        return bytes(data) if checksum == _xor(data) else b''

    def _address(self) -> Ask:
        """Return an address, -1 where it is refused; both are answered."""
        frame = yield from self._frame(4)
        yield THINKING
        address = int.from_bytes(frame, 'big')
        good = bool(frame) and self._is_readable(address)
        yield bytes([ACK if good else NACK])
        return address if good else -1

    def _is_readable(self, address: int) -> bool:
        try:
            self._part.memory.read(address, 1, 'loader')
        except BusFaultError:
            return False
        return True

    def _finish(self, good: bool) -> Talk:
        yield bytes([ACK if good else NACK])
        self.stretches = True

    # Commands.

    def _get(self) -> Talk:
        commands = bytes(self._version.commands)
        yield bytes([len(commands), self._version.number]) + commands
        yield bytes([ACK])

    def _get_version(self) -> Talk:
        yield bytes([self._version.number]) + (b'' if self._version.is_i2c else bytes(2))
        yield bytes([ACK])

    def _get_id(self) -> Talk:
        yield bytes([1]) + self._part.model.dev_id.to_bytes(2, 'big')
        yield bytes([ACK])

    def _read(self) -> Talk:
        address = yield from self._address()
        if address < 0:
            return
        count = yield None
        complement = yield None
        yield THINKING
        if complement != count ^ 0xFF:
            yield bytes([NACK])
            return
        yield bytes([ACK])
        memory = self._part.memory
        yield bytes(memory.read(address + place, 1, 'loader') for place in range(count + 1))

    def _go(self) -> Talk:
        yield from self._address()

    def _write(self) -> Talk:
        address = yield from self._address()
        if address < 0:
            return
        count = yield None
        data = bytearray([count])
        for _ in range(count + 1):
            data.append((yield None))
        checksum = yield None
        yield THINKING
        if checksum != _xor(data):
            yield bytes([NACK])
            return
        yield from self._store(address, bytes(data[1:]))
        yield from self._finish(True)
        if self._is_option_area(address):
            self._resetting.add(WRITE)

    def _is_option_area(self, address: int) -> bool:
        base, size = self._part.model.option_bytes
        return base <= address < base + size

    def _store(self, address: int, data: bytes) -> Talk:
        """Write to RAM at once, to the main memory in units of eight bytes; protected sectors keep what they hold."""
        part = self._part
        base, size = part.model.sram
        if base <= address < base + size:
            part.ram.data[address - base : address - base + len(data)] = data
            return
        if self._is_option_area(address):
            yield Work(part.flash.program_options({}))
            return
        for place in range(0, len(data), 8):
            unit = data[place : place + 8]
            where = address + place
            if MEMORY <= where < MEMORY + len(part.flash.cells):
                if part.flash.is_protected(part.flash.cells.sector_at(where)):
                    continue
                yield Work(part.flash.program(where, unit))

    def _erase(self) -> Talk:
        count = yield None
        if count == ALL_PAGES:
            checksum = yield None
            yield from self._erase_all(checksum == ALL_PAGES ^ 0xFF)
            return
        data = bytearray([count])
        for _ in range(count + 1):
            data.append((yield None))
        checksum = yield None
        yield from self._erase_pages(list(data[1:]), checksum == _xor(data))

    def _extended_erase(self) -> Talk:
        high = yield None
        low = yield None
        count = high << 8 | low
        if count >= RESERVED:
            checksum = yield None
            good = checksum == high ^ low and count in (MASS_ERASE, BANK_1)
            yield from self._erase_all(good)
            return
        data = bytearray() if self._version.is_i2c else bytearray([high, low])
        if self._version.is_i2c:
            checksum = yield None
            yield THINKING
            yield bytes([ACK if checksum == high ^ low else NACK])
            if checksum != high ^ low:
                return
        for _ in range(2 * (count + 1)):
            data.append((yield None))
        checksum = yield None
        numbers = data[-2 * (count + 1) :]
        pages = [numbers[place] << 8 | numbers[place + 1] for place in range(0, len(numbers), 2)]
        yield from self._erase_pages(pages, checksum == _xor(data))

    def _erase_all(self, good: bool) -> Talk:
        yield THINKING
        flash = self._part.flash
        good = good and not any(map(flash.is_protected, range(flash.cells.sectors)))
        if good:
            yield Work(flash.erase_all())
        yield from self._finish(good)

    def _erase_pages(self, pages: Iterable[int], good: bool) -> Talk:
        yield THINKING
        flash = self._part.flash
        pages = list(pages)
        good = good and max(pages) < flash.cells.sectors
        for page in pages if good else ():
            if not flash.is_protected(page):
                yield Work(flash.erase_sector(page))
        yield from self._finish(good)

    def _write_protect(self) -> Talk:
        count = yield None
        data = bytearray() if self._version.is_i2c else bytearray([count])
        if self._version.is_i2c:
            complement = yield None
            yield THINKING
            yield bytes([ACK if complement == count ^ 0xFF else NACK])
            if complement != count ^ 0xFF:
                return
        for _ in range(count + 1):
            data.append((yield None))
        checksum = yield None
        yield THINKING
        good = checksum == _xor(data)
        if good:
            yield Work(self._part.flash.program_options({}))
        yield from self._finish(good)

    def _write_unprotect(self) -> Talk:
        yield Work(self._part.flash.program_options({}))
        yield from self._finish(True)

    def _readout_protect(self) -> Talk:
        yield Work(self._part.flash.program_rdp(0x00))
        yield from self._finish(True)

    def _readout_unprotect(self) -> Talk:
        flash = self._part.flash
        if self._no_end:
            flash.slow['option_program'] = 1e6
        yield Work(flash.program_rdp(flash.RDP_LEVEL_0))
        yield from self._finish(True)

    def _restart(self) -> Talk:
        self._resetting = set(RESETTING)
        yield RESET_DELAY
        self._part.flash.load_options()
        self.reset()

    def _checksum(self) -> Talk:
        address = yield from self._address()
        if address < 0:
            return
        frame = yield from self._frame(4)
        yield THINKING
        length = int.from_bytes(frame, 'big')
        good = bool(length) and not length % 4 and self._is_readable(address + length - 1)
        yield bytes([ACK if good else NACK])
        if not good:
            return
        yield length * PS // 10**7
        yield bytes([ACK])
        words = (
            self._part.memory.read(address + place, 4, 'loader') for place in range(0, length, 4)
        )
        result = _crc(words).to_bytes(4, 'big')
        yield result + bytes([_xor(result)])


def _xor(data: Iterable[int]) -> int:
    """XOR of all bytes; a single one is followed by its complement instead."""
    octets = list(data)
    return octets[0] ^ 0xFF if len(octets) == 1 else reduce(xor, octets, 0)


def _crc(words: Iterable[int]) -> int:
    """CRC-32 of the STM32's CRC unit: 32-bit words, most significant bit first, no reflection. Source: RM0444, CRC."""
    value = WORD
    for word in words:
        value ^= word
        for _ in range(32):
            value = (value << 1 ^ (POLYNOMIAL if value >> 31 else 0)) & WORD
    return value
