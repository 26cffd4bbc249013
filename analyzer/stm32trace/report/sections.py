"""The parts of the terminal report that judge: verdict and findings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.text import Text

from stm32trace.detect.activity import ChannelActivity, busiest
from stm32trace.model import Channel
from stm32trace.report.clock import Clock
from stm32trace.report.layout import FAINT, SEVERITY_STYLES, STRONG, Sheet
from stm32trace.report.pages import why
from stm32trace.report.plain import counted, grouped, visible
from stm32trace.report.reporter import Subject
from stm32trace_core.rules.engine import BADLY_SAMPLED, DAMAGED, Judged
from stm32trace_core.rules.rule import UNKNOWN, Finding, Severity

NOTHING = 'No bus was recognised: no channel is named like a line that this program knows.'
SIMPLE = re.compile(r'[\w./\\:+-]+', re.ASCII)  # needs no quotes in any shell
MOST_FINDINGS = 40  # told in full; the rest is counted
Identity = tuple[str, str, str]
_DOUBT = {  # why a finding is told with less than its rule's severity
    BADLY_SAMPLED: 'lowered one step as the signal was sampled badly',
    DAMAGED: 'no more than a note as the file may be wrong there',
}
RECOVERY = {
    'yes': 'yes',
    'likely': 'likely',
    'unlikely': 'unlikely',
    'no': 'no: the part is lost',
    'unknown': 'not known from this capture',
}


def verdict(sheet: Sheet, subject: Subject) -> None:
    """What happened, who is to blame, can the part be saved, what to do."""
    said = subject.analysis.verdict
    sheet.add(Text(visible(headline(subject)), STRONG), label=tag(severity(subject)))
    if said is None:
        _nothing_recognised(sheet, subject)
        return
    if said.suspect:
        sheet.blank()
        sheet.fact('Suspect', said.suspect + _certainty(subject, said.rule))
    if said.recoverable and (said.recoverable != UNKNOWN or said.severity >= Severity.ERROR):
        sheet.fact('Recoverable', RECOVERY.get(said.recoverable, said.recoverable))
    if said.rule:
        sheet.fact('Rule', f'{said.rule} (its page: stm32trace explain {said.rule})')
    if said.next_steps:
        sheet.heading('Next steps')
        sheet.steps(said.next_steps)


def brief(sheet: Sheet, subject: Subject) -> None:
    """The verdict in one line, however long."""
    file = f'{visible(subject.file)}: ' if sheet.page.several else ''
    sheet.raw(Text(file) + tag(severity(subject)) + Text(visible(headline(subject))))


def headline(subject: Subject) -> str:
    """Return the sentence that says what happened."""
    said = subject.analysis.verdict
    return NOTHING if said is None else said.headline


def severity(subject: Subject) -> str:
    """Return that of the verdict; 'ok' for a session with a bootloader in which nothing is wrong."""
    said = subject.analysis.verdict
    if said is None:
        return str(Severity.NOTE)
    healthy = said.rule is None and any(
        counts['commands'] for counts in subject.analysis.summary.counts.values()
    )
    return 'ok' if healthy else str(said.severity)


def tag(severity: str) -> Text:
    """Return the severity as it stands before a message."""
    return Text.assemble((severity.upper(), SEVERITY_STYLES[severity]), '  ')


def _certainty(subject: Subject, rule: str | None) -> str:
    found = next(
        (one.finding for one in subject.analysis.findings if one.finding.rule == rule), None
    )
    return '' if found is None else f' ({found.confidence} confidence)'


def _nothing_recognised(sheet: Sheet, subject: Subject) -> None:
    info = subject.analysis.info
    moving = [one.channel for one in busiest(subject.activity, 2)]
    likely = (
        moving if len(moving) == 2 else info.channels[:2]
    )  # a clock has more edges than its data
    options = [
        f'--channel {role}={_typed(one)}' for role, one in zip(('scl', 'sda'), likely, strict=False)
    ]
    file = subject.file if SIMPLE.fullmatch(subject.file) else 'FILE'
    sheet.heading('Next steps')
    sheet.steps(
        (
            f'Say which channel is which, for I2C: stm32trace analyze {file} {" ".join(options)}',
            'Add NRST, BOOT0 and VDD if they were recorded: --channel nrst=NAME. A number counts as the'
            ' index of a channel.',
        )
    )
    sheet.heading('Channels')
    clock = Clock(info.sample_rate)
    for one in subject.activity:
        sheet.add(
            _activity(one, clock),
            label=f'{one.channel.index:>4}  {visible(one.channel.name):<10}  ',
        )


def _typed(channel: Channel) -> str:
    """Return what to type for a channel: its name where no shell would take it apart, else its index."""
    return channel.name if SIMPLE.fullmatch(channel.name) else str(channel.index)


def _activity(one: ChannelActivity, clock: Clock) -> str:
    if not one.edges:
        return f'no edge, always {"high" if one.high else "low"}'
    shortest = '' if one.shortest is None else f', shortest pulse {clock.length(one.shortest)}'
    return f'{counted(one.edges, "edge")}, mostly {"high" if one.idle else "low"}{shortest}'


def findings(sheet: Sheet, subject: Subject) -> None:
    """Each finding that stands for itself, with those that it explains folded under it."""
    listed = subject.listed
    if not listed:
        return
    sheet.heading('Findings', _totals(listed))
    numbers = {one.finding.identity: number for number, one in enumerate(listed, 1)}
    folded = _folded(listed)
    alone = [one for one in listed if one.finding.identity not in folded]
    for one in alone[:MOST_FINDINGS]:
        sheet.blank()
        _finding(sheet, subject, one, numbers[one.finding.identity])
        under = [
            child for child in listed if folded.get(child.finding.identity) == one.finding.identity
        ]
        _explained(sheet, subject, under, numbers)
    if len(alone) > MOST_FINDINGS:
        sheet.blank()
        sheet.add(
            f'and {counted(len(alone) - MOST_FINDINGS, "more finding")}: see --format json',
            indent=5,
        )


def _totals(listed: Sequence[Judged]) -> str:
    own = Counter(one.finding.severity for one in listed if not one.explained_by)
    parts = [
        f'{own[level]} {level}' if level == Severity.CRITICAL else counted(own[level], str(level))
        for level in sorted(Severity, reverse=True)
        if own[level]
    ]
    folded = sum(bool(one.explained_by) for one in listed)
    return ', '.join(parts + [f'{folded} explained by others'] * bool(folded))


def _folded(listed: Sequence[Judged]) -> dict[Identity, Identity]:
    """Return, for each finding told under another one, the finding that heads the chain of explanations."""
    by_rule = {one.finding.rule: one for one in reversed(listed)}
    heads: dict[Identity, Identity] = {}
    for one in listed:
        head, passed = one, {one.finding.rule}
        while head.explained_by in by_rule and head.explained_by not in passed:
            passed.add(head.explained_by)
            head = by_rule[head.explained_by]
        if head is not one and not head.explained_by:
            heads[one.finding.identity] = head.finding.identity
    return heads


def _finding(sheet: Sheet, subject: Subject, judged: Judged, number: int) -> None:
    found = judged.finding
    clock = Clock(subject.analysis.context.sample_rate)
    title = Text.assemble(
        (str(found.severity).upper(), SEVERITY_STYLES[str(found.severity)]),
        (f'  {visible(found.rule)} {visible(found.name)}', STRONG),
    )
    sheet.add(title, label=f'{number:>3}  ')
    bus = f' on {found.bus}' if found.bus else ''
    times = f', {grouped(found.count)} times' if found.count > 1 else ''
    sheet.add(f'{clock.span(found.start, found.end)}{bus}{times}', indent=5, style=FAINT)
    doubt = f', {_DOUBT[judged.doubt]}' if judged.doubt else ''
    cause = f', explained by {judged.explained_by}' if judged.explained_by else ''
    sheet.add(
        f'suspect {found.suspect}, {found.confidence} confidence{doubt}{cause}',
        indent=5,
        style=FAINT,
    )
    if not _is_verdict(subject, found):
        sheet.add(found.message, indent=5)
    _evidence(sheet, found, clock)
    rule = subject.rules.get(found.rule)
    reason = why(rule) if rule is not None else ''
    if reason:
        sheet.add(reason, label=Text('Why  ', STRONG), indent=5)
    _advice(sheet, subject, found)


def _is_verdict(subject: Subject, found: Finding) -> bool:
    """Tell whether the verdict has said all of it."""
    said = subject.analysis.verdict
    told = (found.rule, found.message, found.advice)
    return said is not None and (said.rule, said.headline, said.next_steps) == told


def _evidence(sheet: Sheet, found: Finding, clock: Clock) -> None:
    """Add what proves it; pieces that say the same follow one another in one row."""
    for text, same in groupby(found.evidence, key=lambda one: one.text):
        if text == found.message:
            continue
        first, *others = (clock.at(one.start) for one in same)
        also = f'; also at {", ".join(others)}' if others else ''
        sheet.add(text + also, label=Text(f'{first:>12}  ', FAINT), indent=5)


def _advice(sheet: Sheet, subject: Subject, found: Finding) -> None:
    """Add what to do, unless the verdict has said just that."""
    if _is_verdict(subject, found):
        sheet.add('the next steps at the top', label=Text('Do   ', STRONG), indent=5)
        return
    for number, step in enumerate(found.advice, 1):
        first = Text('Do   ' if number == 1 else '     ', STRONG)
        sheet.add(
            step, label=first + Text(f'{number}. ' if len(found.advice) > 1 else ''), indent=5
        )


def _explained(
    sheet: Sheet, subject: Subject, under: Iterable[Judged], numbers: dict[Identity, int]
) -> None:
    """Add the findings that the one above explains, a message each."""
    clock = Clock(subject.analysis.context.sample_rate)
    for count, one in enumerate(under):
        if not count:
            sheet.add(Text('Explains', STRONG), indent=5)
        found = one.finding
        label = f'{numbers[found.identity]:>3}  '
        name = Text(
            f'{visible(found.rule)} {visible(found.name)}, {found.severity}, {clock.at(found.start)}',
            FAINT,
        )
        sheet.add(name, label=label, indent=5)
        sheet.add(found.message, indent=10)
