"""BLP010 mass-erase-code-nack."""

from rules_harness import findings
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import NACK as NO
from waves.loader import Loader
from waves.uart_loader import ERASE, UartLoader


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def test_a_refused_code_fires() -> None:
    wave = session().mass_erase(final=NO)
    [found] = findings(wave, 'BLP010')
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
    )
    assert found.message == (
        'Extended Erase (0x44) of the whole flash: the code 0xFFFF was refused with NACK (0x1F)'
        ' although its checksum is right'
    )
    assert 'ERASES THE WHOLE FLASH' in found.advice[1]


def test_a_bank_and_the_short_form_too() -> None:
    [found] = findings(session().mass_erase(final=NO, code=0xFFFD), 'BLP010')
    assert 'of bank 2: the code 0xFFFD' in found.message
    assert findings(session().erase_short_pages([], final=NO), 'BLP010')


def test_an_erase_that_is_done_is_clean() -> None:
    assert findings(session().mass_erase(), 'BLP010') == []


def test_a_refused_opcode_is_another_matter() -> None:
    assert findings(session().refused(ERASE), 'BLP010') == []


def test_a_refused_list_of_pages_is_another_matter() -> None:
    assert findings(session().erase_pages([1], final=NO), 'BLP010') == []


def test_a_code_with_a_wrong_checksum_is_another_matter() -> None:
    wave = session().command(ERASE).frame([0xFF, 0xFF], 0x55).status(NO)
    assert findings(wave, 'BLP010') == []


def test_over_i2c_too() -> None:
    assert findings(Loader().get_id().mass_erase(final=NO), 'BLP010')
