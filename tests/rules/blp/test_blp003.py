"""BLP003 command-nack."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import (
    ERASE_NS,
    GET_ID,
    GET_VERSION,
    NACK,
    READ_MEMORY,
    READOUT_UNPROTECT_NS,
    WRITE_MEMORY_NS,
    Loader,
)

FLASH = 0x08000000


def told(wave: Loader) -> list[tuple[Severity, int, str]]:
    return [(found.severity, found.count, found.message) for found in findings(wave, 'BLP003')]


def test_a_refused_command_that_protection_allows_is_told_at_once() -> None:
    wave = Loader().get_id().refused(GET_VERSION)
    [found] = findings(wave, 'BLP003')
    frame, answer = wave.transfers[-2:]
    text = 'Get Version (0x01): NACK (0x1F); ACK (0x79) was expected (AN3155, AN4221)'
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
    )
    assert (
        found.message
        == 'Get Version (0x01) was refused with NACK (0x1F) although its two bytes are right'
    )
    assert found.evidence == (Evidence(frame.start, answer.end, text),)


def test_a_refused_command_that_is_not_listed_names_that_as_the_reason() -> None:
    assert told(Loader().get(0x10).refused(ERASE_NS)) == [
        (
            Severity.ERROR,
            1,
            (
                'No-Stretch Extended Erase (0x45) was refused with NACK (0x1F) and is not in the'
                ' list that Get answers'
            ),
        )
    ]


def test_one_refused_read_is_told_at_the_end_where_nothing_explains_it() -> None:
    assert told(Loader().get_id().refused(READ_MEMORY)) == [
        (
            Severity.ERROR,
            1,
            'Read Memory (0x11) was refused with NACK (0x1F) although its two bytes are right',
        )
    ]


def test_a_refused_read_is_told_when_a_write_is_accepted_after_it() -> None:
    wave = Loader().get_id().refused(READ_MEMORY).write_memory(FLASH, bytes(8))
    assert [(severity, count) for severity, count, _ in told(wave)] == [(Severity.ERROR, 1)]


def test_refusals_of_different_commands_are_told_apart() -> None:
    wave = Loader().get_id().refused(GET_VERSION).refused(GET_ID).refused(GET_VERSION)
    assert [(found.key, found.count) for found in findings(wave, 'BLP003')] == [
        ('0x01@0x51', 2),
        ('0x02@0x51', 1),
    ]


def test_two_refused_protected_commands_are_left_to_blp004() -> None:
    wave = Loader().get_id().refused(READ_MEMORY).refused(WRITE_MEMORY_NS)
    state = result(wave, 'BLP003')
    assert (state.state, state.by) == (SUPPRESSED, 'BLP004')


def test_two_refusals_without_a_command_that_is_answered_are_no_protection() -> None:
    wave = Loader().refused(READ_MEMORY).refused(WRITE_MEMORY_NS)
    found = findings(wave, 'BLP003', address=wave.address)
    assert [one.key for one in found] == ['0x11@0x51', '0x32@0x51']


def test_a_refused_read_before_an_accepted_unprotect_is_left_to_opt010() -> None:
    wave = Loader().get_id().refused(READ_MEMORY).readout_unprotect()
    state = result(wave, 'BLP003')
    assert (state.state, state.by) == (SUPPRESSED, 'OPT010')


def test_a_refused_unprotect_explains_nothing() -> None:
    wave = Loader().get_id().refused(READ_MEMORY).refused(READOUT_UNPROTECT_NS)
    assert [found.key for found in findings(wave, 'BLP003')] == ['0x11@0x51', '0x93@0x51']


def test_the_pair_that_asks_for_a_nack_gets_one() -> None:
    assert result(Loader().get_id().command(0xFF, NACK).get_id(), 'BLP003').state == CLEAN


def test_a_wrong_complement_is_another_fault() -> None:
    assert findings(Loader().get_id().command(GET_ID, NACK, complement=0), 'BLP003') == []
