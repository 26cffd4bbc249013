"""BLP016 unexpected-status."""

from rules_harness import findings
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import ACK as YES
from waves.uart_loader import UartLoader


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def test_a_byte_that_is_no_status_fires() -> None:
    [found] = findings(session().command(0x31, 0xF9).idle(1e-3), 'BLP016')
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        '0x31',
    )
    assert found.message == "Write Memory (0x31), step 'command': 0xF9, which is no status"


def test_the_right_status_after_it_makes_it_a_warning() -> None:
    wave = session().command(0x02, 0xF9).loader([YES, 1, 4, 0x60, YES])
    [found] = findings(wave, 'BLP016')
    assert found.severity == Severity.WARNING
    assert found.message.endswith('; the status came after it')


def test_statuses_are_clean() -> None:
    assert findings(session().refused(0x11).get_id(), 'BLP016') == []


def test_a_zero_before_the_first_ack_is_another_matter() -> None:
    assert findings(UartLoader().sync(leading=[0]).get().get_id(), 'BLP016') == []


def test_an_answer_of_the_wrong_length_is_another_matter() -> None:
    wave = session().command(0x02).loader([1, 4, 0x60, 0x55, YES]).get_version()
    assert findings(wave, 'BLP016') == []


def test_each_one_is_counted() -> None:
    wave = session()
    for _ in range(4):
        wave.command(0x31, 0xF9).idle(1e-3)
    [found] = findings(wave, 'BLP016')
    assert (found.count, len(found.evidence)) == (4, 3)
