"""The report for people, line by line on consoles of fixed width.

The whole of it stands in `expected/`; after a wanted change write the files anew with
`STM32TRACE_WRITE_EXPECTED=1 python -m pytest tests/report` and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from report.subjects import (
    LENGTH,
    MHZ,
    diagnosis,
    finding,
    judged,
    results,
    subject,
    traffic,
    without_bus,
    written,
)
from stm32trace.detect.activity import ChannelActivity
from stm32trace.model import Channel, Damage
from stm32trace.report.layout import BLOCKS, LETTERS, can_draw
from stm32trace.report.reporter import Page
from stm32trace.report.terminal import REPORTER
from stm32trace_core.rules.engine import Judged
from stm32trace_core.rules.rule import Evidence, Severity

EXPECTED = Path(__file__).parent / 'expected'


def findings() -> tuple[Judged, ...]:
    """A diagnosis, what it explains, and two findings besides."""
    late = {'start': 8_500_000, 'end': 9_500_000}
    silent = Evidence(8_500_000, 8_500_100, 'no acknowledge')
    return judged(
        diagnosis(),
        finding('I2C001', Severity.WARNING, name='address-nack', message='0x51 is not acknowledged', count=5,
                advice=('Look at VDD.',), evidence=(silent, silent._replace(start=8_750_000)), **late),
        finding('SIG007', Severity.NOTE, name='truncated-capture', bus='', message='Begins in a transfer',
                advice=(), evidence=(), end=3 * MHZ),
        finding(),
        BLP013='DIA001',
    )  # fmt: skip


def lines(*arguments: object, page: Page | None = None, **fields: object) -> list[str]:
    """The report of the session as lines."""
    return written(REPORTER, subject(*arguments, **fields), page).splitlines()  # type: ignore[arg-type]  # passed on


@pytest.mark.parametrize(
    ('name', 'page'),
    [
        ('terminal-80', Page(80)),
        ('terminal-120', Page(120)),
        ('terminal-80-ascii', Page(80, unicode=False)),
    ],
)
def test_the_whole_report(name: str, page: Page) -> None:
    damage = Damage('truncated', LENGTH, 'the archive ends early')
    text = written(REPORTER, subject(findings(), results=results(), damage=(damage,)), page)
    file = EXPECTED / f'{name}.txt'
    if os.environ.get('STM32TRACE_WRITE_EXPECTED'):
        file.write_text(text, encoding='utf-8', newline='\n')
    assert text.splitlines() == file.read_text(encoding='utf-8').splitlines()
    assert max(map(len, text.splitlines())) <= page.width


@pytest.mark.parametrize('width', [1, 40, 60, 79, 80, 81, 100, 120])
def test_no_line_is_wider_than_the_page_and_none_ends_in_blanks(width: int) -> None:
    shown = lines(findings(), results=results(), page=Page(width))
    assert max(map(len, shown)) <= max(width, 40)
    assert [line for line in shown if line != line.rstrip()] == []


def test_a_page_without_drawing_characters_is_pure_ascii() -> None:
    assert ''.join(lines(findings(), page=Page(unicode=False))).isascii()


@pytest.mark.parametrize(
    ('encoding', 'draws'),
    [
        ('utf-8', True),
        ('ascii', False),
        ('cp1252', False),
        ('latin-1', False),
        ('nonsense', False),
        (None, False),
    ],
)
def test_which_terminals_can_draw(encoding: str | None, draws: bool) -> None:
    assert can_draw(encoding) is draws


def test_both_sets_of_characters_are_one_column_wide_and_told_apart() -> None:
    for glyphs in (BLOCKS, LETTERS):
        single = [getattr(glyphs, name) for name in glyphs.__slots__ if name != 'levels']
        assert all(len(glyph) == 1 for glyph in single)
        windows = [glyphs.open, glyphs.closed, glyphs.cut]
        assert len(set(windows)) == 3


def test_colours_are_escape_codes_and_without_them_there_are_none() -> None:
    colored = written(REPORTER, subject(findings()), Page(colors='standard'))
    plain = written(REPORTER, subject(findings()), Page())
    assert '\x1b[' in colored
    assert '\x1b' not in plain
    assert plain.splitlines()[0] in colored.replace('\x1b[0m', '').replace('\x1b[1m', '').replace(
        '\x1b[1;37;41m', ''
    )


def test_markup_and_control_characters_of_names_are_shown_not_obeyed() -> None:
    names = ('[bold]SCL[/]', ':warning: SDA', 'NRST\x1b[31m', '[link=x]')
    shown = '\n'.join(lines(findings(), names=names, page=Page(colors='standard')))
    assert 'named [bold]SCL[/]' in shown
    assert 'named :warning: SDA' in shown
    assert r'named NRST\x1b[31m' in shown
    assert '[link=x]' in shown


def test_a_finding_that_another_one_explains_is_told_under_it_and_only_there() -> None:
    shown = lines(findings())
    explains = shown.index('     Explains')
    assert shown[explains + 1].split()[1:3] == ['BLP013', 'busy-forever,']
    assert sum('BLP013' in line for line in shown) == 2  # and in the picture


def test_a_chain_of_explanations_is_folded_under_its_first_cause() -> None:
    chain = judged(
        diagnosis(),
        finding(),
        finding('I2C001', Severity.WARNING),
        BLP013='DIA001',
        I2C001='BLP013',
    )
    shown = lines(chain)
    assert [line.split()[1] for line in shown[shown.index('     Explains') + 1 :: 2][:2]] == [
        'BLP013',
        'I2C001',
    ]


def test_findings_that_explain_one_another_are_still_told() -> None:
    circle = judged(finding('BLP013'), finding('I2C001'), BLP013='I2C001', I2C001='BLP013')
    text = '\n'.join(lines(circle))
    assert 'ERROR  BLP013' in text
    assert 'ERROR  I2C001' in text


def test_findings_below_the_wanted_severity_are_not_listed_but_the_verdict_stays() -> None:
    shown = lines(findings(), lowest=Severity.CRITICAL)
    assert shown[0].startswith('CRITICAL  The option bytes were lost')
    assert not [line for line in shown if 'I2C001' in line or 'SIG007' in line]


def test_many_findings_are_counted_after_the_first() -> None:
    many = judged(*(finding(key=str(number), start=number) for number in range(60)))
    shown = lines(many)
    assert 'Findings  60 errors' in shown
    assert '     and 20 more findings: see --format json' in shown


def test_a_verdict_that_is_not_about_the_part_does_not_speak_of_recovery() -> None:
    mild = judged(finding('SIG004', Severity.WARNING, name='unknown-sample-rate'))
    assert not [line for line in lines(mild) if 'Recoverable' in line]
    assert '  Recoverable     not known from this capture' in lines(judged(finding()))


def test_without_a_sample_rate_times_are_sample_numbers() -> None:
    shown = lines(findings(), rate=None)
    assert '     samples 8 500 000 to 9 500 000 on i2c0, 5 times' in shown
    assert '  sampled         sr, 10 000 000 samples at an unknown rate' in shown
    assert not [line for line in shown if ' ms' in line.replace('40.1 ms', '')]


def test_several_captures_each_begin_with_the_name_of_the_file() -> None:
    shown = lines(findings(), page=Page(several=True))
    assert shown[0] == 'brick.sr'
    assert shown[-1] == ''


def test_the_brief_report_is_one_line_however_long() -> None:
    assert lines(findings(), page=Page(40, brief=True)) == [
        'CRITICAL  The option bytes were lost while they were being programmed; the part is probably locked'
    ]


def test_the_picture_shows_each_reset_once() -> None:
    for width in range(60, 121):
        picture = lines(findings(), page=Page(width))
        row = next(line for line in picture if line.startswith('  resets'))
        assert row.count('▼') == 1


def test_a_capture_without_traffic_has_no_activity() -> None:
    row = next(
        line
        for line in written(REPORTER, subject(records=[]), records=[]).splitlines()
        if line.startswith('  i2c0')
    )
    assert row.strip() == 'i2c0'


def test_where_nothing_was_recognised_the_report_says_what_to_type() -> None:
    seen = tuple(
        ChannelActivity(Channel(index, name), edges=edges, high=3, covered=4, shortest=5)
        for index, (name, edges) in enumerate((('A', 0), ('B 2', 100), ('C', 900)))
    )
    text = written(
        REPORTER, without_bus(subject(names=('A', 'B 2', 'C'), activity=seen)), records=[]
    )
    assert text.startswith('NOTE  No bus was recognised')
    flowing = ' '.join(text.split())
    assert 'stm32trace analyze brick.sr --channel scl=C --channel sda=1' in flowing
    assert '   1  B 2         100 edges, mostly high, shortest pulse 5 us' in text.splitlines()
    assert '   0  A           no edge, always high' in text.splitlines()


def test_the_same_session_gives_the_same_text() -> None:
    texts = {written(REPORTER, subject(findings()), records=traffic()) for _ in range(2)}
    assert len(texts) == 1
