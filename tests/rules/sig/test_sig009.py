"""SIG009: samples are missing, or the file is damaged."""

from __future__ import annotations

import pytest

from rules.sig.gapped import GappedReader
from rules_harness import findings
from stm32trace.model import Damage
from stm32trace.pipeline import analyze
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave

KINDS = (
    'truncated', 'gap', 'partial-sample', 'crc', 'broken', 'bomb', 'unreadable', 'duplicate', 'metadata',
)  # fmt: skip
ADVICE = (
    'Judge nothing across this place: what seems to be missing there may have happened.',
    'Fetch the file again, or record again: with fewer channels or a lower rate if samples get lost.',
)


def dialogue() -> I2cWave:
    return I2cWave().write(0x50, [1]).write(0x50, [2]).write(0x50, [3]).write(0x50, [4])


def warning(key: str, count: int, message: str, *evidence: Evidence) -> Finding:
    start, end = evidence[0].start, evidence[-1].end
    return Finding(
        start,
        end,
        '',
        'SIG009',
        'capture-gap',
        Severity.WARNING,
        Confidence.HIGH,
        'capture',
        key,
        count,
        message,
        ADVICE,
        evidence,
        (),
        '',
    )


GAP = warning(
    'gap',
    1,
    'A piece of the capture is missing: samples 450 to 599',
    Evidence(450, 600, 'samples 450 to 599'),
)


def gapped(*damage: Damage) -> list[Finding]:
    found = analyze(GappedReader(dialogue(), 450, 600, damage)).findings
    return [one.finding for one in found if one.finding.rule == 'SIG009']


def test_missing_samples_are_told() -> None:
    assert gapped() == [GAP]


def test_a_gap_that_the_reader_tells_as_well_counts_once() -> None:
    assert gapped(Damage('gap', 450, 'logic-1-2 is missing', 600)) == [GAP]


def test_faults_of_one_kind_are_one_finding_with_their_number() -> None:
    damage = (
        Damage('crc', 100, 'logic-1-3 fails its checksum'),
        Damage('crc', 300, 'logic-1-4 fails its checksum'),
        Damage('truncated', 350, 'ends at sample 350'),
    )
    assert findings(dialogue(), 'SIG009', damage=damage) == [
        warning(
            'crc',
            2,
            'A checksum of the capture file does not match, so samples may be wrong:'
            ' logic-1-3 fails its checksum (the first of 2)',
            Evidence(100, 100, 'logic-1-3 fails its checksum'),
            Evidence(300, 300, 'logic-1-4 fails its checksum'),
        ),
        warning(
            'truncated',
            1,
            'The capture file ends early: ends at sample 350',
            Evidence(350, 350, 'ends at sample 350'),
        ),
    ]


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_of_damage_is_told_in_words(kind: str) -> None:
    (found,) = findings(dialogue(), 'SIG009', damage=[Damage(kind, 100, 'what was seen')])
    assert found.message.endswith(': what was seen')
    assert not found.message.startswith('The capture is damaged')


def test_a_kind_of_damage_that_is_not_known_is_told_too() -> None:
    (found,) = findings(dialogue(), 'SIG009', damage=[Damage('new', 100, 'what was seen')])
    assert found.message == 'The capture is damaged: what was seen'


def test_an_undamaged_capture_is_silent() -> None:
    assert findings(dialogue(), 'SIG009') == []
