"""The options that `analyze`, `decode` and `demo` share, and the checks on what the user gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from stm32trace.cli.program import did_you_mean
from stm32trace.detect.assignment import ROLES
from stm32trace.errors import ChannelError, OptionError
from stm32trace.model import parse_sample_rate
from stm32trace.settings import Settings
from stm32trace_core.devices import families, family_named
from stm32trace_core.rules.rule import Rule, Severity

Callback = TypeVar('Callback', bound=Callable[..., Any])

HIGHEST_ADDRESS = 0x7F  # of 7 bits
SEVERITIES = tuple(str(one) for one in Severity)


@dataclass(frozen=True, slots=True)
class Options:
    """The shared options as the user gave them; the fields are named as click names the options."""

    channel: tuple[str, ...]
    protocol: tuple[str, ...]
    baud: int | None  # baud and parity: for protocols that have them
    parity: str | None
    address: str | None
    family: str | None
    samplerate: str | None
    input_format: str | None
    format: str | None
    output: Path | None
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    severity_min: str
    fail_on: str
    quiet: bool
    no_color: bool

    @property
    def sample_rate(self) -> float | None:
        """In Hz, None where not given."""
        return None if self.samplerate is None else rate_in_hz(self.samplerate)

    @property
    def lowest(self) -> Severity:
        """The least severity that is listed."""
        return Severity[self.severity_min.upper()]

    @property
    def failing(self) -> Severity | None:
        """The least severity that makes the exit status 1, None for never."""
        return None if self.fail_on == 'never' else Severity[self.fail_on.upper()]

    def settings(self, rules: Iterable[type[Rule]]) -> Settings:
        """Return the settings of an analysis. Raises OptionError or ChannelError for what makes no sense."""
        known = sorted(rule.info.id for rule in rules)
        return Settings(
            channels=_channels(self.channel),
            protocols=tuple(name.lower() for name in _split(self.protocol)),
            address=None if self.address is None else _address(self.address),
            family=None if self.family is None else _family(self.family),
            sample_rate=self.sample_rate,
            baud=self.baud,
            parity=self.parity,
            select=_ids('--select', self.select, known),
            ignore=_ids('--ignore', self.ignore, known),
        )


_OPTIONS = (
    click.option(
        '--channel',
        multiple=True,
        metavar='ROLE=NAME',
        help='The role of a channel; NAME may be its index.',
    ),
    click.option(
        '--protocol',
        multiple=True,
        metavar='NAME',
        help='Only these: i2c, swd, uart, ... (default: all).',
    ),
    click.option('--baud', type=click.IntRange(1), metavar='N', help='Bits per second of a UART.'),
    click.option('--parity', type=click.Choice(['none', 'even', 'odd']), help='Parity of a UART.'),
    click.option('--address', metavar='0x51', help="The bootloader's 7-bit I2C address."),
    click.option(
        '--family', metavar='G0', help='The family of the part, where the capture does not tell.'
    ),
    click.option('--samplerate', metavar='24M', help="The sample rate, instead of the file's."),
    click.option(
        '--input-format',
        metavar='NAME',
        help='The format of the capture (default: by its content).',
    ),
    click.option(
        '--format', metavar='NAME', help='The format of the result; see `stm32trace formats`.'
    ),
    click.option(
        '-o', '--output', type=click.Path(path_type=Path), metavar='FILE', help='Write to a file.'
    ),
    click.option(
        '--select', multiple=True, metavar='ID[,ID]', help='Only these rules; a prefix counts.'
    ),
    click.option(
        '--ignore', multiple=True, metavar='ID[,ID]', help='Not these rules; a prefix counts.'
    ),
    click.option(
        '--severity-min',
        type=click.Choice(SEVERITIES),
        default='note',
        help='List nothing below this.',
    ),
    click.option(
        '--fail-on',
        type=click.Choice(['warning', 'error', 'critical', 'never']),
        default='error',
        show_default=True,
        help='Exit with 1 from this severity on.',
    ),
    click.option('--quiet', is_flag=True, help='Only the verdict line.'),
    click.option('--no-color', is_flag=True, help='No colours (as NO_COLOR does).'),
)


def shared(function: Callback) -> Callback:
    """Give a command the shared options."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _split(values: Iterable[str]) -> list[str]:
    """Return the items of values that may be lists with commas."""
    return [item.strip() for value in values for item in value.split(',')]


def _channels(words: Iterable[str]) -> dict[str, str]:
    """Return role -> name. Whether such roles and channels exist is for `detect` to say."""
    found: dict[str, str] = {}
    for word in words:
        role, equals, name = word.partition('=')
        role, name = role.strip().lower(), name.strip()
        if not equals or not role or not name:
            raise OptionError(
                f'--channel {word}: expected ROLE=NAME such as scl=D0, found no {"name" if role else "role"};'
                f' the roles are {" ".join(ROLES)}',
                option='--channel',
            )
        if role in found:
            raise ChannelError(
                f'--channel {word}: expected each role once, found {role} for {found[role]} already; leave one out',
                names=[name],
            )
        found[role] = name
    return found


def rate_in_hz(text: str, option: str = '--samplerate') -> float:
    """Return a rate such as 24M in Hz. Raises OptionError naming `option`."""
    try:
        hertz = parse_sample_rate(text)
    except ValueError:
        hertz = _number(text)
    if not hertz:
        raise OptionError(
            f'{option}: expected a rate above 0 such as 24M, 625 kHz or 1e6, found {text!r}',
            option=option,
        )
    return hertz


def _number(text: str) -> float | None:
    """Return the value of '1e6', None for what is no number above 0."""
    try:
        value = float(text)
    except ValueError:
        return None
    if not 0 < value < 1e18:
        return None
    return int(value) if value.is_integer() else value


def _address(text: str) -> int:
    try:
        address = int(text, 0)
    except ValueError:
        address = -1
    if 0 <= address <= HIGHEST_ADDRESS:
        return address
    hint = (
        f'; with the read/write bit left out it is 0x{address >> 1:02x}'
        if 0 <= address <= 0xFF
        else ''
    )
    raise OptionError(
        f'--address: expected 7 bits such as 0x51, found {text!r}{hint}', option='--address'
    )


def _family(text: str) -> str:
    family = family_named(text)
    if family is None:
        known = ', '.join(one.key for one in families())
        raise OptionError(f'--family: expected one of {known}, found {text!r}', option='--family')
    return family.key


def _ids(option: str, values: Iterable[str], known: list[str]) -> tuple[str, ...]:
    """Return rule ids or their beginnings; each must match a rule."""
    ids = tuple(item.upper() for item in _split(values))
    for one in ids:
        if not one or not any(name.startswith(one) for name in known):
            hint = did_you_mean(one, known) or '; see `stm32trace rules`'
            raise OptionError(
                f'{option}: expected the id of a rule or its beginning, found {one!r}{hint}',
                option=option,
            )
    return ids
