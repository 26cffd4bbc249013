"""What the decoders of sigrok say, as rows of `decode`: all of that command that stands behind `--sigrok`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from stm32trace.capture import CaptureReader
from stm32trace.detect import Assignment, assign
from stm32trace.pulseview.shipment import decoder_folder
from stm32trace.report.clock import Clock
from stm32trace.report.plain import visible
from stm32trace.report.rows import Row
from stm32trace.settings import Settings
from stm32trace.sigrok.cli_host import CliHost
from stm32trace.sigrok.decoder_options import Facts, Formats
from stm32trace.sigrok.host import Annotation, Host, choose
from stm32trace.sigrok.python_host import PythonHost
from stm32trace.sigrok.stack import OPTION, Stack, parse
from stm32trace.sigrok.wiring import wire
from stm32trace_core.context import bare_context

KIND = 'sigrok_annotation'  # of the rows

sigrok_option = click.option(
    OPTION,
    'sigrok',
    multiple=True,
    metavar='STACK',
    help='What a decoder of sigrok says as well, here eeprom24xx on i2c: i2c,eeprom24xx.'
    ' Channels and options as for sigrok-cli: i2c:scl=D0:sda=D1.',
)


class _Request(NamedTuple):
    """A stack, and who runs it."""

    stack: Stack
    host: Host


class SigrokRows:
    """The rows that `--sigrok` adds to those of one capture."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Take what the user asks for. Raises OptionError for what no host knows."""
        hosts: list[Host] = [CliHost(decoder_folder()), PythonHost()] if texts else []
        stacks = [parse(text) for text in texts]
        self._requests = [_Request(stack, choose(stack, hosts)) for stack in stacks]
        self._formats = Formats()

    @property
    def machines(self) -> list[Formats]:
        """Reporters that want to see the records of the capture first."""
        return [self._formats] if self._requests else []

    def rows(self, capture: CaptureReader, settings: Settings) -> Iterator[Row]:
        """Yield what all stacks say of a capture. Raises OptionError, ChannelError, PluginError."""
        if not self._requests:
            return
        clock = Clock(capture.info.sample_rate)
        context = bare_context(capture.info.sample_rate)._replace(
            family=settings.family, address=settings.address
        )
        facts = Facts(context, settings.sample_rate, self._formats.found)
        assignment = assign(capture.info.channels, settings)
        for request in self._requests:
            yield from _rows(request, capture, assignment, facts, clock)


def _rows(
    request: _Request, capture: CaptureReader, assignment: Assignment, facts: Facts, clock: Clock
) -> Iterator[Row]:
    stack, host = request
    descriptions = [host.describe(layer.decoder) for layer in stack.layers]
    channels = capture.info.channels
    for wired in wire(stack, descriptions, channels, assignment, facts.options):
        for said in host.run(wired, capture):
            yield _row(said, wired.bus, clock)


def _row(said: Annotation, bus: str | None, clock: Clock) -> Row:
    return Row(
        kind=KIND,
        bus=bus,
        start=said.start,
        end=said.end,
        start_s=clock.seconds(said.start),
        end_s=clock.seconds(said.end),
        outcome=None,
        text=visible(f'{said.decoder}: {said.text}'),
        fields={'decoder': said.decoder, 'class': said.kind},
    )
