"""OPT008 rdp-raise."""

from rules.option_host import CLEAN as SILENT
from rules.option_host import OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import READOUT_PROTECT_NS, Loader

OPTIONS = 0x1FFF7800
SOURCE = ' (RM0444: read protection levels)'


def write(rdp: int) -> Loader:
    """A write of the first option words of a G071."""
    data = bytes([rdp, 0xFE, 0xFF, 0xDF, rdp ^ 0xFF, 0x01, 0x00, 0x20])
    return Loader(nrst=1).get_id(0x460).write_memory(OPTIONS, data)


def test_an_accepted_readout_protect_is_told() -> None:
    wave = Loader(nrst=1).get_id().readout_protect()
    frame, answer = wave.transfers[4:6]
    [found] = findings(wave, 'OPT008')
    told = (
        'No-Stretch Readout Protect (0x83) was accepted: the part goes to read-out protection'
        ' level 1'
    )
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        '0x83@0x51',
        1,
    )
    assert (found.start, found.end, found.message) == (frame.start, answer.end, told)
    assert found.evidence == (Evidence(frame.start, answer.end, told + SOURCE),)
    assert 'ERASES THE WHOLE FLASH' in found.advice[0]


def test_it_is_told_before_the_command_has_ended() -> None:
    assert len(findings(Loader().get_id().readout_protect(final=None), 'OPT008')) == 1


def test_a_write_of_another_rdp_byte_is_told_with_its_value() -> None:
    [found] = findings(write(0xBB), 'OPT008')
    assert found.message == (
        'No-Stretch Write Memory (0x32) put 0xBB into the RDP byte at 0x1FFF7800: read-out'
        ' protection level 1'
    )


def test_a_write_of_level_0_or_level_2_is_not_this_rule() -> None:
    assert result(write(0xAA), 'OPT008').state == CLEAN
    assert result(write(0xCC), 'OPT008').state == CLEAN


def test_a_write_elsewhere_is_clean() -> None:
    wave = Loader(nrst=1).get_id().write_memory(OPTIONS + 8, bytes(8))
    assert result(wave, 'OPT008').state == CLEAN


def test_the_option_bytes_of_an_unknown_part_are_not_judged() -> None:
    wave = Loader(nrst=1).get_version().write_memory(OPTIONS, bytes(8))
    assert result(wave, 'OPT008').state == CLEAN


def test_a_refused_readout_protect_changes_nothing() -> None:
    wave = Loader().get_id().refused(READOUT_PROTECT_NS)
    assert result(wave, 'OPT008').state == CLEAN


OLD, OPTSTRT = 0xDFFFE1AA, 1 << 17


def over_swd(before: int, after: int) -> OptionHost:
    """A G071 whose option register is read, written and started."""
    host = OptionHost('G0').read('OPTR', before).unlock().option_keys().write('OPTR', after)
    return host.write('CR', OPTSTRT).read('SR', 0)


def test_over_swd_the_start_of_another_rdp_byte_is_told() -> None:
    [found] = over_swd(OLD, 0xDFFFE1BB).findings('OPT008')
    assert (found.severity, found.suspect, found.key) == (Severity.WARNING, HOST, 'RDP')
    assert found.message == (
        'The RDP byte of STM32G07x/G08x was changed from 0xAA to 0xBB and started: the part goes to'
        ' read-out protection level 1'
    )


def test_over_swd_nothing_is_raised_without_a_start() -> None:
    host = OptionHost('G0').read('OPTR', OLD).unlock().option_keys().write('OPTR', 0xDFFFE1BB)
    assert host.state('OPT008') == SILENT


def test_over_swd_other_options_and_other_levels_are_not_this_rule() -> None:
    assert over_swd(OLD, 0xDEFFE1AA).state('OPT008') == SILENT
    assert over_swd(OLD, 0xDFFFE1CC).state('OPT008') == SILENT
    assert over_swd(0xDFFFE1FF, 0xDFFFE1BB).state('OPT008') == SILENT
    assert over_swd(0xDFFFE1FF, OLD).state('OPT008') == SILENT


def test_on_f1_the_half_word_in_option_memory_is_the_start() -> None:
    host = OptionHost('F1').read('OBR', 0x03FFFFFC)
    assert host.half_word(0x1FFFF802, 0x00).half_word(0x1FFFF800, 0xA5).state('OPT008') == SILENT
    [found] = host.half_word(0x1FFFF800, 0x55).findings('OPT008')
    assert found.message == (
        'The RDP byte of STM32F10x medium-density was changed to 0x55 and started: the part goes to'
        ' read-out protection level 1'
    )


def test_it_is_told_of_a_waveform() -> None:
    wave = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', 0xDFFFE1BB).put('CR', OPTSTRT)
    [found] = findings(wave.get('SR', 0), 'OPT008')
    assert found.key == 'RDP'
    wave = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', 0xDEFFE1AA).put('CR', OPTSTRT)
    assert result(wave.get('SR', 0), 'OPT008').state == CLEAN
