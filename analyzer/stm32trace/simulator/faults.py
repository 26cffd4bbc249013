"""What goes wrong on a board, on a time line.

A fault is written as KIND@TIME,NAME=VALUE,...: 'nrst@1.5s,width=120ms'. Times have the units s, ms, us or ns.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stm32trace.errors import OptionError
from stm32trace.simulator.board import PS, picoseconds
from stm32trace.simulator.parts.part import Part

FAULT = 'fault'  # the driver of lines that a fault holds
UNITS = {'s': 1, 'ms': 10**3, 'us': 10**6, 'ns': 10**9}  # of them in a second
PULSE_PS = PS // 10**7  # of noise: 100 ns


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `at` and `width` in seconds, a width of 0 means for good."""

    kind: str
    at: float
    width: float = 0.0
    net: str = ''
    level: int = 0
    volts: float = 0.0
    operation: str = ''
    times: float = 1.0
    count: int = 1
    seed: int = 1
    given: Mapping[str, str] = field(default_factory=dict, compare=False)


def parse(text: str) -> Fault:
    """Read a fault as it is written on the command line. Raises OptionError."""
    kind, at, rest = text.partition('@')
    first, *others = rest.split(',')
    values = dict(part.partition('=')[::2] for part in others)
    fields: dict[str, object] = {}
    try:
        for name, value in values.items():
            fields[name] = _FIELDS[name](value)
        if not at or kind not in _KINDS:
            raise ValueError
        return Fault(kind, duration(first), given=values, **fields)  # type: ignore[arg-type]
    except (ValueError, KeyError):
        raise OptionError(
            f'--fault {text}: expected KIND@TIME,NAME=VALUE,... with KIND one of {", ".join(_KINDS)} and NAME one of'
            f' {", ".join(_FIELDS)}, found something else; for example nrst@1.5s,width=120ms',
            option='--fault',
        ) from None


def duration(text: str) -> float:
    """Return '120ms' in seconds. Raises ValueError."""
    match = re.fullmatch(r'([0-9.]+)\s*(s|ms|us|ns)?', text.strip())
    if match is None:
        raise ValueError(text)
    return float(match[1]) / UNITS[match[2] or 's']


def arrange(fault: Fault, part: Part, since: float = 0.0) -> None:
    """Let a fault happen to a part's board, at `fault.at` seconds after `since`. Raises OptionError."""
    if fault.net and fault.net not in part.board.nets:
        known = ', '.join(part.board.nets)
        raise OptionError(
            f'--fault {fault.kind}: expected a line of this board ({known}), found {fault.net!r}',
            option='--fault',
        )
    board = part.board
    begin = max(board.now, picoseconds(since + fault.at))
    board.at(begin, lambda: _KINDS[fault.kind](fault, part))


def _hold(fault: Fault, part: Part, net: str, level: int) -> None:
    board = part.board
    board.nets[net].force(level, board.now)
    if fault.width:
        board.after(picoseconds(fault.width), lambda: board.nets[net].force(None, board.now))


def _nrst(fault: Fault, part: Part) -> None:
    _hold(fault, part, 'nrst', 0)


def _stuck(fault: Fault, part: Part) -> None:
    _hold(fault, part, fault.net, fault.level)


def _glitch(fault: Fault, part: Part) -> None:
    _hold(fault, part, fault.net, 1 - part.board.level(fault.net))


def _supply(fault: Fault, part: Part) -> None:
    board, before = part.board, part.board.volts
    board.supply(fault.volts)
    if fault.width:
        board.after(picoseconds(fault.width), lambda: board.supply(before))


def _slow(fault: Fault, part: Part) -> None:
    part.flash.slow[fault.operation] = fault.times


def _noise(fault: Fault, part: Part) -> None:
    """Pulses of 100 ns at random."""
    source = random.Random(fault.seed)
    board = part.board
    pulse = Fault('glitch', 0, PULSE_PS / PS, fault.net)
    for _ in range(fault.count):
        delay = picoseconds(source.random() * fault.width)
        board.after(delay, lambda: _glitch(pulse, part))


_KINDS: dict[str, Callable[[Fault, Part], None]] = {
    'nrst': _nrst,
    'supply': _supply,
    'glitch': _glitch,
    'stuck': _stuck,
    'noise': _noise,
    'slow': _slow,
}
_FIELDS: dict[str, Callable[[str], object]] = {
    'width': duration,
    'net': str.lower,
    'level': int,
    'volts': float,
    'operation': str,
    'times': float,
    'count': int,
    'seed': int,
}
KINDS = tuple(_KINDS)
