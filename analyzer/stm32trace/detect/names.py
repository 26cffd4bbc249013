"""Roles from what the user says, else from the names that channels usually have.

A name is cut into words ('I2C1_SCL (PB6)' -> I2C1, SCL, PB6). One word tells the role; what is left of the
name, pins aside, tells which bus the line belongs to, so that SCL1/SDA1 and SCL2/SDA2 are two buses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from stm32trace.detect.assignment import (
    PROTOCOLS,
    ROLES,
    SLOW_ROLES,
    Assignment,
    Bus,
    Certainty,
    RoleAssignment,
)
from stm32trace.errors import ChannelError, OptionError
from stm32trace.model import Channel
from stm32trace.settings import Settings

# Usual names of each role, the likeliest first. Pin functions as the STM32 data sheets spell them
# (JTCK-SWCLK, NJTRST), pins of ST-LINK connectors, and what sigrok users type.
_USUAL: dict[str, tuple[str, ...]] = {
    'scl': ('SCL',),
    'sda': ('SDA',),
    'swclk': ('SWCLK', 'SWCK', 'SWDCLK'),
    'swdio': ('SWDIO',),
    'swo': ('SWO', 'TRACESWO'),
    'tck': ('TCK', 'JTCK'),
    'tms': ('TMS', 'JTMS'),
    'tdi': ('TDI', 'JTDI'),
    'tdo': ('TDO', 'JTDO'),
    'trst': ('TRST', 'NTRST', 'NJTRST', 'TRSTN'),
    'tx': ('TX', 'TXD'),
    'rx': ('RX', 'RXD'),
    'sck': ('SCK', 'SCLK', 'CLK'),
    'mosi': ('MOSI', 'SDO', 'COPI'),
    'miso': ('MISO', 'SDI', 'CIPO'),
    'ncs': ('NCS', 'CS', 'NSS', 'CSN', 'SS'),
    'can_rx': ('CANRX',),
    'nrst': ('NRST', 'NRESET', 'RSTN', 'RESETN', 'RESET', 'RST', 'SRST'),
    'boot0': ('BOOT0',),
    'vdd': ('VDD', 'VCC', '3V3'),
}
_ALIASES = {
    alias: (rank, role) for role, aliases in _USUAL.items() for rank, alias in enumerate(aliases)
}
# Names that do not tell for certain: which side sends on TX, whether RST belongs to the part.
_AMBIGUOUS = frozenset({'TX', 'TXD', 'RX', 'RXD', 'CLK', 'RST', 'RESET', 'SRST', 'SDO', 'SDI'})

# Words that tell whose TX or RX a name means; roles are named from the host's side.
_HOSTS = frozenset({'HOST', 'PC', 'ADAPTER', 'FTDI', 'USB', 'VCP', 'STLINK'})
_PARTS = frozenset({'DEV', 'DEVICE', 'TARGET', 'TGT', 'MCU', 'STM32', 'DUT', 'CHIP'})
_OTHER_SIDE = {'tx': 'rx', 'rx': 'tx'}
# Pins of the loader's UARTs that no other interface of the loader uses on most parts, in pairs: one
# alone tells nothing. Source: AN2606, "USARTx_TX pin" and "USARTx_RX pin" of the tables per device.
_UART_PINS = {
    'PA9': ('tx', 'USART1', 'PA10'),
    'PA10': ('rx', 'USART1', 'PA9'),
    'PA2': ('tx', 'USART2', 'PA3'),
    'PA3': ('rx', 'USART2', 'PA2'),
}

_PROTOCOLS = {**PROTOCOLS, 'can': {'can_rx': True}}
_ORDER = (
    'i2c',
    'jtag',
    'swd',
    'spi',
    'uart',
    'can',
)  # JTAG before SWD: it takes TCK and TMS if it can
_PIN_RANK = 20  # less likely than any name
GIVEN = 'given with --channel'  # the reason of a line that the user named
_NOT_A_BUS = re.compile(r'P[A-K]\d{1,2}|(D|CH|PIN|CN|GPIO)\d+')  # a pin or an analyzer's input


@dataclass(frozen=True, slots=True)
class _Line:
    """A role that a channel may have."""

    role: str
    channel: Channel
    instance: str  # which bus: 'I2C1', '2', '' where the name does not tell
    rank: int  # 0 for the likeliest name
    confidence: Certainty
    reason: str

    def assigned(self) -> RoleAssignment:
        return RoleAssignment(
            self.role, self.channel.index, self.channel.name, self.confidence, self.reason
        )


def assign(channels: Sequence[Channel], settings: Settings) -> Assignment:
    """Find the buses and slow lines among `channels`.

    What the user said comes first; names decide about the other channels. Raises ChannelError for a
    channel that is unknown, used twice, or not enough for a bus, OptionError for an unknown role or protocol.
    """
    _check_protocols(settings.protocols)
    given = _given(channels, settings.channels)
    taken = {line.channel.index for line in given}
    lines = given + [
        line
        for channel in channels
        if channel.index not in taken
        for line in chain(_named(channel), _uart_pin(channel, channels))
        if line.role not in settings.channels
    ]
    buses = tuple(_buses(lines, settings.protocols or _ORDER, set(settings.channels)))
    _check_used(given, buses, channels, settings.protocols)
    used = {line.channel for bus in buses for line in bus.roles}
    return Assignment(buses, tuple(_slow(lines, used)))


def channel_named(channels: Sequence[Channel], name: str, role: str) -> Channel:
    """Return the channel called `name`, else the one with that index.

    Raises ChannelError if there is none, or several.
    """
    for key in (str, str.casefold):
        found = [channel for channel in channels if key(channel.name) == key(name)]
        if len(found) == 1:
            return found[0]
        if found:
            indices = ', '.join(str(channel.index) for channel in found)
            raise _error(
                f'{role}={name}', f'{len(found)} of that name; say which: {indices}', channels
            )
    for channel in channels:
        if name.isdecimal() and channel.index == int(name):
            return channel
    known = ', '.join(channel.name for channel in channels)
    raise _error(f'{role}={name}', f'none of that name or index; it has {known}', channels)


def _error(option: str, found: str, channels: Sequence[Channel]) -> ChannelError:
    role, _, name = option.partition('=')
    return ChannelError(
        f'--channel {option}: expected a channel of the capture, found {found}',
        names=[name],
        known=[channel.name for channel in channels],
    )


def _check_protocols(protocols: Iterable[str]) -> None:
    for protocol in protocols:
        if protocol not in _PROTOCOLS:
            raise OptionError(
                f'--protocol: expected one of {", ".join(_PROTOCOLS)}, found {protocol!r}',
                option='--protocol',
            )


def _given(channels: Sequence[Channel], wanted: Mapping[str, str]) -> list[_Line]:
    """Return the lines that the user named, in the order of the user's words."""
    lines: list[_Line] = []
    for role, name in wanted.items():
        if role not in ROLES:
            raise OptionError(
                f'--channel {role}={name}: expected a role, one of {" ".join(ROLES)}, found {role!r}',
                option='--channel',
            )
        channel = channel_named(channels, name, role)
        for other in lines:
            if other.channel == channel:
                raise _error(
                    f'{role}={name}',
                    f'the one already used for {other.role}; give each role its own',
                    channels,
                )
        lines.append(_Line(role, channel, '', -1, 'high', GIVEN))
    return lines


def _named(channel: Channel) -> Iterator[_Line]:
    """Yield the roles that a channel's name may stand for."""
    words = re.findall(r'[A-Z0-9]+', channel.name.upper().replace('3.3V', '3V3'))
    on_can = any(word.startswith(('CAN', 'FDCAN')) for word in words)
    for first, last, alias, number in _aliases(words):
        rank, role = _ALIASES[alias]
        if on_can and role in ('tx', 'rx'):
            if role == 'tx':
                continue
            role = 'can_rx'
        rest = [word for word in words[:first] + words[last:] if not _NOT_A_BUS.fullmatch(word)]
        if role in _OTHER_SIDE and not (_HOSTS | _PARTS).isdisjoint(rest):
            yield _line_of_side(channel, role, rest, number, rank)
            continue
        if any(word in _ALIASES for word in rest):  # SWDIO/TMS: another role of the pin, not a bus
            rest = []
        confidence: Certainty = 'medium' if alias in _AMBIGUOUS else 'high'
        instance = '_'.join(rest + [number] * bool(number))
        yield _Line(role, channel, instance, rank, confidence, f'named {channel.name}')


def _line_of_side(
    channel: Channel, role: str, words: Sequence[str], number: str, rank: int
) -> _Line:
    """Return a UART line whose name tells whose it is, by the other words of that name."""
    reason = f'named {channel.name}'
    if not _PARTS.isdisjoint(words):
        role = _OTHER_SIDE[role]
        reason += f": the part's side, so {role.upper()} of the host"
    rest = [word for word in words if word not in _HOSTS | _PARTS]
    return _Line(role, channel, '_'.join(rest + [number] * bool(number)), rank, 'high', reason)


def _uart_pin(channel: Channel, channels: Iterable[Channel]) -> Iterator[_Line]:
    """Yield the UART line of a channel that is named like a pin, and nothing else, if its pair is there."""
    role, instance, pair = _UART_PINS.get(channel.name.upper(), ('', '', ''))
    if any(other.name.upper() == pair for other in channels):
        reason = f'named {channel.name}, the pin of {instance}_{role.upper()}'
        yield _Line(role, channel, instance, _PIN_RANK, 'low', reason)


def _aliases(words: Sequence[str]) -> Iterator[tuple[int, int, str, str]]:
    """Yield (first word, word after the last, usual name, number): of SCL1 the usual name is SCL, the number 1."""
    for first in range(len(words)):
        for last in range(len(words), first, -1):  # SWD_IO and RST_N are names too
            joined = ''.join(words[first:last])
            stem = joined.rstrip('0123456789')
            if joined in _ALIASES:
                yield first, last, joined, ''
            elif last == first + 1 and stem in _ALIASES:
                yield first, last, stem, joined[len(stem) :]


def _buses(lines: Sequence[_Line], protocols: Sequence[str], given: set[str]) -> Iterator[Bus]:
    used: set[int] = set()
    found: list[str] = []
    for protocol in (name for name in _ORDER if name in protocols):
        free = [line for line in lines if line.channel.index not in used]
        if protocol == 'swd' and 'jtag' not in found:
            free = list(chain(free, _jtag_pins_as_swd(free)))
        own = [line for line in free if line.role in _PROTOCOLS[protocol]]
        for number, roles in enumerate(
            _formed(protocol, own, not given.isdisjoint(_PROTOCOLS[protocol]))
        ):
            used.update(line.channel.index for line in roles)
            found.append(protocol)
            yield Bus(f'{protocol}{number}', protocol, tuple(line.assigned() for line in roles))


def _jtag_pins_as_swd(lines: Sequence[_Line]) -> Iterator[_Line]:
    """Yield SWCLK on TCK and SWDIO on TMS, the pins that both share, where JTAG is not complete."""
    beside = any(line.role in ('tdi', 'tdo') for line in lines)
    for line in lines:
        role = {'tck': 'swclk', 'tms': 'swdio'}.get(line.role)
        if role is not None and line.rank >= 0:
            reason = f'{line.reason}, the pin of {role.upper()}; no JTAG without TDI and TDO'
            yield replace(
                line, role=role, rank=9, confidence='low' if beside else 'medium', reason=reason
            )


def _formed(protocol: str, lines: Sequence[_Line], single: bool) -> list[list[_Line]]:
    """Return the buses that can be formed of `lines`; at most one, of the likeliest lines, if `single`.

    Lines of the same instance belong together; what that leaves over is paired in the order of channels.
    """
    wanted = _PROTOCOLS[protocol]
    ordered = sorted(
        lines, key=lambda line: (line.rank, _natural(line.instance), line.channel.index)
    )
    groups: dict[str, dict[str, _Line]] = {}
    for line in ordered:
        groups.setdefault('' if single else line.instance, {}).setdefault(line.role, line)
    whole = [
        group
        for group in groups.values()
        if _is_whole(protocol, group) or (single and _is_bus(protocol, set(group)))
    ]
    inside = {line.channel.index for group in whole for line in group.values()}
    over = {
        role: [line for line in ordered if line.role == role and line.channel.index not in inside]
        for role in wanted
    }
    buses = sorted(whole, key=lambda group: [_natural(line.instance) for line in group.values()])
    if not single:
        buses += [
            {line.role: line for line in pair if line is not None}
            for pair in zip_longest(*over.values())
        ]
    result = []
    for bus in buses:
        kept = _distinct([bus[role] for role in wanted if role in bus])
        if _is_bus(protocol, {line.role for line in kept}):
            result.append(kept)
    return result


def _is_whole(protocol: str, group: Mapping[str, _Line]) -> bool:
    """Tell whether the lines of one instance need no others."""
    if protocol == 'uart':
        return 'tx' in group and 'rx' in group
    return _is_bus(protocol, set(group))


def _is_bus(protocol: str, roles: set[str]) -> bool:
    required = {role for role, needed in _PROTOCOLS[protocol].items() if needed}
    if protocol == 'spi':
        return required <= roles and not roles.isdisjoint({'mosi', 'miso'})
    return required <= roles and bool(roles)


def _distinct(lines: Iterable[_Line]) -> list[_Line]:
    """Keep the first line on each channel."""
    return list({line.channel.index: line for line in reversed(list(lines))}.values())[::-1]


def _natural(text: str) -> list[tuple[int, str]]:
    """Return a sort key by which I2C2 comes before I2C10."""
    return [
        (int(part), '') if part.isdecimal() else (-1, part) for part in re.findall(r'\d+|\D+', text)
    ]


def _check_used(
    given: Iterable[_Line],
    buses: Sequence[Bus],
    channels: Sequence[Channel],
    protocols: Sequence[str],
) -> None:
    """Raise ChannelError for a given line that no bus came of, since it would be left out silently."""
    used = {line.role for bus in buses for line in bus.roles}
    for line in given:
        if line.role in used or line.role in SLOW_ROLES:
            continue
        own = [name for name, roles in _PROTOCOLS.items() if line.role in roles]
        if protocols and not set(own) & set(protocols):
            continue  # --protocol leaves this one out
        lacks = [
            role
            for role, needed in _PROTOCOLS[own[0]].items()
            if needed and role not in used | {line.role}
        ]
        lacks = lacks or ['mosi or miso']
        raise ChannelError(
            f'--channel {line.role}={line.channel.name}: expected all lines of a {own[0].upper()} bus,'
            f' found none for {" and ".join(lacks)}; add --channel {lacks[0].split()[0]}=NAME',
            names=[line.channel.name],
            known=[channel.name for channel in channels],
        )


def _slow(lines: Sequence[_Line], used: set[int]) -> Iterator[RoleAssignment]:
    """Yield the slow lines, each role once, on channels that no bus uses."""
    for role in SLOW_ROLES:
        fitting = [line for line in lines if line.role == role and line.channel.index not in used]
        if fitting:
            best = min(fitting, key=lambda line: (line.rank, line.channel.index))
            yield best.assigned()
