"""The rules on bootloader commands judge those over UART as they judge those over I2C."""

from __future__ import annotations

import pytest

from rules_harness import above_note, findings, result
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED
from stm32trace_core.rules.rule import HOST, TARGET, Confidence, Severity
from waves.loader import NACK as NO
from waves.uart_loader import RESYNC, UartLoader

FLASH, OUTSIDE = 0x08000000, 0x08400000
DATA = bytes(range(64))


def session(nrst: int | None = None, boot0: int | None = None) -> UartLoader:
    return UartLoader(nrst=nrst, boot0=boot0).sync().get().get_id()


def healthy() -> UartLoader:
    wave = session(nrst=1, boot0=1).read_memory(0x1FFF7590, bytes(range(12))).erase_pages([0, 1])
    wave.write_memory(FLASH, DATA).read_memory(FLASH, DATA).go(FLASH)
    return wave.idle(0.05)


FIRING = {
    'BLP001': session().command(0x02, NO, complement=0xFC),
    'BLP002': session().refused(0xA1),
    'BLP003': session().refused(0x01),
    'BLP004': session().refused(0x11),
    'BLP005': session().read_memory(FLASH, DATA, NO, address_checksum=9),
    'BLP006': session().read_memory(OUTSIDE, DATA, NO),
    'BLP007': session().write_memory(FLASH, DATA, NO, checksum=1),
    'BLP009': session().write_memory(FLASH, DATA, None, cut=9).idle(1.5),
    'BLP012': session().command(0x11, None).idle(1.5),
    'BLS001': session().read_memory(FLASH, DATA).readout_unprotect(),
    'BLS002': session().write_unprotect(own_reset=False).get_version(),
    'BLS003': session().write_unprotect().idle(0.2).command(0x01, None).idle(1.5),
    'BLS004': session(nrst=1).readout_unprotect(final=None).idle(0.01).pulse('nrst', 0.1).idle(0.1),
}  # fmt: skip

CLEAN_ONES = {
    'BLP001': session().command(RESYNC, NO),
    'BLP002': session().sync(None).sync(NO).get_version(),
    'BLP003': session().refused(RESYNC).get_id(),
    'BLP004': session().refused(0x11).read_memory(FLASH, DATA),
    'BLP005': session().read_memory(FLASH, DATA),
    'BLP006': session().read_memory(OUTSIDE, DATA, NO, address_checksum=9),
    'BLP007': session().write_memory(FLASH, DATA),
    'BLP009': session().write_memory(FLASH, DATA, None, cut=9).idle(0.5),
    'BLP012': session().command(0x11, None).idle(0.5),
    'BLS001': session().refused(0x11).refused(0x31).readout_unprotect(),
    'BLS002': session().write_unprotect().idle(0.2).sync().get_version(),
    'BLS003': session().write_unprotect().idle(0.2).sync().get_version(),
    'BLS004': session(nrst=1).readout_unprotect().idle(0.2).pulse('nrst', 0.1).idle(0.1),
}  # fmt: skip


@pytest.mark.parametrize('rule', FIRING)
def test_it_fires(rule: str) -> None:
    [found] = findings(FIRING[rule], rule)
    assert found.bus == 'uart0'
    assert found.severity >= Severity.WARNING


@pytest.mark.parametrize('rule', CLEAN_ONES)
def test_the_nearest_does_not_fire(rule: str) -> None:
    assert findings(CLEAN_ONES[rule], rule) == []


def test_a_healthy_session_has_nothing_above_note() -> None:
    assert above_note(healthy()) == []


def test_so_has_one_whose_channels_are_named_from_the_loaders_side() -> None:
    wave = UartLoader(swapped=True).sync().get().get_id().mass_erase().write_memory(FLASH, DATA)
    assert above_note(wave.read_memory(FLASH, DATA).go(FLASH)) == []


def test_so_has_one_on_one_wire() -> None:
    wave = UartLoader(one_wire=True, lines=('tx',)).sync().get().get_id().mass_erase()
    assert above_note(wave.write_memory(FLASH, DATA).read_memory(FLASH, DATA).go(FLASH)) == []


@pytest.mark.parametrize('line', ['tx', 'rx'])
def test_so_has_one_of_which_only_one_line_was_captured(line: str) -> None:
    wave = UartLoader(lines=(line,)).sync().get().get_id().mass_erase()
    assert above_note(wave.write_memory(FLASH, DATA).read_memory(FLASH, DATA).go(FLASH)) == []


# One refusal of a command that Get lists.


def test_one_refusal_that_nothing_follows_is_protection_with_less_certainty() -> None:
    [found] = findings(session().refused(0x11), 'BLP004')
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.ERROR,
        Confidence.MEDIUM,
        TARGET,
    )
    assert result(session().refused(0x11), 'BLP003').state == SUPPRESSED


def test_two_refusals_are_certain() -> None:
    [found] = findings(session().refused(0x11).refused(0x31), 'BLP004')
    assert found.confidence == Confidence.HIGH


def test_one_refusal_without_the_list_is_a_refused_command() -> None:
    wave = UartLoader().sync().get_id().refused(0x11)
    assert findings(wave, 'BLP004') == []
    assert findings(wave, 'BLP003')


# Missing answers.


def test_a_sync_without_an_answer_is_no_status_that_is_late() -> None:
    assert findings(session().sync(None).idle(2.0), 'BLP012') == []


def test_a_loader_that_is_not_captured_is_not_late() -> None:
    wave = UartLoader(lines=('tx',)).sync().get().get_id().get_version()
    assert findings(wave.command(0x11, None).idle(2.0), 'BLP012') == []


# After a command that changes options.


def test_a_loader_that_goes_on_without_a_new_0x7f_did_not_restart() -> None:
    [found] = findings(FIRING['BLS002'], 'BLS002')
    assert found.confidence == Confidence.HIGH
    assert 'in the same session, without a new 0x7F' in found.message


def test_a_host_that_forgets_0x7f_is_told_so() -> None:
    [found] = findings(FIRING['BLS003'], 'BLS003')
    assert found.suspect == HOST
    assert found.message == (
        'After the final ACK of Write Unprotect (0x73) the host sent Get Version (0x01) 200.2 ms later'
        ' without 0x7F before it, and got no answer: the part had restarted'
    )
    assert '0x7F' in found.advice[0]


def test_a_host_that_waits_for_its_answer_still_is_not_judged() -> None:
    wave = session().write_unprotect().idle(0.2).command(0x01, None).idle(0.3)
    assert findings(wave, 'BLS003') == []


def lost(attempts: int = 5, boot0: int | None = 1, every: float = 0.5) -> UartLoader:
    wave = session(nrst=1, boot0=boot0).readout_unprotect().idle(0.2)
    for _ in range(attempts):
        wave.sync(None).idle(every)
    return wave


def test_a_loader_that_never_answers_0x7f_again_is_lost() -> None:
    [found] = findings(lost(), 'BLS005')
    assert (found.severity, found.suspect, found.count) == (Severity.CRITICAL, TARGET, 5)
    assert found.message == (
        'After Readout Unprotect (0x92) 0x7F was not answered in 5 attempts over 2.001 s'
    )


def test_two_attempts_are_too_few() -> None:
    assert result(lost(2), 'BLS005').state == CLEAN


def test_an_answer_makes_it_a_note() -> None:
    [found] = findings(lost().sync().get_id(), 'BLS005')
    assert found.severity == Severity.NOTE


def test_an_application_that_talks_is_none_of_it() -> None:
    wave = session(nrst=1, boot0=1).readout_unprotect().idle(0.2)
    for _ in range(5):
        wave.sync(None).loader(b'Hello').idle(0.5)
    assert result(wave, 'BLS005').state == SUPPRESSED


def test_a_part_that_is_meant_to_start_its_application_is_none_of_it() -> None:
    assert result(lost(boot0=0), 'BLS005').state == SUPPRESSED


def short_pulse() -> UartLoader:
    wave = session(nrst=1, boot0=1).readout_unprotect(final=None).idle(0.01)
    return wave.pulse('nrst', 1e-3).idle(0.2)


def test_a_short_reset_inside_after_which_nobody_answers_is_told() -> None:
    wave = short_pulse()
    for _ in range(5):
        wave.sync(None).idle(0.5)
    [found] = findings(wave, 'BLS004')
    assert found.confidence == Confidence.MEDIUM


def test_a_short_reset_inside_may_be_the_parts_own() -> None:
    assert result(short_pulse().sync().get_id(), 'BLS004').state == SUPPRESSED


# Lines that carry anything else.


def test_the_loader_may_be_named_by_the_wrong_channel_in_no_rule() -> None:
    wave = UartLoader(swapped=True).sync().get().get_id().refused(0x11).refused(0x31)
    assert [found.rule for found in findings(wave, 'BLP')] == ['BLP004']


def test_a_status_after_the_end_of_a_command_is_no_second_one() -> None:
    assert findings(session().command(0x31).loader([NO]).get_id(), 'BLP020') == []
