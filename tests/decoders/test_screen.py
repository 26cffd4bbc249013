"""Annotations are put once and for good: findings when they are made, windows where they open and over their length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stm32trace_core.context import bare_context
from stm32trace_core.flash.records import CLOSED, OPEN, Window
from stm32trace_core.record import CAPTURE
from stm32trace_core.rules.engine import MOST_FINDINGS
from stm32trace_core.rules.rule import HOST, Confidence, Finding, Severity
from stm32trace_core.sigrok import rows
from stm32trace_core.sigrok.painting import WindowPainter, finding
from stm32trace_core.sigrok.screen import Announcer, Row, Rows, Screen

if TYPE_CHECKING:
    from stm32trace_core.sigrok.screen import Painter

ERROR, CRITICAL, WARNING = Severity.ERROR, Severity.CRITICAL, Severity.WARNING


def found(
    end: int, severity: Severity = ERROR, key: str = '', rule: str = 'BLP013', count: int = 1
) -> Finding:
    return Finding(
        0, end, 'i2c0', rule, 'busy-forever', severity, Confidence.HIGH, HOST, key, count,
        f'{count} times', (), (), (), '',
    )  # fmt: skip


def put(*records: Any, shown: tuple[str, ...] = ('BLP013',)) -> list[tuple[int, int, str, str]]:
    """(start, end, class, longest text) of what a screen puts."""
    said: list[tuple[int, int, str, str]] = []
    classes = rows.BOOT_I2C.annotations
    painters: dict[type, Painter] = {Finding: finding, Window: WindowPainter().paint}
    screen = Screen(
        bare_context(),
        rows.BOOT_I2C,
        painters,
        Announcer(shown),
        lambda start, end, what: said.append((start, end, classes[what[0]][0], what[1][0])),
    )
    for record in records:
        assert screen.feed(record) == ()
    return said


def test_finding_is_put_on_the_class_of_its_severity() -> None:
    assert put(found(10), found(20, CRITICAL, 'other')) == [
        (0, 10, 'error', 'BLP013 error: 1 times'),
        (0, 20, 'critical', 'BLP013 critical: 1 times'),
    ]


def test_finding_that_only_grows_is_not_repeated() -> None:
    assert len(put(found(10), found(20, count=2), found(30, count=3))) == 1


def test_finding_that_gets_worse_or_milder_is_told_again() -> None:
    severities = [WARNING, ERROR, ERROR, WARNING]
    told = put(*(found(at, severity) for at, severity in enumerate(severities)))
    assert [name for _, _, name, _ in told] == ['warning', 'error', 'warning']


def test_findings_of_rules_that_are_shown_elsewhere_are_not_put() -> None:
    assert put(found(10, rule='SWD001')) == []


def test_findings_of_one_rule_are_limited_as_in_the_report() -> None:
    assert len(put(*(found(10, key=str(key)) for key in range(MOST_FINDINGS + 5)))) == MOST_FINDINGS


def window(end: int, state: str, text: str = '') -> Window:
    return Window(100, end, CAPTURE, 'erase', state, -1, 'Erase ordered' + text)


def test_window_is_a_mark_where_it_opens_and_whole_when_it_ends() -> None:
    told = put(window(100, OPEN), window(150, OPEN, '; BUSY'), window(300, CLOSED, '; final ACK'))
    assert told == [
        (100, 100, 'window-opens', 'erase window open: Erase ordered'),
        (
            100, 300, 'window',
            'erase window over after 200 samples: Erase ordered; final ACK',
        ),
    ]  # fmt: skip


def test_rows_number_their_classes_from_the_top() -> None:
    made = Rows((Row('a', 'A', (('x', 'X'), ('y', 'Y'))), Row('b', 'B', (('z', 'Z'),))))
    assert made.annotations == (('x', 'X'), ('y', 'Y'), ('z', 'Z'))
    assert made.rows == (('a', 'A', (0, 1)), ('b', 'B', (2,)))
