"""BLP002 command-not-supported."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import NOT_EVALUATED
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import (
    COMMANDS,
    ERASE_NS,
    GET_CHECKSUM,
    NACK,
    READ_MEMORY,
    Loader,
)

OLD = COMMANDS[0x10]  # no no-stretch commands, no checksum
LISTED = 'listed: 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92'


def test_a_command_that_get_does_not_list_is_told_with_its_twin() -> None:
    wave = Loader().get(0x10).refused(ERASE_NS)
    [found] = findings(wave, 'BLP002')
    told = (
        'No-Stretch Extended Erase (0x45) was sent, which is not in the list that Get answers;'
        " the loader's answer: NACK (0x1F)"
    )
    frame, answer = wave.transfers[-2:]
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        '0x45@0x51',
    )
    assert found.message == told
    assert found.evidence == (Evidence(frame.start, answer.end, f'{told} ({LISTED})'),)
    assert found.advice == ('Use Extended Erase (0x44) instead, which this loader lists.',)


def test_a_command_sent_before_get_is_judged_once_the_list_is_known() -> None:
    wave = Loader().get_id().refused(GET_CHECKSUM).get(0x10)
    [found] = findings(wave, 'BLP002')
    assert found.key == '0xA1@0x51'
    assert found.start == wave.transfers[4].start


def test_a_command_that_is_taken_though_not_listed_is_a_note() -> None:
    wave = Loader().get(0x11, [one for one in COMMANDS[0x11] if one != READ_MEMORY])
    wave.read_memory(0x08000000, bytes(4)).read_memory(0x08000000, bytes(4))
    assert [(found.severity, found.count, found.key) for found in findings(wave, 'BLP002')] == [
        (Severity.NOTE, 2, '0x11@0x51')
    ]


def test_a_listed_command_is_clean_though_refused() -> None:
    assert findings(Loader().get(0x12).refused(ERASE_NS), 'BLP002') == []


def test_what_is_sent_to_get_a_nack_is_no_command() -> None:
    assert findings(Loader().get().command(0xFF, NACK), 'BLP002') == []


def test_without_a_get_answer_the_rule_is_not_evaluated() -> None:
    told = result(Loader().get_id().refused(GET_CHECKSUM), 'BLP002')
    assert (told.state, told.missing) == (NOT_EVALUATED, ('Get answer',))
