#!/usr/bin/env python3
"""Makes the captures in captures/ again: of every scenario of the simulator, and of the dialogues in tests/waves.

    python scripts/make-captures.py [NAME...]        make captures

The same scenario gives the same file, byte for byte where zlib is the same.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / part) for part in ('analyzer', 'decoders', 'tests')]

from stm32trace.simulator.scenario import Scenario, known, play  # noqa: E402
from waves.stories import STORIES  # noqa: E402 - found through the path set above

CAPTURES = PROJECT / 'captures'


def main() -> int:
    """Write the captures that are named, or all; return 0."""
    wanted = set(sys.argv[1:])
    for name, story in STORIES.items():
        if name in (wanted or STORIES):
            tell(name, story().write_sr(path(name, '.sr')))
    for scenario in known():
        if not wanted or scenario.name in wanted:
            make(scenario)
    return 0


def make(scenario: Scenario) -> None:
    """Write the folder of one scenario."""
    played = play(scenario)
    tell(scenario.name, played.recorder.write_sr(path(scenario.name, '.sr'), played.probe))
    lines = [json.dumps(happened.told()) + '\n' for happened in played.truth.of()]
    path(scenario.name, '.truth.jsonl').write_text(''.join(lines), encoding='utf-8')
    path(scenario.name, 'README.md').write_text('\n'.join(page(scenario)), encoding='utf-8')


def path(name: str, what: str) -> Path:
    """Return the path of a file of a story: '.sr' is NAME.sr."""
    file = CAPTURES / name / (f'{name}{what}' if what.startswith('.') else what)
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def tell(name: str, samples: int) -> None:
    """Say what was written."""
    print(f'captures/{name}: {samples} samples, {path(name, ".sr").stat().st_size} bytes')


def page(scenario: Scenario) -> Iterator[str]:
    """Yield the lines of a story's README."""
    yield f'# {scenario.title}'
    yield ''
    if scenario.story:
        yield scenario.story.strip()
        yield ''
    yield (
        f'A virtual STM32{scenario.part} on {scenario.bus.upper()}, sampled at {scenario.record["rate"]:g} Hz;'
        f' channels {", ".join(scenario.record.get("names") or map(str.upper, scenario.record["lines"]))}.'
    )
    for what, table in (('The part', scenario.setup), ('The host', scenario.host)):
        if table:
            yield f'{what}: {told(table)}.'
    yield ''
    yield 'What happens:'
    yield ''
    for number, step in enumerate(scenario.steps, 1):
        rest = {name: value for name, value in step.items() if name != 'do'}
        yield f'{number}. {step["do"].replace("_", " ")}' + (f': {told(rest)}' if rest else '')
    yield ''
    yield 'What must be found: ' + expected(scenario.expect)
    yield ''
    yield f'Made by `stm32trace simulate run {scenario.name} -o {scenario.name}.sr --truth {scenario.name}.truth.jsonl`.'
    yield 'The truth is what the simulated part did, not what was decoded. Licence: GPL-3.0-or-later, like the project.'
    yield ''


def told(table: Mapping[str, Any]) -> str:
    """Return names and values as a person would write them."""
    return ', '.join(f'{name} {value_text(value)}' for name, value in table.items())


def value_text(value: Any) -> str:
    """Return one value; large numbers are addresses or words."""
    if isinstance(value, dict):
        return '(' + told(value) + ')'
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    if isinstance(value, int) and value >= 0x10000:
        return f'0x{value:08X}'
    return str(value)


def expected(expect: Mapping[str, Any]) -> str:
    """Return what the analysis must and must not say."""
    if expect.get('healthy'):
        return 'nothing above a note.'
    said = ', '.join(expect.get('findings', ())) or 'nothing in particular'
    if 'verdict' in expect:
        said += f'; {expect["verdict"]} heads the verdict'
    if 'suspect' in expect:
        said += f'; suspect: {expect["suspect"]}'
    if 'forbidden' in expect:
        said += f'; nothing of {", ".join(expect["forbidden"])}'
    return said + '.'


if __name__ == '__main__':
    sys.exit(main())
