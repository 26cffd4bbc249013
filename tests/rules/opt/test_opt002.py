"""OPT002 option-start-missing."""

from rules.option_host import BUS, CLEAN, OptionHost, told
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.flash.records import BlindAccess
from stm32trace_core.lines import CaptureGap
from stm32trace_core.rules.rule import HOST, Confidence, Severity

OLD, NEW = 0xDFFFE1AA, 0xDEFFE1AA
UNLOCKED, LOCKED, OPTSTRT = 0x0, 0xC0000000, 1 << 17
# FLASH_OPTCR of an F4: nWRP, RDP, BOR off, OPTLOCK; OPTSTRT is bit 1.
F4_OLD, F4_NEW = 0x0FFFAAED, 0x0FFFBBED
LOST = ': nothing was programmed, the change is lost at the next reset'


def drafted() -> OptionHost:
    """A G0 whose option register took another value."""
    return OptionHost('G0').read('OPTR', OLD).unlock().option_keys().write('OPTR', NEW)


def test_a_change_that_is_locked_away_is_told() -> None:
    host = drafted()
    start = host.records[-1].start
    [found] = host.write('CR', LOCKED).findings('OPT002')
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        'FLASH_OPTR',
    )
    assert (found.start, found.end) == (start, host.records[-1].end)
    assert found.message == (
        'FLASH_OPTR from 0xDFFFE1AA to 0xDEFFE1AA was written and the options were locked again'
        ' without OPTSTRT' + LOST
    )


def test_the_lock_may_come_with_the_value_itself() -> None:
    host = OptionHost('F4').read('OPTCR', F4_OLD).option_keys().write('OPTCR', F4_NEW)
    assert [told(found) for found in host.findings('OPT002')] == [
        (
            Severity.ERROR,
            'FLASH_OPTCR from 0x0FFFAAED to 0x0FFFBBED was written and the options were locked again'
            ' without OPTSTRT' + LOST,
        )
    ]


def test_a_reset_before_the_start_is_told() -> None:
    [found] = drafted().system_reset().findings('OPT002')
    assert 'was written and the part was reset without OPTSTRT' in found.message


def test_a_second_without_a_start_is_told() -> None:
    host = drafted().idle(1.1).read('SR', 0)
    [found] = host.findings('OPT002')
    assert 'was written and nothing followed for 1.1 s without OPTSTRT' in found.message


def test_the_start_within_the_second_is_clean() -> None:
    host = drafted().idle(0.9).write('CR', OPTSTRT).read('SR', 0).write('CR', LOCKED)
    assert host.state('OPT002') == CLEAN


def test_the_start_may_come_with_the_value_itself() -> None:
    host = OptionHost('F4').read('OPTCR', F4_OLD).option_keys()
    assert host.write('OPTCR', 0x0FFFBBEE).read('SR', 0).state('OPT002') == CLEAN


def test_several_words_may_have_one_start() -> None:
    host = drafted().write('SECR', 0x10).write('WRP1AR', 0x3F).write('CR', OPTSTRT)
    assert host.read('SR', 0).write('CR', LOCKED).state('OPT002') == CLEAN


def test_a_value_that_is_in_force_already_needs_no_start() -> None:
    host = OptionHost('G0').read('OPTR', OLD).option_keys().write('OPTR', OLD).write('CR', LOCKED)
    assert host.state('OPT002') == CLEAN


def test_locking_alone_is_no_change() -> None:
    host = OptionHost('F4').read('OPTCR', F4_OLD).option_keys().write('OPTCR', F4_OLD & ~1)
    assert host.write('OPTCR', F4_OLD).state('OPT002') == CLEAN


def test_a_change_taken_back_needs_no_start() -> None:
    assert drafted().write('OPTR', OLD).write('CR', LOCKED).state('OPT002') == CLEAN


def test_where_the_old_value_was_not_read_the_confidence_is_medium() -> None:
    [found] = OptionHost('G0').write('OPTR', NEW).write('CR', LOCKED).findings('OPT002')
    assert found.confidence == Confidence.MEDIUM


def test_the_end_of_the_capture_proves_nothing() -> None:
    assert drafted().state('OPT002') == CLEAN


def test_a_start_after_the_time_out_makes_it_a_note() -> None:
    host = drafted().idle(2).write('CR', OPTSTRT)
    [found] = host.findings('OPT002')
    assert (found.severity, found.evidence[-1].text) == (
        Severity.NOTE,
        'Started only here, 2 s later',
    )


def test_samples_that_are_missing_can_hide_the_start() -> None:
    host = drafted()
    host.add(CaptureGap(host.now, host.now + 10, '', 'lost'))
    assert host.write('CR', LOCKED).idle(2).state('OPT002') == CLEAN


def test_it_is_told_of_a_waveform() -> None:
    wave = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', NEW).put('CR', LOCKED)
    assert [found.key for found in findings(wave, 'OPT002')] == ['FLASH_OPTR']
    wave = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', NEW).put('CR', OPTSTRT)
    assert result(wave.get('SR', 0).put('CR', LOCKED), 'OPT002').state == CLEAN


def test_a_reset_of_the_core_alone_loses_nothing() -> None:
    assert drafted().core_reset().write('CR', OPTSTRT).state('OPT002') == CLEAN


def test_locking_what_was_never_read_is_no_change() -> None:
    assert OptionHost('F4').write('OPTCR', F4_NEW).state('OPT002') == CLEAN
    assert len(
        OptionHost('F4').write('OPTCR', F4_NEW & ~1).write('OPTCR', F4_NEW).findings('OPT002')
    )


def test_locking_after_a_start_whose_end_nobody_read_is_no_change() -> None:
    host = OptionHost('F4').read('OPTCR', F4_OLD).option_keys().write('OPTCR', F4_NEW & ~1 | 2)
    assert host.idle(5).write('OPTCR', F4_NEW).state('OPT002') == CLEAN


def test_what_could_not_be_seen_may_have_been_the_start() -> None:
    host = drafted()
    host.add(BlindAccess(host.now, host.now + 1, BUS, True))
    assert host.write('CR', LOCKED).state('OPT002') == CLEAN
