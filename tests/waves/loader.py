"""Both sides of a dialogue with the I2C bootloader of an STM32, as AN4221 describes it.

Every verb is one bootloader command. What it puts on the wire, each line a transfer of its own:

    host frame    START, address + W, bytes, STOP
    status        START, address + R, one byte (ACK, NACK or BUSY), STOP
    answer        START, address + R, all bytes of it, STOP

The host does not acknowledge the last byte it reads.

A command begins with the frame `opcode, complement` and its status. The steps that follow:

    get                 answer N, version, opcodes; status
    get_version         answer version; status
    get_id              answer 1, two bytes; status
    read_memory         address frame; status; N, complement; status; answer: the data
    write_memory        address frame; status; N, data, checksum; BUSY...; status
    erase_pages         N (2 bytes), checksum; status; pages (2 each), checksum; BUSY...; status
    mass_erase          special code, checksum; BUSY...; status
    write_protect       N, complement; status; sectors, checksum; BUSY...; status; reset
    write_unprotect, readout_protect, readout_unprotect     BUSY...; status; reset
    go                  address frame; status
    checksum            address frame; status; length frame; status; BUSY...; status;
                        answer: CRC, checksum

N is a count less one. Only the no-stretch twin of an opcode answers BUSY; with the other one the
target stretches SCL before it acknowledges its address for the last status. A step that is answered
NACK is the last one. The host pauses for `pause` seconds after each transfer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import xor
from typing import Self

from waves.i2c import I2cWave

# Source: AN4221, status bytes and command codes; not imported from the core, whose tables these
# test.
ACK, NACK, BUSY = 0x79, 0x1F, 0x76
GET, GET_VERSION, GET_ID, READ_MEMORY, GO = 0x00, 0x01, 0x02, 0x11, 0x21
WRITE_MEMORY, WRITE_MEMORY_NS = 0x31, 0x32
ERASE, ERASE_NS = 0x44, 0x45
WRITE_PROTECT, WRITE_PROTECT_NS = 0x63, 0x64
WRITE_UNPROTECT, WRITE_UNPROTECT_NS = 0x73, 0x74
READOUT_PROTECT, READOUT_PROTECT_NS = 0x82, 0x83
READOUT_UNPROTECT, READOUT_UNPROTECT_NS = 0x92, 0x93
GET_CHECKSUM = 0xA1
MASS_ERASE, BANK_1_ERASE, BANK_2_ERASE = 0xFFFF, 0xFFFE, 0xFFFD

STRETCHING = (
    GET, GET_VERSION, GET_ID, READ_MEMORY, GO, WRITE_MEMORY, ERASE, WRITE_PROTECT, WRITE_UNPROTECT,
    READOUT_PROTECT, READOUT_UNPROTECT,
)  # fmt: skip
NO_STRETCH = (
    WRITE_MEMORY_NS, ERASE_NS, WRITE_PROTECT_NS, WRITE_UNPROTECT_NS, READOUT_PROTECT_NS,
    READOUT_UNPROTECT_NS,
)  # fmt: skip
COMMANDS = {
    0x10: STRETCHING,
    0x11: STRETCHING + NO_STRETCH,
    0x12: (*STRETCHING, *NO_STRETCH, GET_CHECKSUM),
}

BYTE = 0xFF
RESET_S = 25e-6  # how long a part that resets itself pulls NRST low


def xor_of(payload: Iterable[int]) -> int:
    """The checksum of a frame: the XOR of its bytes; of a single one the complement."""
    values = list(payload)
    return values[0] ^ BYTE if len(values) == 1 else reduce(xor, values, 0)


class Loader(I2cWave):
    """Host and loader at `address`; see the module for what each verb puts on the wire."""

    def __init__(
        self,
        rate: float = 1_000_000,
        clock: float = 100_000,
        boot0: int | None = None,
        nrst: int | None = None,
        vdd: int | None = None,
        bus: str = 'i2c0',
        address: int = 0x51,
        pause: float = 20e-6,
    ) -> None:
        super().__init__(rate, clock, boot0, nrst, vdd, bus)
        self.address = address
        self.pause = pause

    # Steps.

    def frame(
        self, payload: Sequence[int], checksum: int | None = None, cut: int | None = None
    ) -> Self:
        """A host frame with its checksum, or with another one; `cut`: only so many bytes of it."""
        sent = [*payload, xor_of(payload) if checksum is None else checksum]
        return self.write(self.address, sent[:cut]).idle(self.pause)

    def status(self, value: int) -> Self:
        """The host reads one status byte."""
        return self.answer([value])

    def answer(self, data: Iterable[int]) -> Self:
        """The host reads all of `data` in one transfer."""
        return self.read(self.address, data).idle(self.pause)

    def command(
        self,
        opcode: int,
        answer: int | None = ACK,
        complement: int | None = None,
        cut: int | None = None,
    ) -> Self:
        """The opcode frame, or one with another complement or cut short; its status unless None."""
        self.frame([opcode], complement, cut)
        return self if answer is None else self.status(answer)

    def refused(self, opcode: int) -> Self:
        """A command that is answered NACK at once: unknown, or the part is read protected."""
        return self.command(opcode, NACK)

    def poll_busy(self, seconds: float, every: float) -> Self:
        """BUSY, read every `every` seconds, for `seconds`."""
        for _ in range(round(seconds / every)):
            next_poll = self.now + every
            self.status(BUSY)
            self.now = max(self.now, next_poll)
        return self

    def work(
        self, no_stretch: bool, busy: int, poll: float, final: int | None, work: float = 0.0
    ) -> Self:
        """The end of a command that takes time: BUSY, `poll` seconds apart, then `final`.

        Without `no_stretch` the target holds SCL for `work` seconds instead, or for busy * poll.
        """
        if no_stretch:
            self.poll_busy(busy * poll, poll)
        elif final is not None:
            self.stretch(work or busy * poll)
        return self if final is None else self.status(final)

    def own_reset(self, wait: float = 100e-6) -> Self:
        """After `wait` seconds the part resets itself: seen where NRST is captured."""
        self.idle(wait)
        return self.pulse('nrst', RESET_S) if 'nrst' in self.roles else self.idle(RESET_S)

    # Commands that only ask.

    def get(self, version: int = 0x12, commands: Sequence[int] | None = None) -> Self:
        """Get; `commands`: default are those that the version has."""
        opcodes = COMMANDS[version] if commands is None else commands
        return self.command(GET).answer([len(opcodes), version, *opcodes]).status(ACK)

    def get_version(self, version: int = 0x12) -> Self:
        """Get Version."""
        return self.command(GET_VERSION).answer([version]).status(ACK)

    def get_id(self, product: int = 0x460) -> Self:
        """Get ID; the default is that of G071."""
        return self.command(GET_ID).answer([1, *product.to_bytes(2)]).status(ACK)

    def read_memory(
        self, address: int, data: bytes, address_status: int = ACK, count_status: int = ACK
    ) -> Self:
        """Read Memory of 1 to 256 bytes."""
        self.command(READ_MEMORY).frame(address.to_bytes(4)).status(address_status)
        if address_status != ACK:
            return self
        self.frame([len(data) - 1]).status(count_status)
        return self.answer(data) if count_status == ACK else self

    def checksum(
        self, address: int, length: int, crc: int, busy: int = 0, poll: float = 1e-3
    ) -> Self:
        """Get Memory Checksum, of `length` bytes."""
        self.command(GET_CHECKSUM).frame(address.to_bytes(4)).status(ACK)
        self.frame(length.to_bytes(4)).status(ACK)
        self.poll_busy(busy * poll, poll).status(ACK)
        result = crc.to_bytes(4)
        return self.answer([*result, xor_of(result)])

    def go(self, address: int, final: int = ACK) -> Self:
        """Go."""
        return self.command(GO).frame(address.to_bytes(4)).status(final)

    # Commands that change the part.

    def write_memory(
        self,
        address: int,
        data: bytes,
        no_stretch: bool = True,
        busy: int = 3,
        poll: float = 1e-3,
        final: int | None = ACK,
        address_checksum: int | None = None,
        checksum: int | None = None,
        cut: int | None = None,
    ) -> Self:
        """Write Memory of 1 to 256 bytes.

        address_checksum: a wrong one, answered NACK. checksum, cut: of the data frame, where
        `final` says what the loader makes of it.
        """
        self.command(WRITE_MEMORY_NS if no_stretch else WRITE_MEMORY)
        self.frame(address.to_bytes(4), address_checksum)
        if address_checksum is not None:
            return self.status(NACK)
        self.status(ACK).frame([len(data) - 1, *data], checksum, cut)
        return self.work(no_stretch, busy, poll, final)

    def erase_pages(
        self,
        pages: Sequence[int],
        busy: int = 10,
        poll: float = 2e-3,
        no_stretch: bool = True,
        final: int | None = ACK,
        checksum: int | None = None,
    ) -> Self:
        """Extended Erase of a list of pages; checksum: a wrong one for the page frame."""
        self.command(ERASE_NS if no_stretch else ERASE)
        self.frame((len(pages) - 1).to_bytes(2)).status(ACK)
        self.frame(b''.join(page.to_bytes(2) for page in pages), checksum)
        return self.work(no_stretch, busy, poll, final)

    def mass_erase(
        self,
        busy: int = 10,
        poll: float = 2e-3,
        no_stretch: bool = True,
        final: int | None = ACK,
        code: int = MASS_ERASE,
    ) -> Self:
        """Extended Erase with a special code: everything, or one bank."""
        self.command(ERASE_NS if no_stretch else ERASE).frame(code.to_bytes(2))
        return self.work(no_stretch, busy, poll, final)

    def write_protect(
        self,
        sectors: Sequence[int],
        busy: int = 3,
        poll: float = 2e-3,
        no_stretch: bool = True,
        final: int | None = ACK,
        own_reset: bool = True,
    ) -> Self:
        """Write Protect of a list of sectors."""
        self.command(WRITE_PROTECT_NS if no_stretch else WRITE_PROTECT)
        self.frame([len(sectors) - 1]).status(ACK).frame(list(sectors))
        return self._option_work(no_stretch, busy, poll, final, own_reset)

    def write_unprotect(
        self,
        busy: int = 3,
        poll: float = 2e-3,
        no_stretch: bool = True,
        final: int | None = ACK,
        own_reset: bool = True,
    ) -> Self:
        """Write Unprotect."""
        self.command(WRITE_UNPROTECT_NS if no_stretch else WRITE_UNPROTECT)
        return self._option_work(no_stretch, busy, poll, final, own_reset)

    def readout_protect(
        self,
        busy: int = 3,
        poll: float = 2e-3,
        no_stretch: bool = True,
        final: int | None = ACK,
        own_reset: bool = True,
    ) -> Self:
        """Readout Protect."""
        self.command(READOUT_PROTECT_NS if no_stretch else READOUT_PROTECT)
        return self._option_work(no_stretch, busy, poll, final, own_reset)

    def readout_unprotect(
        self,
        no_stretch: bool = True,
        busy: int = 20,
        poll: float = 2e-3,
        final: int | None = ACK,
        own_reset: bool = True,
    ) -> Self:
        """Readout Unprotect; final=None: the host stops asking before the loader has ended."""
        self.command(READOUT_UNPROTECT_NS if no_stretch else READOUT_UNPROTECT)
        return self._option_work(no_stretch, busy, poll, final, own_reset)

    def _option_work(
        self, no_stretch: bool, busy: int, poll: float, final: int | None, own_reset: bool
    ) -> Self:
        self.work(no_stretch, busy, poll, final)
        return self.own_reset() if own_reset and final == ACK else self

    # What else is seen on the bus.

    def absent(self, count: int, every: float = 10e-3) -> Self:
        """The host addresses the loader, `every` seconds, and nobody answers."""
        for _ in range(count):
            next_try = self.now + every
            self.write(self.address, ack=False)
            self.now = max(self.now, next_try)
        return self

    def eeprom_read(self, address: int, pointer: int, data: bytes) -> Self:
        """Another device: write of a one-byte pointer, repeated START, read."""
        return self.write(address, [pointer], stop=False).read(address, data).idle(self.pause)
