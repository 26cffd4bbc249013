"""What `analyze` and `decode` make of the shared captures of bootloader sessions over UART.

The truth comes from the simulated part. What it calls a stage is an answer that was decided: the loader begins to
send it up to 40 us later. Begin and end of a transaction agree to the sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stm32trace.analysis import Analysis
from stm32trace.capture import open_capture
from stm32trace.capture.changes import Changes
from stm32trace.pipeline import analyze, trace
from stm32trace.settings import Settings
from stm32trace_core.bootloader.records import (
    NONE,
    SYNC,
    BootCommand,
    UartLines,
)
from stm32trace_core.context import bare_context
from stm32trace_core.machine import REPORT, Machine
from stm32trace_core.rules.rule import HOST, Severity

ANSWERS_AFTER_S = 40e-6  # a simulated loader begins to answer so long after it has decided

# Rules that find something above note, explained ones too.
ABOVE_NOTE: dict[str, set[str]] = {
    'uart_healthy_get_id': set(),
    'uart_healthy_stm32flash_write_verify': set(),
    'uart_healthy_stm32loader_ewv': set(),
    'uart_bad_checksum_nack': {'BLP005', 'BLP007'},
    'uart_rdp_read_nack': {'BLP004'},
    'uart_erase_host_timeout': {'DIA010'},
    'uart_wrong_parity_8n1': {'UART001'},
}

STAGES = {'sync': SYNC, 'end': 'final'}  # the truth's names of steps where they differ


class Kept(Machine):
    """Keeps the records of some types."""

    phase = REPORT
    per_bus = False

    def __init__(self, *kinds: type) -> None:
        super().__init__(bare_context())
        self.consumes = kinds
        self.records: list[Any] = []

    def feed(self, record: Any) -> Iterable[Any]:
        self.records.append(record)
        return ()


def commands(file: Path, **settings: Any) -> list[BootCommand]:
    kept = Kept(BootCommand)
    trace(open_capture(file), Settings(**settings), reporters=[kept])
    return kept.records


def analysis(file: Path) -> Analysis:
    return analyze(open_capture(file))


def above_note(result: Analysis) -> set[str]:
    found = (judged.finding for judged in result.findings)
    return {finding.rule for finding in found if finding.severity > Severity.NOTE}


def told(command: BootCommand) -> dict[str, Any]:
    """Return a command as the truth tells one: names of steps and their answers, and the last answer."""
    stages = [(step.name, step.status.upper()) for step in command.steps if step.status != NONE]
    return {
        'command': command.name,
        'opcode': f'0x{command.opcode:02X}',
        'stages': stages,
        'result': command.status.upper(),
    }


def expected(truth: dict[str, Any]) -> dict[str, Any]:
    stages = [(STAGES.get(name, name), answer) for name, _, answer in truth['stages']]
    return {**{key: truth[key] for key in ('command', 'opcode', 'result')}, 'stages': stages}


@pytest.mark.parametrize('name', [name for name in ABOVE_NOTE if 'parity' not in name])
def test_transactions_equal_the_truth(simulated_captures: Path, name: str) -> None:
    truth = json.loads((simulated_captures / f'{name}.truth.json').read_text())
    found = commands(simulated_captures / f'{name}.sr')
    assert [told(one) for one in found] == [expected(one) for one in truth['transactions']]
    rate = truth['samplerate']
    byte = 11 / truth['transport']['baud']
    for command, one in zip(found, truth['transactions'], strict=True):
        assert abs(command.start / rate - one['t0']) <= 1 / rate
        assert abs(command.end / rate - one['t1']) <= 1 / rate
        answers = [step.end / rate - byte for step in command.steps if step.status != NONE]
        for answer, (_, decided, _) in zip(answers, one['stages'], strict=True):
            assert -1 / rate <= answer - decided <= ANSWERS_AFTER_S
        for key in ('address', 'length'):
            if key in one and one.get('nack_stage') != 'address':
                value = getattr(command, key)
                assert value == (int(one[key], 16) if key == 'address' else one[key])


def test_a_host_with_the_wrong_parity_is_read_as_it_sends(simulated_captures: Path) -> None:
    file = simulated_captures / 'uart_wrong_parity_8n1'
    truth = json.loads(file.with_suffix('.truth.json').read_text())
    sync, unanswered = truth['transactions']
    first, second = commands(file.with_suffix('.sr'))
    assert told(first) == expected(sync)
    (step,) = second.steps
    assert (step.sent.hex(' '), step.status, second.status) == (unanswered['hex'], NONE, NONE)
    assert abs(second.start / truth['samplerate'] - unanswered['t0']) <= 1 / truth['samplerate']


@pytest.mark.parametrize('name', ABOVE_NOTE)
def test_a_session_has_the_findings_it_deserves(simulated_captures: Path, name: str) -> None:
    result = analysis(simulated_captures / f'{name}.sr')
    assert above_note(result) == ABOVE_NOTE[name]


def test_the_host_is_to_blame_where_it_gave_up(simulated_captures: Path) -> None:
    verdict = analysis(simulated_captures / 'uart_erase_host_timeout.sr').verdict
    assert verdict is not None
    assert (verdict.rule, verdict.suspect) == ('DIA010', HOST)


@pytest.mark.parametrize('name', [name for name in ABOVE_NOTE if 'parity' not in name])
def test_names_from_the_loaders_side_give_the_same(simulated_captures: Path, name: str) -> None:
    file = simulated_captures / f'{name}.sr'
    assert commands(file, channels={'tx': 'RX', 'rx': 'TX'}) == commands(file)


class OneLine:
    """A capture of which one channel was not connected."""

    def __init__(self, file: Path, without: str) -> None:
        self._reader = open_capture(file)
        self.damage = self._reader.damage
        channels = tuple(one for one in self._reader.info.channels if one.name != without)
        self.info = replace(self._reader.info, channels=channels)

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        """Yield the samples of the channels that are left."""
        return self._reader.blocks(channels)


@pytest.mark.parametrize('name', [name for name in ABOVE_NOTE if 'parity' not in name])
def test_of_the_host_alone_all_is_decoded(simulated_captures: Path, name: str) -> None:
    file = simulated_captures / f'{name}.sr'
    kept = Kept(BootCommand, UartLines)
    trace(OneLine(file, 'RX'), reporters=[kept])
    found = [one for one in kept.records if isinstance(one, BootCommand)]
    assert [(one.name, one.address, one.pages) for one in found] == [
        (one.name, one.address, one.pages) for one in commands(file)
    ]
    assert {one.status for one in found} == {NONE}
    (lines,) = [one for one in kept.records if isinstance(one, UartLines)]
    assert (lines.host, lines.target) == ('tx', '')


@pytest.mark.parametrize('name', ['uart_healthy_get_id', 'uart_healthy_stm32loader_ewv'])
def test_the_loader_alone_tells_what_it_is(simulated_captures: Path, name: str) -> None:
    result = analyze(OneLine(simulated_captures / f'{name}.sr', 'TX'))
    assert result.summary.part() == 'STM32G07x/G08x'
    assert above_note(result) == set()


@pytest.mark.parametrize('name', [name for name in ABOVE_NOTE if 'healthy' in name])
def test_the_host_alone_of_a_healthy_session_is_not_blamed(
    simulated_captures: Path, name: str
) -> None:
    assert above_note(analyze(OneLine(simulated_captures / f'{name}.sr', 'RX'))) == set()


@pytest.mark.parametrize(
    ('name', 'without', 'headline'),
    [
        ('uart_healthy_get_id', '', 'STM32G07x/G08x identified over UART, flash not touched'),
        (
            'uart_healthy_stm32loader_ewv',
            '',
            'STM32G07x/G08x over UART: mass erase, 4 096 bytes written and verified',
        ),
        (
            'uart_healthy_get_id',
            'RX',
            'STM32 bootloader spoken to over UART; only the host was heard (TX): what the loader'
            ' answered is not known',
        ),
        (
            'uart_healthy_get_id',
            'TX',
            'STM32G07x/G08x identified over UART; only the loader was heard (RX): what the host asked'
            ' for is not all known',
        ),
    ],
)
def test_the_headline_tells_what_was_done_and_what_is_missing(
    simulated_captures: Path, name: str, without: str, headline: str
) -> None:
    verdict = analyze(OneLine(simulated_captures / f'{name}.sr', without)).verdict
    assert verdict is not None
    assert (verdict.severity, verdict.headline) == (Severity.NOTE, headline)
