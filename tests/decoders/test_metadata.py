"""What a decoder says of itself: rows that hold every class once, options, outputs that are told at its top."""

from __future__ import annotations

import ast
import re

import pytest

from decoders.hosts import DECODERS, decoder_class
from stm32trace_core import describe
from stm32trace_core.context import bare_context
from stm32trace_core.devices import families
from stm32trace_core.rules.rule import Finding, Severity
from stm32trace_core.sigrok import layer, stages

FORMS = {
    'stm32_swd': layer.SWD,
    'stm32_adi': layer.ADI,
    'stm32_flash': layer.FLASH,
    'stm32_boot_i2c': layer.BOOT_I2C,
    'stm32_boot_uart': layer.BOOT_UART,
}
each_decoder = pytest.mark.parametrize('name', FORMS)


def docstring(name: str) -> str:
    return ast.get_docstring(ast.parse((DECODERS / name / 'pd.py').read_text('utf-8'))) or ''


@each_decoder
def test_every_class_is_on_one_row(name: str) -> None:
    decoder = decoder_class(name)
    numbers = [number for _, _, row in decoder.annotation_rows for number in row]
    assert sorted(numbers) == list(range(len(decoder.annotations)))
    assert len({name for name, _ in decoder.annotations}) == len(decoder.annotations)


@each_decoder
def test_the_last_row_is_that_of_the_findings_with_a_class_for_each_severity(name: str) -> None:
    decoder = decoder_class(name)
    identity, _, numbers = decoder.annotation_rows[-1]
    assert identity == 'findings'
    classes = [decoder.annotations[number][0] for number in numbers]
    assert classes == [str(severity) for severity in Severity]


@each_decoder
def test_painters_are_of_records_that_the_decoder_has(name: str) -> None:
    form = FORMS[name]
    plan = stages.Plan(form.stage, bare_context(1e6))
    painted = set(form.painters(bare_context()))
    assert painted - plan.available - {Finding} <= set(stages.LINK) | _only_elsewhere(name)


def _only_elsewhere(name: str) -> set[type]:
    """Both loaders share their painters: what only the other bus has."""
    if not name.startswith('stm32_boot'):
        return set()
    plans = [stages.Plan(stage, bare_context(1e6)) for stage in (stages.I2C, stages.UART)]
    return plans[0].available ^ plans[1].available


@each_decoder
def test_what_is_painted_has_texts_of_its_own(name: str) -> None:
    """A type that `describe` does not know would be shown by its name."""
    assert set(FORMS[name].painters(bare_context())) <= set(describe._DESCRIBERS)


@each_decoder
def test_options_are_family_and_limits_and_what_the_bus_needs(name: str) -> None:
    options = {one['id']: one for one in decoder_class(name).options}
    assert 'limits' in options
    assert ('address' in options) == (name == 'stm32_boot_i2c')
    if 'family' in options:
        assert options['family']['values'] == ('auto', *(one.key for one in families()))
    assert ('family' in options) == (name not in ('stm32_swd', 'stm32_adi'))


@each_decoder
def test_everything_that_is_passed_on_is_told_at_the_top(name: str) -> None:
    told = set(re.findall(r"'(\w+)'", docstring(name)))
    passed = {kind.__name__ for kind in FORMS[name].passes}
    if name == 'stm32_swd':
        assert {'SwdTransfer', 'SwdSequence'} == passed
        assert told == {
            'AP_READ', 'AP_WRITE', 'DP_READ', 'DP_WRITE', 'LINE_RESET', 'JTAG_TO_SWD', 'NOISE',
        }  # fmt: skip
    else:
        assert told == passed


@each_decoder
def test_binary_outputs_are_told_at_the_top(name: str) -> None:
    classes = [identity for identity, _ in getattr(decoder_class(name), 'binary', ())]
    assert re.findall(r'`(image|srec)`', docstring(name)) == classes


def test_what_others_stack_on_ours_finds_the_stock_inputs() -> None:
    wiring = {name: (decoder_class(name).inputs, decoder_class(name).outputs) for name in FORMS}
    assert wiring == {
        'stm32_swd': (['logic'], ['swd']),
        'stm32_adi': (['swd'], ['stm32_adi']),
        'stm32_flash': (['stm32_adi'], ['stm32_flash']),
        'stm32_boot_i2c': (['i2c'], ['stm32_boot']),
        'stm32_boot_uart': (['uart'], ['stm32_boot']),
    }
