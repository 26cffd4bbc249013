"""WordColumns: the bridge from numpy to records."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from stm32trace.line.activity import ClockStatsColumns, LineActivityColumns
from stm32trace.line.columns import WordColumns
from stm32trace.line.i2c_holds import LineHoldColumns
from stm32trace.line.i2c_words import I2cByteColumns
from stm32trace.line.levels import LevelChangeColumns
from stm32trace_core.lines import LevelChange

COLUMNS = (
    I2cByteColumns,
    LineHoldColumns,
    LineActivityColumns,
    ClockStatsColumns,
    LevelChangeColumns,
)


@pytest.mark.parametrize('columns', COLUMNS)
def test_columns_are_the_fields_of_the_record_in_its_order(columns: type[WordColumns]) -> None:
    names = tuple(field.name for field in fields(columns))
    assert names == columns.record._fields  # type: ignore[attr-defined]  # it is a NamedTuple


def test_rows_become_records_of_python_scalars() -> None:
    columns = LevelChangeColumns(
        np.array([3, 7]), np.array([4, 8]), '', 'nrst', np.array([0, 1], np.uint8)
    )
    found = list(columns.records())
    assert found == [LevelChange(3, 4, '', 'nrst', 0), LevelChange(7, 8, '', 'nrst', 1)]
    for record in found:
        assert isinstance(record, LevelChange)
        assert [type(value) for value in record] == [int, int, str, str, int]
    assert len(columns) == 2
