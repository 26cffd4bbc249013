"""BLP011 page-list-nack."""

from rules_harness import findings
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import NACK as NO
from waves.loader import Loader
from waves.uart_loader import UartLoader


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def test_a_refused_list_fires_with_its_pages() -> None:
    [found] = findings(session().erase_pages([3, 4], final=NO), 'BLP011')
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.ERROR,
        Confidence.MEDIUM,
        HOST,
    )
    assert found.message == (
        'Extended Erase (0x44) of 2 pages, 3 to 4: the list was refused with NACK (0x1F) although its'
        ' checksum is right (pages 3, 4)'
    )


def test_a_page_behind_the_end_is_named() -> None:
    [found] = findings(session().erase_pages([3, 65], final=NO), 'BLP011')
    assert 'page 65 is behind the last one (63) of STM32G07x/G08x (' in found.message


def test_numbers_that_fit_with_their_bytes_swapped_are_named() -> None:
    [found] = findings(session().erase_pages([0, 0x0100, 0x0200], final=NO), 'BLP011')
    assert ', and would fit with its bytes swapped' in found.message


def test_a_wrong_checksum_is_named() -> None:
    [found] = findings(session().erase_pages([3], final=NO, checksum=0x77), 'BLP011')
    assert '; its checksum is wrong' in found.message


def test_the_short_form_counts_too() -> None:
    assert findings(session().erase_short_pages([3], final=NO), 'BLP011')


def test_a_list_that_is_erased_is_clean() -> None:
    assert findings(session().erase_pages([3, 4]), 'BLP011') == []


def test_a_refused_code_is_another_matter() -> None:
    assert findings(session().mass_erase(final=NO), 'BLP011') == []


def test_over_i2c_too() -> None:
    assert findings(Loader().get_id().erase_pages([3], final=NO), 'BLP011')
