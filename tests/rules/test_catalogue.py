"""Every rule has its page, its source, and tests for both sides; what it says of itself is what was decided.

`DECIDED` holds what the catalogue of anomalies gives for each rule: name, severity and confidence. A rule that is
not in it is new, and may say what it likes.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from prerequisites import PROJECT
from stm32trace.report.pages import SECTIONS, page, sections
from stm32trace_core.machine import DIAGNOSIS, RULE
from stm32trace_core.rules.engine import FACTS, catalogue
from stm32trace_core.rules.rule import Confidence, Diagnosis, Rule, Severity

RULES = PROJECT / 'decoders' / 'stm32trace_core' / 'rules'
TESTS = PROJECT / 'tests' / 'rules'
COLUMNS = 100

NOTE, WARNING, ERROR, CRITICAL = Severity
LOW, MEDIUM, HIGH = Confidence

DECIDED: dict[str, tuple[str, Severity, Confidence]] = {
    'SIG001': ('sample-rate-too-low', WARNING, HIGH),
    'SIG004': ('unknown-sample-rate', WARNING, HIGH),
    'SIG005': ('dead-channel', ERROR, HIGH),
    'SIG007': ('truncated-capture', NOTE, HIGH),
    'SIG009': ('capture-gap', WARNING, HIGH),
    'I2C001': ('address-nack', WARNING, HIGH),
    'I2C002': ('target-vanished', ERROR, HIGH),
    'I2C003': ('bootloader-address-mismatch', ERROR, HIGH),
    'I2C006': ('clock-stretch-long', WARNING, HIGH),
    'I2C009': ('sda-stuck-low', ERROR, HIGH),
    'I2C010': ('scl-stuck-low', ERROR, HIGH),
    'UART001': ('parity-missing', ERROR, HIGH),
    'UART002': ('baud-mismatch', ERROR, HIGH),
    'UART003': ('framing-error', WARNING, HIGH),
    'UART004': ('break-in-session', WARNING, HIGH),
    'UART005': ('sync-unanswered', ERROR, HIGH),
    'UART006': ('leading-zero-byte', NOTE, HIGH),
    'UART007': ('local-echo', NOTE, HIGH),
    'UART008': ('sync-too-early', WARNING, MEDIUM),
    'UART009': ('second-sync', NOTE, HIGH),
    'UART012': ('baud-out-of-range', WARNING, HIGH),
    'UART013': ('control-line-reset', WARNING, MEDIUM),
    'BLP001': ('bad-command-complement', ERROR, HIGH),
    'BLP002': ('command-not-supported', WARNING, HIGH),
    'BLP003': ('command-nack', ERROR, HIGH),
    'BLP004': ('readout-protected', ERROR, HIGH),
    'BLP005': ('bad-address-checksum', ERROR, HIGH),
    'BLP006': ('address-nack', ERROR, HIGH),
    'BLP007': ('bad-data-checksum', ERROR, HIGH),
    'BLP008': ('misaligned-write', ERROR, HIGH),
    'BLP009': ('incomplete-frame', ERROR, HIGH),
    'BLP010': ('mass-erase-code-nack', ERROR, HIGH),
    'BLP011': ('page-list-nack', ERROR, MEDIUM),
    'BLP012': ('status-timeout', ERROR, HIGH),
    'BLP013': ('busy-forever', ERROR, HIGH),
    'BLP014': ('busy-then-nack', ERROR, HIGH),
    'BLP016': ('unexpected-status', ERROR, HIGH),
    'BLP019': ('erase-form-mismatch', ERROR, HIGH),
    'BLP020': ('nack-ignored', ERROR, HIGH),
    'BLP021': ('response-length', WARNING, HIGH),
    'BLP022': ('resync-storm', WARNING, HIGH),
    'BLS001': ('unneeded-readout-unprotect', ERROR, HIGH),
    'BLS002': ('option-launch-missing', ERROR, MEDIUM),
    'BLS003': ('no-resync-after-reset-command', ERROR, HIGH),
    'BLS004': ('reset-during-option-command', CRITICAL, HIGH),
    'BLS005': ('lost-after-option-command', CRITICAL, HIGH),
    'BLS006': ('erase-slower-than-spec', WARNING, MEDIUM),
    'BLS007': ('write-without-erase', WARNING, MEDIUM),
    'BLS008': ('no-verify', NOTE, HIGH),
    'BLS009': ('verify-mismatch', ERROR, HIGH),
    'SWD001': ('no-response', ERROR, HIGH),
    'SWD002': ('response-lost-mid-session', ERROR, HIGH),
    'SWD003': ('ack-all-zero', ERROR, HIGH),
    'SWD004': ('ack-invalid', WARNING, HIGH),
    'SWD005': ('wait-run', WARNING, HIGH),
    'SWD006': ('fault-run', ERROR, HIGH),
    'SWD008': ('data-parity', ERROR, HIGH),
    'SWD009': ('no-line-reset', NOTE, HIGH),
    'DAP002': ('power-up-not-acknowledged', ERROR, HIGH),
    'DAP004': ('sticky-error', WARNING, HIGH),
    'DAP006': ('access-port-disabled', ERROR, HIGH),
    'DAP007': ('flash-read-refused', ERROR, HIGH),
    'CMX001': ('halt-not-reached', ERROR, HIGH),
    'CMX005': ('unexpected-core-reset', ERROR, HIGH),
    'CMX006': ('connect-under-reset-ineffective', WARNING, HIGH),
    'CMX008': ('ram-loader-timeout', ERROR, MEDIUM),
    'FLS001': ('wrong-unlock-sequence', ERROR, HIGH),
    'FLS003': ('start-while-locked', ERROR, HIGH),
    'FLS005': ('write-protect-error', ERROR, HIGH),
    'FLS006': ('programming-error', ERROR, HIGH),
    'FLS009': ('busy-stuck', ERROR, HIGH),
    'FLS010': ('mass-erase-no-op', ERROR, MEDIUM),
    'FLS011': ('tool-gave-up-early', ERROR, HIGH),
    'OPT001': ('option-unlock-wrong', ERROR, HIGH),
    'OPT002': ('option-start-missing', ERROR, HIGH),
    'OPT003': ('option-launch-missing', ERROR, HIGH),
    'OPT005': ('interrupted-option-programming', CRITICAL, HIGH),
    'OPT008': ('rdp-raise', WARNING, HIGH),
    'OPT009': ('rdp-level-2', CRITICAL, HIGH),
    'OPT010': ('rdp-regression', WARNING, HIGH),
    'OPT011': ('rdp-regression-failed', ERROR, HIGH),
    'OPT012': ('rdp-undefined-value', ERROR, HIGH),
    'OPT013': ('all-sectors-protected', ERROR, HIGH),
    'RST001': ('reset-during-flash', ERROR, HIGH),
    'RST002': ('unexplained-reset', WARNING, HIGH),
    'RST003': ('reset-pulse-too-short', WARNING, MEDIUM),
    'RST004': ('held-in-reset', ERROR, HIGH),
    'RST007': ('boot0-low-at-reset', ERROR, HIGH),
    'RST009': ('boot0-left-high', NOTE, HIGH),
    'DIA001': ('option-block-lost-on-g0', CRITICAL, HIGH),
    'DIA002': ('mass-erase-refused-by-protection', ERROR, HIGH),
    'DIA003': ('mass-erase-failed-unprotected', ERROR, MEDIUM),
    'DIA005': ('no-debug-connection', ERROR, HIGH),
    'DIA006': ('uart-bootloader-mute', ERROR, HIGH),
    # The catalogue says high; the capture of a mute part cannot tell that much.
    'DIA007': ('i2c-bootloader-mute', ERROR, MEDIUM),
    'DIA010': ('host-gives-up-too-early', ERROR, HIGH),
    'DIA012': ('protected-part-in-update-flow', ERROR, HIGH),
}

# What tells that nothing, or nothing graver, was found.
SILENCE = re.compile(r'== \[\]|== \(\)|assert not |\bCLEAN\b|\bSUPPRESSED\b|is None\b')
SUSPECTS = {'host', 'probe', 'wiring', 'supply', 'target', 'capture'}
PROTOCOLS = {'i2c', 'uart', 'swd', 'jtag', 'spi'}
LINES = {'nrst', 'vdd', 'boot0', 'dtr', 'rts'}
KNOWN_NEEDS = PROTOCOLS | LINES | set(FACTS) | {'sample_rate', 'family'}

rules = catalogue()
files = sorted(path for path in RULES.rglob('*.py') if re.match(r'[a-z0-9]+\d{3}_', path.name))
each_rule = pytest.mark.parametrize('rule', rules, ids=lambda rule: rule.info.id)


def source_of(rule: type[Rule]) -> Path:
    return Path(inspect.getfile(rule))


def traces_of(rule: type[Rule]) -> Path:
    info = rule.info
    return TESTS / source_of(rule).parent.name / f'test_{info.id.lower()}.py'


def functions_of(path: Path) -> Iterator[str]:
    """Yield the source of each test of a file."""
    source = path.read_text(encoding='utf-8')
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith('test_'):
            yield ast.get_source_segment(source, node) or ''


def test_every_rule_file_defines_the_rule_that_the_scan_finds() -> None:
    assert [source_of(rule) for rule in rules] == sorted(files, key=lambda path: path.name.lower())


def test_no_id_and_no_name_is_used_twice() -> None:
    assert len({rule.info.id for rule in rules}) == len(rules)
    by_group = [(rule.info.id[:3], rule.info.slug) for rule in rules]
    assert len(set(by_group)) == len(rules)


@each_rule
def test_the_file_bears_the_id_and_the_name(rule: type[Rule]) -> None:
    info = rule.info
    assert source_of(rule).name == f'{info.id.lower()}_{info.slug.replace("-", "_")}.py'
    assert source_of(rule).parent.name == re.sub(r'\d{3}$', '', info.id).lower()


@each_rule
def test_the_page_has_a_title_and_all_sections_in_order(rule: type[Rule]) -> None:
    assert page(rule).startswith(f'{rule.info.id} {rule.info.slug}: ')
    found = sections(rule)
    assert tuple(found) == ('', *SECTIONS)
    assert [name for name, paragraphs in found.items() if not paragraphs] == []


@each_rule
def test_the_page_fits_its_columns_but_for_addresses(rule: type[Rule]) -> None:
    """An address that is cut in two cannot be followed, so it may have a long line to itself."""
    lines = page(rule).splitlines()
    assert [
        line for line in lines if len(line) > COLUMNS and not re.fullmatch(r'\s*https?://\S+', line)
    ] == []


@each_rule
def test_the_source_is_a_document_or_a_public_address(rule: type[Rule]) -> None:
    text = ' '.join(paragraph.text for paragraph in sections(rule)['Source'])
    assert re.search(r'https?://|\b(AN|RM|UM|DS|PM|ES|IHI|DDI) ?\d{3,5}|[a-z_0-9]+\.[ch]\b', text)
    assert rule.info.source


@each_rule
def test_every_mark_of_the_source_line_is_on_the_page(rule: type[Rule]) -> None:
    marks = re.findall(r'\[[A-Z0-9]+\]', rule.info.source)
    text = page(rule).partition('\nSource\n')[2]
    assert [mark for mark in marks if mark not in text] == []


@each_rule
def test_both_sides_are_tested(rule: type[Rule]) -> None:
    tests = list(functions_of(traces_of(rule)))
    silent = [test for test in tests if SILENCE.search(test)]
    assert silent, 'no test in which the rule stays silent'
    assert len(silent) < len(tests), 'no test in which the rule fires'


@each_rule
def test_what_it_says_of_itself_can_be_understood(rule: type[Rule]) -> None:
    info = rule.info
    assert info.suspect in SUSPECTS
    assert {fact for need in info.needs for fact in need.split('|')} <= KNOWN_NEEDS
    assert info.summary
    assert '\n' not in info.summary
    assert not info.summary.endswith('.')
    assert rule.phase == (DIAGNOSIS if info.id.startswith('DIA') else RULE)
    assert issubclass(rule, Diagnosis) == info.id.startswith('DIA')


@each_rule
def test_it_says_what_was_decided(rule: type[Rule]) -> None:
    info = rule.info
    told = (info.slug, info.severity, info.confidence)
    assert told == DECIDED.get(info.id, told)


def test_test_files_are_named_uniquely() -> None:
    names = [path.name for path in TESTS.rglob('test_*.py')]
    assert len(names) == len(set(names))


@each_rule
def test_every_limit_is_a_setting_that_the_page_names(rule: type[Rule]) -> None:
    source = source_of(rule).read_text(encoding='utf-8')
    limits = re.findall(r"\.limit\(\s*'(\w+)'", source)
    assert [name for name in limits if not name.startswith(rule.info.id + '_')] == []
    assert [name for name in limits if name not in page(rule)] == []
