"""A virtual part on a stand: board, part, what carries a host tool's words to it, and a recorder."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from stm32trace.errors import OptionError
from stm32trace.simulator.board import PS, Board
from stm32trace.simulator.loader.engine import I2C_11, UART_22, UART_31, Engine
from stm32trace.simulator.loader.i2c import I2cLoader
from stm32trace.simulator.loader.uart import UartLoader
from stm32trace.simulator.parts.models import MODELS
from stm32trace.simulator.parts.part import Part
from stm32trace.simulator.recorder import Recorder
from stm32trace.simulator.serve.buspirate import BusPirate
from stm32trace.simulator.serve.i2c import DEVICE, I2cPort
from stm32trace.simulator.serve.pseudo_terminal import PseudoTerminal
from stm32trace.simulator.serve.standin import Events, build
from stm32trace.simulator.serve.uart import UartPort

START = PS // 100  # the part is on for 10 ms before anybody talks
PORT = '{port}'  # stands for the port's name in a command
NETS = {
    'swd': {'swclk': 0, 'swdio': 1},
    'uart': {'tx': 1, 'rx': 1},
    'i2c': {'scl': 1, 'sda': 1},
}
LOADERS = {'F1': UART_22}
TARGETS = {'G0': 'stm32g0x', 'F1': 'stm32f1x', 'F4': 'stm32f4x', 'F7': 'stm32f7x'}
LOADER_ADDRESS = 0x51


@dataclass(frozen=True, slots=True)
class Stand:
    """A part that is being served."""

    part: Part
    recorder: Recorder
    port: str  # what the tool opens
    environment: Mapping[str, str]  # what it needs beside
    example: str  # a command for the user to type
    _serve: Callable[[Callable[[], bool]], None]

    @property
    def nets(self) -> tuple[str, ...]:
        """The lines that are recorded."""
        return tuple(self.part.board.nets)

    def serve(self, until: Callable[[], bool]) -> None:
        """Answer the tool until `until()`."""
        self._serve(until)

    def run(self, command: Sequence[str], output: IO[str] | None = None) -> int:
        """Run a tool on the part to its end and return its exit status; {port} in an argument is the port.

        output: where what it prints goes; None is our own. Raises OptionError where it cannot be started.
        """
        words = [word.replace(PORT, self.port) for word in command]
        try:
            tool = subprocess.Popen(
                words,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
            )
        except OSError as error:
            raise OptionError(
                f'{words[0]}: expected a program to run, found {error.strerror}; is it installed?'
            ) from error
        try:
            self.serve(lambda: tool.poll() is not None)
        finally:
            if tool.poll() is None:
                tool.kill()
        return tool.wait()


@contextmanager
def stand(bus: str, family: str, clock_hz: float | None = None) -> Iterator[Stand]:
    """Serve a part of `family` on `bus` ('swd', 'uart' or 'i2c').

    Raises OptionError where something is missing on this machine.
    """
    board = Board({**NETS[bus], 'nrst': 1, 'boot0': int(bus != 'swd')})
    part = Part(board, MODELS[family])
    with ExitStack() as stack:
        recorder = Recorder(board, tuple(board.nets))
        if bus == 'swd':
            yield _swd(stack, part, recorder, clock_hz)
        elif bus == 'uart':
            yield _uart(stack, part, recorder)
        else:
            yield _i2c(stack, part, recorder, clock_hz or 100e3)


def _terminal(stack: ExitStack) -> PseudoTerminal:
    try:
        return stack.enter_context(PseudoTerminal())
    except OSError as error:
        raise OptionError(
            f'expected a pseudo-terminal, found {error.strerror}; this needs Linux or macOS'
        ) from error


def _swd(stack: ExitStack, part: Part, recorder: Recorder, clock_hz: float | None) -> Stand:
    part.run_code()
    part.board.run_until(START)
    terminal = _terminal(stack)
    pirate = BusPirate(part, clock_hz)
    example = (
        f'openocd -c "adapter driver buspirate; buspirate port {terminal.path}; transport select swd"'
        f' -f target/{TARGETS[part.model.family]}.cfg -c "init; reset halt; shutdown"'
    )

    def serve(until: Callable[[], bool]) -> None:
        terminal.serve(pirate.answer, until)

    return Stand(part, recorder, terminal.path, {}, example, serve)


def _uart(stack: ExitStack, part: Part, recorder: Recorder) -> Stand:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    UartLoader(part.board, part, Engine(part, LOADERS.get(part.model.family, UART_31)))
    part.board.run_until(START)
    terminal = _terminal(stack)
    events = Events(folder)
    stack.callback(events.close)
    port = UartPort(part.board, terminal, events)
    environment = {
        'LD_PRELOAD': str(build(folder)),
        'STM32TRACE_PORT': terminal.path,
        'STM32TRACE_EVENTS': str(events.path),
    }
    example = f'{_assigned(environment)} stm32flash -b 115200 {terminal.path}'
    return Stand(part, recorder, terminal.path, environment, example, port.serve)


def _i2c(stack: ExitStack, part: Part, recorder: Recorder, clock_hz: float) -> Stand:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    I2cLoader(part.board, part, Engine(part, I2C_11), LOADER_ADDRESS)
    part.board.run_until(START)
    port = stack.enter_context(I2cPort(part.board, folder, clock_hz))
    environment = {'LD_PRELOAD': str(build(folder)), **port.environment}
    example = f'{_assigned(environment)} stm32flash -a 0x{LOADER_ADDRESS:02x} {DEVICE}'
    return Stand(part, recorder, DEVICE, environment, example, port.serve)


def _assigned(environment: Mapping[str, str]) -> str:
    return ' '.join(f'{name}={shlex.quote(value)}' for name, value in environment.items())
