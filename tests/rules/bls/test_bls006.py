"""BLS006 erase-slower-than-spec."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import NOT_EVALUATED
from stm32trace_core.rules.rule import SUPPLY, Confidence, Severity
from waves.loader import Loader
from waves.uart_loader import UartLoader

PAGE_S, MASS_S = 0.040, 0.0401  # DS12232, the longest times of a G071


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def test_a_page_that_takes_ten_times_as_long_fires() -> None:
    wave = session().erase_pages([5], work=10 * PAGE_S)
    [found] = findings(wave, 'BLS006')
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.WARNING,
        Confidence.MEDIUM,
        SUPPLY,
        '0x44',
    )
    assert found.message.startswith(
        'Extended Erase (0x44) of page 5 took 400.1 ms, 10 times the longest time: a page erase takes at'
        ' most 40 ms on STM32G07x/G08x'
    )


def test_a_page_that_takes_twice_as_long_is_clean() -> None:
    assert findings(session().erase_pages([5], work=2 * PAGE_S), 'BLS006') == []


def test_pages_have_their_time_each() -> None:
    assert findings(session().erase_pages([1, 2, 3, 4], work=2.5 * PAGE_S), 'BLS006') == []
    assert findings(session().erase_pages([1, 2, 3, 4], work=3.5 * PAGE_S), 'BLS006')


def test_a_mass_erase_and_an_unprotect_are_judged() -> None:
    assert findings(session().mass_erase(work=4 * MASS_S), 'BLS006')
    assert findings(session().mass_erase(work=2 * MASS_S), 'BLS006') == []
    [found] = findings(session().readout_unprotect(work=4 * MASS_S), 'BLS006')
    assert found.key == '0x92'


def test_the_limit_is_a_setting() -> None:
    wave = session().erase_pages([5], work=2 * PAGE_S)
    assert findings(wave, 'BLS006', limits={'BLS006_FACTOR': 1.5})


def test_without_the_part_or_the_rate_it_is_not_evaluated() -> None:
    wave = UartLoader().sync().get().erase_pages([5], work=10 * PAGE_S)
    assert result(wave, 'BLS006').state == NOT_EVALUATED
    assert findings(wave, 'BLS006', family='G0')
    assert result(session().mass_erase(), 'BLS006', sample_rate=None).state == NOT_EVALUATED


def test_over_i2c_it_is_over_with_the_last_busy() -> None:
    slow = Loader().get_id().erase_pages([5], busy=20, poll=20e-3)
    assert findings(slow, 'BLS006')
    lazy = Loader().get_id().erase_pages([5], busy=1, poll=1.0)
    assert findings(lazy, 'BLS006') == []
