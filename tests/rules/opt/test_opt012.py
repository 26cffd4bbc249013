"""OPT012 rdp-undefined-value."""

import pytest

from rules.option_host import CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.rules.rule import HOST, LIKELY, SUPPLY, YES, Confidence, Evidence, Severity


def optcr(rdp: int) -> int:
    """FLASH_OPTCR of an F722 with this RDP byte."""
    return 0xC0FF00FD | rdp << 8


def test_0xff_is_told_as_level_1_and_as_an_erased_byte() -> None:
    host = OptionHost('F7').read('OPTCR', optcr(0xFF)).read('OPTCR', optcr(0xFF))
    start = host.records[1].start
    [found] = host.findings('OPT012')
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        SUPPLY,
        '0xFF',
        2,
    )
    assert found.message == (
        'The RDP byte of STM32F72x/F73x reads 0xFF, which is read-out protection level 1 (0xAA is'
        ' level 0, 0xCC level 2); 0xFF is also the value of an erased option byte, which points to'
        ' an interrupted option write or a supply dip (the first of 2)'
    )
    assert found.evidence[0] == Evidence(
        start,
        start + 50,
        'FLASH_OPTCR reads 0xC0FFFFFD: RDP 0xFF; 0xAA is level 0, 0xCC level 2',
    )
    assert found.advice[0].startswith('The way back to level 0 ERASES THE WHOLE FLASH')


@pytest.mark.parametrize('rdp', [0xAA, 0xCC, 0xBB])
def test_the_values_that_have_a_meaning_are_clean(rdp: int) -> None:
    assert OptionHost('F7').read('OPTCR', optcr(rdp)).state('OPT012') == CLEAN


def test_what_st_writes_for_level_1_on_these_parts_is_a_note() -> None:
    [found] = OptionHost('F7').read('OPTCR', optcr(0x55)).findings('OPT012')
    assert (found.severity, found.suspect) == (Severity.NOTE, HOST)


def test_a_value_that_the_capture_writes_itself_is_a_warning() -> None:
    host = OptionHost('F7').read('OPTCR', optcr(0xAA)).write('OPTCR', optcr(0x00) ^ 3)
    [found] = host.read('SR', 0).pulse('nrst').read('OPTCR', optcr(0x00)).findings('OPT012')
    assert (found.severity, found.suspect) == (Severity.WARNING, HOST)
    [found] = OptionHost('F7').read('OPTCR', optcr(0x00)).findings('OPT012')
    assert found.severity == Severity.ERROR


def test_on_f1_the_register_holds_no_byte_to_judge() -> None:
    assert OptionHost('F1').read('OBR', 0x03FFFFFE).state('OPT012') == CLEAN


def test_a_register_that_reads_zero_is_no_value() -> None:
    assert OptionHost('F7').read('OPTCR', 0).state('OPT012') == (
        'suppressed: the whole register reads 0: a refused read, or options erased to zero'
    )


def test_a_read_while_the_part_is_held_in_reset_is_no_value() -> None:
    host = OptionHost('F7').pulse('nrst')
    host.add(host.records[1]._replace(start=host.now, end=host.now + 1))
    assert host.read('OPTCR', optcr(0xFF)).state('OPT012') == CLEAN


def test_it_is_told_of_a_waveform() -> None:
    [found] = findings(OptionWave('F7').get('OPTCR', optcr(0xFF)), 'OPT012')
    assert found.key == '0xFF'
    assert result(OptionWave('F7').get('OPTCR', optcr(0xBB)), 'OPT012').state == CLEAN


def test_a_value_that_is_read_at_level_0_later_is_a_note() -> None:
    host = OptionHost('F7').read('OPTCR', optcr(0xFF)).read('OPTCR', optcr(0xAA))
    [found] = host.findings('OPT012')
    assert (found.severity, found.advice) == (Severity.NOTE, ())
    assert found.message.endswith('; later the part was read at level 0')
    again = host.read('OPTCR', optcr(0xFF)).findings('OPT012')
    assert [(one.severity, one.count) for one in again] == [(Severity.ERROR, 2)]


def test_0xff_that_the_capture_writes_itself_is_a_warning() -> None:
    host = OptionHost('F7').read('OPTCR', optcr(0xAA)).write('OPTCR', optcr(0xFF) ^ 3)
    [found] = host.read('SR', 0).pulse('nrst').read('OPTCR', optcr(0xFF)).findings('OPT012')
    assert (found.severity, found.suspect) == (Severity.WARNING, HOST)


# The option bytes of an F1, erased.

OPTER, OPTPG, STRT, OPTWRE, LOCK = 1 << 5, 1 << 4, 1 << 6, 1 << 9, 1 << 7
BSY, EOP = 1, 1 << 5
RDP = 0x1FFFF800
ERASED = (
    'The option bytes of STM32F10x medium-density were erased, and the RDP byte at 0x1FFFF800 was not'
    ' written again before {}: read-out protection level 1 (0xA5 is level 0)'
)


def erased(level: int = 0) -> OptionWave:
    """OPTER and STRT on a part that was read at this level, and the end of it."""
    wave = OptionWave('F1').get('OBR', 0x03FFFFFC | level << 1).unlock()
    return wave.put('CR', OPTWRE | OPTER | STRT).get('SR', BSY).pause(0.03).get('SR', EOP)


def written(wave: OptionWave, value: int = 0x5AA5) -> OptionWave:
    wave.put('CR', OPTWRE | OPTPG).mem_write(RDP, value, 2)
    return wave.get('SR', BSY, EOP)


def told(wave: OptionWave) -> list[tuple[Severity, str]]:
    return [(one.severity, one.message) for one in findings(wave, 'OPT')]


def test_options_that_are_erased_and_not_written_before_a_reset_are_told() -> None:
    [found] = findings(erased().sysresetreq(), 'OPT')
    assert (found.rule, found.key, found.severity, found.suspect) == (
        'OPT012', 'erased', Severity.ERROR, HOST,
    )  # fmt: skip
    assert (found.message, found.recoverable) == (ERASED.format('the part was reset'), LIKELY)
    assert found.advice[0].startswith('The way back to level 0 ERASES THE WHOLE FLASH')
    assert told(erased(level=1).sysresetreq())[0][0] == Severity.WARNING


def test_options_that_are_erased_and_locked_are_a_warning_that_says_what_saves_the_flash() -> None:
    wave = erased().put('CR', LOCK)
    [found] = findings(wave, 'OPT')
    assert (found.severity, found.recoverable) == (Severity.WARNING, YES)
    assert found.message == ERASED.format('the flash was locked again') + ' from the next reset on'
    assert found.advice == (
        'Do not reset the part and do not switch it off yet: write the RDP byte of level 0 first (0xA5'
        ' and its complement, at 0x1FFFF800), then the other option bytes; nothing is lost then.',
        'Once the erased bytes are loaded, the way back to level 0 ERASES THE WHOLE FLASH.',
    )
    assert told(wave.unlock().sysresetreq())[0][0] == Severity.ERROR


def test_options_that_are_erased_where_the_data_end_are_told_after_a_second() -> None:
    assert told(erased().pause(1.1)) == [
        (Severity.WARNING, ERASED.format('the data end') + ' from the next reset on')
    ]
    assert told(erased().pause(0.5)) == []


@pytest.mark.parametrize('value', [0x5AA5, 0xFF00])
def test_options_that_are_written_again_are_clean(value: int) -> None:
    assert findings(written(erased(), value).put('CR', LOCK).sysresetreq(), 'OPT012') == []


def test_options_that_are_written_after_the_lock_make_it_a_note() -> None:
    [(severity, text)] = told(written(erased().put('CR', LOCK).unlock()).sysresetreq())
    assert severity == Severity.NOTE
    assert text.endswith('; later it was written again')


def test_a_program_that_ran_after_the_erase_may_have_written_them() -> None:
    wave = erased().halt().mem_write_block(0x20000000, range(8)).core_write(15, 0x20000000)
    assert told(wave.resume().poll_halted(3).put('CR', LOCK).sysresetreq()) == []


def test_an_erase_while_locked_erases_nothing() -> None:
    wave = OptionWave('F1').get('CR', LOCK).put('CR', OPTWRE | OPTER | STRT).get('SR', 0)
    assert told(wave.sysresetreq()) == []


def test_after_a_way_back_that_did_not_arrive_another_rule_heads() -> None:
    wave = OptionWave('F7').get('OPTCR', optcr(0xFF)).unlock().put('OPTCR', optcr(0xAA) ^ 3)
    wave.get('SR', 1 << 16, 0).nrst().get('OPTCR', optcr(0xFF))
    assert [(one.rule, one.severity) for one in findings(wave, 'OPT')] == [
        ('OPT011', Severity.ERROR),
        ('OPT012', Severity.WARNING),
        ('OPT010', Severity.WARNING),
    ]
