"""What became of each rule, which finding replaces which, and in what order they are told."""

from __future__ import annotations

from typing import Any

from stm32trace_core.bootloader.records import BootCommand
from stm32trace_core.context import Context, bare_context
from stm32trace_core.rules.engine import (
    BADLY_SAMPLED,
    CLEAN,
    DAMAGED,
    FIRED,
    MOST_FINDINGS,
    NOT_EVALUATED,
    SUPPRESSED,
    Judged,
    Judgement,
    RuleResult,
    chosen,
    counts_for_exit,
    instances,
)
from stm32trace_core.rules.rule import (
    HOST,
    Confidence,
    Evidence,
    Finding,
    Rule,
    RuleInfo,
    Severity,
    duration_text,
)


def rule(
    name: str, needs: tuple[str, ...] = (), timing: bool = False, lacks: tuple[str, ...] = ()
) -> type[Rule]:
    """A rule class of that id which says nothing by itself."""

    class Made(Rule):
        info = RuleInfo(
            name, 'made', Severity.WARNING, Confidence.HIGH, HOST, needs, timing, '', ''
        )

        def missing(self) -> tuple[str, ...]:
            return lacks

    return Made


def found(
    name: str, severity: Severity = Severity.WARNING, start: int = 0, key: str = '', **more: Any
) -> Finding:
    return rule(name)(bare_context(), 'i2c0').finding(
        start, start + 1, name, severity=severity, key=key, **more
    )


def judged(*findings: Finding, rules: tuple[Rule, ...] = ()) -> list[Judged]:
    judgement = Judgement(bare_context())
    for finding in findings:
        judgement.feed(finding)
    return judgement.findings(rules)


def test_a_later_finding_of_the_same_identity_replaces_the_earlier_one() -> None:
    first, second, other = (
        found('BLP013', count=1),
        found('BLP013', count=7),
        found('BLP013', key='0x50'),
    )
    assert [one.finding for one in judged(first, other, second)] == [second, other]


def test_findings_are_told_unexplained_first_then_by_severity_then_by_time() -> None:
    symptom = found('I2C001', Severity.ERROR, 1)
    cause = found('DIA001', Severity.CRITICAL, 9, explains=[symptom])
    late, early = found('RST002', Severity.WARNING, 5), found('SIG004', Severity.WARNING, 2)
    told = judged(symptom, late, early, cause)
    assert [(one.finding.rule, one.explained_by) for one in told] == [
        ('DIA001', ''),
        ('SIG004', ''),
        ('RST002', ''),
        ('I2C001', 'DIA001'),
    ]
    assert [counts_for_exit(one) for one in told] == [True, True, True, False]


def test_of_two_explanations_the_more_severe_one_counts() -> None:
    symptom = found('I2C001')
    note = found('DIA007', Severity.ERROR, explains=[symptom])
    worst = found('DIA001', Severity.CRITICAL, explains=[symptom])
    assert {one.finding.rule: one.explained_by for one in judged(symptom, worst, note)}[
        'I2C001'
    ] == 'DIA001'


def test_timing_findings_lose_one_step_where_the_signal_was_sampled_badly() -> None:
    timed, timeless, sampling = rule('BLP013', timing=True), rule('BLP001'), rule('SIG001')
    sampling.casts_doubt = True
    rules = tuple(one(bare_context()) for one in (timed, timeless, sampling, rule('SIG005')))
    bad, long, wrong = (
        found('SIG001', Severity.ERROR),
        found('BLP013', Severity.ERROR),
        found('BLP001', Severity.ERROR),
    )
    assert {
        one.finding.rule: (one.finding.severity, one.doubt)
        for one in judged(bad, long, wrong, rules=rules)
    } == {
        'SIG001': (Severity.ERROR, ''),
        'BLP013': (Severity.WARNING, BADLY_SAMPLED),
        'BLP001': (Severity.ERROR, ''),
    }
    assert judged(long, rules=rules)[0].finding.severity == Severity.ERROR
    elsewhere, dead = bad._replace(bus='i2c1'), found('SIG005', Severity.ERROR)
    assert [one.doubt for one in judged(elsewhere, dead, long, rules=rules)] == [''] * 3


def test_a_finding_that_rests_on_damaged_samples_is_no_more_than_a_note() -> None:
    judgement = Judgement(bare_context())
    inside, outside = found('BLP007', Severity.ERROR, 50), found('BLP005', Severity.ERROR, 500)
    rests = found('BLP006', Severity.ERROR, 900, evidence=[Evidence(10, 60, 'x')])
    spans = found('BLP013', Severity.ERROR, 10)._replace(end=800)
    gap = found('SIG009', Severity.WARNING, 50)
    half = found('BLP009', Severity.ERROR, 30)._replace(end=90)
    for finding in (inside, outside, rests, spans, gap, half):
        judgement.feed(finding)
    told = {
        one.finding.rule: (one.finding.severity, one.doubt)
        for one in judgement.findings((), [(40, 70)])
    }
    assert told == {
        'BLP007': (Severity.NOTE, DAMAGED),
        'BLP005': (Severity.ERROR, ''),
        'BLP006': (Severity.NOTE, DAMAGED),
        'BLP013': (Severity.ERROR, ''),
        'BLP009': (Severity.NOTE, DAMAGED),
        'SIG009': (Severity.WARNING, ''),
    }


def test_low_confidence_is_capped_at_note() -> None:
    assert found('I2C012', Severity.ERROR, confidence=Confidence.LOW).severity == Severity.NOTE


def test_findings_beyond_the_limit_are_counted_not_lost_silently() -> None:
    judgement = Judgement(bare_context())
    for number in range(MOST_FINDINGS + 3):
        judgement.feed(found('I2C001', key=str(number)))
    assert len(judgement.findings()) == MOST_FINDINGS
    (result,) = judgement.results([rule('I2C001')(bare_context())], set(), set())
    assert result == RuleResult('I2C001', FIRED, (), '', 3)


def results(
    context: Context, *rules: Rule, seen: frozenset[type] = frozenset(), fed: tuple[Any, ...] = ()
) -> list[Any]:
    judgement = Judgement(context)
    for record in fed:
        judgement.feed(record)
    return [
        (one.rule, one.state, one.missing or one.by)
        for one in judgement.results(rules, set(seen), {'i2c'})
    ]


def test_a_rule_is_fired_clean_not_evaluated_or_suppressed() -> None:
    context = bare_context(1e6)._replace(roles=frozenset({'scl', 'sda', 'nrst'}))
    quiet, blind = rule('RST001', ('i2c', 'nrst'))(context), rule('RST010', ('vdd',))(context)
    loud, held = rule('I2C001')(context, 'i2c0'), rule('BLP003')(context)
    fed = (loud.finding(0, 1, 'x'), held.withdrawn(0, 1, 'OPT010'))
    assert results(context, quiet, blind, loud, held, fed=fed) == [
        ('BLP003', SUPPRESSED, 'OPT010'),
        ('I2C001', FIRED, ''),
        ('RST001', CLEAN, ''),
        ('RST010', NOT_EVALUATED, ('vdd',)),
    ]


def test_one_of_several_alternatives_is_enough() -> None:
    context = bare_context()._replace(roles=frozenset({'nrst'}))
    assert results(context, rule('BLS004', ('nrst|vdd',))(context)) == [('BLS004', CLEAN, '')]


def test_a_fact_of_the_traffic_counts_once_its_record_was_seen() -> None:
    context = bare_context()
    needy = rule('BLP001', ('bootloader', 'sample_rate'))(context)
    assert results(context, needy) == [('BLP001', NOT_EVALUATED, ('bootloader', 'sample_rate'))]
    assert results(context, needy, seen=frozenset({BootCommand})) == [
        ('BLP001', NOT_EVALUATED, ('sample_rate',))
    ]


def test_a_rule_evaluated_on_one_bus_was_evaluated() -> None:
    context = bare_context()
    blind, sighted = (
        rule('BLP002', lacks=('Get answer',))(context, 'i2c0'),
        rule('BLP002')(context, 'i2c1'),
    )
    assert results(context, blind, sighted) == [('BLP002', CLEAN, '')]
    assert results(context, blind) == [('BLP002', NOT_EVALUATED, ('Get answer',))]


def test_prefixes_choose_and_ignore_rules() -> None:
    rules = [rule(name) for name in ('BLP001', 'BLP013', 'I2C001', 'SIG004')]
    assert [one.info.id for one in chosen(rules, ('BLP', 'SIG'), ('BLP013',))] == [
        'BLP001',
        'SIG004',
    ]
    assert [one.info.id for one in chosen(rules, (), ())] == [
        'BLP001',
        'BLP013',
        'I2C001',
        'SIG004',
    ]


def test_a_rule_runs_once_a_bus_or_once_a_capture() -> None:
    whole = rule('RST002')
    whole.per_bus = False
    made = instances([rule('I2C001'), whole], bare_context(), ['i2c0', 'i2c1'])
    assert [(one.info.id, one.bus) for one in made] == [
        ('I2C001', 'i2c0'),
        ('I2C001', 'i2c1'),
        ('RST002', ''),
    ]


def test_durations_are_told_in_a_unit_that_fits() -> None:
    assert [duration_text(value, 0) for value in (41.5, 0.0401, 28e-6, 5e-8)] == [
        '41.5 s',
        '40.1 ms',
        '28 us',
        '50 ns',
    ]
    assert duration_text(None, 17) == '17 samples'
