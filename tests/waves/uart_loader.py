"""Both sides of a dialogue with the bootloader of an STM32 over UART, as AN3155 describes it.

Every verb is one command, or the byte 0x7F. What it puts on the wire, H> the host and T> the loader:

    sync                H> 7F   T> status
    get                 H> opcode ~opcode   T> ACK, N, version, opcodes, ACK
    get_version         ...   T> ACK, version, two option bytes, ACK
    get_id              ...   T> ACK, 1, two bytes, ACK
    read_memory         ...   T> ACK   H> address cs   T> ACK   H> N ~N   T> ACK, data
    write_memory        ...   T> ACK   H> address cs   T> ACK   H> N data cs   T> status
    erase_pages         ...   T> ACK   H> N (2 bytes) pages (2 each) cs   T> status
    erase_short_pages   ...   T> ACK   H> N pages cs   T> status
    mass_erase          ...   T> ACK   H> code (2 bytes) cs   T> status
    write_protect       ...   T> ACK   H> N sectors cs   T> status, reset
    write_unprotect, readout_protect, readout_unprotect   ...   T> ACK, status, reset
    go                  ...   T> ACK   H> address cs   T> status
    checksum            ...   T> ACK   H> address cs   T> ACK   H> length cs   T> ACK, ACK, CRC cs
    special             ...   T> ACK   H> code cs   T> ACK   H> size data cs   T> ACK, two blocks, ACK

N is a count less one, cs the XOR of the bytes of the frame, of a single one its complement. A status that
is not ACK ends the command. The loader answers `turn` seconds after the host's last byte, the host goes on
`pause` seconds after the loader's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

from stm32trace_core.lines import LevelChange
from stm32trace_core.wire.uart import RX, TX
from waves.loader import ACK, BYTE, GET_CHECKSUM, MASS_ERASE, NACK, RESET_S, xor_of
from waves.uart import UartWave

# Source: AN3155 table 2; not imported from the core, whose tables these test.
SYNC = 0x7F
GET, GET_VERSION, GET_ID, READ_MEMORY, GO, WRITE_MEMORY = 0x00, 0x01, 0x02, 0x11, 0x21, 0x31
ERASE_SHORT, ERASE, SPECIAL = 0x43, 0x44, 0x50
WRITE_PROTECT, WRITE_UNPROTECT, READOUT_PROTECT, READOUT_UNPROTECT = 0x63, 0x73, 0x82, 0x92
RESYNC = 0xFF
COMMANDS = (
    GET, GET_VERSION, GET_ID, READ_MEMORY, GO, WRITE_MEMORY, ERASE, WRITE_PROTECT, WRITE_UNPROTECT,
    READOUT_PROTECT, READOUT_UNPROTECT,
)  # fmt: skip


class UartLoader(UartWave):
    """Host and loader on one UART; see the module for what each verb puts on the wire.

    one_wire: both speak on TX. swapped: channels are named from the loader's side, so the host is on RX.
    Further options are those of UartWave.
    """

    def __init__(
        self,
        rate: float = 1_000_000,
        baud: float = 115_200,
        *,
        turn: float = 20e-6,
        pause: float = 100e-6,
        one_wire: bool = False,
        swapped: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(rate, baud, **options)
        self.turn = turn
        self.pause = pause
        self.host_line = RX if swapped else TX
        self.loader_line = TX if swapped or one_wire else RX
        self.level_changes: list[LevelChange] = []

    @property
    def records(self) -> list[Any]:
        """Words of the captured lines and edges of the slow ones, in the order of their ends."""
        return sorted([*self.words, *self.level_changes], key=lambda record: record.end)

    def level(self, role: str, value: int) -> Self:
        """Give any line another level from now on."""
        at = self.wave.sample(self.now)
        if role not in (TX, RX):
            self.level_changes.append(LevelChange(at, at + 1, '', role, value))
        return super().level(role, value)

    # Steps.

    def host(self, data: Iterable[int], **how: Any) -> Self:
        """The host sends bytes."""
        return self.send(self.host_line, data, **how).idle(self.turn)

    def loader(self, data: Iterable[int], **how: Any) -> Self:
        """The loader sends bytes."""
        return self.send(self.loader_line, data, **how).idle(self.pause)

    def frame(
        self, payload: Sequence[int], checksum: int | None = None, cut: int | None = None
    ) -> Self:
        """A host frame with its checksum, or with another one; `cut`: only so many bytes of it."""
        sent = [*payload, xor_of(payload) if checksum is None else checksum]
        return self.host(sent[:cut])

    def status(self, value: int | None) -> Self:
        """The loader answers, unless None."""
        return self if value is None else self.loader([value])

    def sync(self, answer: int | None = ACK, leading: Sequence[int] = ()) -> Self:
        """The host sends 0x7F; `leading`: what the loader sends before its answer."""
        self.host([SYNC])
        return self if answer is None else self.loader([*leading, answer])

    def command(
        self,
        opcode: int,
        answer: int | None = ACK,
        complement: int | None = None,
        cut: int | None = None,
    ) -> Self:
        """The opcode frame, or one with another complement or cut short; its status unless None."""
        return self.frame([opcode], complement, cut).status(answer)

    def refused(self, opcode: int) -> Self:
        """A command that is answered NACK at once."""
        return self.command(opcode, NACK)

    def own_reset(self, wait: float = 100e-6) -> Self:
        """After `wait` seconds the part resets itself: seen where NRST is captured."""
        self.idle(wait)
        return self.pulse('nrst', RESET_S) if 'nrst' in self.roles else self.idle(RESET_S)

    # Commands that only ask.

    def get(self, version: int = 0x31, commands: Sequence[int] = COMMANDS) -> Self:
        """Get."""
        return self.command(GET).loader([len(commands), version, *commands, ACK])

    def get_version(self, version: int = 0x31) -> Self:
        """Get Version."""
        return self.command(GET_VERSION).loader([version, 0, 0, ACK])

    def get_id(self, product: int = 0x460) -> Self:
        """Get ID; the default is that of G071."""
        return self.command(GET_ID).loader([1, *product.to_bytes(2), ACK])

    def read_memory(
        self,
        address: int,
        data: bytes,
        address_status: int = ACK,
        address_checksum: int | None = None,
        count_status: int = ACK,
    ) -> Self:
        """Read Memory of 1 to 256 bytes."""
        self.command(READ_MEMORY).frame(address.to_bytes(4), address_checksum).status(
            address_status
        )
        if address_status != ACK:
            return self
        self.frame([len(data) - 1])
        return self.status(count_status) if count_status != ACK else self.loader([ACK, *data])

    def checksum(self, address: int, length: int, crc: int, work: float = 1e-3) -> Self:
        """Get Checksum, of `length` bytes."""
        self.command(GET_CHECKSUM).frame(address.to_bytes(4)).status(ACK)
        self.frame(length.to_bytes(4)).status(ACK).idle(work)
        result = crc.to_bytes(4)
        return self.loader([ACK, *result, xor_of(result)])

    def special(self, code: int, data: bytes, result: bytes = b'', state: bytes = b'') -> Self:
        """Special command: its code, a block, and two blocks as the answer."""
        self.command(SPECIAL).frame(code.to_bytes(2)).status(ACK)
        self.frame([*len(data).to_bytes(2), *data]).status(ACK)
        blocks = (len(result).to_bytes(2), result, len(state).to_bytes(2), state)
        return self.loader([*b''.join(blocks), ACK])

    def go(self, address: int, final: int | None = ACK) -> Self:
        """Go."""
        return self.command(GO).frame(address.to_bytes(4)).status(final)

    # Commands that change the part.

    def write_memory(
        self,
        address: int,
        data: bytes,
        final: int | None = ACK,
        work: float = 1e-3,
        address_checksum: int | None = None,
        address_status: int = ACK,
        checksum: int | None = None,
        cut: int | None = None,
    ) -> Self:
        """Write Memory of 1 to 256 bytes.

        address_checksum: a wrong one, answered NACK. checksum, cut: of the data frame, where `final` says
        what the loader makes of it.
        """
        self.command(WRITE_MEMORY).frame(address.to_bytes(4), address_checksum)
        answer = address_status if address_checksum is None else NACK
        self.status(answer)
        if answer != ACK:
            return self
        self.frame([len(data) - 1, *data], checksum, cut)
        return self if final is None else self.idle(work).status(final)

    def erase_pages(
        self,
        pages: Sequence[int],
        work: float = 22e-3,
        final: int | None = ACK,
        checksum: int | None = None,
        cut: int | None = None,
    ) -> Self:
        """Extended Erase of a list of pages; work: seconds for each."""
        payload = [*(len(pages) - 1).to_bytes(2), *b''.join(page.to_bytes(2) for page in pages)]
        self.command(ERASE).frame(payload, checksum, cut)
        return self if final is None else self.idle(work * len(pages)).status(final)

    def erase_short_pages(
        self, pages: Sequence[int], work: float = 22e-3, final: int | None = ACK
    ) -> Self:
        """Erase, with page numbers of one byte; none: everything."""
        self.command(ERASE_SHORT).frame([len(pages) - 1, *pages] if pages else [BYTE])
        return self if final is None else self.idle(work * max(len(pages), 1)).status(final)

    def mass_erase(
        self, work: float = 22e-3, final: int | None = ACK, code: int = MASS_ERASE
    ) -> Self:
        """Extended Erase with a special code: everything, or one bank."""
        self.command(ERASE).frame(code.to_bytes(2))
        return self if final is None else self.idle(work).status(final)

    def write_protect(
        self, sectors: Sequence[int], final: int | None = ACK, own_reset: bool = True
    ) -> Self:
        """Write Protect of a list of sectors."""
        self.command(WRITE_PROTECT).frame([len(sectors) - 1, *sectors])
        return self._option_work(final, own_reset)

    def write_unprotect(self, final: int | None = ACK, own_reset: bool = True) -> Self:
        """Write Unprotect."""
        return self.command(WRITE_UNPROTECT)._option_work(final, own_reset)

    def readout_protect(self, final: int | None = ACK, own_reset: bool = True) -> Self:
        """Readout Protect."""
        return self.command(READOUT_PROTECT)._option_work(final, own_reset)

    def readout_unprotect(
        self, work: float = 40e-3, final: int | None = ACK, own_reset: bool = True
    ) -> Self:
        """Readout Unprotect."""
        return self.command(READOUT_UNPROTECT)._option_work(final, own_reset, work)

    def _option_work(self, final: int | None, own_reset: bool, work: float = 20e-3) -> Self:
        if final is None:
            return self
        self.idle(work).status(final)
        return self.own_reset() if own_reset and final == ACK else self
