"""Lines made by hand are those that csv.writer makes."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stm32trace.report.csv import COLUMNS, ROWS
from stm32trace.report.rows import KINDS, Row

NUMBERS = st.integers(0, 1 << 40)
TEXTS = st.text(st.sampled_from('ab ,"\'\r\n;\x00é'), max_size=8)
VALUES = st.one_of(st.none(), st.booleans(), NUMBERS, st.floats(0, 1e6), TEXTS)


@st.composite
def some_row(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(KINDS))
    return Row(
        kind=kind.name,
        bus=draw(st.none() | st.just('i2c0')),
        start=draw(NUMBERS),
        end=draw(NUMBERS),
        start_s=draw(st.none() | st.floats(0, 1e6)),
        end_s=draw(st.none() | st.floats(0, 1e6)),
        outcome=draw(st.none() | TEXTS),
        text=draw(TEXTS),
        fields={name: draw(VALUES) for name in kind.names},
    )


@given(some_row())
def test_a_line_reads_as_one_of_csv_writer(row: Row) -> None:
    values: dict[str, Any] = {**row.common, **row.fields}
    cells = [values.get(name) for name in COLUMNS]
    written = StringIO()
    csv.writer(written, lineterminator='\r\n').writerow(
        [int(cell) if isinstance(cell, bool) else cell for cell in cells]
    )
    assert ROWS.line(row) == written.getvalue().removesuffix('\r\n')


def test_acknowledges_are_a_string_of_bits_and_numbers_a_list_with_spaces() -> None:
    row = Row(
        'i2c_transfer',
        'i2c0',
        1,
        2,
        None,
        None,
        None,
        'x',
        {'acked': [True, False], 'data': [1, 2]},
    )
    assert ROWS.line(row).split(',')[:14] == 'i2c0,i2c_transfer,,,1,2,,x,,,,,1 2,10'.split(',')
