"""Builds session files, whole or damaged in every way the reader has to stand.

The zip container is written by hand, so that a test can lie in any field of it.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stm32trace.capture.changes import Changes
from stm32trace.capture.sr import SrReader

LOCAL = struct.Struct('<4s5H3I2H')
CENTRAL = struct.Struct('<4s6H3I5H2I')
END = struct.Struct('<4s4H2IH')
STORED, DEFLATED = 0, 8
DESCRIBED = 1 << 3

Runs = list[tuple[int, int, list[int], list[int]]]


@dataclass(frozen=True)
class Entry:
    """A member; `size`, `crc`, `stream` and `offset` replace what would be true."""

    name: str
    data: bytes = b''
    method: int = DEFLATED
    size: int | None = None
    crc: int | None = None
    stream: bytes | None = None  # the compressed bytes
    flags: int = 0
    signature: bytes = b'PK\x03\x04'
    listed: int = 1  # times it is in the directory

    @property
    def compressed(self) -> bytes:
        if self.stream is not None:
            return self.stream
        return deflated(self.data) if self.method == DEFLATED else self.data

    @property
    def checks(self) -> tuple[int, int, int]:
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        size = len(self.data) if self.size is None else self.size
        return crc, len(self.compressed), size


def deflated(data: bytes) -> bytes:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    return deflater.compress(data) + deflater.flush()


def deflated_part(data: bytes) -> bytes:
    """A stream that goes on after `data`."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    return deflater.compress(data) + deflater.flush(zlib.Z_FULL_FLUSH)


def archive(entries: Sequence[Entry], *, directory: bool = True) -> bytes:
    """A zip archive; without `directory`, what is left of one whose end was cut off."""
    body, listing = b'', b''
    for entry in entries:
        name = entry.name.encode()
        described = entry.flags & DESCRIBED
        checks = (0, 0, 0) if described else entry.checks
        start = len(body)
        body += LOCAL.pack(
            entry.signature, 20, entry.flags, entry.method, 0, 33, *checks, len(name), 0
        )
        body += name + entry.compressed
        if described:
            body += struct.pack('<4s3I', b'PK\x07\x08', *entry.checks)
        fields = (20, 20, entry.flags, entry.method, 0, 33, *entry.checks, len(name), 0, 0, 0, 0)
        listing += entry.listed * (CENTRAL.pack(b'PK\x01\x02', *fields, 0, start) + name)
    if not directory:
        return body
    count = sum(entry.listed for entry in entries)
    return body + listing + END.pack(b'PK\x05\x06', 0, 0, count, count, len(listing), len(body), 0)


def metadata(
    *,
    rate: str | None = '1 MHz',
    unit_size: int | str | None = 1,
    total: int | str | None = 8,
    probes: Sequence[str] = ('SCL', 'SDA'),
    equals: str = '=',
    more: Sequence[str] = (),
) -> Entry:
    lines = ['[global]', f'sigrok version{equals}0.5.2', '', '[device 1]']
    lines += [f'capturefile{equals}logic-1']
    lines += [f'total probes{equals}{total}'] if total is not None else []
    lines += [f'samplerate{equals}{rate}'] if rate is not None else []
    lines += [f'probe{number}{equals}{name}' for number, name in enumerate(probes, 1)]
    lines += [f'unitsize{equals}{unit_size}'] if unit_size is not None else []
    return Entry('metadata', '\n'.join([*lines, *more, '']).encode())


VERSION_1, VERSION_2 = Entry('version', b'1'), Entry('version', b'2')
HEAD = (VERSION_2, metadata())  # what a file of version 2 begins with: 1 MHz, one byte a sample


def chunks(*data: bytes, method: int = DEFLATED) -> list[Entry]:
    return [Entry(f'logic-1-{n}', one, method) for n, one in enumerate(data, start=1)]


def reader(folder: Path, entries: Iterable[Entry] | bytes, **options: int) -> SrReader:
    """A reader of a file with these members."""
    path = folder / 'capture.sr'
    path.write_bytes(entries if isinstance(entries, bytes) else archive(list(entries)))
    return SrReader(path, **options)


def levels(source: SrReader, channels: Sequence[int] = (0, 1)) -> Runs:
    """What is read, run by run: start, stop, samples at which a level changes, new states."""
    found: Runs = []
    for block in source.blocks(channels):
        begins_run = not found or found[-1][1] != block.start
        assert not begins_run or block.index[0] == block.start
        if begins_run:
            found.append((block.start, block.stop, block.index.tolist(), block.state.tolist()))
        else:
            start, _, index, state = found[-1]
            found[-1] = (
                start, block.stop, index + block.index.tolist(), state + block.state.tolist(),
            )  # fmt: skip
    return found


def dense(blocks: Iterable[Changes]) -> dict[int, int]:
    """The state of every sample that the blocks cover."""
    state, found = 0, {}
    for block in blocks:
        entries = dict(zip(block.index.tolist(), block.state.tolist(), strict=True))
        for sample in range(block.start, block.stop):
            state = entries.get(sample, state)
            found[sample] = state
    return found
