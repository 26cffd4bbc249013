"""What a host of decoders offers, and which host runs a stack."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from stm32trace.capture import CaptureReader
from stm32trace.errors import OptionError
from stm32trace.sigrok.stack import OPTION, Stack


class Annotation(NamedTuple):
    """What a decoder says of the samples `[start, end)`."""

    start: int
    end: int
    decoder: str
    kind: str  # the id of its class of annotations: 'data-byte'
    text: str  # the longest of its wordings


@dataclass(frozen=True, slots=True)
class Description:
    """What a decoder can be given."""

    required: tuple[str, ...]  # ids of channels
    optional: tuple[str, ...]
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wired:
    """A stack on channels of a capture.

    bus: the id of ours that it runs on, None for channels that the user named. channels: of each layer, the
    decoder's channel -> index in the capture. options: of each layer.
    """

    stack: Stack
    bus: str | None
    channels: tuple[Mapping[str, int], ...]
    options: tuple[Mapping[str, str], ...]

    @property
    def used(self) -> list[int]:
        """The indices of the channels, each once."""
        return sorted({channel for layer in self.channels for channel in layer.values()})


class Host(Protocol):
    """Somebody who runs decoders."""

    name: str

    def decoders(self) -> frozenset[str]:
        """Return the ids of all decoders; none where the host is not there."""

    def describe(self, decoder: str) -> Description:
        """Return what one of them can be given."""

    def run(self, wired: Wired, capture: CaptureReader) -> Iterator[Annotation]:
        """Yield what the top decoder says, in the order in which it says it. Raises PluginError."""


def choose(stack: Stack, hosts: Sequence[Host]) -> Host:
    """Return the first host that knows all decoders of a stack. Raises OptionError if none does."""
    known = [host.decoders() for host in hosts]
    for host, decoders in zip(hosts, known, strict=True):
        if all(layer.decoder in decoders for layer in stack.layers):
            return host
    everywhere = frozenset().union(*known)
    missing = [layer.decoder for layer in stack.layers if layer.decoder not in everywhere]
    if not everywhere:
        found = 'neither sigrok-cli nor a decoder package for pysigrok; install one of them'
    elif missing:
        near = difflib.get_close_matches(missing[0], everywhere, n=3, cutoff=0.6)
        hint = f'; did you mean {" or ".join(near)}?' if near else ''
        found = f'none called {missing[0]!r}{hint}'
    else:
        found = 'no one of them that knows all of these'
    raise OptionError(
        f'{OPTION} {stack.text}: expected decoders of {" or ".join(host.name for host in hosts)}, found {found}',
        option=OPTION,
    )
