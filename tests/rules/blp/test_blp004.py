"""BLP004 readout-protected."""

from rules_harness import findings
from stm32trace_core.rules.rule import TARGET, Confidence, Evidence, Severity
from waves.loader import (
    COMMANDS,
    ERASE,
    GO,
    READ_MEMORY,
    WRITE_MEMORY_NS,
    Loader,
)

FLASH = 0x08000000


def test_two_different_refused_commands_show_the_protection() -> None:
    wave = Loader().get_id().refused(READ_MEMORY).refused(WRITE_MEMORY_NS)
    [found] = findings(wave, 'BLP004')
    read, refused_read, write, refused_write = wave.transfers[-4:]
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        2,
    )
    assert found.message == (
        'STM32G07x/G08x is read protected: it answers Get, Get Version or Get ID and refuses Read'
        ' Memory (0x11), No-Stretch Write Memory (0x32) with NACK (0x1F)'
    )
    unprotected = 'NACK (0x1F); an unprotected part answers ACK (0x79) (AN3155, AN4221)'
    assert found.evidence == (
        Evidence(read.start, refused_read.end, f'Read Memory (0x11): {unprotected}'),
        Evidence(write.start, refused_write.end, f'No-Stretch Write Memory (0x32): {unprotected}'),
    )
    assert (found.start, found.end) == (read.start, refused_write.end)


def test_the_advice_says_first_that_unprotecting_erases() -> None:
    [found] = findings(Loader().get_id().refused(READ_MEMORY).refused(GO), 'BLP004')
    assert 'ERASES THE WHOLE FLASH' in found.advice[0]


def test_one_refused_command_repeated_is_enough() -> None:
    [found] = findings(Loader().get_version().refused(READ_MEMORY).refused(READ_MEMORY), 'BLP004')
    assert found.message == (
        'The part is read protected: it answers Get, Get Version or Get ID and refuses Read Memory'
        ' (0x11) with NACK (0x1F)'
    )


def test_further_refusals_are_counted() -> None:
    wave = Loader().get_id()
    for _ in range(6):
        wave.refused(READ_MEMORY)
    [found] = findings(wave, 'BLP004')
    assert (found.count, len(found.evidence), found.end) == (6, 3, wave.transfers[-1].end)


def test_one_refusal_alone_can_be_noise() -> None:
    assert findings(Loader().get_id().refused(READ_MEMORY), 'BLP004') == []


def test_a_command_that_is_accepted_between_two_refusals_disproves_it() -> None:
    wave = Loader().get_id().refused(READ_MEMORY).read_memory(FLASH, bytes(4)).refused(READ_MEMORY)
    assert findings(wave, 'BLP004') == []


def test_a_loader_that_answers_nothing_is_not_called_protected() -> None:
    wave = Loader().refused(READ_MEMORY).refused(WRITE_MEMORY_NS)
    assert findings(wave, 'BLP004', address=wave.address) == []


def test_commands_that_the_loader_does_not_offer_prove_nothing() -> None:
    listed = [one for one in COMMANDS[0x11] if one != ERASE]
    wave = Loader().get(0x11, listed).refused(ERASE).refused(ERASE)
    assert findings(wave, 'BLP004') == []


def test_it_becomes_a_note_once_the_protection_was_taken_off() -> None:
    wave = Loader(nrst=1).get_id().refused(READ_MEMORY).refused(READ_MEMORY).readout_unprotect()
    [found] = findings(wave, 'BLP004')
    assert (found.severity, found.advice) == (Severity.NOTE, ())
    assert found.message == (
        'STM32G07x/G08x was read protected, until No-Stretch Readout Unprotect (0x93) took that off'
    )


def test_it_stays_an_error_where_the_unprotect_did_not_end() -> None:
    wave = Loader(nrst=1).get_id().refused(READ_MEMORY).refused(READ_MEMORY)
    wave.readout_unprotect(final=None)
    [found] = findings(wave, 'BLP004')
    assert found.severity == Severity.ERROR
