"""The members of a zip archive, damaged or not, and their bytes in small pieces.

Source: PKWARE APPNOTE 6.3.10, section 4.3.7 (local header), 4.3.9 (data descriptor), 4.5.3 (zip64).

An intact archive ends with a directory. One that was cut short has none; then the local headers
before the members are followed instead. Nothing is trusted: members that overlap are cut so that
none shares bytes with another, and a stream ends where its announced size is reached.
"""

import mmap
import os
import struct
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO, NamedTuple

from zlib_ng import zlib_ng

_LOCAL = struct.Struct('<4s5H3I2H')  # section 4.3.7, up to the name
_LOCAL_SIGNATURE = b'PK\x03\x04'
_DIRECTORY_SIGNATURE = b'PK\x01\x02'
_DESCRIPTORS = (struct.Struct('<4sIII'), struct.Struct('<4sIQQ'))  # plain and zip64
_DESCRIPTOR_SIGNATURE = b'PK\x07\x08'
_EXTRA = struct.Struct('<HH')
_ZIP64_EXTRA = 0x0001
_ZIP64_SIZES = struct.Struct('<QQ')
_IN_ZIP64 = 0xFFFFFFFF
_ENCRYPTED, _DESCRIBED = 1 << 0, 1 << 3  # general purpose flags
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
_INPUT = 16384  # compressed bytes handed over at once: what is not used up is copied each time
_NO_LIMIT = sys.maxsize
_BROKEN: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stub says instance


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive, found but not read."""

    name: str
    header: int  # offset of its local header
    offset: int | None  # of its first byte; None if there is no local header where there should be
    compressed_size: int
    size: int | None  # announced; None when not known
    crc: int | None  # of the inflated bytes; None when not known
    method: int
    encrypted: bool

    @property
    def is_deflated(self) -> bool:
        return self.method == _DEFLATED


@dataclass(frozen=True, slots=True)
class Archive:
    """members: in the order of the file. has_directory: False if its end is missing."""

    members: tuple[Member, ...]
    has_directory: bool
    size: int  # of the file, in bytes


class Problem(NamedTuple):
    """Why a member was not read to its end, or not rightly; kinds as in `model.Damage`."""

    kind: str
    text: str


def read_archive(path: Path) -> Archive:
    """Find the members of an archive; none if the file is no zip at all. Raises OSError."""
    with path.open('rb') as file:
        size = file.seek(0, os.SEEK_END)
        listed = _listed(file)
        if listed is None and not size:
            return Archive((), False, 0)  # which cannot be mapped
        if listed is None:
            return Archive(_apart(list(_walked(file))), False, size)
        if any(member.offset is None for member in listed):
            walked = {member.name: member for member in _walked(file)}
            listed = [m if m.offset is not None else walked.get(m.name, m) for m in listed]
        return Archive(_apart(listed), True, size)


class MemberStream:
    """The bytes of one member; ends early at damage, and then `problem` says why.

    file: opened by the caller, not to be moved while the stream is read.
    """

    def __init__(self, file: BinaryIO, member: Member) -> None:
        self.position = 0  # bytes given so far
        self.problem = _obstacle(member)
        self._file = file
        self._member = member
        self._unread = member.compressed_size
        self._inflater = zlib_ng.decompressobj(-15) if member.is_deflated else None
        self._crc = 0
        self._ended = self.problem is not None
        if member.offset is not None:
            file.seek(member.offset)

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer`; fewer bytes at the end or at damage."""
        announced = _NO_LIMIT if self._member.size is None else self._member.size
        filled = 0
        while filled < len(buffer) and not self._ended:
            room = min(len(buffer) - filled, announced - self.position)
            piece = self._piece(room) if room else b''
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
            self.position += len(piece)
            self._crc = zlib_ng.crc32(piece, self._crc)
            if not piece or self.problem or self.position == announced:
                self._end(announced)
        return filled

    def _piece(self, limit: int) -> bytes:
        """1 to `limit` bytes more; none at the end or at damage."""
        try:
            if self._inflater is None:
                return self._read(limit)
            while True:
                compressed = self._inflater.unconsumed_tail or self._read(_INPUT)
                piece = self._inflater.decompress(compressed, limit)
                if piece or not compressed or self._inflater.eof:
                    return piece
        except _BROKEN as error:
            self.problem = Problem('broken', f'cannot be inflated further ({error})')
            return self._salvage(limit)
        except OSError as error:
            self.problem = Problem('unreadable', f'cannot be read further ({error})')
        return b''

    def _salvage(self, limit: int) -> bytes:
        """Up to `limit` bytes more, to the spot where the stream is broken.

        A call that fails drops what it inflated. So this inflates again, to one byte before the
        last that was given, and from there so little at a time that no more than one byte is lost.
        """
        assert self._member.offset is not None
        self._file.seek(self._member.offset)
        inflater = zlib_ng.decompressobj(-15)
        known = max(0, self.position - 1)
        done = 0
        while done < known:
            compressed = inflater.unconsumed_tail or self._file.read(_INPUT)
            done += len(inflater.decompress(compressed, known - done))
        compressed = inflater.unconsumed_tail + self._file.read(2 * _INPUT)
        inflated = bytearray()
        with suppress(_BROKEN):
            for at in range(len(compressed)):
                drop = inflater.decompress(compressed[at : at + 1], 1)
                while drop:
                    inflated += drop
                    drop = inflater.decompress(inflater.unconsumed_tail, 1)
        return bytes(inflated[self.position - known :][:limit])

    def _read(self, limit: int) -> bytes:
        data = self._file.read(min(limit, self._unread))
        self._unread -= len(data)
        return data

    def _end(self, announced: int) -> None:
        self._ended = True
        if self.position == announced and self._piece(1):
            self.problem = Problem('bomb', f'goes on beyond the {announced} bytes announced')
        elif self.problem:
            return
        elif self._unread and not self._stream_is_whole():
            text = f'is cut off by the end of the file after {self.position} bytes'
            self.problem = Problem('truncated', text)
        elif self._member.size not in (None, self.position) or not self._stream_is_whole():
            self.problem = Problem('broken', f'ends after {self.position} bytes')
        elif self._member.crc not in (None, self._crc):
            self.problem = Problem(
                'crc', f'has checksum {self._crc:08x} instead of {self._member.crc:08x}'
            )

    def _stream_is_whole(self) -> bool:
        return not self._unread if self._inflater is None else bool(self._inflater.eof)


def _obstacle(member: Member) -> Problem | None:
    """Why a member cannot be read at all."""
    if member.offset is None:
        return Problem('unreadable', 'is listed in the archive but is not where the list says')
    if member.encrypted:
        return Problem('unreadable', 'is encrypted')
    if member.method not in (_STORED, _DEFLATED):
        return Problem('unreadable', f'is compressed by method {member.method}, not by deflate')
    return None


def _listed(file: BinaryIO) -> list[Member] | None:
    """The members named by the directory at the end, None if there is none that can be used."""
    try:
        with zipfile.ZipFile(file) as archive:
            return [_listed_member(file, info) for info in archive.infolist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error):
        return None


def _listed_member(file: BinaryIO, info: zipfile.ZipInfo) -> Member:
    return Member(
        name=info.filename,
        header=info.header_offset,
        offset=_data_offset(file, info.header_offset),
        compressed_size=info.compress_size,
        size=info.file_size,
        crc=info.CRC,
        method=info.compress_type,
        encrypted=bool(info.flag_bits & _ENCRYPTED),
    )


def _data_offset(file: BinaryIO, header: int) -> int | None:
    if header < 0:
        return None
    file.seek(header)
    fixed = file.read(_LOCAL.size)
    if len(fixed) < _LOCAL.size or not fixed.startswith(_LOCAL_SIGNATURE):
        return None
    name_length, extra_length = _LOCAL.unpack(fixed)[-2:]
    return header + _LOCAL.size + int(name_length) + int(extra_length)


def _walked(file: BinaryIO) -> Iterator[Member]:
    """The members found from local header to local header; where that fails, by searching."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(_LOCAL_SIGNATURE)
        while at >= 0:
            member = _walked_member(data, at)
            if member is None or member.offset is None:
                at = data.find(_LOCAL_SIGNATURE, at + 1)
                continue
            yield member
            at = member.offset + member.compressed_size
            if data[at : at + 4] != _LOCAL_SIGNATURE:
                at = data.find(_LOCAL_SIGNATURE, member.offset)


def _walked_member(data: mmap.mmap, header: int) -> Member | None:
    """The member whose local header is at `header`, None if the header is not whole."""
    name_at = header + _LOCAL.size
    if name_at > len(data):
        return None
    fields = _LOCAL.unpack_from(data, header)
    _, _, flags, method, _, _, crc, compressed_size, size, name_length, extra_length = fields
    extra_at = name_at + name_length
    offset = extra_at + extra_length
    if offset > len(data):
        return None
    member = Member(
        name=data[name_at:extra_at].decode('utf-8', 'replace'),
        header=header,
        offset=offset,
        compressed_size=compressed_size,
        size=size,
        crc=crc,
        method=method,
        encrypted=bool(flags & _ENCRYPTED),
    )
    if flags & _DESCRIBED and not compressed_size:
        return _described(data, member, offset)
    if _IN_ZIP64 in (size, compressed_size):
        return _with_zip64_sizes(member, data[extra_at:offset])
    return member


def _with_zip64_sizes(member: Member, extra: bytes) -> Member:
    while len(extra) >= _EXTRA.size:
        kind, length = _EXTRA.unpack_from(extra)
        body = extra[_EXTRA.size : _EXTRA.size + length]
        if kind == _ZIP64_EXTRA and len(body) >= _ZIP64_SIZES.size:
            size, compressed_size = _ZIP64_SIZES.unpack_from(body)
            return replace(member, size=size, compressed_size=compressed_size)
        extra = extra[_EXTRA.size + length :]
    return member


def _described(data: mmap.mmap, member: Member, offset: int) -> Member:
    """A member whose sizes come after its bytes: it reaches to the next header."""
    nexts = (data.find(s, offset) for s in (_LOCAL_SIGNATURE, _DIRECTORY_SIGNATURE))
    end = min((at for at in nexts if at >= 0), default=len(data))
    for descriptor in _DESCRIPTORS:
        at = end - descriptor.size
        if at >= offset:
            signature, crc, compressed_size, size = descriptor.unpack_from(data, at)
            if signature == _DESCRIPTOR_SIGNATURE and compressed_size == at - offset:
                return replace(member, crc=crc, compressed_size=compressed_size, size=size)
    return replace(member, crc=None, compressed_size=end - offset, size=None)


def _apart(members: Sequence[Member]) -> tuple[Member, ...]:
    """In the order of the file, each cut where the next begins: no byte is inflated twice."""
    ordered = sorted(members, key=lambda member: member.header)
    apart = []
    for member, follower in zip_longest(ordered, ordered[1:]):
        if member.offset is not None and follower is not None:
            room = max(0, follower.header - member.offset)
            member = replace(member, compressed_size=min(member.compressed_size, room))
        apart.append(member)
    return tuple(apart)
