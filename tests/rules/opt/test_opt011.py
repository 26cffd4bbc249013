"""OPT011 rdp-regression-failed."""

from rules.option_host import CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.rules.rule import SUPPLY, Confidence, Severity

# FLASH_OPTCR of an F7: RDP 0xFF; back to 0xAA with OPTSTRT (bit 1); as it reads after that.
LOCKED_OUT, BACK, OPEN = 0xC0FFFFFD, 0xC0FFAAFE, 0xC0FFAAFD
G0_LEVEL_1, G0_OPEN = 0xDFFFE1BB, 0xDFFFE1AA
OPTSTRT, OBL_LAUNCH = 1 << 17, 1 << 27


def regressed() -> OptionHost:
    host = OptionHost('F7').read('OPTCR', LOCKED_OUT).option_keys().write('OPTCR', BACK)
    return host.idle(1).read('SR', 0)


def test_a_level_that_is_there_again_after_the_restart_is_told() -> None:
    [found] = regressed().pulse('nrst').read('OPTCR', LOCKED_OUT).findings('OPT011')
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.ERROR,
        Confidence.HIGH,
        SUPPLY,
    )
    assert found.message == (
        'The RDP byte of STM32F72x/F73x was written 0xAA to go back to level 0, but after the'
        ' restart FLASH_OPTCR still reads 0xC0FFFFFD, level 1: the regression failed'
    )
    assert found.advice[0].startswith('Another attempt ERASES THE WHOLE FLASH')


def test_level_0_after_the_restart_is_clean() -> None:
    assert regressed().pulse('nrst').read('OPTCR', OPEN).state('OPT011') == CLEAN


def test_a_read_before_the_restart_proves_nothing() -> None:
    assert regressed().read('OPTCR', LOCKED_OUT).state('OPT011') == CLEAN


def test_a_restart_that_loads_no_options_does_not_count() -> None:
    host = OptionHost('G0').read('OPTR', G0_LEVEL_1).write('OPTR', G0_OPEN).write('CR', OPTSTRT)
    host.read('SR', 0).system_reset().read('OPTR', G0_LEVEL_1)
    assert host.state('OPT011') == CLEAN
    host.write('CR', OBL_LAUNCH).idle(0.1).read('OPTR', G0_LEVEL_1)
    assert len(host.findings('OPT011')) == 1


def test_a_read_while_the_part_is_held_in_reset_is_no_value() -> None:
    host = regressed().pulse('nrst')
    fall = host.records[-3]
    host.add(fall._replace(start=host.now, end=host.now + 1))
    assert host.read('OPTCR', LOCKED_OUT).state('OPT011') == CLEAN


def test_a_part_that_was_not_protected_had_nothing_to_go_back_from() -> None:
    host = OptionHost('F7').read('OPTCR', 0xC0FCAAFD).write('OPTCR', BACK).read('SR', 0)
    assert host.pulse('nrst').read('OPTCR', LOCKED_OUT).state('OPT011') == CLEAN


def test_it_is_told_of_a_waveform() -> None:
    def regressed_to(optcr: int) -> OptionWave:
        wave = OptionWave('F7').get('OPTCR', LOCKED_OUT).unlock().put('OPTCR', BACK)
        wave.pause(0.1).get('SR', 0).nrst().connect(0x5BA02477).power_up()
        return wave.get('OPTCR', optcr)

    [found] = findings(regressed_to(LOCKED_OUT), 'OPT011')
    assert found.message.endswith('level 1: the regression failed')
    assert result(regressed_to(OPEN), 'OPT011').state == CLEAN
