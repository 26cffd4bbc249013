"""The options of the decoders become what machines and rules know."""

from __future__ import annotations

from typing import Any

import pytest

from stm32trace_core.context import Context
from stm32trace_core.sigrok.settings import context_of


def context(protocol: str = 'i2c', rate: float | None = 4e6, **options: Any) -> Context:
    return context_of(options, rate, protocol)


def test_nothing_set_is_a_bus_and_its_sample_rate() -> None:
    given: dict[str, Any] = {'family': 'auto', 'address': 'auto', 'limits': '', 'samplerate': 0}
    known = Context(4e6, 0, None, {}, frozenset({'scl', 'sda'}), None, None, {})
    assert context(**given) == context() == known


@pytest.mark.parametrize(
    ('protocol', 'roles'), [('swd', {'swclk', 'swdio'}), ('uart', {'rx', 'tx'})]
)
def test_the_roles_are_those_of_the_bus(protocol: str, roles: set[str]) -> None:
    assert context(protocol).roles == roles


def test_family_and_address_are_taken() -> None:
    known = context(family='G0', address=' 0x51')
    assert (known.family, known.address) == ('G0', 0x51)
    assert context(family='stm32g071').family == 'G0'
    assert context(address='81').address == 0x51
    assert context(address='').address is None


@pytest.mark.parametrize('text', ['STATUS_S=0.5;restart_s = 2', 'STATUS_S=0.5, RESTART_S=2 ;'])
def test_limits_are_numbers_by_name(text: str) -> None:
    assert context(limits=text).limits == {'STATUS_S': 0.5, 'RESTART_S': 2.0}


def test_a_sample_rate_that_is_given_comes_before_the_one_that_is_told() -> None:
    assert context(samplerate=1000).sample_rate == 1000
    assert context(rate=None).sample_rate is None
    assert context(rate=0).sample_rate is None


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (
            {'address': '0xA2'},
            "option address: expected 7 bits such as 0x51, or auto; found '0xA2'",
        ),
        ({'address': 'x'}, "option address: expected 7 bits such as 0x51, or auto; found 'x'"),
        ({'limits': 'STATUS_S'}, 'option limits: expected NAME=VALUE such as STATUS_S=0.5, found '),
        ({'limits': 'STATUS_S=x'}, 'option limits: expected NAME=VALUE'),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match='^option ') as refused:
        context(**options)
    assert str(refused.value).startswith(message)
