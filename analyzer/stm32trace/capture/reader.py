"""The two contracts of an input format."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from stm32trace.capture.changes import Changes
from stm32trace.model import CaptureInfo, Damage


class CaptureReader(Protocol):
    """An open capture. It may be read more than once; no file stays open between readings."""

    @property
    def info(self) -> CaptureInfo: ...

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What was found damaged, by sample; complete once `blocks` is exhausted."""

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        """The levels of some channels (indices; `channels[k]` becomes bit k), in order of time.

        Damage is stepped over: what cannot be read is missing from the blocks. Raises CaptureError
        if not one sample can be read, ChannelError for an index that the capture does not have.
        """


@runtime_checkable
class CaptureFormat(Protocol):
    """What a format's module offers as `READER`."""

    name: str  # as given to --input-format
    description: str  # one line for `stm32trace formats`
    suffixes: tuple[str, ...]  # of the files, lower case, with the dot

    def recognizes(self, head: bytes) -> bool:
        """Whether a file that begins with `head` (up to 4 KiB) is of this format."""

    def open(self, path: Path, *, sample_rate: float | None = None) -> CaptureReader:
        """Open a file; `sample_rate` in Hz overrides what the file says. Raises CaptureError."""
