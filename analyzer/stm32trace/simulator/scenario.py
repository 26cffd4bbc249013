"""Scenarios: who talks to which part, what goes wrong, how it is recorded. Written as TOML.

    title = "Option bytes written and never loaded"
    part = "G0"                    # G0, F1, F4 or F7
    bus = "swd"                    # swd, uart or i2c
    seed = 1

    [setup]                        # how the part is found, all optional
    options = {OPTR = 0xDFFFE1BB}  # programmed and loaded
    content = {seed = 1, length = 4096}
    loader = "uart-3.1"
    loader_error = 0.01            # its clock runs one percent fast
    endless_unprotect = true
    absent = true                  # nobody answers

    [host]                         # arguments of the host: clock_hz, baud, parity, timeout_s, poll_s, ...

    [record]
    rate = 8e6
    lines = ["swclk", "swdio", "nrst"]
    names = ["D0", "D1", "D2"]     # default: the lines in capitals
    jitter_s = 5e-9

    [[step]]                       # verbs of the host, one after the other, with their arguments
    do = "connect"
    [[step]]
    do = "fault"                   # a fault from here on
    fault = "nrst@5ms,width=20ms"

    [expect]
    findings = ["OPT003"]
    forbidden = ["SWD", "DIA"]     # ids or groups
    healthy = false                # nothing above `note`

Verbs that fail end the scenario unless `may_fail` is set; `repeat = 20` repeats a step.
"""

from __future__ import annotations

import inspect
import random
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from stm32trace.errors import OptionError
from stm32trace.simulator.board import PS, Board, picoseconds
from stm32trace.simulator.faults import Fault, arrange, parse
from stm32trace.simulator.hosts.debugger import Debugger
from stm32trace.simulator.hosts.i2c import BusStuckError, I2cHost
from stm32trace.simulator.hosts.swd import ProbeError
from stm32trace.simulator.hosts.uart import UartHost
from stm32trace.simulator.loader import engine
from stm32trace.simulator.loader.engine import Engine
from stm32trace.simulator.loader.i2c import I2cLoader
from stm32trace.simulator.loader.uart import UartLoader
from stm32trace.simulator.parts.models import MODELS
from stm32trace.simulator.parts.part import BROWN_OUT, Part
from stm32trace.simulator.recorder import Probe, Recorder
from stm32trace.simulator.truth import Truth

LOADERS = {
    'uart-2.2': engine.UART_22, 'uart-3.1': engine.UART_31, 'uart-3.3': engine.UART_33,
    'i2c-1.0': engine.I2C_10, 'i2c-1.1': engine.I2C_11, 'i2c-1.2': engine.I2C_12,
}  # fmt: skip
LINES = {
    'swd': {'swclk': 0, 'swdio': 1},
    'uart': {'tx': 1, 'rx': 1},
    'i2c': {'scl': 1, 'sda': 1},
}
I2C_ADDRESSES = {'G0': 0x51}
LEAD_IN = PS // 100  # before the host begins: 10 ms
TAIL = PS // 1000
FAILURES = (ProbeError, BusStuckError)
SCENARIOS = 'scenarios'


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as its file says it."""

    name: str
    title: str
    part: str
    bus: str
    setup: Mapping[str, Any]
    host: Mapping[str, Any]
    record: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    expect: Mapping[str, Any]
    story: str = ''


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a scenario."""

    board: Board
    part: Part
    truth: Truth
    recorder: Recorder
    probe: Probe


def known() -> Iterator[Scenario]:
    """Yield the scenarios that come with the program, by name."""
    folder = resources.files('stm32trace.simulator') / SCENARIOS
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith('.toml'):
            yield read(file.name.removesuffix('.toml'), file.read_text(encoding='utf-8'))


def find(name: str) -> Scenario:
    """Return a scenario by its name, or from a file. Raises OptionError."""
    path = Path(name)
    if path.suffix == '.toml':
        try:
            return read(path.stem, path.read_text(encoding='utf-8'))
        except OSError as error:
            raise OptionError(
                f'{name}: expected a scenario, found {error.strerror}; check the path'
            ) from error
    for scenario in known():
        if scenario.name == name:
            return scenario
    raise OptionError(
        f'{name}: expected a scenario, found none of that name;'
        ' `stm32trace simulate list` shows them, a file ends in .toml'
    )


def read(name: str, text: str) -> Scenario:
    """Read a scenario. Raises OptionError for what is no scenario."""
    try:
        table = tomllib.loads(text)
        scenario = Scenario(
            name=name, title=table['title'], part=table['part'], bus=table['bus'],
            setup=table.get('setup', {}), host=table.get('host', {}), record=table['record'],
            steps=table.get('step', []), expect=table.get('expect', {}), story=table.get('story', ''),
        )  # fmt: skip
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f'{name}: expected TOML, found {error}') from error
    except KeyError as error:
        raise OptionError(f'{name}: expected an entry {error}, found none; add it') from error
    for what, value, allowed in (
        ('part', scenario.part, MODELS),
        ('bus', scenario.bus, LINES),
    ):
        if value not in allowed:
            raise OptionError(
                f'{name}: expected {what} to be one of {", ".join(allowed)}, found {value!r}'
            )
    return scenario


def play(scenario: Scenario, faults: Sequence[Fault] = ()) -> Played:
    """Let a scenario happen. Raises OptionError for a verb or an argument that the host does not know."""
    pulls = {**LINES[scenario.bus], 'nrst': 1, 'boot0': int(scenario.bus != 'swd'), 'vdd': 1}
    board = Board(pulls)
    board.watch_supply(lambda volts, time: board.nets['vdd'].pull_to(int(volts >= BROWN_OUT), time))
    truth = Truth()
    part = Part(board, MODELS[scenario.part], truth)
    _set_up(scenario, board, part)
    record = scenario.record
    lines = tuple(record['lines'])
    probe = Probe(
        rate=float(record['rate']),
        nets=lines,
        names=tuple(record.get('names', ())),
        jitter_s=float(record.get('jitter_s', 0)),
        skew_s=record.get('skew_s', {}),
        seed=int(record.get('seed', 1)),
    )
    host = _host(scenario, board)
    recorder = Recorder(board, lines)
    truth.begin(board.now)
    for fault in faults:
        arrange(fault, part, board.now / PS)
    board.run_for(LEAD_IN)
    for step in scenario.steps:
        if not _do(scenario, step, host, part):
            break
    board.run_for(TAIL)
    return Played(board, part, truth, recorder, probe)


def _set_up(scenario: Scenario, board: Board, part: Part) -> None:
    """Bring the part into the state in which it is found."""
    setup = scenario.setup
    if content := setup.get('content'):
        part.flash.cells.data[: content['length']] = _random(content)
    if options := setup.get('options'):
        board.run_for(part.flash.program_options(dict(options)))
        part.flash.load_options()
    for operation, times in setup.get('slow', {}).items():
        part.flash.slow[operation] = times
    if setup.get('runs_code'):
        part.run_code()
    if setup.get('absent') and scenario.bus == 'swd':
        part.swd.powered = False
    if scenario.bus != 'swd' and not setup.get('absent'):
        default = 'uart-3.1' if scenario.bus == 'uart' else 'i2c-1.1'
        version = LOADERS[setup.get('loader', default)]
        loader = Engine(part, version, bool(setup.get('endless_unprotect')))
        if scenario.bus == 'uart':
            UartLoader(board, part, loader, float(setup.get('loader_error', 0)))
        else:
            I2cLoader(
                board, part, loader, setup.get('address', I2C_ADDRESSES.get(scenario.part, 0x51))
            )


def _host(scenario: Scenario, board: Board) -> Any:
    try:
        if scenario.bus == 'uart':
            return UartHost(board, **scenario.host)
        if scenario.bus == 'i2c':
            return I2cHost(board, **scenario.host)
        return Debugger(board, MODELS[scenario.part], **scenario.host)
    except TypeError as error:
        raise OptionError(
            f'{scenario.name}: expected arguments of the host, found {error}'
        ) from error


def _do(scenario: Scenario, step: Mapping[str, Any], host: Any, part: Part) -> bool:
    """Do one step; False where it failed and may not."""
    arguments = {name: _value(name, value) for name, value in step.items()}
    verb = arguments.pop('do')
    times = arguments.pop('repeat', 1)
    may_fail = arguments.pop('may_fail', False)
    call = _verbs(host, part).get(verb)
    if call is None:
        known = ', '.join(sorted(_verbs(host, part)))
        raise OptionError(f'{scenario.name}: expected a step of {known}, found {verb!r}')
    try:
        inspect.signature(call).bind(**arguments)
    except TypeError as error:
        raise OptionError(f'{scenario.name}: step {verb}: {error}') from error
    for _ in range(times):
        try:
            call(**arguments)
        except FAILURES:
            if not may_fail:
                return False
    return True


def _verbs(host: Any, part: Part) -> dict[str, Callable[..., object]]:
    """Return what a step may do: the verbs of the host, and what happens to the board."""
    board = part.board

    def fault(fault: str) -> None:
        arrange(parse(fault), part, board.now / PS)

    def wait(seconds: float) -> None:
        board.run_for(picoseconds(seconds))

    def line(net: str, level: int) -> None:
        board.nets[net].pull_to(level, board.now)

    verbs = {
        name: method
        for name, method in inspect.getmembers(host, inspect.ismethod)
        if not name.startswith('_')
    }
    return {**verbs, 'fault': fault, 'wait': wait, 'line': line}


def _value(name: str, value: Any) -> Any:
    """Return a step's argument: data is given as hexadecimal text, or as a seed and a length."""
    if name in ('data', 'code'):
        return bytes.fromhex(value) if isinstance(value, str) else _random(value)
    return value


def _random(of: Mapping[str, int]) -> bytes:
    return random.Random(of['seed']).randbytes(of['length'])
