"""What each rule on SWD, the flash and the options says of whether the part can be saved."""

from __future__ import annotations

import pytest

from rules.option_wave import OptionWave
from rules_harness import judge
from stm32trace_core.rules.engine import catalogue
from stm32trace_core.rules.rule import LIKELY, NO, YES, Rule

# YES: the part came to no harm, and what was meant can be done again. LIKELY: what it holds may be lost, or
# something that the capture does not show has to be mended first. The others cannot be told from a capture.
STATED = {
    'SWD005': LIKELY, 'SWD006': YES, 'SWD008': YES,
    'DAP004': YES, 'DAP007': LIKELY,
    'CMX001': LIKELY, 'CMX005': LIKELY, 'CMX006': YES, 'CMX008': LIKELY,
    'FLS001': YES, 'FLS003': YES, 'FLS005': LIKELY, 'FLS006': YES, 'FLS010': LIKELY, 'FLS011': LIKELY,
    'OPT001': YES, 'OPT002': YES, 'OPT003': YES, 'OPT008': YES, 'OPT009': NO, 'OPT010': LIKELY,
    'OPT012': LIKELY, 'OPT013': LIKELY,
    'RST001': LIKELY, 'RST003': YES, 'RST004': LIKELY,
    'DIA003': LIKELY,
}  # fmt: skip
OLD, NEW, OPTSTRT, BSY = 0xDFFFE1AA, 0xDEFFE1AA, 1 << 17, 1 << 16

each_rule = pytest.mark.parametrize('rule', catalogue(), ids=lambda rule: rule.info.id)


@each_rule
def test_a_rule_states_what_was_decided_for_it(rule: type[Rule]) -> None:
    assert rule.info.recoverable == STATED.get(rule.info.id, rule.info.recoverable)
    assert rule.info.recoverable in ('', YES, LIKELY, NO)


def test_a_rule_that_states_it_decides_the_verdict() -> None:
    wave = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', NEW).put('CR', OPTSTRT)
    wave.get('SR', BSY, 0).sysresetreq().connect().power_up().get('OPTR', OLD).pause(0.01)
    verdict = judge(wave).verdict
    assert verdict is not None
    assert (verdict.rule, verdict.recoverable) == ('OPT003', YES)
