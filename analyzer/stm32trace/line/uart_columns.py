"""The records of a UART as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from stm32trace.line.columns import WordColumns
from stm32trace_core.wire.uart import UartFormat, UartGlitch, UartRate, UartWord

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class UartWordColumns(WordColumns):
    """UartWord of one line."""

    record: ClassVar[type] = UartWord
    line: str
    value: NDArray[np.int64]
    flags: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class UartFormatColumns(WordColumns):
    """UartFormat, in one row."""

    record: ClassVar[type] = UartFormat
    line: str
    baud: float
    data_bits: int
    parity: str
    stop_bits: float
    inverted: bool
    measured: bool
    certain: bool


@dataclass(frozen=True, slots=True)
class UartGlitchColumns(WordColumns):
    """UartGlitch of one line."""

    record: ClassVar[type] = UartGlitch
    line: str


@dataclass(frozen=True, slots=True)
class UartRateColumns(WordColumns):
    """UartRate, in one row."""

    record: ClassVar[type] = UartRate
    line: str
    baud: float
    measured: float
    pulses: int
    samples: float
    words: int
    errors: int
