"""OPT005 interrupted-option-programming."""

import pytest

from rules.option_host import CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.rules.rule import HOST, LIKELY, SUPPLY, TARGET, UNKNOWN, Confidence, Severity

OLD, NEW, PROTECTED = 0xDFFFE1AA, 0xDEFFE1AA, 0xDFFFE1BB
BSY, OPTSTRT, OBL_LAUNCH = 1 << 16, 1 << 17, 1 << 27


def started(value: int = NEW, nrst: bool = True) -> OptionHost:
    host = OptionHost('G0', nrst=nrst).read('OPTR', OLD).unlock().option_keys()
    return host.write('OPTR', value).write('CR', OPTSTRT)


def busy() -> OptionHost:
    return started().read('SR', BSY).idle(0.003)


def test_a_pulse_on_nrst_while_it_is_busy_is_critical() -> None:
    host = busy()
    fell = host.now
    [found] = host.pulse('nrst').findings('OPT005')
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.CRITICAL,
        Confidence.HIGH,
        HOST,
    )
    assert found.message == (
        'NRST fell 3.2 ms after the programming of the option bytes of STM32G07x/G08x was started,'
        ' while it was still busy: they may be half written'
    )
    assert (found.end, found.evidence[1].start) == (fell + 1, fell)
    assert found.evidence[0].text.endswith('a mismatch can lock this part for good')


def test_a_reset_asked_for_and_a_launch_cut_in_as_well() -> None:
    [found] = busy().system_reset().findings('OPT005')
    assert found.message.startswith('The host asked for a system reset (AIRCR) 3.2 ms after')
    [found] = busy().write('CR', OBL_LAUNCH).findings('OPT005')
    assert found.message.startswith('The options were loaded (OBL_LAUNCH) 3.2 ms after')


def test_a_supply_that_falls_is_the_suspect() -> None:
    [found] = busy().pulse('vdd').findings('OPT005')
    assert found.suspect == SUPPLY


def test_a_part_that_stops_answering_is_told_with_less_confidence() -> None:
    [found] = busy().no_reply().findings('OPT005')
    assert (found.suspect, found.confidence) == (TARGET, Confidence.MEDIUM)


def test_one_whose_protection_is_being_changed_may_shut_the_debugger_out() -> None:
    host = started(PROTECTED).read('SR', BSY).no_reply()
    assert host.state('OPT005') == (
        'suppressed: protection is being changed, which can shut the debugger out (OPT008, OPT010)'
    )
    assert len(host.pulse('nrst').findings('OPT005')) == 0
    assert len(started(PROTECTED).read('SR', BSY).pulse('nrst').findings('OPT005')) == 1


def test_a_single_reply_that_is_missing_is_no_cut() -> None:
    assert busy().no_reply(count=1).read('SR', 0).state('OPT005') == CLEAN


@pytest.mark.parametrize('event', ['reset', 'launch', 'nrst', 'vdd'])
def test_after_the_status_that_shows_the_end_everything_is_allowed(event: str) -> None:
    host = busy().read('SR', 0)
    if event == 'reset':
        host.system_reset()
    elif event == 'launch':
        host.write('CR', OBL_LAUNCH)
    else:
        host.pulse(event)
    assert host.state('OPT005') == CLEAN


def test_a_host_that_waits_long_enough_without_asking_does_no_harm() -> None:
    assert started().idle(0.2).system_reset().state('OPT005') == (
        'suppressed: the status was not read any more, but the longest time of the part had passed'
    )
    assert len(started().idle(0.05).system_reset().findings('OPT005')) == 1
    assert busy().idle(0.2).system_reset().state('OPT005').startswith('suppressed')
    assert len(busy().idle(0.05).system_reset().findings('OPT005')) == 1


def test_without_nrst_and_vdd_it_is_not_evaluated() -> None:
    assert started(nrst=False).read('SR', 0).state('OPT005') == 'not_evaluated'


def programming() -> OptionWave:
    """The same as a waveform: the part is busy with its options."""
    wave = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', NEW).put('CR', OPTSTRT)
    return wave.get('SR', BSY).pause(0.003)


def test_it_is_told_of_a_waveform() -> None:
    [found] = findings(programming().nrst(), 'OPT005')
    assert found.message.startswith('NRST fell 3.')
    [found] = findings(programming().sysresetreq(), 'OPT005')
    assert found.message.startswith('The host asked for a system reset (AIRCR) 3.')
    [found] = findings(programming().put('CR', OBL_LAUNCH).own_reset(), 'OPT005')
    assert found.message.startswith('The options were loaded (OBL_LAUNCH) 3.')


def test_a_waveform_with_the_end_before_the_reset_is_clean() -> None:
    assert result(programming().get('SR', 0).nrst(), 'OPT005').state == CLEAN
    assert result(programming().get('SR', 0).sysresetreq(), 'OPT005').state == CLEAN


def test_a_start_bit_that_reads_0_is_an_end() -> None:
    assert started().read('CR', 0).system_reset().state('OPT005') == CLEAN
    assert len(started().read('CR', OPTSTRT).system_reset().findings('OPT005')) == 1


def test_an_rdp_byte_that_was_not_read_before_is_not_taken_for_a_change() -> None:
    """Of an F7 a change of RDP may take 32 s, everything else 4 s."""

    def after(seconds: float, *read: int) -> OptionHost:
        host = OptionHost('F7')
        for value in read:
            host.read('OPTCR', value)
        return host.option_keys().write('OPTCR', 0xC0FFAAFE).idle(seconds).system_reset()

    assert after(5).state('OPT005').startswith('suppressed')
    assert len(after(3).findings('OPT005')) == 1
    assert len(after(5, 0xC0FFFFFD).findings('OPT005')) == 1


def test_what_it_costs_depends_on_the_family() -> None:
    [found] = busy().pulse('nrst').findings('OPT005')
    assert found.recoverable == UNKNOWN
    host = OptionHost('F7').read('OPTCR', 0xC0FFAAFD).option_keys().write('OPTCR', 0xC0FEAAFE)
    [found] = host.read('SR', BSY).pulse('nrst').findings('OPT005')
    assert found.recoverable == LIKELY
