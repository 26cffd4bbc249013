"""BLP013 busy-forever."""

from rules_harness import findings, result
from stm32trace_core.bootloader.commands import NS_READOUT_UNPROTECT
from stm32trace_core.bootloader.records import BUSY, FINAL, BootStatus, DeviceIdentified
from stm32trace_core.context import bare_context
from stm32trace_core.rules.blp.blp013_busy_forever import BusyForever
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import TARGET, Confidence, Evidence, Severity
from waves.loader import NACK, Loader

MASS_ERASE = (
    'a mass erase takes at most 40.1 ms on STM32G07x/G08x (DS12232, flash memory characteristics)'
)
POLL_S = 0.05
RATE = 1000  # samples per second of the records made here


def unprotect(seconds: float, final: int | None = None) -> Loader:
    """Get ID of a G071, then BUSY for `seconds` after Readout Unprotect."""
    wave = Loader().get_id()
    return wave.readout_unprotect(busy=round(seconds / POLL_S), poll=POLL_S, final=final)


def test_busy_beyond_ten_times_the_data_sheet_and_two_seconds_is_told() -> None:
    wave = unprotect(2.5).get_id()
    [found] = findings(wave, 'BLP013')
    polls = [one for one in wave.transfers if one.data == b'\x76']
    told = (
        'No-Stretch Readout Unprotect (0x93) answered BUSY 50 times over 2.45 s'
        f' until the host gave up; {MASS_ERASE}'
    )
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.CRITICAL,
        Confidence.HIGH,
        TARGET,
        '0x93@0x51',
        1,
    )
    assert (found.start, found.end, found.message) == (polls[0].start, polls[-1].end, told)
    assert found.evidence == (Evidence(polls[0].start, polls[-1].end, told),)
    assert found.advice[0].startswith('Do not reset the part and do not cut its power now')


def test_two_seconds_are_not_too_long_on_any_part() -> None:
    assert result(unprotect(2.0), 'BLP013').state == CLEAN


def test_it_is_told_how_a_series_ended() -> None:
    [ended] = findings(unprotect(2.5, final=0x79), 'BLP013')
    [refused] = findings(unprotect(2.5, final=NACK), 'BLP013')
    [cut] = findings(unprotect(2.5), 'BLP013')
    assert 'over 2.45 s and then ACK;' in ended.message
    assert 'over 2.45 s and then NACK;' in refused.message
    assert 'over 2.45 s until the end of the capture;' in cut.message


def test_a_reset_that_ends_the_series_is_told() -> None:
    wave = Loader(nrst=1).get_id().readout_unprotect(busy=50, poll=POLL_S, final=None)
    [found] = findings(wave.pulse('nrst', 0.1).idle(0.1), 'BLP013')
    assert 'over 2.45 s until the part was reset;' in found.message


def test_an_erase_that_never_ends_changes_no_option_bytes_and_is_an_error() -> None:
    wave = Loader().get_id().mass_erase(busy=50, poll=POLL_S, final=None)
    [found] = findings(wave, 'BLP013')
    assert (found.severity, found.key) == (Severity.ERROR, '0x45@0x51')


def test_an_unknown_part_may_take_35_seconds() -> None:
    wave = Loader().get_version().readout_unprotect(busy=35, poll=1.0, final=None)
    assert result(wave, 'BLP013').state == CLEAN
    [found] = findings(wave.status(0x76), 'BLP013')
    assert found.message == (
        'No-Stretch Readout Unprotect (0x93) answered BUSY 36 times over 35 s until the end of the'
        ' capture; the part is not known'
    )


def test_the_family_that_the_user_names_counts_as_known() -> None:
    wave = Loader().get_version().readout_unprotect(busy=50, poll=POLL_S, final=None)
    assert len(findings(wave, 'BLP013', family='G0')) == 1


def test_the_time_of_a_page_erase_depends_on_the_number_of_pages() -> None:
    many = Loader().get_id().erase_pages(range(20), busy=60, poll=0.1)
    assert result(many, 'BLP013').state == CLEAN  # 20 pages, 40 ms each, ten times
    [found] = findings(Loader().get_id().erase_pages([7], busy=60, poll=0.1), 'BLP013')
    assert 'a page erase takes at most 40 ms on STM32G07x/G08x' in found.message


def test_two_series_of_one_command_are_one_finding() -> None:
    wave = unprotect(2.5).readout_unprotect(busy=60, poll=POLL_S, final=None)
    [found] = findings(wave, 'BLP013')
    assert (found.count, len(found.evidence), found.end) == (2, 2, wave.transfers[-1].end)
    assert 'answered BUSY 50 times over 2.45 s' in found.message
    assert found.message.endswith('(the first of 2)')


def test_a_second_series_of_ordinary_length_is_not_counted() -> None:
    [found] = findings(unprotect(2.5).readout_unprotect(busy=10), 'BLP013')
    assert found.count == 1


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    state = result(unprotect(2.5), 'BLP013', sample_rate=None)
    assert (state.state, state.missing) == (NOT_EVALUATED, ('sample_rate',))


def test_the_limits_can_be_set() -> None:
    assert len(findings(unprotect(1.0), 'BLP013', limits={'BLP013_MINIMUM_S': 0.5})) == 1
    assert findings(unprotect(2.5), 'BLP013', limits={'BLP013_FACTOR': 100.0}) == []


def busy(end: int) -> BootStatus:
    """BUSY up to sample `end`, in a series that began at 0."""
    return BootStatus(
        end - 1, end, 'i2c0', 0x51, NS_READOUT_UNPROTECT, FINAL, BUSY, 0x76, end, 0, -10
    )


def test_it_is_told_as_soon_as_the_limit_is_passed_and_then_no_more_until_the_end() -> None:
    rule = BusyForever(bare_context(RATE), 'i2c0')
    assert list(rule.feed(DeviceIdentified(0, 1, 'i2c0', 0x460, 'Get ID', 0x51))) == []
    assert list(rule.feed(busy(2000))) == []
    [found] = rule.feed(busy(2001))
    assert 'answered BUSY 2001 times over 2.001 s so far;' in found.message
    assert list(rule.feed(busy(3000))) == []


def test_busy_after_the_final_ack_is_renewed_when_the_data_ends() -> None:
    rule = BusyForever(bare_context(RATE), 'i2c0')
    list(rule.feed(DeviceIdentified(0, 1, 'i2c0', 0x460, 'Get ID', 0x51)))
    list(rule.feed(busy(2001)))
    list(rule.feed(busy(5000)))
    [found] = rule.finish(6000)
    assert (found.count, found.end) == (1, 5000)


def test_what_was_reset_is_not_advised_to_be_waited_for() -> None:
    wave = Loader(nrst=1).get_id().mass_erase(busy=1500, poll=2e-3, final=None).pulse('nrst', 0.1)
    [found] = findings(wave.idle(0.1), 'BLP013')
    assert 'until the part was reset' in found.message
    assert found.advice[0].startswith('It was reset while BUSY lasted: do not reset it again')


def test_what_ended_with_ack_is_not_advised_to_be_waited_for() -> None:
    wave = Loader().get_id().mass_erase(busy=1500, poll=2e-3)
    [found] = findings(wave, 'BLP013')
    assert found.message.split(';')[0].endswith('and then ACK')
    assert found.advice[0].startswith('It ended with ACK and nothing is pending')
    assert not any('Do not reset the part' in step for step in found.advice)


def test_option_bytes_that_are_done_in_the_end_are_not_lost() -> None:
    [found] = findings(unprotect(2.5, final=0x79), 'BLP013')
    assert found.severity == Severity.ERROR


def test_where_the_command_is_not_known_35_seconds_count_on_a_known_part_too() -> None:
    wave = Loader().poll_busy(36.0, 2.0)
    assert findings(wave, 'BLP013', family='G0') == []
    [found] = findings(wave.poll_busy(4.0, 2.0), 'BLP013', family='G0')
    assert found.message == (
        'A command whose begin was not seen answered BUSY 20 times over 38 s until the end of the'
        ' capture; the longest operation takes at most 10.24 s on the STM32G0 (DS12232, flash'
        ' memory characteristics)'
    )
