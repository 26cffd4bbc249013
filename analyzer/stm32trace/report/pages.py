"""The page of a rule: its module's docstring, cut into the sections that all pages have."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc
from textwrap import dedent

from stm32trace_core.rules.rule import Rule

SECTIONS = ('What', 'Why it matters', 'What to do', 'False alarms and guards', 'Example', 'Source')


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text, or one line that stands as it was written."""

    text: str
    fixed: bool = False


def page(rule: type[Rule]) -> str:
    """Return the whole page; a rule of another distribution may have none."""
    return cleandoc(sys.modules[rule.__module__].__doc__ or '')


def sections(rule: type[Rule]) -> dict[str, tuple[Paragraph, ...]]:
    """Return the paragraphs below each heading, in the order of the page; '' stands for the title's."""
    found: dict[str, list[str]] = {'': []}
    heading = ''
    for line in page(rule).splitlines():
        if line.strip().rstrip(':') in SECTIONS and line == line.lstrip():
            heading = line.strip().rstrip(':')
            found[heading] = []
        else:
            found[heading].append(line)
    return {
        name: tuple(_paragraphs(dedent('\n'.join(lines)).splitlines()))
        for name, lines in found.items()
    }


def why(rule: type[Rule]) -> str:
    """Return the first paragraph of 'Why it matters', '' where the page has none."""
    return next((paragraph.text for paragraph in sections(rule).get('Why it matters', ())), '')


def _paragraphs(lines: list[str]) -> Iterator[Paragraph]:
    """Join lines of running text; indented ones, links and those of lists stay as they are."""
    running: list[str] = []
    for line in [*lines, '']:
        plain = line.strip() and line == line.lstrip() and not line.startswith(('- ', '* ', 'http'))
        if plain:
            running.append(line.strip())
            continue
        if running:
            yield Paragraph(' '.join(running))
            running = []
        if line.strip():
            yield Paragraph(line, fixed=True)
