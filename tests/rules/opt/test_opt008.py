"""OPT008 rdp-raise."""

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
