"""Limits that several rules share have one name, one default, and a page that names them."""

from __future__ import annotations

import inspect
import re
from types import ModuleType

import pytest

from rules_harness import findings
from stm32trace.report.pages import page
from stm32trace_core.flash import operations
from stm32trace_core.rules import limits
from stm32trace_core.rules.engine import catalogue
from stm32trace_core.rules.limits import Limit
from stm32trace_core.rules.rule import Rule
from waves.loader import Loader

SHARED = {name: one for name, one in vars(limits).items() if isinstance(one, Limit)}
users = [
    rule for rule in catalogue() if 'limits' in inspect.getsource(inspect.getmodule(rule) or limits)
]


def used(module: ModuleType) -> set[str]:
    """Return the names of the shared limits that a module reads."""
    return {one.name for one in vars(module).values() if isinstance(one, Limit)}


def test_no_name_is_used_twice_and_each_has_a_source() -> None:
    assert len({one.name for one in SHARED.values()}) == len(SHARED)
    assert [one.name for one in SHARED.values() if not one.source] == []


@pytest.mark.parametrize('rule', users, ids=lambda rule: rule.info.id)
def test_a_page_names_the_shared_limits_that_its_rule_reads(rule: type[Rule]) -> None:
    module = inspect.getmodule(rule)
    assert module is not None
    assert [name for name in sorted(used(module)) if name not in page(rule)] == []


def test_what_follows_operations_reads_them_under_the_same_names() -> None:
    read = set(re.findall(r"limit\('(\w+)'", inspect.getsource(operations)))
    assert read == {'RESTART_S', 'OWN_RESET_MINIMUM_S', 'OWN_RESET_MAXIMUM_S'}
    assert read <= {one.name for one in SHARED.values()}


def test_a_value_of_the_user_reaches_every_rule() -> None:
    """A part that needs 10 ms for its own reset, and a second to be back."""
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect(final=None)
    wave.pulse('nrst', 0.01).idle(0.2).absent(5, 0.1).get_id()
    ordinary = {found.rule for found in findings(wave) if found.severity}
    assert 'BLS004' in ordinary
    slow = {'OWN_RESET_MAXIMUM_S': 0.02, 'RESTART_S': 1.0}
    assert 'BLS004' not in {found.rule for found in findings(wave, limits=slow)}
