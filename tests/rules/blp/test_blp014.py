"""BLP014 busy-then-nack."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import TARGET, Confidence, Evidence, Severity
from waves.loader import NACK, Loader


def test_an_erase_that_ends_with_nack_is_told_with_its_page_and_time() -> None:
    wave = Loader().get_id().erase_pages([511], busy=3, poll=2e-3, final=NACK)
    [found] = findings(wave, 'BLP014')
    first, last, answer = wave.transfers[-4], wave.transfers[-2], wave.transfers[-1]
    told = (
        'No-Stretch Extended Erase (0x45) of page 511 was BUSY for 4.196 ms (3 answers) and then'
        ' refused with NACK (0x1F)'
    )
    assert last.end - first.start == 4196
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        1,
    )
    assert found.message == told
    source = ' (AN4221: BUSY (0x76) until the operation ends, then ACK (0x79))'
    assert found.evidence == (Evidence(first.start, answer.end, told + source),)


def test_a_mass_erase_that_ends_with_nack_is_told() -> None:
    [found] = findings(Loader().get_id().mass_erase(busy=2, final=NACK), 'BLP014')
    assert found.message.startswith('No-Stretch Extended Erase (0x45) of the whole flash was BUSY')


def test_busy_that_ends_with_ack_is_clean() -> None:
    assert result(Loader().get_id().erase_pages([1], busy=3), 'BLP014').state == CLEAN


def test_a_nack_without_busy_is_another_fault() -> None:
    wave = Loader().get_id().erase_pages([511], busy=0, final=NACK)
    assert result(wave, 'BLP014').state == CLEAN
