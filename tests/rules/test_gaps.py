"""No rule says anything above a note that spans a gap in the capture, or rests on what it hides.

A story is a row of steps. For each step, the samples in which it happens are left out, so that the
gap begins and ends at the boundaries of commands. Two things are asked of every rule of the
catalogue but SIG009, which tells of the gap itself: no span of a finding covers the gap, and of a
story that goes well nothing is told after the gap that is not told of the whole of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from rules.sig.gapped import GappedReader
from rules_harness import findings
from stm32trace.pipeline import analyze
from stm32trace_core.rules.rule import Finding, Severity
from waves.loader import ACK, READ_MEMORY, READOUT_UNPROTECT_NS, Loader

FLASH = 0x08000000
OPTIONS = 0x1FFF7800
DATA = bytes(range(16))

Step = Callable[[Loader], object]
Story = tuple[Step, ...]


def start(wave: Loader) -> None:
    wave.idle(0.01).pulse('nrst', 0.005).idle(0.05)


def get(wave: Loader) -> None:
    wave.get().get_id()


def read(wave: Loader) -> None:
    wave.read_memory(FLASH, DATA)


def write(wave: Loader) -> None:
    wave.write_memory(FLASH, DATA)


def erase(wave: Loader) -> None:
    wave.erase_pages([0, 1])


def write_options(wave: Loader) -> None:
    wave.write_memory(OPTIONS, bytes(8)).own_reset().idle(0.15)


def protect(wave: Loader) -> None:
    wave.readout_protect().idle(0.15)


def refuse(wave: Loader) -> None:
    wave.refused(READ_MEMORY).refused(READ_MEMORY)


def unprotect(wave: Loader) -> None:
    wave.readout_unprotect().idle(0.15)


def accept_unprotect(wave: Loader) -> None:
    wave.command(READOUT_UNPROTECT_NS).poll_busy(0.04, 2e-3)


def be_busy(wave: Loader) -> None:
    wave.poll_busy(2.5, 0.05)


def end_unprotect(wave: Loader) -> None:
    wave.idle(0.01).status(ACK).own_reset().idle(0.15)


def reset(wave: Loader) -> None:
    wave.idle(0.02).pulse('nrst', 0.03).idle(0.01)


def short_pulse(wave: Loader) -> None:
    wave.pulse('nrst', 1e-3).idle(0.3)


def go(wave: Loader) -> None:
    wave.go(FLASH).idle(0.2)


def leave(wave: Loader) -> None:
    wave.level('boot0', 0).idle(0.01).pulse('nrst', 0.01).idle(0.2)


def call(wave: Loader) -> None:
    wave.absent(14, 0.1)


def hold(wave: Loader) -> None:
    wave.stretch(1.3).get_id()


HEALTHY: dict[str, Story] = {
    'update': (start, get, read, erase, write, write, read, go, call),
    'options': (start, get, read, write_options, get, write_options, get, read),
    'protection': (start, get, protect, get, refuse, unprotect, get, erase, write),
    'unprotect in steps': (start, get, refuse, accept_unprotect, end_unprotect, get, write),
    'left by BOOT0': (start, get, refuse, unprotect, get, write, leave, call),
    'reset and start again': (start, get, read, reset, get, read),
}
BROKEN: dict[str, Story] = {
    'bricked': (start, get, read, accept_unprotect, be_busy, reset, call, call, reset, call),
    'bricked by a short pulse': (start, get, accept_unprotect, short_pulse, call, call),
    'unneeded unprotect': (start, get, read, unprotect, get, read, unprotect, get),
    'reset in a session': (start, get, read, read, reset, read, read, reset, read),
    'silent from the start': (start, call, call, call),
    'protected': (start, get, refuse, refuse, read, refuse),
    'held': (start, get, hold, get, hold, hold),
}
STORIES = {**HEALTHY, **BROKEN}


def gaps(story: Story) -> Iterator[tuple[Loader, int, int]]:
    """Yield the dialogue with the place of each step but the first."""
    wave = Loader(nrst=1, boot0=1)
    ends = []
    for step in story:
        step(wave)
        ends.append(wave.length)
    yield from ((wave, first, last) for first, last in pairwise(ends))


def above_note(wave: Loader, first: int, last: int) -> list[Finding]:
    found = [one.finding for one in analyze(GappedReader(wave, first, last)).findings]
    return [one for one in found if one.severity > Severity.NOTE and one.rule != 'SIG009']


def spans(found: Finding) -> list[tuple[int, int]]:
    """Return what a finding speaks of: of several occurrences each by itself."""
    shown = [(one.start, one.end) for one in found.evidence]
    return shown if found.count > 1 else [*shown, (found.start, found.end)]


@pytest.mark.parametrize('name', STORIES)
def test_nothing_spans_a_gap(name: str) -> None:
    spanning = [
        (found.rule, found.message)
        for wave, first, last in gaps(STORIES[name])
        for found in above_note(wave, first, last)
        for start, end in spans(found)
        if start < first and end > last
    ]
    assert spanning == []


@pytest.mark.parametrize('name', HEALTHY)
def test_nothing_rests_on_what_a_gap_hides(name: str) -> None:
    story = HEALTHY[name]
    *_, (whole, _, _) = gaps(story)
    told = {(found.rule, found.severity) for found in findings(whole) if found.severity}
    resting = [
        (story[number + 1].__name__, found.rule, found.message)
        for number, (wave, first, last) in enumerate(gaps(story))
        for found in above_note(wave, first, last)
        if found.end > first and (found.rule, found.severity) not in told
    ]
    assert resting == []


def test_what_was_seen_whole_before_a_gap_is_told() -> None:
    """The part is lost, and after the gap it is as silent as before."""
    *_, (wave, first, last) = list(gaps(BROKEN['bricked']))[:-1]
    told = {found.rule: found.message for found in above_note(wave, first, last)}
    assert {'BLP013', 'BLS004', 'BLS005', 'DIA001'} <= set(told)
    assert 'was never acknowledged again until samples are missing' in told['DIA001']


def test_a_part_that_answers_after_the_gap_was_not_lost() -> None:
    story = (*BROKEN['bricked'][:-1], get)
    *_, (wave, first, last) = gaps(story[:-1])
    wave.get_id()
    assert 'DIA001' not in {found.rule for found in above_note(wave, first, last)}


def test_the_final_ack_may_be_in_the_gap() -> None:
    """BUSY far too long, then a gap, then silence: the application may be running."""
    wave = Loader(nrst=1, boot0=1).get_id().command(READOUT_UNPROTECT_NS)
    be_busy(wave)
    first = wave.length + 1000
    end_unprotect(wave)
    last = wave.length
    call(wave)
    told = {found.rule: found.message for found in above_note(wave, first, last)}
    assert set(told) == {'BLP013', 'BLS001'}
    assert ' until samples are missing; ' in told['BLP013']
