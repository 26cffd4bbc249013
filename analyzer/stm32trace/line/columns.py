"""`WordColumns`, the one bridge from numpy to records, and the contract of what produces them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import repeat
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.capture.changes import Changes
    from stm32trace_core.record import Record


@dataclass(frozen=True, slots=True)
class WordColumns:
    """Records of one type, a column for each of their fields, ordered by `end`.

    A subclass names the type in `record` and adds the fields of that record after these three, in
    the record's order: an array with one element per record, or a plain value that all of them
    share.
    """

    record: ClassVar[type]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    bus: str

    def __len__(self) -> int:
        return len(self.start)

    def records(self) -> Iterator[Record]:
        """Yield the rows as records; this is where numpy scalars become Python ones."""
        columns = [getattr(self, field.name) for field in fields(self)]
        return map(
            type(self).record,
            *(
                column.tolist() if isinstance(column, np.ndarray) else repeat(column)
                for column in columns
            ),
        )


@dataclass(frozen=True, slots=True)
class Setup:
    """What a line decoder is told before its first block."""

    bus: str
    sample_rate: float | None = None  # Hz
    # Those of the bus that are captured: bit k of a block's state is the level of roles[k]. Empty:
    # all that the protocol has, in its own order.
    roles: tuple[str, ...] = ()
    baud: float | None = None  # what the user says of a UART; None: to be measured
    parity: str | None = None


class LineDecoder(Protocol):
    """Turns the blocks of a few channels into word columns.

    A run is a sequence of blocks that touch; its first block begins with an entry at its first
    sample. For each run: `feed` for its blocks in order, then `finish` at the run's stop. After the
    last run of the capture: `close`, once. `feed` and `finish` do their work when called; the
    result need not be iterated.

    Records come when their `end` is seen. Those that `feed` returns end at or before the stop of
    its block, and all later ones at or after `settled`; those of `finish` end at or before the
    run's stop. Over all columns of one call there is no order, but each is ordered by `end`.
    """

    protocol: ClassVar[str]  # as in detect.assignment.PROTOCOLS
    roles: ClassVar[tuple[str, ...]]  # those of the protocol, in the order in which it takes them
    produces: ClassVar[tuple[type, ...]]  # record types

    def __init__(self, setup: Setup) -> None: ...

    @property
    def settled(self) -> int:
        """No later record ends before this sample.

        It is the stop of the last block, less what a filter delays.
        """

    def feed(self, block: Changes) -> Iterator[WordColumns]:
        """Return what the samples of `block` bring to an end."""

    def finish(self, end: int) -> Iterator[WordColumns]:
        """Return what is still open where a run ends, before sample `end`; another may follow."""

    def close(self, end: int) -> Iterator[WordColumns]:
        """Return what is known of the capture as a whole, which ends before sample `end`."""
