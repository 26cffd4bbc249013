"""Nothing above a note is told of a session over SWD that goes well, wherever a capture of it begins, ends or lacks samples.

A story (flash_sessions.py) is a row of steps. For each step the capture begins in the middle of it, ends there, or lacks
what is from there to the next step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from rules.flash_sessions import STORIES
from rules.option_wave import OptionWave
from rules.sig.gapped import GappedReader
from rules_harness import WaveReader
from stm32trace.capture.changes import Changes, Selector
from stm32trace.pipeline import analyze
from stm32trace_core.rules.rule import Severity


class PieceReader(WaveReader):
    """The samples [start, stop) of a dialogue."""

    def __init__(self, wave: OptionWave, start: int, stop: int) -> None:
        super().__init__(wave)
        parts = list(wave.blocks([at for at in (start, stop) if 0 < at < wave.length]))
        self._piece = _begun(parts[0], parts[1], start) if start else parts[0]
        self.info = replace(self.info, length=self._piece.stop)

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        """Yield the piece as one block."""
        yield Selector(list(channels)).select(self._piece)


def _begun(before: Changes, piece: Changes, start: int) -> Changes:
    """Return `piece` with the levels at its first sample."""
    if len(piece.index) and piece.index[0] == start:
        return piece
    return replace(
        piece,
        index=np.concatenate(([start], piece.index)),
        state=np.concatenate((before.state[-1:], piece.state)),
    )


def pieces(name: str) -> Iterator[tuple[str, WaveReader]]:
    """Yield the story and the pieces of it, each with what is done to it and at which step."""
    family, steps = STORIES[name]
    wave = OptionWave(family, connected=False)
    ends = [0]
    for step in steps:
        step(wave)
        ends.append(wave.length)
    yield 'whole', WaveReader(wave)
    for step, (first, last) in zip(steps, pairwise(ends), strict=True):
        middle = (first + last) // 2
        yield f'from {step.__name__}', PieceReader(wave, middle, wave.length)
        yield f'to {step.__name__}', PieceReader(wave, 0, middle)
        yield f'without {step.__name__}', GappedReader(wave, middle, min(last, wave.length - 10))
        if first:
            yield f'after {step.__name__}', PieceReader(wave, first, wave.length)


@pytest.mark.parametrize('name', STORIES)
def test_a_piece_of_a_session_that_goes_well_has_no_finding(name: str) -> None:
    told = [
        (what, found.finding.rule, found.finding.message)
        for what, reader in pieces(name)
        for found in analyze(reader).findings
        if found.finding.severity > Severity.NOTE and found.finding.rule != 'SIG009'
    ]
    assert told == []
