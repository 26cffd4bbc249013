"""Blocks in, records out, with a look at what every line decoder promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from stm32trace.capture.changes import Changes, cut
from stm32trace.line.columns import LineDecoder, Setup, WordColumns
from stm32trace.line.i2c import I2cDecoder
from stm32trace_core.context import bare_context
from stm32trace_core.wire.i2c import I2cByte, I2cFramer, I2cTransfer
from waves.i2c import I2cWave

if TYPE_CHECKING:
    from stm32trace_core.record import Record

RecordT = TypeVar('RecordT')
BUS = 'i2c0'


def decoded(decoder: LineDecoder, blocks: Iterable[Changes]) -> list[Record]:
    """Return all records in the order in which a merge passes them on: by `end`, then as they came.

    Asserts what `LineDecoder` promises of order and of `settled`.
    """
    found: list[Record] = []
    promised = stop = 0
    fed = False

    def take(columns: Iterable[WordColumns], limit: int) -> None:
        for some in columns:
            ends = [record.end for record in some.records()]
            assert len(some) == len(ends)
            assert ends == sorted(ends)
            assert all(promised <= end <= limit for end in ends)
            found.extend(some.records())

    for block in blocks:
        if fed and block.start != stop:
            take(decoder.finish(stop), stop)
            assert decoder.settled == stop
        take(decoder.feed(block), block.stop)
        assert promised <= decoder.settled <= block.stop
        promised, stop, fed = decoder.settled, block.stop, True
    take(decoder.finish(stop), stop)
    take(decoder.close(stop), stop)
    return sorted(found, key=lambda record: record.end)


def decode(source: I2cWave | Iterable[Changes], sample_rate: float | None = 1e6) -> list[Record]:
    """Return all records of SCL and SDA: of a dialogue, at its own sample rate, or of blocks."""
    if isinstance(source, I2cWave):
        return decoded(I2cDecoder(Setup(source.bus, source.rate)), [source.lines()])
    return decoded(I2cDecoder(Setup(BUS, sample_rate)), source)


def only(kind: type[RecordT], records: Iterable[object]) -> list[RecordT]:
    """Return the records of one type."""
    return [record for record in records if isinstance(record, kind)]


def words(source: I2cWave | Iterable[Changes]) -> list[I2cByte]:
    """Return the words of a dialogue or of blocks."""
    return only(I2cByte, decode(source))


def framed(found: Iterable[object], end: int, bus: str = BUS) -> list[I2cTransfer]:
    """Return the transfers made of the words among `found`, in data that ends before `end`."""
    framer = I2cFramer(bare_context(), bus)
    transfers = [transfer for word in only(I2cByte, found) for transfer in framer.feed(word)]
    return [*transfers, *framer.finish(end)]


def transfers(wave: I2cWave) -> list[I2cTransfer]:
    """Return the transfers of a dialogue."""
    return framed(decode(wave), wave.length, wave.bus)


def pieces(block: Changes, cuts: Sequence[int]) -> Iterator[Changes]:
    """Yield a block cut at sorted samples; equal ones give empty blocks."""
    for at in cuts:
        piece, block = cut(block, at)
        yield piece
    yield block
