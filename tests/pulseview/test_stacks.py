"""The tables of stacks and options say what the decoders themselves say."""

from __future__ import annotations

import importlib
import re
import subprocess
from functools import cache
from typing import Any

import pytest

from prerequisites import PROJECT, require_tool
from stm32trace.detect.assignment import ROLES
from stm32trace.pulseview.shipment import PREFIX
from stm32trace.pulseview.stacks import STACKS, Layer
from stm32trace.sigrok.decoder_options import _OURS, Facts
from stm32trace_core.context import bare_context
from stm32trace_core.wire.uart import EVEN, ODD, TX, UartFormat

LAYERS = [layer for stack in STACKS.values() for layer in stack.layers]
OURS = sorted(path.parent.name for path in PROJECT.glob(f'decoders/{PREFIX}*/pd.py'))
OUR_LAYERS = [layer for layer in LAYERS if layer.decoder in OURS]
STOCK_LAYERS = [layer for layer in LAYERS if layer.decoder not in OURS]


def by_name(layer: Layer) -> str:
    return layer.decoder


@cache
def decoder(name: str) -> Any:
    """The class of one of our decoders."""
    return importlib.import_module(f'{name}.pd').Decoder


@cache
def shown(name: str) -> str:
    """What sigrok-cli shows of a stock decoder."""
    command = [require_tool('sigrok-cli'), '-P', name, '--show']
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def listed(name: str, section: str) -> list[str]:
    """The ids in one section of what sigrok-cli shows."""
    body = shown(name).partition(f'{section}:\n')[2]
    return re.findall(
        r'^- ([\w-]+)', re.split(r'^\w.*:$', body, maxsplit=1, flags=re.MULTILINE)[0], re.MULTILINE
    )


def test_every_decoder_of_ours_has_its_place_in_a_stack() -> None:
    assert {layer.decoder for layer in OUR_LAYERS} == set(OURS)


def test_every_role_is_one_of_ours() -> None:
    assert {role for layer in LAYERS for role in layer.roles} <= {*ROLES, ''}


@pytest.mark.parametrize('layer', OUR_LAYERS, ids=by_name)
def test_our_channels_are_the_roles_in_their_order(layer: Layer) -> None:
    made = decoder(layer.decoder)
    channels = [*getattr(made, 'channels', ()), *getattr(made, 'optional_channels', ())]
    assert [channel['id'] for channel in channels] == list(layer.roles)


@pytest.mark.parametrize('layer', OUR_LAYERS, ids=by_name)
def test_our_options_are_among_those_of_the_decoder(layer: Layer) -> None:
    known = {option['id']: option for option in decoder(layer.decoder).options}
    assert set(_OURS.get(layer.decoder, ())) <= set(known)
    context = bare_context()._replace(family='G0', address=0x51)
    for name, value in Facts(context, 24e6).options(layer.decoder, 'any').items():
        assert type(value) is type(known[name]['default'])
        assert value in known[name].get('values', [value])


@pytest.mark.parametrize('protocol', ['i2c', 'swd', 'uart'])
def test_each_of_our_decoders_can_be_stacked_on_what_is_below_it(protocol: str) -> None:
    layers = STACKS[protocol].layers
    for below, above in zip(layers, layers[1:], strict=False):
        outputs = decoder(below.decoder).outputs if below.decoder in OURS else [below.decoder]
        assert set(outputs) & set(decoder(above.decoder).inputs)


@pytest.mark.parametrize('layer', STOCK_LAYERS, ids=by_name)
def test_the_channels_of_a_stock_decoder_are_the_roles_in_their_order(layer: Layer) -> None:
    names = {'sck': 'clk', 'ncs': 'cs', 'can_rx': 'can_rx'}
    channels = listed(layer.decoder, 'Required channels') + listed(
        layer.decoder, 'Optional channels'
    )
    roles = [names.get(role, role) for role in layer.roles]
    assert len(roles) == len(channels)
    assert [one for one in zip(roles, channels, strict=True) if one[0] and one[0] != one[1]] == []


@pytest.mark.parametrize('layer', STOCK_LAYERS, ids=by_name)
def test_the_hidden_rows_of_a_stock_decoder_are_those_of_bits(layer: Layer) -> None:
    rows = listed(layer.decoder, 'Annotation rows')
    hidden = [rows[number] for number in layer.hidden]
    assert all('bits' in row for row in hidden)


def test_the_uart_is_set_as_its_lines_were_read() -> None:
    read = UartFormat(0, 0, 'uart0', TX, 115942.0, 8, EVEN, 1, False, True, True)
    facts = Facts(bare_context(24e6), formats={('uart0', 'tx'): read})
    options = facts.options('uart', 'uart0')
    assert options == {'baudrate': 115200, 'data_bits': 8, 'parity': 'even', 'stop_bits': 1.0}
    assert set(options) <= set(listed('uart', 'Options'))
    assert facts.options('uart', 'uart1') == {}


def test_a_line_that_is_upside_down_is_turned() -> None:
    read = UartFormat(0, 0, 'uart0', 'rx', 123456.0, 7, ODD, 1.5, True, True, True)
    facts = Facts(bare_context(24e6), formats={('uart0', 'rx'): read})
    assert facts.options('uart', 'uart0') == {
        'baudrate': 123456, 'data_bits': 7, 'parity': 'odd', 'stop_bits': 1.5, 'invert_rx': 'yes'
    }  # fmt: skip


def test_without_a_sample_rate_there_is_no_baud_rate_to_set() -> None:
    read = UartFormat(0, 0, 'uart0', TX, 0.01, 8, EVEN, 1, False, True, True)
    facts = Facts(bare_context(), formats={('uart0', 'tx'): read})
    assert 'baudrate' not in facts.options('uart', 'uart0')


def test_what_nobody_said_of_the_part_is_left_to_the_decoders() -> None:
    facts = Facts(bare_context(24e6))
    assert [facts.options(layer.decoder, 'any') for layer in OUR_LAYERS] == [{}] * len(OUR_LAYERS)
