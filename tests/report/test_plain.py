"""Text from a capture is harmless on a terminal."""

from __future__ import annotations

import pytest

from stm32trace.report.plain import counted, grouped, visible


@pytest.mark.parametrize(
    ('text', 'shown'),
    [
        ('SCL (PB6) µ 中', 'SCL (PB6) µ 中'),
        ('\x1b[31mred', r'\x1b[31mred'),
        ('two\nlines\r', r'two\nlines\r'),
        ('\x9b0m', r'\x9b0m'),
        ('right\u202eleft', r'right\u202eleft'),
        ('line\u2028separator', r'line\u2028separator'),
        ('undecodable \udcff byte', r'undecodable \udcff byte'),
        ('[bold]markup[/]', '[bold]markup[/]'),
    ],
)
def test_what_is_not_visible_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_numbers_are_grouped_and_nouns_agree() -> None:
    assert [grouped(number) for number in (0, 999, 24576, 1008000000)] == [
        '0',
        '999',
        '24 576',
        '1 008 000 000',
    ]
    assert [counted(number, 'edge') for number in (0, 1, 2)] == ['0 edges', '1 edge', '2 edges']
