"""What the user may say about a capture and about what is to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of one analysis; what is not given is found out or stays unknown."""

    channels: Mapping[str, str] = field(default_factory=dict)  # role -> channel name or index
    protocols: tuple[str, ...] = ()  # empty: all that fit
    address: int | None = None  # the loader's 7-bit I2C address
    family: str | None = None  # 'G0'
    sample_rate: float | None = None  # Hz; overrides the file's
    baud: float | None = None  # bits per second of a UART
    parity: str | None = None  # of a UART: one of UartFormat.parity
    select: tuple[str, ...] = ()  # rule id prefixes; empty: all
    ignore: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
