"""Stacks as users write them, the channels they run on, and who runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stm32trace.capture import CaptureReader
from stm32trace.detect import assign
from stm32trace.errors import ChannelError, OptionError
from stm32trace.model import Channel
from stm32trace.settings import Settings
from stm32trace.sigrok.host import Annotation, Description, Wired, choose
from stm32trace.sigrok.stack import Layer, Stack, parse
from stm32trace.sigrok.wiring import wire

I2C = Description(('scl', 'sda'), (), ('address_format',))
EEPROM = Description((), (), ('chip',))
UART = Description((), ('rx', 'tx'), ('baudrate',))
SPI = Description(('clk',), ('miso', 'mosi', 'cs'), ())
NAMES = ('SCL1', 'SDA1', 'SCL2', 'SDA2', 'TX', 'RX', 'SCK', 'MOSI', 'X')
CHANNELS = tuple(Channel(index, name) for index, name in enumerate(NAMES))


class Known:
    """A host that knows some decoders."""

    def __init__(self, name: str, *decoders: str) -> None:
        self.name = name
        self._decoders = frozenset(decoders)

    def decoders(self) -> frozenset[str]:
        return self._decoders

    def describe(self, decoder: str) -> Description:
        return I2C

    def run(self, wired: Wired, capture: CaptureReader) -> Iterator[Annotation]:
        yield from ()


def wired(
    text: str, *descriptions: Description, usual: dict[str, int] | None = None
) -> list[Wired]:
    return wire(
        parse(text), descriptions, CHANNELS, assign(CHANNELS, Settings()), lambda *_: usual or {}
    )


def test_a_stack_is_decoders_with_what_is_said_of_each() -> None:
    assert parse('i2c:scl=D0: sda = D1,eeprom24xx:chip=generic') == Stack(
        (Layer('i2c', {'scl': 'D0', 'sda': 'D1'}), Layer('eeprom24xx', {'chip': 'generic'}))
    )
    assert parse('i2c , eeprom24xx').top == 'eeprom24xx'


@pytest.mark.parametrize('text', ['', 'i2c,', ',i2c', 'i2c:scl', 'i2c:=D0'])
def test_what_is_no_stack_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match='such as i2c,eeprom24xx, found'):
        parse(text)


def test_a_stack_runs_on_every_bus_that_has_its_channels() -> None:
    found = wired('i2c,eeprom24xx:chip=x', I2C, EEPROM)
    assert [(one.bus, one.channels, one.options) for one in found] == [
        ('i2c0', ({'scl': 0, 'sda': 1}, {}), ({}, {'chip': 'x'})),
        ('i2c1', ({'scl': 2, 'sda': 3}, {}), ({}, {'chip': 'x'})),
    ]
    assert [one.used for one in found] == [[0, 1], [2, 3]]


def test_one_optional_channel_suffices_where_none_is_required() -> None:
    (found,) = wired('uart', UART)
    assert (found.bus, found.channels) == ('uart0', ({'rx': 5, 'tx': 4},))


def test_channels_of_stock_decoders_stand_for_our_roles() -> None:
    (found,) = wired('spi', SPI)
    assert found.channels == ({'clk': 6, 'mosi': 7},)


def test_channels_that_the_user_names_come_first() -> None:
    (found,) = wired('i2c:scl=X:sda=0', I2C)
    assert (found.bus, found.channels) == (None, ({'scl': 8, 'sda': 0},))
    found, *_ = wired('i2c:scl=X', I2C)
    assert (found.bus, found.channels) == ('i2c0', ({'scl': 8, 'sda': 1},))


def test_options_of_the_bus_hold_where_the_user_says_nothing() -> None:
    (found,) = wired('uart', UART, usual={'baudrate': 9600})
    assert found.options == ({'baudrate': '9600'},)
    (found,) = wired('uart:baudrate=1200', UART, usual={'baudrate': 9600})
    assert found.options == ({'baudrate': '1200'},)


def test_a_name_that_is_neither_channel_nor_option_is_refused() -> None:
    with pytest.raises(OptionError, match=r'of i2c \(scl, sda, address_format\), found .speed.'):
        wired('i2c:speed=1', I2C)


def test_a_channel_that_the_capture_lacks_is_refused() -> None:
    with pytest.raises(ChannelError, match='scl=D99'):
        wired('i2c:scl=D99', I2C)


def test_without_a_bus_the_user_is_asked_for_channels() -> None:
    with pytest.raises(
        OptionError, match=r'expected a bus with data, found none; name its channels: pwm:data=NAME'
    ):
        wired('pwm', Description(('data',), (), ()))


def test_the_first_host_that_knows_all_decoders_runs_a_stack() -> None:
    one, other = Known('one', 'i2c', 'spi'), Known('other', 'i2c', 'eeprom24xx')
    assert choose(parse('i2c'), [one, other]).name == 'one'
    assert choose(parse('i2c,eeprom24xx'), [one, other]).name == 'other'


@pytest.mark.parametrize(
    ('text', 'hosts', 'told'),
    [
        ('i2x', [Known('one', 'i2c'), Known('other')], "none called 'i2x'; did you mean i2c"),
        ('zzz', [Known('one', 'i2c')], "none called 'zzz'$"),
        (
            'spi,eeprom',
            [Known('one', 'spi'), Known('other', 'eeprom')],
            'no one of them that knows all',
        ),
        (
            'i2c',
            [Known('one'), Known('other')],
            'neither sigrok-cli nor a decoder package for pysigrok',
        ),
    ],
)
def test_a_stack_that_nobody_runs_is_refused(text: str, hosts: list[Known], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        choose(parse(text), hosts)
