"""Decoders to run on top of each other, as the user asks for them in the words of sigrok-cli.

`i2c:scl=D0:sda=D1,eeprom24xx:chip=generic`: decoders from the wires up, each with channels and options.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from stm32trace.errors import OptionError

OPTION = '--sigrok'


@dataclass(frozen=True, slots=True)
class Layer:
    """One decoder and what the user said of it: names of channels and options, each with its value."""

    decoder: str
    said: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stack:
    """Decoders from the wires up; what the last one says is asked for."""

    layers: tuple[Layer, ...]

    @property
    def top(self) -> str:
        """The decoder whose annotations are wanted."""
        return self.layers[-1].decoder

    @property
    def text(self) -> str:
        """The ids of the decoders, as the user would write them."""
        return ','.join(layer.decoder for layer in self.layers)


def parse(text: str) -> Stack:
    """Return the stack that `text` describes. Raises OptionError."""
    return Stack(tuple(_layer(text, part) for part in text.split(',')))


def _layer(text: str, part: str) -> Layer:
    decoder, *settings = (item.strip() for item in part.split(':'))
    if not decoder:
        raise _error(text, 'no decoder between two commas or at an end')
    said: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition('=')
        if not equals or not name.strip():
            raise _error(text, repr(setting))
        said[name.strip()] = value.strip()
    return Layer(decoder, said)


def _error(text: str, found: str) -> OptionError:
    return OptionError(
        f'{OPTION} {text}: expected DECODER[:NAME=VALUE...][,DECODER...] such as i2c,eeprom24xx, found {found}',
        option=OPTION,
    )
