"""The page of a rule is its module's docstring."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from stm32trace.report.pages import Paragraph, page, sections, why
from stm32trace_core.rules.rule import Rule

PAGE = """BLP013 busy-forever: the loader answers BUSY far too long.

What
Every poll is answered
with BUSY.

Why it matters
A part that stays busy
is stuck.

The second paragraph.

Example
  loader  76   BUSY
  loader  76   BUSY
Told as: "BUSY".
"""


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> type[Rule]:
    module = ModuleType('a_rule', PAGE)
    monkeypatch.setitem(sys.modules, 'a_rule', module)
    return type('ARule', (Rule,), {'__module__': 'a_rule'})


def test_a_page_is_cut_into_sections_and_paragraphs(rule: type[Rule]) -> None:
    assert sections(rule) == {
        '': (Paragraph('BLP013 busy-forever: the loader answers BUSY far too long.'),),
        'What': (Paragraph('Every poll is answered with BUSY.'),),
        'Why it matters': (
            Paragraph('A part that stays busy is stuck.'),
            Paragraph('The second paragraph.'),
        ),
        'Example': (
            Paragraph('  loader  76   BUSY', fixed=True),
            Paragraph('  loader  76   BUSY', fixed=True),
            Paragraph('Told as: "BUSY".'),
        ),
    }


def test_the_reason_is_the_first_paragraph_of_why_it_matters(rule: type[Rule]) -> None:
    assert why(rule) == 'A part that stays busy is stuck.'


def test_a_rule_without_a_page_has_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'bare', ModuleType('bare'))
    bare = type('Bare', (Rule,), {'__module__': 'bare'})
    assert (page(bare), why(bare)) == ('', '')
