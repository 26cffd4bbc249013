"""Three ways to decode a capture, one result: our decoders under sigrok-cli, under pysigrok, and the analyzer.

The analyzer looks at the lines of one bus only, as the decoders do. What it tells differs from what they show by

- what only the end of the data decides: libsigrokdecode does not tell a decoder that they end;
- what the stock decoders leave out: `i2c` what comes before the first START;
- findings that rest on how long a line of I2C is held (`UNSEEN`), which `i2c` does not tell;
- names of registers: accesses that were made before the family was known have theirs in the decoders alone.

With NRST and VDD, the analyzer knows more: see the last test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from decoders.analyzed import NOTHING, Collector, Shown, assigned, one_bus, told_by_the_analyzer
from decoders.hosts import Layer, Notes, Stack, under_pysigrok, under_sigrok_cli
from prerequisites import PROJECT, captures_folder, require_captures
from stm32trace.detect import Bus
from stm32trace_core.rules.engine import catalogue
from stm32trace_core.sigrok.stages import UNSEEN
from stm32trace_core.wire.uart import MARK, SPACE

pytestmark = pytest.mark.slow

FOLDERS = ('swd', 'i2c', 'uart', 'simulated')  # of the shared captures

# What `decode` calls what our decoders show as annotations of these classes.
KINDS = {
    **dict.fromkeys(('read', 'write', 'refused', 'unanswered'), 'swd_transfer'),
    'sequence': 'swd_sequence',
    **dict.fromkeys(('register-read', 'register-write', 'register-failed'), 'register_access'),
    **dict.fromkeys(('memory-read', 'memory-write', 'memory-failed'), 'memory_access'),
    **dict.fromkeys(('field-read', 'field-write'), 'field'),
    'core': 'debug_control',
    'program': 'ram_loader_run',
    'reset': 'reset',
    **dict.fromkeys(('operation', 'operation-failed'), 'flash_operation'),
    'option-change': 'option_change',
    **dict.fromkeys(('transfer-read', 'transfer-write', 'transfer-refused'), 'i2c_transfer'),
    **dict.fromkeys(('command', 'command-failed'), 'boot_command'),
    **dict.fromkeys(('note', 'warning', 'error', 'critical'), 'finding'),
}
NOT_SHOWN = {
    'level',
    'uart_byte',
}  # rows of slow lines, and words that the stock decoder shows itself


def captures() -> Iterator[Path]:
    yield from sorted((PROJECT / 'captures').glob('*/*.sr'))
    for folder in FOLDERS:
        yield from sorted((captures_folder() / folder).glob('*.sr'))


def name_of(path: Path) -> str:
    return f'{path.parent.name}/{path.name}'


each_capture = pytest.mark.parametrize('path', list(captures()), ids=name_of)


def stack_of(bus: Bus, told: Collector) -> Stack:
    """Return our decoders for a bus on the stock ones, which are set as the analyzer reads it; () for none."""
    lines = {line.role: line.name for line in bus.roles}
    if bus.protocol == 'swd':
        wires = {role: lines[role] for role in ('swclk', 'swdio')}
        return (Layer('stm32_swd', wires), Layer('stm32_adi'), Layer('stm32_flash'))
    if bus.protocol == 'i2c':
        wires = {role: lines[role] for role in ('scl', 'sda')}
        return (Layer('i2c', wires), Layer('stm32_boot_i2c'))
    if bus.protocol == 'uart' and told.formats:
        return (Layer('uart', lines, uart_options(told)), Layer('stm32_boot_uart'))
    return ()


def uart_options(told: Collector) -> dict[str, object]:
    """Return the settings of `uart`, which has one for both lines and for all of the capture."""
    form = told.formats[0]
    return {
        'baudrate': round(form.baud),
        'parity': {MARK: 'one', SPACE: 'zero'}.get(form.parity, form.parity),
        'data_bits': form.data_bits,
    }


def by_kind(notes: Notes) -> dict[str, Counter[Shown]]:
    """Return what the decoders show as rows of `decode` would be."""
    found: dict[str, Counter[Shown]] = {}
    for one, name in zip(notes.annotations, notes.classes, strict=True):
        if name in KINDS:
            kind = found.setdefault(KINDS[name], Counter())
            kind[Shown(one.start, one.end, one.text)] += 1
    return found


def buses() -> Iterator[tuple[Path, Bus]]:
    for path in captures():
        yield from ((path, bus) for bus in assigned(path).buses)


@pytest.mark.parametrize(
    ('path', 'bus'),
    [pytest.param(path, bus, id=f'{name_of(path)}-{bus.id}') for path, bus in buses()],
)
def test_decoders_under_both_hosts_and_the_analyzer_tell_the_same(path: Path, bus: Bus) -> None:
    told = told_by_the_analyzer(path, one_bus(assigned(path), bus))
    stack = stack_of(bus, told)
    if not stack:
        pytest.skip(f'{bus.protocol}: no decoder of ours, or nothing to read')
    notes = under_pysigrok(path, stack)
    ours = [layer.decoder for layer in stack if layer.decoder.startswith('stm32_')]
    assert under_sigrok_cli(path, stack, ours) == notes.annotations
    compare(told, by_kind(notes))


def compare(told: Collector, found: dict[str, Counter[Shown]]) -> None:
    """Assert that `found` is what the analyzer told before the data ended, and maybe some of what came then."""
    fields = found.get('field', Counter())
    spans = {(one.start, one.end) for one in fields}
    accesses = found.get('memory_access', Counter())
    for one in [one for one in accesses if (one.start, one.end) in spans]:
        del accesses[one]  # `decode` tells a register by its name alone
    for kind in (set(told.rows) | set(found)) - NOT_SHOWN:
        rows = told.rows.get(kind, NOTHING)
        shown = found.get(kind, Counter())
        missing = [one for one in Counter(rows.before) - shown if not unseen(one)]
        added = list(shown - Counter(rows.all))
        if kind == 'field':
            added = [one for one in added if not is_late_name(one, told)]
        elif kind == 'memory_access':
            missing = [one for one in missing if (one.start, one.end) not in spans]
        assert (kind, missing, added) == (kind, [], [])


def unseen(one: Shown) -> bool:
    """Tell whether the stock decoders leave out what this is about."""
    return (
        one.text.startswith(UNSEEN)
        or one.text in ('read unknown address', 'write unknown address')
        or (one.text.startswith('SIG007') and 'begins inside a transfer' in one.text)
    )


def is_late_name(one: Shown, told: Collector) -> bool:
    """Tell whether `decode` has the access, without the register's name."""
    spans = {(row.start, row.end) for row in told.rows.get('memory_access', NOTHING).all}
    return (one.start, one.end) in spans


NEEDS = {rule.info.id: rule.info.needs for rule in catalogue()}


@each_capture
def test_with_the_slow_lines_only_findings_that_need_them_are_added(path: Path) -> None:
    whole = assigned(path)
    every = told_by_the_analyzer(path, whole).findings
    shown = [told_by_the_analyzer(path, one_bus(whole, bus)).findings for bus in whole.buses]
    before = set().union(*(one['before'] for one in shown))
    assert {rule for rule in every['before'] - before if not needs_slow_line(rule)} == set()
    assert before <= every['before'] | every['after']


def needs_slow_line(rule: str) -> bool:
    return any(set(need.split('|')) <= {'nrst', 'vdd', 'boot0'} for need in NEEDS[rule])


def test_the_shared_captures_are_among_those_compared() -> None:
    require_captures()
    protocols = Counter(bus.protocol for _, bus in buses())
    assert protocols['swd'] >= 19
    assert protocols['i2c'] >= 7
    assert protocols['uart'] >= 14
