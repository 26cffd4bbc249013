"""OPT010 rdp-regression."""

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
