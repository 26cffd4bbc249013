"""However a capture is cut into blocks, the same comes out: records, findings, verdict."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prerequisites import captures_folder
from rules_harness import WaveReader
from stm32trace.analysis import Analysis
from stm32trace.capture import CaptureReader, open_capture
from stm32trace.capture.changes import Changes, cut, join
from stm32trace.pipeline import analyze
from stm32trace_core.bootloader.records import BootCommand, BootStatus, DeviceIdentified, LoaderInfo
from stm32trace_core.context import bare_context
from stm32trace_core.flash.records import FlashOperation, OptionChange, Window
from stm32trace_core.lines import CaptureGap, ClockStats, Level, LineActivity, LineHold, Reset
from stm32trace_core.machine import REPORT, Machine
from stm32trace_core.wire.i2c import I2cTransfer
from waves.loader import Loader
from waves.stories import STORIES

SEEDS = (1, 2, 3)


class Tape(Machine):
    """Keeps every record that a machine may see."""

    consumes = (
        I2cTransfer, BootCommand, BootStatus, DeviceIdentified, LoaderInfo, FlashOperation, OptionChange, Window,
        Reset, Level, LineHold, LineActivity, ClockStats, CaptureGap,
    )  # fmt: skip
    phase = REPORT
    per_bus = False

    def __init__(self) -> None:
        super().__init__(bare_context())
        self.records: list[Any] = []

    def feed(self, record: Any) -> Iterable[Any]:
        self.records.append(record)
        return ()


class Recut:
    """A capture whose samples come in other blocks."""

    def __init__(self, reader: CaptureReader, cuts: Sequence[int]) -> None:
        self._reader = reader
        self._cuts = sorted(cuts)
        self.info = reader.info

    @property
    def damage(self) -> Any:
        return self._reader.damage

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        whole = list(self._reader.blocks(channels))
        runs = [0] + [i for i in range(1, len(whole)) if whole[i].start != whole[i - 1].stop]
        for first, stop in zip(runs, [*runs[1:], len(whole)], strict=True):
            rest = join(whole[first:stop])
            for at in self._cuts:
                if rest.start < at < rest.stop:
                    before, rest = cut(rest, at)
                    yield before
            yield rest


def outcome(reader: CaptureReader) -> tuple[list[Any], Any]:
    """All records and what became of them."""
    tape = Tape()
    analysis: Analysis = analyze(reader, reporters=[tape])
    return tape.records, (analysis.findings, analysis.results, analysis.verdict, analysis.stop)


def places(changes: Iterable[Changes], seed: int, number: int = 300) -> list[int]:
    """Samples to cut at: half of them on or beside edges, half anywhere."""
    draw = random.Random(seed)
    blocks = list(changes)
    edges = np.concatenate([block.index for block in blocks])
    anywhere = [draw.randrange(blocks[-1].stop) for _ in range(number // 2)]
    beside = [
        int(edges[draw.randrange(len(edges))]) + draw.choice((-1, 0, 0, 1))
        for _ in range(number // 2)
    ]
    return [at for at in anywhere + beside if at > 0]


def i2c_captures() -> list[Path]:
    """The I2C captures that are there; none where the folder is missing, which other tests tell."""
    folder = captures_folder()
    return sorted([*folder.glob('i2c/*.sr'), *folder.glob('simulated/i2c_*.sr')])


@pytest.mark.parametrize('seed', SEEDS)
@pytest.mark.parametrize('file', i2c_captures(), ids=lambda file: file.stem)
def test_a_capture_cut_at_many_places_gives_the_same(
    file: Path, seed: int, shared_captures: Path
) -> None:
    reader = open_capture(file)
    channels = [channel.index for channel in reader.info.channels]
    cuts = places(open_capture(file).blocks(channels), seed)
    assert outcome(Recut(reader, cuts)) == outcome(open_capture(file))


@pytest.mark.parametrize('name', STORIES)
def test_a_story_cut_at_many_places_gives_the_same(name: str) -> None:
    wave = STORIES[name]()
    cuts = places([wave.changes()], 1)
    assert outcome(Recut(WaveReader(wave), cuts)) == outcome(WaveReader(wave))


def dialogue() -> Loader:
    """A short session with all that can be cut: stretching, BUSY, refusals, a reset in an erase."""
    wave = Loader(nrst=1, boot0=1)
    wave.pulse('nrst', 1e-3).idle(5e-3).get().get_id().read_memory(0x08000000, b'\x00\x10\x00\x20')
    wave.write_memory(0x08000000, bytes(8), busy=2).write_memory(
        0x08000008, bytes(8), no_stretch=False
    )
    wave.eeprom_read(0x50, 0, b'\x79\x1f').refused(0x11)
    wave.command(0x45).frame([0, 0]).status(0x79).frame([0, 3]).poll_busy(10e-3, 1e-3)
    return wave.pulse('nrst', 2e-3).absent(3, every=1e-3).idle(0.2).get_id()


DIALOGUE = dialogue()
EXPECTED = outcome(WaveReader(DIALOGUE))


@settings(max_examples=60)
@given(st.lists(st.integers(1, DIALOGUE.length - 1), max_size=40))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    assert outcome(Recut(WaveReader(DIALOGUE), cuts)) == EXPECTED


def test_what_is_cut_holds_something_to_find() -> None:
    records, (findings, _, verdict, _) = EXPECTED
    assert len(records) > 100
    assert 'RST001' in [judged.finding.rule for judged in findings]
    assert verdict.rule is not None
