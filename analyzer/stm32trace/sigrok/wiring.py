"""On which channels of a capture a stack of decoders is to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stm32trace.detect import Assignment, Bus
from stm32trace.detect.names import channel_named
from stm32trace.errors import OptionError
from stm32trace.model import Channel
from stm32trace.sigrok.host import Description, Wired
from stm32trace.sigrok.stack import OPTION, Stack

# Channels of stock decoders that have a name of their own for one of our roles.
_ROLES = {'clk': 'sck', 'cs': 'ncs', 'can': 'can_rx', 'srst': 'nrst'}

Usual = Callable[
    [str, str], Mapping[str, object]
]  # options of a decoder on a bus, where nobody says else


def wire(
    stack: Stack,
    descriptions: Sequence[Description],
    channels: Sequence[Channel],
    assignment: Assignment,
    usual: Usual,
) -> list[Wired]:
    """Return the stack on every bus that has the channels it needs; on those the user named, if all are.

    Raises OptionError for a name that is neither channel nor option of a decoder, and where no bus fits;
    ChannelError for a channel that the capture does not have.
    """
    named, options = [], []
    for layer, description in zip(stack.layers, descriptions, strict=True):
        pins = {*description.required, *description.optional}
        _check(stack, layer.decoder, layer.said, description)
        named.append(
            {
                pin: channel_named(channels, name, pin).index
                for pin, name in layer.said.items()
                if pin in pins
            }
        )
        options.append({name: text for name, text in layer.said.items() if name not in pins})
    lowest = descriptions[0]
    if named[0] and set(lowest.required) <= set(named[0]):
        return [Wired(stack, None, tuple(named), tuple(options))]
    found = list(_on_buses(stack, lowest, assignment, named, options, usual))
    if not found:
        raise _no_bus(stack, lowest, channels)
    return found


def _on_buses(
    stack: Stack,
    lowest: Description,
    assignment: Assignment,
    named: Sequence[Mapping[str, int]],
    options: Sequence[Mapping[str, str]],
    usual: Usual,
) -> Iterator[Wired]:
    for bus in assignment.buses:
        pins = {**_pins(lowest, bus), **named[0]}
        if not pins or not set(lowest.required) <= set(pins):
            continue
        told = tuple(
            {name: str(value) for name, value in usual(layer.decoder, bus.id).items()} | dict(own)
            for layer, own in zip(stack.layers, options, strict=True)
        )
        yield Wired(stack, bus.id, (pins, *named[1:]), told)


def _pins(lowest: Description, bus: Bus) -> dict[str, int]:
    """Return the decoder's channels that lines of the bus stand for."""
    lines = {line.role: line.channel for line in bus.roles}
    wanted = ((pin, _ROLES.get(pin, pin)) for pin in (*lowest.required, *lowest.optional))
    return {pin: lines[role] for pin, role in wanted if role in lines}


def _check(stack: Stack, decoder: str, said: Mapping[str, str], description: Description) -> None:
    known = (*description.required, *description.optional, *description.options)
    for name in said:
        if name not in known:
            raise OptionError(
                f'{OPTION} {stack.text}: expected channels or options of {decoder} ({", ".join(known) or "it has none"}),'
                f' found {name!r}',
                option=OPTION,
            )


def _no_bus(stack: Stack, lowest: Description, channels: Sequence[Channel]) -> OptionError:
    pins = lowest.required or lowest.optional
    example = ''.join(f':{pin}=NAME' for pin in pins)
    names = ', '.join(channel.name for channel in channels)
    return OptionError(
        f'{OPTION} {stack.text}: expected a bus with {", ".join(pins) or "channels"}, found none;'
        f' name its channels: {stack.layers[0].decoder}{example}; the capture has {names}',
        option=OPTION,
    )
