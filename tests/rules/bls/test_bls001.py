"""BLS001 unneeded-readout-unprotect."""

from rules_harness import findings, result
from stm32trace_core.rules.bls.bls001_unneeded_readout_unprotect import ADVICE_UNKNOWN
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import READ_MEMORY, READOUT_UNPROTECT_NS, Loader

FLASH = 0x08000000
RAM = 0x20001000
ACCEPTED = (
    'No-Stretch Readout Unprotect (0x93) acknowledged: it erases the flash and rewrites the option'
    ' bytes (AN4221)'
)


def told(wave: Loader) -> list[tuple[Severity, int]]:
    return [(found.severity, found.count) for found in findings(wave, 'BLS001')]


def test_an_unprotect_after_a_read_of_flash_was_not_needed() -> None:
    wave = Loader().get_id().read_memory(FLASH, bytes(16)).idle(0.05)
    begin = len(wave.transfers)
    wave.readout_unprotect()
    [found] = findings(wave, 'BLS001')
    frame, answer = wave.transfers[begin : begin + 2]
    read, last = wave.transfers[begin - 7], wave.transfers[begin - 1]
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        1,
    )
    assert found.message == (
        'No-Stretch Readout Unprotect (0x93) was sent to a part that was not read protected: Read'
        ' Memory (0x11) to 0x08000000 had been acknowledged 50.02 ms before'
    )
    proof = (
        'Read Memory (0x11) to 0x08000000 acknowledged: protection level 0, a protected part'
        ' refuses it (AN4221)'
    )
    assert found.evidence == (
        Evidence(read.start, last.end, proof),
        Evidence(frame.start, answer.end, ACCEPTED),
    )
    assert 'ERASES THE WHOLE FLASH' in found.advice[0]


def test_a_write_or_an_erase_of_flash_shows_as_much() -> None:
    assert told(Loader().get_id().write_memory(FLASH, bytes(8)).readout_unprotect()) == [
        (Severity.ERROR, 1)
    ]
    assert told(Loader().get_id().erase_pages([3]).readout_unprotect()) == [(Severity.ERROR, 1)]
    assert told(Loader().get_id().mass_erase().readout_unprotect()) == [(Severity.ERROR, 1)]


def test_with_no_access_before_it_the_level_is_unknown_and_it_is_a_warning() -> None:
    wave = Loader().get_id().readout_unprotect()
    [found] = findings(wave, 'BLS001')
    frame, answer = wave.transfers[4:6]
    assert (found.severity, found.message, found.advice) == (
        Severity.WARNING,
        'No-Stretch Readout Unprotect (0x93) was sent although this capture does not show whether'
        ' the part was read protected: no access to its flash came before',
        ADVICE_UNKNOWN,
    )
    assert found.evidence == (Evidence(frame.start, answer.end, ACCEPTED),)


def test_it_is_told_though_the_unprotect_never_ends() -> None:
    wave = Loader().get_id().read_memory(FLASH, bytes(4)).readout_unprotect(final=None)
    assert told(wave) == [(Severity.ERROR, 1)]


def test_a_read_of_ram_says_nothing_of_the_flash() -> None:
    wave = Loader().get_id().read_memory(RAM, bytes(4)).readout_unprotect()
    assert told(wave) == [(Severity.WARNING, 1)]


def test_a_part_that_refused_before_was_protected() -> None:
    wave = Loader().get_id().refused(READ_MEMORY).readout_unprotect()
    assert result(wave, 'BLS001').state == CLEAN


def test_a_refused_unprotect_does_nothing() -> None:
    wave = Loader().get_id().read_memory(FLASH, bytes(4)).refused(READOUT_UNPROTECT_NS)
    assert result(wave, 'BLS001').state == CLEAN


def test_a_reset_leaves_the_level_as_it_was() -> None:
    wave = Loader(nrst=1).get_id().read_memory(FLASH, bytes(4)).pulse('nrst', 0.01).idle(0.1)
    assert told(wave.get_id().readout_unprotect()) == [(Severity.ERROR, 1)]


def test_after_a_loss_of_supply_the_level_is_unknown() -> None:
    wave = Loader(vdd=1).get_id().read_memory(FLASH, bytes(4)).pulse('vdd', 0.5).idle(0.1)
    assert told(wave.get_id().readout_unprotect()) == [(Severity.WARNING, 1)]


def test_after_a_change_of_option_bytes_the_level_is_unknown() -> None:
    wave = Loader(nrst=1).get_id().read_memory(FLASH, bytes(4)).readout_protect().idle(0.1)
    assert told(wave.get_id().readout_unprotect()) == [(Severity.WARNING, 1)]


def test_what_one_loader_acknowledged_says_nothing_of_another_on_the_same_bus() -> None:
    wave = Loader().get_id().read_memory(FLASH, bytes(4))
    wave.address = 0x5D
    assert told(wave.get_id(0x467).readout_unprotect()) == [(Severity.WARNING, 1)]


def test_the_worst_of_several_gives_the_message() -> None:
    wave = Loader(nrst=1).get_id().readout_unprotect().idle(0.1)
    wave.get_id().read_memory(FLASH, bytes(4)).readout_unprotect()
    [found] = findings(wave, 'BLS001')
    assert (found.severity, found.count) == (Severity.ERROR, 2)
    assert 'to a part that was not read protected' in found.message
