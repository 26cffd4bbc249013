"""UART words become bootloader commands, and text on a UART never does.

Stimulus: `UartLoader`, both sides of a dialogue; expectation: the commands, one line each, or whole records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stm32trace_core.bootloader.records import (
    ABANDONED,
    ACK,
    ADDRESS,
    BAD_CHECKSUM,
    BAD_COMPLEMENT,
    COMMAND,
    DATA,
    FINAL,
    HOST,
    INCOMPLETE,
    LENGTH,
    NACK,
    NONE,
    OK,
    OTHER,
    REFUSED,
    REPLY,
    RESET,
    SYNC,
    TARGET,
    TIMEOUT,
    TRUNCATED,
    UART,
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
    Step,
    SyncAttempt,
    UartLines,
    UnexpectedBytes,
)
from stm32trace_core.bootloader.uart import UartBootloader
from stm32trace_core.context import Context
from stm32trace_core.lines import CaptureGap
from stm32trace_core.wire.uart import RX, TX
from waves.loader import ACK as YES
from waves.loader import NACK as NO
from waves.uart_loader import COMMANDS, UartLoader

RATE = 1_000_000.0
BUS = 'uart0'
FLASH = 0x08000000
BLOCK = bytes(range(16))


def context(*roles: str, rate: float | None = RATE) -> Context:
    return Context(rate, 0, None, {}, frozenset(roles), None, None, {})


def run(
    records: Iterable[Any], end: int, *, roles: Iterable[str] = (TX, RX), rate: float | None = RATE
) -> list[Any]:
    """Return all that the machine makes of the records."""
    machine = UartBootloader(context(*roles, rate=rate), BUS)
    made = [product for record in records for product in machine.feed(record)]
    return made + list(machine.finish(end))


def made_of(wave: UartLoader, kind: type | tuple[type, ...] = object, **options: Any) -> list[Any]:
    """Return the records of a kind that a dialogue gives."""
    options.setdefault('roles', wave.roles)
    made = run(wave.records, wave.length, **options)
    return [record for record in made if isinstance(record, kind)]


def briefly(wave: UartLoader, **options: Any) -> list[tuple[str, str, str]]:
    """Name, status and outcome of the commands in a dialogue."""
    found = made_of(wave, BootCommand, **options)
    return [(one.name, one.status, one.outcome) for one in found]


def session(**options: Any) -> UartLoader:
    """A dialogue that begins like most, so that it is certain who speaks."""
    return UartLoader(**options).sync().get().get_id()


BEGIN = [('Synchronize', ACK, OK), ('Get', ACK, OK), ('Get ID', ACK, OK)]


def after_begin(wave: UartLoader, **options: Any) -> list[tuple[str, str, str]]:
    """What a dialogue that begins with `session` gives after that."""
    told = briefly(wave, **options)
    assert told[: len(BEGIN)] == BEGIN
    return told[len(BEGIN) :]


# Whole records.


def test_a_session_gives_these_records() -> None:
    wave = UartLoader(pause=0.0, turn=0.0).sync().get_id()
    sync, ack, first, second, accepted, one, high, low, final = wave.words
    code = b'\x04\x60'
    assert made_of(wave) == [
        UartLines(sync.start, accepted.end, BUS, TX, RX),
        BootStatus(
            ack.start, ack.end, BUS, -1, 0x7F, SYNC, ACK, 0x79, 0, 0, sync.start, sync.end
        ),
        SyncAttempt(
            sync.start, ack.end, BUS, TX, ACK, ack.start, b'', ack.start, True, 1, False, RX, 1, True
        ),
        BootCommand(
            sync.start, ack.end, BUS, UART, -1, 0x7F, 'Synchronize',
            (Step(sync.start, ack.end, SYNC, b'\x7f', ACK, 0x79, b'', sync.end),),
            None, None, b'', (), None, 0, 0, 0, ACK, OK,
        ),
        BootStatus(
            accepted.start, accepted.end, BUS, -1, 2, COMMAND, ACK, 0x79, 0, 0, first.start, second.end
        ),
        DeviceIdentified(first.start, low.end, BUS, 0x460, 'Get ID', -1),
        BootStatus(final.start, final.end, BUS, -1, 2, FINAL, ACK, 0x79, 0, 0, first.start, low.end),
        BootCommand(
            first.start, final.end, BUS, UART, -1, 2, 'Get ID',
            (
                Step(first.start, accepted.end, COMMAND, b'\x02\xfd', ACK, 0x79, b'', second.end),
                Step(one.start, low.end, REPLY, b'', NONE, -1, b'\x01' + code, accepted.end),
                Step(final.start, final.end, FINAL, b'', ACK, 0x79, b'', low.end),
            ),
            None, None, code, (), None, 0, 0, 0, ACK, OK,
        ),
    ]  # fmt: skip
    assert high.value == code[0]


def test_get_tells_the_loader() -> None:
    (info,) = made_of(UartLoader().sync().get(0x31), LoaderInfo)
    assert (info.version, info.commands, info.target) == (0x31, COMMANDS, -1)


def test_get_version_has_two_option_bytes() -> None:
    found = made_of(UartLoader().sync().get_version(0x22), (BootCommand, LoaderInfo))
    assert [one.version for one in found if isinstance(one, LoaderInfo)] == [0x22]
    assert found[-1].data == b'\x22\0\0'


# Each command.


@dataclass
class Case:
    """A command, and what is read of it."""

    wave: UartLoader
    name: str
    steps: str  # name of each step and its status, those of the answer without
    fields: dict[str, Any]


CASES = [
    Case(
        session().read_memory(FLASH, BLOCK), 'Read Memory', 'command ack, address ack, length ack, reply',
        {'address': FLASH, 'length': 16, 'data': BLOCK},
    ),
    Case(
        session().write_memory(FLASH, BLOCK), 'Write Memory', 'command ack, address ack, data ack',
        {'address': FLASH, 'length': 16, 'data': BLOCK},
    ),
    Case(session().go(FLASH), 'Go', 'command ack, address ack', {'address': FLASH}),
    Case(session().erase_pages([3, 0x102]), 'Extended Erase', 'command ack, data ack', {'pages': (3, 0x102)}),
    Case(session().mass_erase(), 'Extended Erase', 'command ack, data ack', {'special': 0xFFFF}),
    Case(session().mass_erase(code=0xFFFE), 'Extended Erase', 'command ack, data ack', {'special': 0xFFFE}),
    Case(session().mass_erase(code=0xFFFD), 'Extended Erase', 'command ack, data ack', {'special': 0xFFFD}),
    Case(session().erase_short_pages([7, 9]), 'Erase', 'command ack, data ack', {'pages': (7, 9)}),
    Case(session().erase_short_pages([]), 'Erase', 'command ack, data ack', {'special': 0xFF}),
    Case(session().write_protect([1, 2]), 'Write Protect', 'command ack, data ack', {'pages': (1, 2)}),
    Case(session().write_unprotect(), 'Write Unprotect', 'command ack, final ack', {}),
    Case(session().readout_protect(), 'Readout Protect', 'command ack, final ack', {}),
    Case(session().readout_unprotect(), 'Readout Unprotect', 'command ack, final ack', {}),
    Case(session().readout_unprotect(work=0.0), 'Readout Unprotect', 'command ack, final ack', {}),
    Case(
        session().checksum(FLASH, 1024, 0x12345678), 'Get Checksum',
        'command ack, address ack, length ack, final ack, reply',
        {'address': FLASH, 'length': 1024, 'data': bytes.fromhex('12345678')},
    ),
    Case(
        session().special(0x0102, b'abc', b'result', b'\1'), 'Special',
        'command ack, data ack, data ack, reply, reply, final ack', {'special': 0x0102},
    ),
]  # fmt: skip


@pytest.mark.parametrize('case', CASES, ids=lambda case: f'{case.name} {case.fields}')
def test_every_command_is_read_with_its_steps(case: Case) -> None:
    command = made_of(case.wave, BootCommand)[len(BEGIN)]
    told = [
        step.name if step.name == REPLY else f'{step.name} {step.status}' for step in command.steps
    ]
    assert (command.name, command.outcome, ', '.join(told)) == (case.name, OK, case.steps)
    assert {name: getattr(command, name) for name in case.fields} == case.fields


def test_a_polynomial_and_an_initial_value_may_come_before_the_checksum() -> None:
    wave = session().command(0xA1).frame(FLASH.to_bytes(4)).status(0x79)
    wave.frame((1024).to_bytes(4)).status(0x79)
    wave.frame((0x04C11DB7).to_bytes(4)).status(0x79).frame(b'\xff' * 4).status(0x79)
    wave.loader([0x79, 1, 2, 3, 4, 1 ^ 2 ^ 3 ^ 4])
    command = made_of(wave, BootCommand)[-1]
    assert (command.length, command.data, command.outcome) == (1024, b'\1\2\3\4', OK)
    assert [step.name for step in command.steps] == [
        COMMAND, ADDRESS, LENGTH, DATA, DATA, FINAL, REPLY,
    ]  # fmt: skip


def test_status_bytes_inside_data_are_data() -> None:
    data = b'\x79\x1f\x7f\x00\xff\x79'
    wave = session().read_memory(FLASH, data).write_memory(FLASH, data + data[:2])
    assert [one.data for one in made_of(wave, BootCommand)[3:]] == [data, data + data[:2]]


# What goes wrong.


WRONG = [
    (session().refused(0x11), ('Read Memory', NACK, REFUSED)),
    (session().refused(0xFF), ('unknown command', NACK, REFUSED)),
    (session().command(0x02, NO, complement=0xFC), ('Get ID', NACK, BAD_COMPLEMENT)),
    (session().read_memory(FLASH, BLOCK, NO), ('Read Memory', NACK, REFUSED)),
    (session().read_memory(FLASH, BLOCK, count_status=NO), ('Read Memory', NACK, REFUSED)),
    (session().read_memory(FLASH, BLOCK, NO, 9), ('Read Memory', NACK, BAD_CHECKSUM)),
    (session().write_memory(FLASH, BLOCK, NO, checksum=1), ('Write Memory', NACK, BAD_CHECKSUM)),
    (session().write_memory(FLASH, BLOCK, NO, cut=5), ('Write Memory', NACK, INCOMPLETE)),
    (session().mass_erase(final=NO), ('Extended Erase', NACK, REFUSED)),
    # The data ends first: nobody knows whether the answer, or the rest, would have come.
    (session().go(FLASH, final=None), ('Go', NONE, TRUNCATED)),
    (session().command(0x31, None), ('Write Memory', NONE, TRUNCATED)),
    (session().write_memory(FLASH, BLOCK, None, cut=5), ('Write Memory', NONE, TRUNCATED)),
    # After a second of waiting it is the host's fault.
    (session().write_memory(FLASH, BLOCK, None, cut=5).idle(1.5), ('Write Memory', NONE, INCOMPLETE)),
    # The host goes on without the status.
    (session().command(0x31, None).get_id(), ('Write Memory', TIMEOUT, ABANDONED)),
    (session().mass_erase(final=None).idle(1.0).sync(None), ('Extended Erase', TIMEOUT, ABANDONED)),
    (
        session().command(0x02).loader([1, 4]).idle(1.0).get_version(),
        ('Get ID', ACK, ABANDONED),
    ),
    # A pause of more than a second, and the host begins anew.
    (
        session().command(0x31).host([8, 0]).idle(1.2).sync(NO).get_id(),
        ('Write Memory', TIMEOUT, INCOMPLETE),
    ),
    (
        session().command(0x31).host([8, 0]).idle(1.2).get_id(),
        ('Write Memory', TIMEOUT, INCOMPLETE),
    ),
]  # fmt: skip


@pytest.mark.parametrize(('wave', 'expected'), WRONG)
def test_what_goes_wrong_is_told(wave: UartLoader, expected: tuple[str, str, str]) -> None:
    assert after_begin(wave)[0] == expected


def test_a_slow_host_may_pause_inside_a_frame() -> None:
    wave = session().command(0x31).host([8, 0]).idle(1.2).host([0, 0, 8]).status(YES)
    wave.frame([3, *BLOCK[:4]]).status(YES)
    assert after_begin(wave) == [('Write Memory', ACK, OK)]


def test_without_a_sample_rate_no_pause_ends_a_frame() -> None:
    wave = session().command(0x31).host([8, 0]).idle(5.0).host([0, 0, 8]).status(YES)
    wave.frame([3, *BLOCK[:4]]).status(YES)
    assert after_begin(wave, rate=None) == [('Write Memory', ACK, OK)]


def test_an_answer_of_other_length_than_announced_leaves_what_came() -> None:
    short = session().command(0x02).loader([1, 4]).idle(0.1).get_version()
    command = made_of(short, BootCommand)[3]
    assert command.steps[-1].received == b'\1\4'
    long = session().command(0x02).loader([1, 4, 0x60, 0x55, 0x56, YES]).get_version()
    command, (rest,) = made_of(long, BootCommand)[3], made_of(long, UnexpectedBytes)
    assert (command.steps[-1].name, command.steps[-1].status) == (FINAL, ACK)
    assert (rest.sender, rest.data, rest.opcode) == (TARGET, b'\x56', 2)


def test_a_byte_that_is_no_status_is_told_as_one() -> None:
    wave = session().command(0x11, 0x55)
    (status,) = [one for one in made_of(wave, BootStatus) if one.status == OTHER]
    assert (status.opcode, status.step, status.value) == (0x11, COMMAND, 0x55)


def test_a_late_status_belongs_to_the_command_that_was_given_up() -> None:
    wave = session().mass_erase(final=None).idle(1.0).sync(None).idle(0.5).loader([YES])
    assert [one.answer for one in made_of(wave, SyncAttempt)] == [ACK, NONE]
    (rest,) = made_of(wave, UnexpectedBytes)
    assert (rest.sender, rest.data, rest.opcode) == (TARGET, b'\x79', 0x44)


def test_a_status_without_a_cause_is_told() -> None:
    wave = session().command(0x31).loader([NO]).frame(FLASH.to_bytes(4)).status(YES)
    (rest,) = made_of(wave, UnexpectedBytes)
    assert (rest.sender, rest.data, rest.opcode) == (TARGET, b'\x1f', 0x31)


def test_a_host_that_goes_on_after_nack_is_told() -> None:
    wave = session().refused(0x31)
    wave.send(TX, [8, 0, 0, 0, 8]).idle(1e-3).loader([NO])
    rest = made_of(wave, UnexpectedBytes)
    assert [(one.sender, one.data, one.opcode) for one in rest] == [
        (HOST, b'\x08\0\0\0\x08', 0x31),
        (TARGET, b'\x1f', -1),
    ]


def test_a_new_command_after_nack_is_none_of_it() -> None:
    wave = session().refused(0x31).get_id()
    assert after_begin(wave) == [('Write Memory', NACK, REFUSED), ('Get ID', ACK, OK)]
    assert not made_of(wave, UnexpectedBytes)


def test_a_stray_byte_before_a_command_is_left_out() -> None:
    wave = session().host([0x55]).get_id()
    assert after_begin(wave) == [('Get ID', ACK, OK)]
    (rest,) = made_of(wave, UnexpectedBytes)
    assert (rest.sender, rest.data) == (HOST, b'\x55')


# Words with errors: what follows shows what the loader took them for.


def test_a_byte_with_the_wrong_parity_is_taken_by_its_value() -> None:
    wave = session().host([0x02], bad_parity=True).host([0xFD]).status(NO)
    assert after_begin(wave) == [('Get ID', NACK, REFUSED)]


def test_a_framing_error_may_be_no_byte_for_the_loader() -> None:
    wave = (
        session().command(0x31).host([8, 0]).host([0x55], bad_stop=True).host([0, 0, 8]).status(YES)
    )
    command = made_of(wave, BootCommand)[3]
    assert command.steps[1].sent == b'\x08\0\0\0\x08'
    assert command.steps[1].status == ACK


def test_a_framing_error_may_be_a_byte_all_the_same() -> None:
    wave = session().command(0x31).host([8, 0]).host([0], bad_stop=True).host([0, 8]).status(YES)
    assert made_of(wave, BootCommand)[3].address == FLASH


def test_a_break_is_no_byte() -> None:
    wave = session().command(0x31).break_(TX).frame(FLASH.to_bytes(4)).status(YES)
    assert made_of(wave, BootCommand)[3].address == FLASH
    assert not made_of(wave, UnexpectedBytes)


# The byte 0x7F.


def attempts(wave: UartLoader, **options: Any) -> list[tuple[str, int, bool, bool]]:
    """Answer, number, again and certain of every attempt."""
    found = made_of(wave, SyncAttempt, **options)
    return [(one.answer, one.number, one.again, one.certain) for one in found]


def test_a_zero_before_the_answer_is_leading() -> None:
    wave = UartLoader().sync(leading=[0]).get_id()
    (attempt,) = made_of(wave, SyncAttempt)
    assert (attempt.answer, attempt.leading) == (ACK, b'\0')
    assert briefly(wave)[0] == ('Synchronize', ACK, OK)


def test_a_loader_in_step_refuses_the_second_byte() -> None:
    wave = session().sync(None).sync(NO).get_id()
    assert after_begin(wave) == [
        ('Synchronize', TIMEOUT, ABANDONED),
        ('Synchronize', NACK, REFUSED),
        ('Get ID', ACK, OK),
    ]
    assert attempts(wave)[1:] == [(NONE, 2, True, True), (NACK, 3, True, True)]


def test_a_host_that_attaches_to_a_loader_in_step_is_certain() -> None:
    wave = UartLoader().sync(NO).get_id()
    assert briefly(wave) == [('Synchronize', NACK, REFUSED), ('Get ID', ACK, OK)]


def test_vain_attempts_are_told_although_no_loader_is_known() -> None:
    wave = UartLoader()
    for _ in range(3):
        wave.sync(None).idle(0.5)
    assert attempts(wave) == [(NONE, number, False, False) for number in (1, 2, 3)]
    assert [one.ended for one in made_of(wave, SyncAttempt)] == [True, True, False]
    assert not briefly(wave)


def test_attempts_that_are_answered_at_last_are_counted() -> None:
    wave = UartLoader().sync(None).idle(0.5).sync(None).idle(0.5).sync().get_id()
    assert [(answer, number) for answer, number, _, _ in attempts(wave)] == [
        (NONE, 1),
        (NONE, 2),
        (ACK, 3),
    ]
    assert briefly(wave)[-2:] == [('Synchronize', ACK, OK), ('Get ID', ACK, OK)]


def test_an_application_that_talks_does_not_answer() -> None:
    wave = UartLoader()
    for _ in range(2):
        wave.sync(None).loader(b'Hello, world\r\n').idle(0.5)
    assert [(one.answer, one.leading) for one in made_of(wave, SyncAttempt)] == [
        (OTHER, b'Hello, world\r\n')
    ] * 2
    assert not briefly(wave)


def test_the_answer_alone_tells_a_loader_where_the_data_ends() -> None:
    assert briefly(UartLoader().sync()) == [('Synchronize', ACK, OK)]


def test_a_reset_makes_the_next_attempt_the_first() -> None:
    wave = session(nrst=1).pulse('nrst', 1e-3).idle(10e-3).sync().get_id()
    assert attempts(wave) == [(ACK, 1, False, True), (ACK, 1, False, True)]


# What ends a session.


def test_a_reset_ends_the_open_command() -> None:
    wave = session(nrst=1).mass_erase(final=None).idle(10e-3).pulse('nrst', 1e-3).idle(1e-3)
    assert after_begin(wave) == [('Extended Erase', NONE, RESET)]


def test_after_go_text_is_nobody_s_command() -> None:
    wave = session().go(FLASH).loader(b'Hello\r\n').host(b'ls\r').loader(b'main.py\r\n')
    assert after_begin(wave) == [('Go', ACK, OK)]
    assert not made_of(wave, UnexpectedBytes)


def test_after_a_reset_text_is_nobody_s_command() -> None:
    wave = session(nrst=1).pulse('nrst', 1e-3).loader(b'Hello\r\n').host(b'ls\r').loader(b'\x79')
    assert after_begin(wave) == []
    assert not made_of(wave, UnexpectedBytes)


def test_after_go_the_loader_may_be_entered_again() -> None:
    wave = session().go(FLASH).loader(b'Hello\r\n').idle(0.1).sync().get_id()
    assert after_begin(wave)[1:] == [('Synchronize', ACK, OK), ('Get ID', ACK, OK)]


@pytest.mark.parametrize('nrst', [None, 1])
def test_after_an_option_command_a_host_that_does_not_synchronise_is_followed(
    nrst: int | None,
) -> None:
    wave = session(nrst=nrst).write_unprotect().idle(10e-3).command(0x02, None).idle(1e-2)
    assert after_begin(wave) == [('Write Unprotect', ACK, OK), ('Get ID', NONE, TRUNCATED)]


def test_after_an_option_command_text_is_nobody_s_command() -> None:
    wave = session(nrst=1).readout_unprotect().loader(b'Hello\r\n').host(b'ls\r')
    assert after_begin(wave) == [('Readout Unprotect', ACK, OK)]
    assert not made_of(wave, UnexpectedBytes)


def test_a_write_to_the_option_bytes_restarts_the_part() -> None:
    wave = (
        session().write_memory(0x1FFF7800, bytes(8)).loader(b'Hello\r\n').idle(0.1).sync().get_id()
    )
    assert after_begin(wave)[1:] == [('Synchronize', ACK, OK), ('Get ID', ACK, OK)]
    assert not made_of(wave, UnexpectedBytes)


# Missing samples, and data that begins anywhere.


def test_a_gap_ends_the_open_command() -> None:
    wave = session().mass_erase(final=None)
    gap = CaptureGap(wave.length, wave.length + 100, '', 'samples missing')
    made = run([*wave.records, gap], wave.length + 100)
    assert [one.outcome for one in made if isinstance(one, BootCommand)][-1] == TRUNCATED


def test_after_a_gap_a_command_is_found_again() -> None:
    wave = session()
    gap_at = wave.length
    wave.write_memory(FLASH, bytes([0x7F] * 64)).get_id().get_version()
    inside = gap_at + 3000  # in the middle of the data
    records = [one for one in wave.records if one.end <= gap_at or one.start > inside]
    records.append(CaptureGap(gap_at, inside, '', 'samples missing'))
    records.sort(key=lambda one: one.end)
    found = [one for one in run(records, wave.length) if isinstance(one, BootCommand)]
    assert [one.name for one in found][3:] == ['Get ID', 'Get Version']


LONG = (
    UartLoader().sync().get().get_id().read_memory(FLASH, bytes(range(64)))
    .write_memory(FLASH, bytes(range(0, 256, 4))).erase_pages([1, 2]).get_version()
    .read_memory(FLASH, b'\x7f\x00\xff' * 8).go(FLASH)
)  # fmt: skip
LONG_COMMANDS = made_of(LONG, BootCommand)


@given(st.integers(0, len(LONG.words) - 1))
def test_data_that_begins_anywhere_gives_the_commands_that_follow(first: int) -> None:
    words = LONG.words[first:]
    made = run(words, LONG.length)
    found = [one for one in made if isinstance(one, BootCommand)]
    later = [one for one in LONG_COMMANDS if one.start >= words[0].start]
    missed = len(later) - len(found)
    assert found == later[missed:]
    assert missed == 0 or (missed <= 1 and len(later) == 1)


def test_the_part_of_a_command_at_the_begin_is_left_out() -> None:
    words = LONG.words
    inside = next(
        number for number, word in enumerate(words) if word.start > LONG_COMMANDS[3].start
    )
    made = run(words[inside + 1 :], LONG.length)
    assert [one for one in made if isinstance(one, UnexpectedBytes)] == []
