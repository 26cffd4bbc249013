"""BLP022 resync-storm."""

from rules_harness import findings
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import NACK as NO
from waves.loader import Loader
from waves.uart_loader import RESYNC, UartLoader


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def storm(wave: UartLoader, pairs: int) -> UartLoader:
    for _ in range(pairs):
        wave.refused(RESYNC)
    return wave


def test_three_pairs_in_a_row_fire() -> None:
    wave = storm(session().refused(0x11), 3)
    [found] = findings(wave, 'BLP022')
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        3,
    )
    assert found.message == (
        'The host sent 3 pairs in a row that are no command, the first of them FF 00; the last command'
        ' before was Read Memory (0x11), refused'
    )


def test_wrong_complements_count_too() -> None:
    wave = session()
    for complement in (1, 2, 3):
        wave.command(0x02, NO, complement)
    assert findings(wave, 'BLP022')


def test_two_pairs_are_clean() -> None:
    assert findings(storm(session(), 2).get_id(), 'BLP022') == []


def test_a_command_that_is_acknowledged_between_ends_the_row() -> None:
    assert findings(storm(storm(session(), 2).get_id(), 2).get_id(), 'BLP022') == []


def test_a_refused_command_between_does_not() -> None:
    [found] = findings(storm(storm(session(), 2).refused(0x11), 2), 'BLP022')
    assert found.count == 4


def test_each_storm_is_told() -> None:
    assert len(findings(storm(storm(session(), 3).get_id(), 4), 'BLP022')) == 2


def test_a_tool_that_attaches_is_clean() -> None:
    wave = session().sync(None).sync(NO).get_id().sync(None).sync(NO).get_id()
    assert findings(wave, 'BLP022') == []


def test_over_i2c_too() -> None:
    wave = Loader().get_id().refused(RESYNC).refused(RESYNC).refused(RESYNC)
    assert findings(wave, 'BLP022')
