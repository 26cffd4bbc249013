"""BLP019 erase-form-mismatch."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import NOT_EVALUATED
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.uart_loader import COMMANDS, ERASE, ERASE_SHORT, UartLoader

SHORT = [ERASE_SHORT if opcode == ERASE else opcode for opcode in COMMANDS]


def test_the_short_form_where_the_long_one_is_listed_fires() -> None:
    wave = UartLoader().sync().get().get_id().refused(ERASE_SHORT)
    [found] = findings(wave, 'BLP019')
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        '0x43',
    )
    assert found.message == (
        "Erase (0x43) was sent to a loader that lists Extended Erase (0x44); the loader's answer:"
        ' NACK (0x1F)'
    )
    assert found.advice == ('Use Extended Erase (0x44), which this loader lists.',)


def test_the_long_form_where_the_short_one_is_listed_fires() -> None:
    wave = UartLoader().sync().get(0x22, SHORT).get_id(0x410).refused(ERASE)
    [found] = findings(wave, 'BLP019')
    assert found.key == '0x44'


def test_the_other_rules_leave_it_to_this_one() -> None:
    wave = UartLoader().sync().get().get_id().refused(ERASE_SHORT)
    assert findings(wave, 'BLP002') == findings(wave, 'BLP003') == []


def test_an_erase_before_get_is_judged_when_the_list_is_there() -> None:
    assert findings(UartLoader().sync().get_id().refused(ERASE_SHORT).get(), 'BLP019')


def test_a_loader_that_takes_it_all_the_same_is_a_note() -> None:
    wave = UartLoader().sync().get().get_id().erase_short_pages([1])
    [found] = findings(wave, 'BLP019')
    assert found.severity == Severity.NOTE


def test_the_form_that_is_listed_is_clean() -> None:
    assert findings(UartLoader().sync().get().erase_pages([1]), 'BLP019') == []


def test_without_a_list_it_is_not_evaluated() -> None:
    wave = UartLoader().sync().get_id().refused(ERASE_SHORT)
    assert result(wave, 'BLP019').state == NOT_EVALUATED
