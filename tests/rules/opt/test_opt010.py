"""OPT010 rdp-regression."""

from rules.option_host import CLEAN as SILENT
from rules.option_host import OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import READ_MEMORY, READOUT_UNPROTECT_NS, Loader

OPTIONS = 0x1FFF7800


def unprotected(final: int | None = 0x79) -> Loader:
    """A protected G071 refuses a read and is then unprotected."""
    wave = Loader(nrst=1).get_id().refused(READ_MEMORY)
    return wave.readout_unprotect(final=final).idle(0.05)


def test_an_unprotect_of_a_protected_part_says_that_it_erased_everything() -> None:
    wave = unprotected()
    read, refusal, frame, answer = wave.transfers[4:8]
    ack = wave.transfers[-1]
    [found] = findings(wave, 'OPT010')
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        1,
    )
    assert (found.start, found.end) == (frame.start, ack.end)
    assert found.message == (
        'No-Stretch Readout Unprotect (0x93) took the read-out protection off, which erased the'
        ' whole flash in 40.22 ms: Read Memory (0x11) had been refused before'
    )
    assert found.evidence[:2] == (
        Evidence(
            read.start,
            refusal.end,
            'Read Memory (0x11) refused: the part is read protected (AN4221)',
        ),
        Evidence(
            frame.start,
            answer.end,
            (
                'No-Stretch Readout Unprotect (0x93) acknowledged: from here on the part erases'
                ' its flash (AN4221)'
            ),
        ),
    )
    assert found.evidence[2].text == 'BUSY, then ACK (0x79): done after 40.22 ms'
    assert 'ERASES THE WHOLE FLASH' in found.advice[0]


def test_one_that_has_not_ended_says_what_it_does() -> None:
    [found] = findings(unprotected(final=None), 'OPT010')
    assert found.message == (
        'No-Stretch Readout Unprotect (0x93) takes the read-out protection off, which erases the'
        ' whole flash: Read Memory (0x11) had been refused before'
    )


def test_an_rdp_byte_of_level_0_read_back_makes_it_a_note() -> None:
    [found] = findings(unprotected().read_memory(OPTIONS, b'\xaa\xfe\xff\xdf'), 'OPT010')
    assert found.severity == Severity.NOTE
    assert found.evidence[-1].text == 'RDP reads 0xAA: level 0'


def test_another_byte_read_back_leaves_it_a_warning() -> None:
    [found] = findings(unprotected().read_memory(OPTIONS, b'\xbb\xfe\xff\xdf'), 'OPT010')
    assert found.severity == Severity.WARNING


def test_nothing_shows_that_the_part_was_protected() -> None:
    wave = Loader(nrst=1).get_id().readout_unprotect()
    assert result(wave, 'OPT010').state == CLEAN


def test_a_part_that_accepted_a_read_since_was_not_protected() -> None:
    wave = Loader(nrst=1).get_id().refused(READ_MEMORY).read_memory(0x08000000, bytes(4))
    assert result(wave.readout_unprotect(), 'OPT010').state == CLEAN


def test_a_refused_unprotect_changes_nothing() -> None:
    wave = Loader(nrst=1).get_id().refused(READ_MEMORY).refused(READOUT_UNPROTECT_NS)
    assert result(wave, 'OPT010').state == CLEAN


def test_the_second_unprotect_is_counted() -> None:
    wave = unprotected().get_id().refused(READ_MEMORY).readout_unprotect()
    [found] = findings(wave, 'OPT010')
    assert (found.count, found.start) == (2, wave.transfers[6].start)


# FLASH_OPTCR of an F722 at level 1, on its way back (OPTSTRT set), and at level 0.
LOCKED_OUT, BACK, OPEN = 0xC0FFFFFD, 0xC0FFAAFE, 0xC0FFAAFD


def test_over_swd_the_way_back_says_what_it_costs() -> None:
    host = OptionHost('F7').read('OPTCR', LOCKED_OUT).option_keys().write('OPTCR', BACK)
    [found] = host.findings('OPT010')
    assert (found.severity, found.confidence, found.key) == (
        Severity.WARNING,
        Confidence.HIGH,
        'RDP',
    )
    assert found.message == (
        'The RDP byte of STM32F72x/F73x was changed from 0xFF to 0xAA at level 1 and started: the'
        ' part erases its whole flash when it goes back to level 0'
    )
    assert 'ERASES THE WHOLE FLASH' in found.advice[0]


def test_over_swd_level_0_read_back_makes_it_a_note() -> None:
    host = OptionHost('F7').read('OPTCR', LOCKED_OUT).option_keys().write('OPTCR', BACK)
    host.idle(1).read('SR', 0)
    [found] = host.read('OPTCR', OPEN).findings('OPT010')
    assert (found.severity, found.evidence[-1].text) == (
        Severity.NOTE,
        'FLASH_OPTCR reads 0xC0FFAAFD: level 0',
    )


def test_over_swd_a_part_at_level_0_regresses_from_nothing() -> None:
    host = OptionHost('F7').read('OPTCR', 0xC0FCAAFD).option_keys().write('OPTCR', BACK)
    assert host.read('SR', 0).state('OPT010') == SILENT


def test_over_swd_nothing_is_erased_without_a_start() -> None:
    host = OptionHost('F7').read('OPTCR', LOCKED_OUT).option_keys().write('OPTCR', 0xC0FFAAFC)
    assert host.state('OPT010') == SILENT


def test_it_is_told_of_a_waveform() -> None:
    wave = OptionWave('F7').get('OPTCR', LOCKED_OUT).unlock().put('OPTCR', BACK)
    assert [found.key for found in findings(wave, 'OPT010')] == ['RDP']
    wave.pause(0.1).get('SR', 0).get('OPTCR', OPEN)
    assert [found.severity for found in findings(wave, 'OPT010')] == [Severity.NOTE]
    wave = OptionWave('F7').get('OPTCR', 0xC0FCAAFD).unlock().put('OPTCR', BACK).get('SR', 0)
    assert result(wave, 'OPT010').state == CLEAN
