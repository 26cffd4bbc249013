"""Where the samples of a sigrok session file lie: members to spans of sample numbers.

The samples are the member `logic-1`, or the chunks `logic-1-1`, `logic-1-2`, ... in numeric order.
Chunks carry no sample numbers. They are equal in size but for the last, so a missing one is stepped
over by the size of the others, and what follows keeps its time.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stm32trace.capture.zip_members import Archive, Member
from stm32trace.model import Damage

_NUMBER = re.compile(r'-([1-9]\d{0,6})', re.ASCII)

# A deflate code yields at most 258 bytes and takes 2 bits at least: RFC 1951, section 3.2.5. The
# second constant allows for the padding of streams of a few bytes.
_MOST_INFLATION = 1032
_INFLATION_SLACK = 1032


@dataclass(frozen=True, slots=True)
class Chunk:
    """A member that holds the samples [start, start + samples).

    samples: as announced. If `member.size` is None, the announcement is no good and it is a limit.
    """

    member: Member
    start: int
    samples: int


@dataclass(frozen=True, slots=True)
class Layout:
    """chunks: by sample. damage: what the sizes show. length: in samples, None if not known."""

    chunks: tuple[Chunk, ...]
    damage: tuple[Damage, ...]
    length: int | None


def lay_out(archive: Archive, capture_file: str, unit_size: int) -> Layout:
    """Give each chunk its sample numbers. unit_size: bytes a sample."""
    members, damage = _numbered(archive.members, capture_file)
    sizes = _sizes(list(members.values()))
    usual = Counter(sizes).most_common(1)[0][0] if sizes else 0
    chunks: list[Chunk] = []
    at, last = 0, max(members, default=0)
    expected = 1 if last else 0
    for number, member in members.items():
        if number > expected:
            missing = f'{capture_file}-{expected}' + f' to -{number - 1}' * (number - 1 > expected)
            gap = max(1, (number - expected) * usual // unit_size)
            damage.append(_missing(missing, at, gap, sure=len(set(sizes)) == 1))
            at += gap
        chunk, noted = _placed(member, at, unit_size, None if number == last else usual)
        chunks.append(chunk)
        damage += noted
        at += chunk.samples
        if number != last and any(note.kind == 'partial-sample' for note in noted):
            at += 1  # the sample of which only a part is there
        expected = number + 1
    length = None if chunks and chunks[-1].member.size is None else at
    return Layout(tuple(chunks), (*damage, *_cut_off(archive, chunks)), length)


def _numbered(
    members: Sequence[Member], capture_file: str
) -> tuple[dict[int, Member], list[Damage]]:
    """The members with samples by chunk number; a single one is number 0 and excludes others."""
    found: dict[int, Member] = {}
    damage = []
    for member in members:
        suffix = member.name.removeprefix(capture_file)
        match = _NUMBER.fullmatch(suffix)
        if not member.name.startswith(capture_file) or (suffix and not match):
            continue
        number = int(match[1]) if match else 0
        if number in found:
            damage.append(Damage('duplicate', 0, f'{member.name} is there twice; the last is read'))
        found[number] = member
    if 0 in found and len(found) > 1:
        text = f'{capture_file} and chunks of it are there; only {capture_file} is read'
        damage.append(Damage('duplicate', 0, text))
        found = {0: found[0]}
    return dict(sorted(found.items())), damage


def _sizes(members: Sequence[Member]) -> list[int]:
    """Bytes of the chunks that should be of one size: all but the last, if there are others."""
    sizes = [member.size for member in members if member.size and _is_credible(member)]
    return sizes[:-1] or sizes


def _placed(
    member: Member, start: int, unit_size: int, usual: int | None
) -> tuple[Chunk, list[Damage]]:
    """The chunk of a member, and what is wrong with its size. usual: None for the last chunk."""
    name = member.name
    if member.size is not None and _is_credible(member):
        samples, rest = divmod(member.size, unit_size)
        text = (
            f'{name} is {member.size} bytes, no whole number of samples of {unit_size} bytes;'
            ' its end is left out'
        )
        noted = [Damage('partial-sample', start + samples, text)] if rest else []
        return Chunk(member, start, samples), noted
    samples = (usual or _most_size(member)) // unit_size
    chunk = Chunk(replace(member, size=None), start, samples)
    if member.size is None:
        return chunk, []
    text = (
        f'{name} claims to be {member.size} bytes, but its {member.compressed_size} compressed'
        f' bytes can hold {_most_size(member)} at most; it is read as far as it goes'
    )
    return chunk, [Damage('bomb', start, text)]


def _is_credible(member: Member) -> bool:
    """Whether the announced size can come out of the compressed bytes."""
    return member.size is not None and member.size <= _most_size(member)


def _most_size(member: Member) -> int:
    if member.is_deflated:
        return member.compressed_size * _MOST_INFLATION + _INFLATION_SLACK
    return member.compressed_size


def _missing(names: str, start: int, samples: int, *, sure: bool) -> Damage:
    stop = start + samples
    inferred = (
        'inferred from the size of the other chunks'
        if sure
        else 'guessed, as the other chunks differ in size'
    )
    text = (
        f'{names} missing: samples {start} to {stop - 1}, a number {inferred};'
        ' what follows is timed by it'
    )
    return Damage('gap', start, text, stop)


def _cut_off(archive: Archive, chunks: Sequence[Chunk]) -> list[Damage]:
    """The missing end of the archive, unless a chunk is cut and will tell when it is read."""
    ends = [(chunk.member.offset or 0) + chunk.member.compressed_size for chunk in chunks]
    if archive.has_directory or not chunks or max(ends) > archive.size:
        return []
    last = chunks[-1]
    at = last.start if last.member.size is None else last.start + last.samples
    text = (
        f'the end of the file is missing after {last.member.name}:'
        ' there may have been more samples; copy it again'
    )
    return [Damage('truncated', at, text)]
