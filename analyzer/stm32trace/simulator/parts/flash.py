"""What all flash controllers have: cells, option bytes with their life, one operation at a time.

Option bytes are *written* to registers (or erased and programmed as half-words), *programmed* into their cells when
an operation ends, and *loaded* from there into what is in force. Which event loads them is the family's matter.

What the manuals leave open, chosen here: an interrupted erase leaves a sector with some of its bits set; an
interrupted option programming leaves cells that no longer agree with their complements, which the load after it
finds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from stm32trace.simulator.board import Board, Event
from stm32trace.simulator.debug.dap import BusFaultError
from stm32trace.simulator.parts.cells import Cells
from stm32trace.simulator.parts.models import Model
from stm32trace.simulator.truth import Truth

MEMORY = 0x0800_0000
# Source: RM0444 3.3.6, RM0090 3.6.1, RM0008 (PM0075) 2.3.1: the same keys everywhere.
KEYS = (0x4567_0123, 0xCDEF_89AB)


@dataclass(slots=True)
class Operation:
    """What the flash is doing."""

    kind: str
    start: int
    end: int
    event: Event
    undone: Callable[[], None]  # what an interruption leaves behind
    fields: dict[str, object]


class KeySequence:
    """Two keys in a row unlock; any other word locks until the next reset."""

    def __init__(self, keys: tuple[int, int] = KEYS) -> None:
        self._keys = keys
        self.reset()

    def reset(self) -> None:
        """Come out of a reset: locked, and it may be tried again."""
        self.locked = True
        self.blocked = False
        self._given = 0

    def give(self, key: int) -> None:
        """Take a word written to the key register. Raises BusFaultError for a wrong one.

        While it is open nothing happens: OpenOCD writes the keys of an F1 twice.
        """
        if not self.locked:
            return
        if self.blocked or key != self._keys[self._given]:
            self.blocked = True
            raise BusFaultError('wrong key')
        self._given += 1
        if self._given == len(self._keys):
            self.locked = False
            self._given = 0

    def lock(self) -> None:
        """Lock again; the keys open it once more."""
        self.locked = True
        self._given = 0


class FlashController(ABC):
    """Registers are a device of the memory map: `read` and `write` by offset."""

    def __init__(self, board: Board, model: Model, truth: Truth) -> None:
        self.board = board
        self.model = model
        self.truth = truth
        self.cells = Cells(MEMORY, model.sectors)
        self.operation: Operation | None = None
        self.slow: dict[str, float] = {}  # kind of operation -> how many times as long it takes
        self.torn = False  # option bytes whose programming was interrupted

    RDP_LEVEL_0: ClassVar[int]  # the protection byte that protects nothing

    # What the families differ in.

    @abstractmethod
    def read(self, offset: int, size: int, by: str) -> int:
        """Return a register."""

    @abstractmethod
    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Write a register."""

    @abstractmethod
    def store(self, address: int, size: int, value: int) -> None:
        """Take a write to an address of the main memory or the option bytes."""

    @abstractmethod
    def option_bytes(self) -> bytes:
        """Return the option bytes as they are read in memory."""

    @abstractmethod
    def load_options(self) -> None:
        """Put the option bytes that are programmed into force."""

    @abstractmethod
    def reset_registers(self) -> None:
        """Come out of a system reset; options stay as they were loaded."""

    @property
    @abstractmethod
    def rdp_level(self) -> int:
        """Protection level in force: 0, 1 or 2."""

    @abstractmethod
    def is_protected(self, sector: int) -> bool:
        """Tell whether a sector is write-protected."""

    @abstractmethod
    def program_options(self, changes: dict[str, int]) -> int:
        """Program option bytes as code on the part does, by name; return how long it takes."""

    @abstractmethod
    def program_rdp(self, byte: int) -> int:
        """Program the protection byte alone; return how long it takes."""

    @property
    @abstractmethod
    def rdp_byte(self) -> int:
        """The protection byte in force."""

    # Operations.

    @property
    def busy(self) -> bool:
        """An operation goes on."""
        return self.operation is not None

    @property
    def ready_at(self) -> int:
        """Time at which the operation under way ends; 0 where there is none."""
        return self.operation.end if self.operation else 0

    def begin(
        self,
        kind: str,
        duration: int,
        done: Callable[[], None],
        undone: Callable[[], None] = lambda: None,
        **fields: object,
    ) -> int:
        """Start an operation that ends with `done`, or `undone` where it is interrupted; return how long it takes."""
        assert self.operation is None, self.operation
        length = round(duration * self.slow.get(kind, 1))
        start = self.board.now
        event = self.board.after(length, lambda: self._end(done))
        self.operation = Operation(kind, start, start + length, event, undone, fields)
        return length

    def _end(self, done: Callable[[], None]) -> None:
        operation = self.operation
        assert operation is not None
        self.operation = None
        done()
        self._tell(operation, self.board.now, 'done')

    def interrupt(self) -> None:
        """A reset, or the loss of the supply, ends what goes on."""
        operation, self.operation = self.operation, None
        if operation is not None:
            operation.event.cancel()
            operation.undone()
            self._tell(operation, self.board.now, 'interrupted')

    def _tell(self, operation: Operation, end: int, outcome: str) -> None:
        fields = {**operation.fields, 'operation': operation.kind, 'outcome': outcome}
        self.truth.add('flash_operation', operation.start, end, **fields)

    def erase(
        self, kind: str, sectors: Iterable[int], duration: int, done: Callable[[], None]
    ) -> int:
        """Erase some sectors in one operation; return how long it takes."""
        chosen = list(sectors)
        address, length = self.cells.span(chosen[0])
        if len(chosen) > 1:
            length = sum(self.cells.span(sector)[1] for sector in chosen)

        def erased() -> None:
            for sector in chosen:
                self.cells.erase(sector)
            done()

        def torn() -> None:
            for sector in chosen:
                self.cells.tear(sector)

        return self.begin(kind, duration, erased, torn, address=address, length=length)

    def erase_all(self, done: Callable[[], None] = lambda: None) -> int:
        """Erase the whole memory; return how long it takes."""
        return self.erase(
            'mass_erase', range(self.cells.sectors), self.model.times.mass_erase, done
        )

    def erase_sector(self, sector: int, done: Callable[[], None] = lambda: None) -> int:
        """Erase one sector; return how long it takes."""
        _, length = self.cells.span(sector)
        return self.erase('page_erase', [sector], self.model.times.erase_of(length), done)

    def program(self, address: int, data: bytes, done: Callable[[], None] = lambda: None) -> int:
        """Program one unit; return how long it takes."""

        def programmed() -> None:
            self.cells.program(address, data)
            done()

        return self.begin(
            'program', self.model.times.program, programmed, address=address, length=len(data)
        )
