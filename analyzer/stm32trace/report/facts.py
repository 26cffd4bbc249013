"""The parts of the terminal report that tell what was there: file, channels, part, operations, windows, limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from stm32trace.model import CaptureInfo, Damage
from stm32trace.report.clock import Clock, rate_text
from stm32trace.report.layout import Sheet
from stm32trace.report.plain import counted, grouped, visible
from stm32trace.report.reporter import Subject
from stm32trace_core.describe import describe
from stm32trace_core.devices import family_named, find_device
from stm32trace_core.flash.records import CLOSED, CUT
from stm32trace_core.rules.engine import NOT_EVALUATED, SUPPRESSED, RuleResult

if TYPE_CHECKING:
    from stm32trace.analysis import Analysis

MOST_ROWS = 12  # listed of each kind of fact; the rest is counted

# Facts that rules need: in words, and how the user can give them.
_NEEDS = {
    'sample_rate': ('sample rate', '--samplerate 24M'),
    'nrst': ('NRST', '--channel nrst=NAME'),
    'vdd': ('VDD', '--channel vdd=NAME'),
    'boot0': ('BOOT0', '--channel boot0=NAME'),
    'bootloader': ('bootloader traffic', ''),
    'family': ('family', '--family G0'),
    'i2c': ('I2C', ''),
    'uart': ('UART', ''),
    'swd': ('SWD', ''),
}


def capture(sheet: Sheet, subject: Subject) -> None:
    """The file, how it was sampled, and what of it is damaged."""
    analysis = subject.analysis
    info = analysis.info
    clock = Clock(info.sample_rate)
    length = analysis.stop - analysis.context.start
    sheet.heading('Capture')
    sheet.fact('file', subject.file)
    sheet.fact('sampled', _sampling(info, length))
    if info.analog:
        sheet.fact('not read', f'analog: {", ".join(info.analog)}')
    for damage in analysis.damage[:MOST_ROWS]:
        sheet.fact('damage', f'{clock.at(damage.sample)}: {_damage(damage, clock)}')
    _more(sheet, len(analysis.damage))


def _sampling(info: CaptureInfo, length: int) -> str:
    samples = f'{info.format}, {counted(length, "sample")}'
    if info.sample_rate is None:
        return f'{samples} at an unknown rate'
    return f'{samples} at {rate_text(info.sample_rate)}: {Clock(info.sample_rate).length(length)}'


def _damage(damage: Damage, clock: Clock) -> str:
    until = '' if damage.stop is None else f' (up to {clock.at(damage.stop)})'
    return f'{damage.kind}, {damage.message}{until}'


def channels(sheet: Sheet, subject: Subject) -> None:
    """Which channel is what, and why; channels without a role are only named."""
    analysis = subject.analysis
    sheet.heading('Channels')
    lines = [(bus.id, role) for bus in analysis.assignment.buses for role in bus.roles]
    lines += [('', role) for role in analysis.assignment.slow]
    for name, line in lines:
        what = f'{line.role.upper()}{f" of {name}" if name else ""}'
        name_of = '' if line.name in line.reason else f' {line.name!r}'
        sheet.fact(what, f'channel {line.channel}{name_of}, {line.reason}')
    used = {line.channel for _, line in lines}
    rest = [channel.name for channel in analysis.info.channels if channel.index not in used]
    if rest:
        named = ', '.join(rest[:MOST_ROWS]) + (
            f' and {len(rest) - MOST_ROWS} more' if len(rest) > MOST_ROWS else ''
        )
        sheet.fact('no role', named)
    undecoded = [bus for bus in analysis.assignment.buses if bus.protocol not in subject.decoded]
    for bus in undecoded:
        sheet.fact('not decoded', f'{bus.id}: this version does not decode {bus.protocol.upper()}')


def session(sheet: Sheet, subject: Subject) -> None:
    """The part, its loader, and what was done."""
    analysis = subject.analysis
    summary = analysis.summary
    rows = [*_part(analysis), *_traffic(analysis), *_operations(analysis)]
    if not rows and not summary.windows:
        return
    sheet.heading('Session')
    for name, value in rows:
        sheet.fact(name, value)
    for name, value in _windows(analysis):
        sheet.fact(name, value)


def _windows(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Yield each window that did not end well, and how many did."""
    clock = Clock(analysis.context.sample_rate)
    windows = list(analysis.summary.windows)
    unended = [one for one in windows if one.state != CLOSED]
    for one in unended[:MOST_ROWS]:
        text = f': {one.text}' if one.text else ''
        state = 'cut off' if one.state == CUT else 'no end seen'
        yield 'window', f'{one.kind}, {clock.span(one.start, one.end)}, {state}{text}'
    if len(unended) > MOST_ROWS:
        yield '', f'and {len(unended) - MOST_ROWS} more without an end'
    for kind in dict.fromkeys(one.kind for one in windows if one.state == CLOSED):
        lengths = [
            one.end - one.start for one in windows if (one.kind, one.state) == (kind, CLOSED)
        ]
        yield (
            'windows',
            f'{kind}, {grouped(len(lengths))} ended, the longest took {clock.length(max(lengths))}',
        )
    for kind, number in sorted(analysis.summary.windows.left_out.items()):
        yield '', f'and {grouped(number)} more of {kind} that were not kept'


def _part(analysis: Analysis) -> Iterator[tuple[str, str]]:
    summary, clock = analysis.summary, Clock(analysis.context.sample_rate)
    if summary.device is not None:
        known = find_device(summary.device.dev_id)
        core = f', {known[0].core}' if known else ''
        told = f'{summary.device.source} at {clock.at(summary.device.start)}'
        yield (
            'part',
            f'{summary.part()} (DEV_ID 0x{summary.device.dev_id:03X}{core}), told by {told}',
        )
    elif analysis.context.family is not None:
        family = family_named(analysis.context.family)
        yield 'part', f'{family.name if family else analysis.context.family}, given with --family'
    if summary.loader is not None:
        version = f'{summary.loader.version >> 4}.{summary.loader.version & 15}'
        offers = (
            f', {counted(len(summary.loader.commands), "command")}'
            if summary.loader.commands
            else ''
        )
        yield 'loader', f'protocol version {version}{offers}'


def _traffic(analysis: Analysis) -> Iterator[tuple[str, str]]:
    for bus, counts in analysis.summary.counts.items():
        addresses = ', '.join(
            f'0x{address:02X}' for address in analysis.summary.addresses.get(bus, {})
        )
        spoken = f' with the loader at {addresses}' if addresses else ''
        yield (
            bus,
            ', '.join(f'{grouped(number)} {what}' for what, number in counts.items()) + spoken,
        )


def _operations(analysis: Analysis) -> Iterator[tuple[str, str]]:
    for (kind, outcome), number in sorted(analysis.summary.operations.items()):
        times = f', {grouped(number)} times' if number > 1 else ''
        yield kind.replace('_', ' '), f'{outcome}{times}'
    causes = [reset.cause for reset in analysis.summary.resets]
    yield from _core(analysis)
    for cause in dict.fromkeys(causes):
        more = analysis.summary.dropped['resets'] if cause == causes[0] else 0
        yield 'resets', f'{causes.count(cause) + more} by {cause}'


def _core(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Yield the options in force as they were read, and the programs that were run in SRAM."""
    clock = Clock(analysis.context.sample_rate)
    for state in analysis.summary.options.values():
        yield 'options', f'{describe(state)[0]}, read at {clock.at(state.start)}'
    for run in analysis.summary.loader_runs[:MOST_ROWS]:
        yield 'SRAM run', f'{describe(run, analysis.context)[0]}, at {clock.at(run.start)}'
    left = analysis.summary.loader_runs[MOST_ROWS:]
    if left:
        yield '', f'and {grouped(len(left) + analysis.summary.dropped["loader runs"])} more'


def unjudged(sheet: Sheet, subject: Subject) -> None:
    """The rules that could not be evaluated, by what was missing, and the suppressed ones."""
    results = subject.analysis.results
    missing = [one for one in results if one.state == NOT_EVALUATED]
    if missing:
        sheet.heading('Not evaluated', counted(len(missing), 'rule'))
        for need, rules in _by_need(missing).items():
            sheet.hang(f'no {need}: {" ".join(rules)}')
        _how_to_give(sheet, missing)
    suppressed = [one for one in results if one.state == SUPPRESSED]
    if suppressed:
        sheet.heading('Suppressed', counted(len(suppressed), 'rule'))
        for one in suppressed:
            sheet.fact(one.rule, f'by {one.by}')
    dropped = [one for one in results if one.dropped]
    if dropped:
        sheet.heading('Not kept', 'more findings than can be listed; they were counted')
        for one in dropped:
            sheet.fact(one.rule, f'{grouped(one.dropped)} further findings')


def _how_to_give(sheet: Sheet, missing: Iterable[RuleResult]) -> None:
    """Add the options by which the user can tell what was missing."""
    needs = dict.fromkeys(
        part for one in missing for need in one.missing for part in need.split('|')
    )
    options = [_NEEDS[need][1] for need in needs if need in _NEEDS and _NEEDS[need][1]]
    if options:
        sheet.hang(f'What is known or was recorded can be told: {" ".join(options)}')


def _by_need(results: Iterable[RuleResult]) -> dict[str, list[str]]:
    """Return the rules by what they lack, in words."""
    found: dict[str, list[str]] = {}
    for one in results:
        words = [
            ' or '.join(_NEEDS.get(part, (part, ''))[0] for part in need.split('|'))
            for need in one.missing
        ]
        found.setdefault(', no '.join(words), []).append(visible(one.rule))
    return found


def _more(sheet: Sheet, number: int) -> None:
    if number > MOST_ROWS:
        sheet.fact('', f'and {number - MOST_ROWS} more')
