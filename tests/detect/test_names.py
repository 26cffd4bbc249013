"""Which roles and buses come of channel names and of what the user says."""

from __future__ import annotations

import pytest

from stm32trace.detect import Assignment, assign
from stm32trace.errors import ChannelError, OptionError
from stm32trace.model import Channel
from stm32trace.settings import Settings


def named(*names: str, protocols: tuple[str, ...] = (), **given: str) -> Assignment:
    """The assignment for channels of these names; `given` is role=NAME as in --channel."""
    channels = [Channel(index, name) for index, name in enumerate(names)]
    return assign(channels, Settings(channels=given, protocols=protocols))


def buses(assignment: Assignment) -> list[tuple[str, dict[str, str]]]:
    """Each bus as its id and role -> channel name."""
    return [(bus.id, {line.role: line.name for line in bus.roles}) for bus in assignment.buses]


def slow(assignment: Assignment) -> dict[str, str]:
    return {line.role: line.name for line in assignment.slow}


@pytest.mark.parametrize(
    ('scl', 'sda'),
    [
        ('SCL', 'SDA'),
        ('scl', 'sda'),
        ('i2c_scl', 'i2c_sda'),
        ('I2C1_SCL', 'I2C1_SDA'),
        ('scl0', 'sda0'),
        ('SCL (PB6)', 'SDA (PB7)'),
        ('D0/SCL', 'D1/SDA'),
        ('SCL_MCU', 'SDA'),
    ],
)
def test_usual_names_of_an_i2c_bus(scl: str, sda: str) -> None:
    assert buses(named('x', sda, scl)) == [('i2c0', {'scl': scl, 'sda': sda})]


@pytest.mark.parametrize(
    'names',
    [
        ('SCL1', 'SDA1', 'SCL2', 'SDA2'),
        ('I2C1_SCL', 'I2C1_SDA', 'I2C2_SCL', 'I2C2_SDA'),
    ],
)
def test_two_numbered_i2c_buses_are_two_buses(names: tuple[str, ...]) -> None:
    one, two = {'scl': names[0], 'sda': names[1]}, {'scl': names[2], 'sda': names[3]}
    assert buses(named(*names)) == [('i2c0', one), ('i2c1', two)]
    assert buses(named(*reversed(names))) == [('i2c0', one), ('i2c1', two)]


def test_i2c10_comes_after_i2c2() -> None:
    found = named('I2C10_SCL', 'I2C10_SDA', 'I2C2_SCL', 'I2C2_SDA')
    assert [bus['scl'] for _, bus in buses(found)] == ['I2C2_SCL', 'I2C10_SCL']


def test_a_clock_without_data_is_no_bus() -> None:
    assert buses(named('SCL', 'D1')) == []


@pytest.mark.parametrize(
    ('name', 'role'),
    [
        ('NRST', 'nrst'),
        ('ST_NRST', 'nrst'),
        ('RESET#', 'nrst'),
        ('nRESET', 'nrst'),
        ('RST', 'nrst'),
        ('RST_N', 'nrst'),
        ('reset', 'nrst'),
        ('BOOT0', 'boot0'),
        ('boot0 (PA14)', 'boot0'),
        ('VDD', 'vdd'),
        ('VCC', 'vdd'),
        ('3V3', 'vdd'),
        ('+3.3V', 'vdd'),
    ],
)
def test_usual_names_of_slow_lines(name: str, role: str) -> None:
    assert slow(named('D0', name)) == {role: name}


@pytest.mark.parametrize('name', ['BOOT1', 'D0', 'CH3', 'LED', 'INT#', '5V', '', 'TRST', 'OS'])
def test_names_that_are_no_slow_line(name: str) -> None:
    assert slow(named(name)) == {}


def test_of_two_reset_lines_the_part_s_own_name_wins() -> None:
    assert slow(named('RST', 'NRST')) == {'nrst': 'NRST'}


def test_swd_with_trace_output() -> None:
    found = named('SWDIO', 'SWCLK', 'SWO', 'RESET#')
    assert buses(found) == [('swd0', {'swclk': 'SWCLK', 'swdio': 'SWDIO', 'swo': 'SWO'})]
    assert slow(found) == {'nrst': 'RESET#'}


def test_tms_and_tck_beside_tdi_and_tdo_is_jtag_and_never_swd() -> None:
    lines = {'tck': 'TCK', 'tms': 'TMS', 'tdi': 'TDI', 'tdo': 'TDO', 'trst': 'TRST'}
    assert buses(named('TRST', 'TDI', 'TMS', 'TCK', 'TDO')) == [('jtag0', lines)]


def test_pins_with_both_names_are_jtag_where_tdi_and_tdo_are_there() -> None:
    found = named('SWDIO/TMS', 'SWCLK/TCK', 'TDI', 'TDO/SWO')
    assert [bus.protocol for bus in found.buses] == ['jtag']


@pytest.mark.parametrize('names', [('TMS', 'TCK'), ('JTMS', 'JTCK')])
def test_tms_and_tck_alone_is_swd(names: tuple[str, str]) -> None:
    found = named(*names)
    assert buses(found) == [('swd0', {'swclk': names[1], 'swdio': names[0]})]
    assert found.buses[0].confidence == 'medium'


@pytest.mark.parametrize(
    'names', [('SWDIO/TMS', 'SWCLK/TCK'), ('JTMS-SWDIO', 'JTCK-SWCLK'), ('SWD_IO', 'SW_CLK')]
)
def test_pins_with_both_names_alone_are_swd(names: tuple[str, str]) -> None:
    assert buses(named(*names)) == [('swd0', {'swclk': names[1], 'swdio': names[0]})]


def test_jtag_with_one_data_line_missing_is_at_most_a_weak_guess_at_swd() -> None:
    found = named('TCK', 'TMS', 'TDO')
    assert [(bus.protocol, bus.confidence) for bus in found.buses] == [('swd', 'low')]


def test_protocol_option_makes_swd_of_jtag_pins() -> None:
    found = named('TDI', 'TMS', 'TCK', 'TDO', protocols=('swd',))
    assert buses(found) == [('swd0', {'swclk': 'TCK', 'swdio': 'TMS'})]


def test_a_uart_needs_one_line_only() -> None:
    assert buses(named('RX')) == [('uart0', {'rx': 'RX'})]


def test_lines_of_two_uarts_are_not_mixed() -> None:
    assert buses(named('USART1_TX', 'USART2_RX', 'USART1_RX', 'USART2_TX')) == [
        ('uart0', {'tx': 'USART1_TX', 'rx': 'USART1_RX'}),
        ('uart1', {'tx': 'USART2_TX', 'rx': 'USART2_RX'}),
    ]


def test_tx_does_not_tell_whose_output_it_is() -> None:
    assert named('TX', 'RX').buses[0].confidence == 'medium'


def test_can_lines_are_no_uart() -> None:
    assert buses(named('CAN_TX', 'CAN1_RX')) == [('can0', {'can_rx': 'CAN1_RX'})]


def test_spi_needs_a_clock_and_one_data_line() -> None:
    assert buses(named('SCK', 'MOSI', 'NCS')) == [
        ('spi0', {'sck': 'SCK', 'mosi': 'MOSI', 'ncs': 'NCS'})
    ]
    assert buses(named('SCK', 'NCS')) == []


def test_every_line_says_why_it_has_its_role() -> None:
    found = named('I2C_SCL', 'D1', sda='D1')
    assert [(line.role, line.confidence, line.reason) for line in found.buses[0].roles] == [
        ('scl', 'high', 'named I2C_SCL'),
        ('sda', 'high', 'given with --channel'),
    ]


def test_given_channels_win_over_names() -> None:
    found = named('SCL', 'SDA', 'D2', 'NRST', scl='D2', sda='SCL')
    assert buses(found) == [('i2c0', {'scl': 'D2', 'sda': 'SCL'})]
    assert slow(found) == {'nrst': 'NRST'}


def test_a_channel_is_found_by_name_then_by_name_in_any_case_then_by_index() -> None:
    assert buses(named('1', 'a', 'B', scl='1', sda='b')) == [('i2c0', {'scl': '1', 'sda': 'B'})]
    assert buses(named('x', 'y', scl='1', sda='0')) == [('i2c0', {'scl': 'y', 'sda': 'x'})]


def test_protocol_option_leaves_other_buses_out_but_not_the_slow_lines() -> None:
    found = named('SCL', 'SDA', 'SWDIO', 'SWCLK', 'NRST', protocols=('swd',))
    assert [bus.id for bus in found.buses] == ['swd0']
    assert slow(found) == {'nrst': 'NRST'}


def test_a_channel_has_one_role_at_most() -> None:
    found = named('SWDIO/TMS', 'SWCLK/TCK', 'SCL', 'SDA', 'CLK', 'MOSI')
    used = [line.channel for bus in found.buses for line in bus.roles]
    assert len(used) == len(set(used))


@pytest.mark.parametrize(
    ('given', 'error', 'says'),
    [
        ({'scl': 'CLK'}, ChannelError, 'it has SCL, SDA, D2, D2'),
        ({'scl': '9'}, ChannelError, 'none of that name or index'),
        ({'nrst': 'D2'}, ChannelError, 'say which: 2, 3'),
        ({'scl': 'SCL', 'sda': 'SCL'}, ChannelError, 'already used for scl'),
        ({'clock': 'SCL'}, OptionError, 'swclk swdio swo'),
        ({'swclk': 'SCL'}, ChannelError, 'add --channel swdio=NAME'),
        ({'sck': 'SCL'}, ChannelError, 'found none for mosi or miso'),
    ],
)
def test_what_cannot_be_assigned_is_an_error_that_says_what_there_is(
    given: dict[str, str], error: type[ChannelError], says: str
) -> None:
    channels = [Channel(index, name) for index, name in enumerate(('SCL', 'SDA', 'D2', 'D2'))]
    with pytest.raises(error, match=says) as raised:
        assign(channels, Settings(channels=given))
    assert raised.value.exit_status == 2


def test_unknown_protocol_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(OptionError, match='i2c, swd, jtag, uart, spi'):
        named('SCL', protocols=('i3c',))
