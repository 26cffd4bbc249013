"""sigrok session files (`.sr`), version 1 and 2: a zip archive of metadata and raw samples.

Source: libsigrok src/session_file.c, src/session_driver.c and src/output/srzip.c.

What can be read around damage is read: see `model.Damage` for the kinds, `sr_chunks` for how
samples after a gap keep their numbers. Files are inflated in small pieces, so memory does not
depend on their size.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from stm32trace.capture.changes import Changes, merged
from stm32trace.capture.dense import DenseSampler
from stm32trace.capture.reader import CaptureReader
from stm32trace.capture.sr_chunks import Chunk, Layout, lay_out
from stm32trace.capture.sr_metadata import MOST_UNIT_SIZE, Metadata, parse_metadata
from stm32trace.capture.zip_members import Archive, Member, MemberStream, Problem, read_archive
from stm32trace.errors import CaptureError, ChannelError, FormatError, TruncatedError
from stm32trace.model import CaptureInfo, Damage, whole_rate

# What is read at once fits in a cache, together with its changes and the copies in between. Where
# little changes, that many blocks are joined, or fewer with that many entries.
_BLOCK_SAMPLES = 262144
_BLOCKS, _ENTRIES = 16, 65536
_MOST_METADATA = 1 << 20  # bytes; sigrok writes less than a thousand
_VERSIONS = ('1', '2')
_LOCAL_SIGNATURE = b'PK\x03\x04'
_FIRST_NAME = slice(30, 38)  # of the first member, in a zip archive


class SrFormat:
    """The input format `sr`."""

    name = 'sr'
    description = 'sigrok session file, version 1 or 2 (PulseView, sigrok-cli)'
    suffixes = ('.sr',)

    def recognizes(self, head: bytes) -> bool:
        names = (b'version', b'metadata', b'logic-1', b'analog-1')
        return head.startswith(_LOCAL_SIGNATURE) and head[_FIRST_NAME].startswith(names)

    def open(self, path: Path, *, sample_rate: float | None = None) -> CaptureReader:
        return SrReader(path, sample_rate=sample_rate)


READER = SrFormat()


class SrReader:
    """An open session file: see `CaptureReader`. block_samples: most samples read at once."""

    def __init__(
        self,
        path: Path,
        *,
        sample_rate: float | None = None,
        block_samples: int = _BLOCK_SAMPLES,
    ) -> None:
        archive = _archive(path)
        members = {member.name: member for member in archive.members}
        self._damage: dict[Damage, None] = {}  # a set in order of discovery
        self._note(_version_damage(path, members))
        metadata = self._metadata(path, members, archive)
        layout = lay_out(archive, metadata.capture_file, metadata.unit_size)
        _require_samples(path, archive, metadata, layout)
        self._note(layout.damage)
        self._chunks = layout.chunks
        self._unit_size = metadata.unit_size
        self._block_samples = block_samples
        self.info = CaptureInfo(
            path=path,
            format=READER.name,
            channels=metadata.channels,
            sample_rate=whole_rate(sample_rate) or metadata.sample_rate,
            length=layout.length,
            analog=metadata.analog,
        )

    @property
    def damage(self) -> tuple[Damage, ...]:
        return tuple(sorted(self._damage, key=lambda damage: damage.sample))

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        known = [channel.name for channel in self.info.channels]
        unknown = [str(channel) for channel in channels if not 0 <= channel < len(known)]
        if unknown:
            raise ChannelError(
                f'expected channel indices 0 to {len(known) - 1}, found {", ".join(unknown)};'
                f' the channels are {", ".join(known)}',
                path=self.info.path,
                names=unknown,
                known=known,
            )
        return merged(self._blocks(channels), _ENTRIES, _BLOCKS * self._block_samples)

    def _blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        """Yield what is read at once."""
        sampler = DenseSampler(self._unit_size, channels)
        buffer = memoryview(bytearray(self._block_samples * self._unit_size))
        samples = 0
        with _opened(self.info.path) as file:
            for chunk in self._chunks:
                for block in self._chunk_blocks(file, chunk, sampler, buffer):
                    samples += block.stop - block.start
                    yield block
        if not samples:
            raise TruncatedError(
                f'expected samples, found none that can be read: {self.damage[0].message};'
                ' copy or record it again',
                path=self.info.path,
            )

    def _chunk_blocks(
        self, file: BinaryIO, chunk: Chunk, sampler: DenseSampler, buffer: memoryview
    ) -> Iterator[Changes]:
        stream = MemberStream(file, chunk.member)
        unit_size = self._unit_size
        at, stop = chunk.start, chunk.start + chunk.samples
        wanted = filled = 0
        while at < stop and filled == wanted:
            wanted = min(len(buffer), (stop - at) * unit_size)
            filled = stream.readinto(buffer[:wanted])
            whole = filled // unit_size
            if whole:
                yield sampler.feed(buffer[: whole * unit_size], at)
                at += whole
        problem = stream.problem
        if stream.readinto(buffer[:unit_size]) == unit_size:
            problem = Problem('bomb', 'goes on beyond the samples it can have')
        if problem := problem or stream.problem:
            self._note([_chunk_damage(chunk, at, problem)])

    def _metadata(self, path: Path, members: dict[str, Member], archive: Archive) -> Metadata:
        member = members.get('metadata')
        if member is None:
            raise _no_metadata(path, archive)
        text, problem = _small_member(path, member)
        if problem:
            self._note([Damage('metadata', 0, f'metadata {problem.text}; what is there is used')])
        metadata = parse_metadata(text)
        if metadata is None and problem:
            raise TruncatedError(
                f'expected a section [device 1] in the metadata, which {problem.text};'
                ' copy or record the file again',
                path=path,
                offset=member.offset,
            )
        if metadata is None:
            raise FormatError(
                'expected a section [device 1] in the metadata, found none; save the capture again',
                path=path,
                offset=member.offset,
            )
        if metadata.unit_size > MOST_UNIT_SIZE:
            raise FormatError(
                f'expected samples of 1 to {MOST_UNIT_SIZE} bytes, found unitsize'
                f' {metadata.unit_size}; export {8 * MOST_UNIT_SIZE} channels or fewer',
                path=path,
            )
        self._note([Damage('metadata', 0, problem) for problem in metadata.problems])
        return metadata

    def _note(self, damage: Sequence[Damage]) -> None:
        self._damage.update(dict.fromkeys(damage))


def _chunk_damage(chunk: Chunk, at: int, problem: Problem) -> Damage:
    """What a problem of a member means for its samples, of which those before `at` were read."""
    name = chunk.member.name
    if problem.kind == 'crc':
        text = f'{name} {problem.text}: samples {chunk.start} to {at - 1} may be wrong'
        return Damage('crc', chunk.start, text, at)
    if problem.kind == 'bomb':
        text = f'{name} {problem.text}; the rest of it is ignored'
        return Damage('bomb', at, text, since=chunk.start)
    # An inflater notices late that a stream is broken: what it gave before may be wrong.
    since = chunk.start if problem.kind == 'broken' else None
    if chunk.member.size is None:
        text = f'{name} {problem.text}: what came after sample {at - 1} is missing'
        return Damage(problem.kind, at, text, since=since)
    stop = chunk.start + chunk.samples
    lost = f'samples {at} to {stop - 1} are missing' if at < stop else 'no sample of it is missing'
    return Damage(problem.kind, at, f'{name} {problem.text}: {lost}', stop, since)


def _archive(path: Path) -> Archive:
    try:
        archive = read_archive(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if archive.members:
        return archive
    with _opened(path) as file:
        head = file.read(len(_LOCAL_SIGNATURE))
    if archive.has_directory:
        raise FormatError(
            'expected a sigrok session, found an empty zip archive; save the capture again',
            path=path,
        )
    if head == _LOCAL_SIGNATURE:
        raise TruncatedError(
            'expected a sigrok session, found the first bytes of one; copy it again',
            path=path,
            offset=0,
        )
    raise FormatError(
        'expected a sigrok session, which is a zip archive,'
        f' found a file that begins with {head!r}; name its format with --input-format',
        path=path,
        offset=0,
    )


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open('rb')
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> CaptureError:
    return CaptureError(
        f'expected a capture file, found one that cannot be read ({error}); check the disk or path',
        path=path,
    )


def _small_member(path: Path, member: Member) -> tuple[str, Problem | None]:
    """A member as text, as far as it can be read and at most 1 MiB of it."""
    buffer = memoryview(bytearray(_MOST_METADATA))
    with _opened(path) as file:
        stream = MemberStream(file, member)
        length = stream.readinto(buffer)
        return bytes(buffer[:length]).decode('utf-8', 'replace'), stream.problem


def _version_damage(path: Path, members: dict[str, Member]) -> list[Damage]:
    """Raises FormatError for a version that is not known; a missing one is damage, no more."""
    if 'version' not in members:
        return [Damage('metadata', 0, 'the member version is missing; version 2 is assumed')]
    version = _small_member(path, members['version'])[0].strip()
    if version in _VERSIONS:
        return []
    if version.isdecimal():
        raise FormatError(
            f'expected a sigrok session of version 1 or 2, found version {version};'
            ' save it with a release of PulseView or sigrok-cli',
            path=path,
            offset=members['version'].offset,
        )
    return [Damage('metadata', 0, f'the member version is {version[:8]!r}; version 2 is assumed')]


def _no_metadata(path: Path, archive: Archive) -> CaptureError:
    found = _names(archive)
    if not archive.has_directory:
        return TruncatedError(
            f'expected the member metadata, found {found} and then the end of a file that was'
            ' cut off: channel names and bytes a sample are not known; copy the file again',
            path=path,
            offset=archive.size,
        )
    return FormatError(
        f'expected the member metadata in a sigrok session, found {found}: channel names and bytes'
        ' a sample are not known; save the capture again',
        path=path,
    )


def _require_samples(path: Path, archive: Archive, metadata: Metadata, layout: Layout) -> None:
    if any(chunk.samples for chunk in layout.chunks) and metadata.channels:
        return
    if metadata.analog and not metadata.channels:
        raise FormatError(
            f'expected logic channels, found analog ones only ({", ".join(metadata.analog)});'
            ' record with logic channels, or convert analog to logic before saving',
            path=path,
        )
    if not archive.has_directory:
        raise TruncatedError(
            f'expected samples in {metadata.capture_file}, found {_names(archive)} and then the end'
            ' of a file that was cut off; copy it again',
            path=path,
            offset=archive.size,
        )
    raise FormatError(
        f'expected samples in {metadata.capture_file}, found zero samples in {_names(archive)};'
        ' record again: the recording ended before its first sample',
        path=path,
    )


def _names(archive: Archive) -> str:
    """The names of the members, cut to a readable number."""
    names = [member.name for member in archive.members]
    return ', '.join(names[:5]) + (f' and {len(names) - 5} more' if len(names) > 5 else '')
