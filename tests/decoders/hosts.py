"""A stack of decoders run under sigrok-cli and under pysigrok: what it puts out, in the same form.

The stock decoders are those of the machine's libsigrokdecode; pysigrok has none of its own.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import sigrokdecode as srd
from sigrokdecode.input import Input
from sigrokdecode.output import Output

from prerequisites import PROJECT, require_tool, unavailable
from stm32trace import pysigrok_decoders
from stm32trace.capture import open_capture
from stm32trace.capture.changes import Changes, join

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Levels = NDArray[np.int64]

DECODERS = PROJECT / 'decoders'
STOCK_DECODERS = (
    Path('/usr/share/libsigrokdecode/decoders'),
    Path('/usr/local/share/libsigrokdecode/decoders'),
    Path('/opt/homebrew/share/libsigrokdecode/decoders'),
)
LINE = re.compile(r'^(\d+)-(\d+) (\w+)-\d+: (.*)$')


class Annotation(NamedTuple):
    """What a decoder shows, with the longest of its texts."""

    start: int
    end: int
    decoder: str
    text: str


@dataclass(frozen=True)
class Layer:
    """One decoder of a stack, what its channels are called in the capture, and its options."""

    decoder: str
    channels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


Stack = Sequence[Layer]


# sigrok-cli.


def sigrok_cli(path: Path, stack: Stack, *arguments: str) -> str:
    """Return what sigrok-cli writes for a stack of decoders, ours from the checkout."""
    layers = [
        ':'.join([one.decoder, *(f'{name}={value}' for name, value in chain(one))]) for one in stack
    ]
    environment = {**os.environ, 'SIGROKDECODE_DIR': str(DECODERS)}
    result = subprocess.run(
        [require_tool('sigrok-cli'), '-i', str(path), '-P', ','.join(layers), *arguments],
        env=environment,
        capture_output=True,
        encoding='utf-8',
        check=True,
    )
    return result.stdout


def chain(layer: Layer) -> Iterator[tuple[str, Any]]:
    yield from layer.channels.items()
    yield from layer.options.items()


def under_sigrok_cli(path: Path, stack: Stack, shown: Sequence[str]) -> list[Annotation]:
    """Return the annotations of the decoders `shown`, in the order in which they were put."""
    text = sigrok_cli(path, stack, '-A', ','.join(shown), '--protocol-decoder-samplenum')
    return [annotation(line) for line in text.splitlines()]


def annotation(line: str) -> Annotation:
    match = LINE.match(line)
    assert match is not None, line
    start, end, decoder, text = match.groups()
    return Annotation(int(start), int(end), decoder, text)


# pysigrok.


class Wires(Input):  # type: ignore[misc]  # pysigrok has no type hints
    """Levels of a capture as pysigrok's decoders wait for them.

    Goes from match to match. pysigrok's own input walks every sample, which takes an hour for some captures.
    """

    def __init__(self, changes: Changes, rate: float | None) -> None:
        super().__init__()
        self.samplerate = rate or 0
        self.samplenum = changes.start - 1
        self.matched: list[bool] = []
        self._index = changes.index
        self._states = changes.state.astype(np.int64)
        self._stop = changes.stop
        self._width = range(8 * changes.state.dtype.itemsize)
        self._places: list[int] = changes.index.tolist()
        self._levels: list[int] = changes.state.tolist()
        self._matches: dict[tuple[tuple[int, str], ...], list[int]] = {}

    def wait(self, conditions: Sequence[dict[Any, Any]] = ()) -> tuple[int, ...]:
        """Go to the next sample at which a condition holds. Raises EOFError where there is none."""
        following = [self._next(one) for one in conditions]
        sample = min(following, default=self.samplenum + 1)
        if sample >= self._stop:
            raise EOFError
        self.samplenum = sample
        self.matched = [at == sample for at in following] or [True]
        state = self._levels[bisect_right(self._places, sample) - 1]
        return tuple([state >> bit & 1 for bit in self._width])

    def _next(self, condition: Mapping[Any, Any]) -> int:
        """Return the next sample at which a condition holds, the end of the data where it does not."""
        if 'skip' in condition:
            return self.samplenum + max(int(condition['skip']), 1)
        terms = tuple(condition.items())
        if terms not in self._matches:
            self._matches[terms] = self._all(condition)
        matches = self._matches[terms]
        place = bisect_right(matches, self.samplenum)
        return matches[place] if place < len(matches) else self._stop

    def _all(self, condition: Mapping[int, str]) -> list[int]:
        """Return all samples at which a condition that has an edge in it holds."""
        assert set('rfe') & set(condition.values()), 'no decoder here waits for a mere level'
        before = np.concatenate((self._states[:1], self._states[:-1]))
        holds = np.ones(len(self._states), bool)
        for bit, what in condition.items():
            holds &= HOLDS[what](before >> bit & 1, self._states >> bit & 1)
        return list(self._index[holds].tolist())


HOLDS: dict[str, Callable[[Levels, Levels], NDArray[np.bool_]]] = {
    'l': lambda before, now: now == 0,
    'h': lambda before, now: now == 1,
    'r': lambda before, now: now > before,
    'f': lambda before, now: now < before,
    'e': lambda before, now: now != before,
}


class Notes(Output):  # type: ignore[misc]
    """Keeps what our decoders put."""

    def __init__(self) -> None:
        self.annotations: list[Annotation] = []
        self.classes: list[str] = []  # of each
        self.python: list[tuple[int, int, Any]] = []  # of the topmost decoder
        self.binary: list[tuple[str, bytes]] = []

    def output(self, source: Any, start: int, end: int, data: Any) -> None:
        """Take an annotation."""
        number, texts = data
        self.annotations.append(Annotation(start, end, source.id, texts[0]))
        self.classes.append(type(source).annotations[number][0])
        assert len(texts) == 3
        assert 0 <= start <= end

    def take_python(self, start: int, end: int, data: Any) -> None:
        self.python.append((start, end, data))

    def take_binary(self, source: Any, start: int, end: int, data: Any) -> None:
        number, content = data
        self.binary.append((type(source).binary[number][0], content))


def lines_of(path: Path, names: Iterable[str]) -> tuple[Changes, float | None]:
    """Return the channels of a capture in the order of `names`, and its sample rate."""
    reader = open_capture(path)
    index = {channel.name: channel.index for channel in reader.info.channels}
    blocks = reader.blocks([index[name] for name in names])
    return join(list(blocks)), reader.info.sample_rate


def under_pysigrok(path: Path, stack: Stack) -> Notes:
    """Return what all decoders of a stack put, run in this process as libsigrokdecode would run them."""
    lower = stack[0]
    changes, rate = lines_of(path, lower.channels.values())
    return run(Wires(changes, rate), stack, rate)


def run(wires: Wires, stack: Stack, rate: float | None) -> Notes:
    """Wire the decoders of a stack to each other, and run them."""
    notes = Notes()
    go(wired(stack, notes), wires, rate)
    return notes


def wired(stack: Stack, notes: Notes) -> list[Any]:
    """Return the decoders of a stack, each handing its packets to the next and what it shows to `notes`.

    This and `go` do what pysigrok's `run_decoders` does, whose signature is not the same in all that call
    themselves 0.4.2.
    """
    decoders = [instance(layer) for layer in stack]
    for lower, upper in zip(decoders, [*decoders[1:], None], strict=True):
        if lower.id.startswith('stm32_'):
            lower.add_callback(srd.OUTPUT_ANN, None, partial(notes.output, lower))
            lower.add_callback(srd.OUTPUT_BINARY, None, partial(notes.take_binary, lower))
        to = notes.take_python if upper is None else upper.decode
        lower.add_callback(srd.OUTPUT_PYTHON, None, to)
    return decoders


def go(decoders: Sequence[Any], wires: Wires, rate: float | None) -> None:
    """Run wired decoders once. Every one is told the sample rate, as by libsigrokdecode."""
    for decoder in decoders:
        decoder.reset()
        if rate:
            decoder.metadata(srd.SRD_CONF_SAMPLERATE, rate)
    for decoder in decoders:
        decoder.start()
    decoders[0].run(wires)


def instance(layer: Layer) -> Any:
    """Return a decoder with its options set and its channels in the order of the layer's."""
    kind = decoder_class(layer.decoder)
    decoder = kind()
    defaults = {one['id']: one['default'] for one in getattr(kind, 'options', ())}
    decoder.options = {**defaults, **layer.options}
    for number, role in enumerate(layer.channels):
        decoder.set_channelnum(role, number)
    return decoder


@cache
def decoder_class(name: str) -> Any:
    """Return one of our decoders as pysigrok's entry points give it, or a stock one."""
    if name.startswith('stm32_'):
        return getattr(pysigrok_decoders, name)
    with on_path(stock_folder()):
        return importlib.import_module(name).Decoder


def stock_folder() -> Path:
    """Return the folder of libsigrokdecode's own decoders."""
    found = [folder for folder in STOCK_DECODERS if folder.is_dir()]
    return found[0] if found else unavailable('the decoders of libsigrokdecode are not installed')


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    """Let modules of a folder be imported, and forget them afterwards: they have the names of others."""
    known: dict[str, ModuleType] = dict(sys.modules)
    written = sys.dont_write_bytecode
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = written
        for name in set(sys.modules) - set(known):
            if str(getattr(sys.modules[name], '__file__', '')).startswith(str(folder)):
                del sys.modules[name]
