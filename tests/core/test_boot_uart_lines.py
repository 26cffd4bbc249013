"""Who speaks on which line of a UART, and whether a bootloader is spoken there at all."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stm32trace_core.bootloader.records import (
    ACK,
    HOST,
    NONE,
    OK,
    TARGET,
    UNHEARD,
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
    LocalEcho,
    SyncAttempt,
    UartLines,
    UnexpectedBytes,
)
from stm32trace_core.bootloader.uart import HELD_RECORDS, UartBootloader
from stm32trace_core.context import Context
from stm32trace_core.wire.uart import NO_PARITY, RX, TX, UartFormat, UartWord
from waves.loader import ACK as YES
from waves.loader import NACK as NO
from waves.uart_loader import UartLoader

RATE = 1_000_000.0
BUS = 'uart0'
FLASH = 0x08000000
FORMAT_8N1 = UartFormat(0, 0, BUS, TX, 115200.0, 8, NO_PARITY, 1, False, True, True)


def run(records: Iterable[Any], end: int, roles: Iterable[str] = (TX, RX)) -> list[Any]:
    """Return all that the machine makes of the records."""
    context = Context(RATE, 0, None, {}, frozenset(roles), None, None, {})
    machine = UartBootloader(context, BUS)
    made = [product for record in records for product in machine.feed(record)]
    return made + list(machine.finish(end))


def made_of(wave: UartLoader, kind: type | tuple[type, ...] = object) -> list[Any]:
    """Return the records of a kind that a dialogue gives."""
    made = run(wave.records, wave.length, wave.roles)
    return [record for record in made if isinstance(record, kind)]


def whole(wave: UartLoader) -> UartLoader:
    """A session with every kind of answer."""
    wave.sync().get_version().get().get_id().read_memory(FLASH, bytes(range(40)))
    wave.mass_erase().write_memory(FLASH, bytes(range(128))).erase_pages([1, 2])
    return wave.refused(0x82).checksum(FLASH, 256, 0xCAFE0000).write_unprotect()


def lines(wave: UartLoader) -> list[tuple[str, str]]:
    return [(one.host, one.target) for one in made_of(wave, UartLines)]


def asked(commands: Iterable[BootCommand]) -> list[Any]:
    """What the host asked for: names, arguments and frames."""
    return [
        (one.name, one.address, one.length, one.pages, one.special, [step.sent for step in one.steps if step.sent])
        for one in commands
    ]  # fmt: skip


REFERENCE = made_of(whole(UartLoader()), BootCommand)


# Both lines.


def test_the_wire_decides_whatever_the_names() -> None:
    wave = whole(UartLoader(swapped=True))
    (told,) = made_of(wave, UartLines)
    assert (told.host, told.target, told.swapped, told.one_wire) == (RX, TX, True, False)
    assert made_of(wave, BootCommand) == REFERENCE


def test_attempts_name_the_line_that_they_were_made_on() -> None:
    (attempt,) = made_of(whole(UartLoader(swapped=True)), SyncAttempt)
    assert (attempt.line, attempt.listening) == (RX, TX)


# One wire.


def test_host_and_loader_may_share_one_line() -> None:
    wave = whole(UartLoader(one_wire=True, lines=(TX,)))
    (told,) = made_of(wave, UartLines)
    assert (told.host, told.target, told.one_wire, told.swapped) == (TX, TX, True, False)
    assert made_of(wave, BootCommand) == REFERENCE


def test_one_wire_on_both_channels_is_one_wire() -> None:
    wave = whole(UartLoader(one_wire=True))
    both = [copy for word in wave.words for copy in (word, word._replace(line=RX))]
    made = run(both, wave.length)
    assert [one for one in made if isinstance(one, BootCommand)] == REFERENCE
    echo = [one for one in made if isinstance(one, LocalEcho)][-1]
    assert (echo.line, echo.echoed, echo.answers) == (RX, len(wave.words), 0)


def test_on_one_wire_a_host_may_give_up() -> None:
    wave = UartLoader(one_wire=True).sync().get().command(0x31, None).idle(1.0).sync(None).sync(NO)
    wave.command(0x02).loader([1, 4]).idle(1.1).get_id()
    assert [(one.name, one.outcome) for one in made_of(wave, BootCommand)] == [
        ('Synchronize', OK),
        ('Get', OK),
        ('Write Memory', 'abandoned'),
        ('Synchronize', 'abandoned'),
        ('Synchronize', 'refused'),
        ('Get ID', 'abandoned'),
        ('Get ID', OK),
    ]


# One direction.


@pytest.mark.parametrize('captured', [(TX,), (TX, RX)], ids=['alone', 'beside a silent line'])
def test_of_a_host_that_is_heard_alone_all_is_decoded(captured: tuple[str, ...]) -> None:
    wave = whole(UartLoader())
    host = [word for word in wave.words if word.line == TX]
    made = run(host, wave.length, captured)
    found = [one for one in made if isinstance(one, BootCommand)]
    assert asked(found) == asked(REFERENCE)
    assert {(one.status, one.outcome) for one in found} == {(NONE, UNHEARD)}
    assert [(one.host, one.target) for one in made if isinstance(one, UartLines)] == [(TX, '')]
    assert not [one for one in made if isinstance(one, (BootStatus, LoaderInfo, UnexpectedBytes))]


def test_of_a_host_that_is_heard_alone_nobody_knows_what_a_reset_ended() -> None:
    wave = (
        UartLoader(lines=(TX,), nrst=1).sync().get().get_id().get_version().mass_erase(final=None)
    )
    wave.idle(1e-3).pulse('nrst', 1e-3)
    assert [one.outcome for one in made_of(wave, BootCommand)][-2:] == [UNHEARD, UNHEARD]


def test_of_a_host_alone_the_end_of_the_data_may_cut_a_frame() -> None:
    wave = UartLoader(lines=(TX,)).sync().get().get_id().get_version()
    wave.command(0x31).frame(FLASH.to_bytes(4)).host([255, 1, 2, 3])
    last = made_of(wave, BootCommand)[-1]
    assert (last.name, last.address, last.outcome) == ('Write Memory', FLASH, UNHEARD)


def test_a_pair_among_the_data_of_a_host_alone_is_data() -> None:
    data = b'\x00\xff\x11\xee\x7f' + bytes(251)
    wave = UartLoader(lines=(TX,)).sync().get().get_id().get_version().write_memory(FLASH, data)
    wave.get_id()
    assert [one.data for one in made_of(wave, BootCommand)][-2:] == [data, b'']


def test_a_refused_command_of_a_host_alone_is_followed_by_the_next() -> None:
    wave = UartLoader(lines=(TX,)).sync().get().get_id().refused(0x11).refused(0x31).get_version()
    names = [one.name for one in made_of(wave, BootCommand)]
    assert names[-3:] == ['Read Memory', 'Write Memory', 'Get Version']


def test_of_a_loader_that_is_heard_alone_some_answers_tell_their_command() -> None:
    wave = whole(UartLoader(lines=(RX,)))
    known = {'Get Version', 'Get', 'Get ID'}
    told = [one for one in made_of(wave, BootCommand) if one.opcode >= 0]
    assert [(one.name, one.data) for one in told] == [
        (one.name, one.data) for one in REFERENCE if one.name in known
    ]
    assert [(one.host, one.target) for one in made_of(wave, UartLines)] == [('', RX)]
    assert len(made_of(wave, LoaderInfo)) == 2
    (device,) = made_of(wave, DeviceIdentified)
    assert device.dev_id == 0x460


def test_of_a_loader_alone_every_status_is_told() -> None:
    wave = whole(UartLoader(lines=(RX,)))
    heard = [(one.start, one.status) for one in made_of(wave, BootStatus)]
    first_of_each = {(one.start, one.status) for one in made_of(whole(UartLoader()), BootStatus)}
    assert set(heard) <= first_of_each
    assert [status for _, status in heard].count('nack') == 1


def test_a_host_that_is_heard_later_is_followed() -> None:
    wave = UartLoader().sync().get().get_id()
    quiet = wave.length
    wave.get_version().read_memory(FLASH, bytes(8))
    words = [word for word in wave.words if word.line == RX or word.start > quiet]
    made = run(words, wave.length)
    assert [(one.host, one.target) for one in made if isinstance(one, UartLines)] == [
        ('', RX),
        (TX, RX),
    ]
    assert [one.name for one in made if isinstance(one, BootCommand)][-1] == 'Read Memory'


# Echo.


@pytest.mark.parametrize('late', [0, 1, 20, 100], ids=lambda late: f'{late} us late')
def test_bytes_of_the_host_that_come_back_are_no_answers(late: int) -> None:
    wave = whole(UartLoader())
    back = [
        word._replace(line=RX, start=word.start + late, end=word.end + late)
        for word in wave.words
        if word.line == TX
    ]
    made = run(
        sorted([*wave.words, *back], key=lambda word: (word.end, word.line != TX)), wave.length
    )
    found = [one for one in made if isinstance(one, BootCommand)]
    assert asked(found) == asked(REFERENCE)
    assert [one.outcome for one in found] == [one.outcome for one in REFERENCE]
    echo = [one for one in made if isinstance(one, LocalEcho)]
    assert [one.echoed for one in echo] == [8, 100, len(back)]
    assert (echo[-1].line, echo[-1].words) == (RX, len(back))
    assert echo[-1].answers == len(wave.words) - len(back)


def test_a_session_without_echo_tells_of_none() -> None:
    assert not made_of(whole(UartLoader()), LocalEcho)


# Not a bootloader.


def words_of(line: str, data: bytes, start: int = 0, pitch: int = 100) -> list[UartWord]:
    return [
        UartWord(at, at + 95, BUS, line, value, 0)
        for at, value in zip(range(start, start + pitch * len(data), pitch), data, strict=True)
    ]


def told_of(*streams: list[UartWord]) -> list[Any]:
    words = sorted((word for stream in streams for word in stream), key=lambda word: word.end)
    return run(words, words[-1].end + 1_000_000 if words else 0)


TEXT = (
    b'AT+GMR\r\nOK\r\n$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\ny\x1f'
    * 20
)


@pytest.mark.parametrize('line', [TX, RX])
def test_text_is_no_bootloader(line: str) -> None:
    assert told_of(words_of(line, TEXT)) == []


def test_text_both_ways_is_no_bootloader() -> None:
    assert told_of(words_of(TX, TEXT), words_of(RX, TEXT[::-1], 37)) == []


@pytest.mark.parametrize('seed', range(6))
def test_random_bytes_both_ways_are_no_bootloader(seed: int) -> None:
    random = Random(seed)
    streams = [words_of(line, random.randbytes(30_000), at) for line, at in ((TX, 0), (RX, 41))]
    assert told_of(*streams) == []
    assert told_of(streams[0]) == []
    # with pauses, so that bytes stand alone
    apart = [words_of(line, random.randbytes(8_000), at, 1000) for line, at in ((TX, 0), (RX, 500))]
    assert told_of(*apart) == []


def test_bytes_with_their_complements_are_no_bootloader() -> None:
    counting = bytes(byte for value in range(256) for byte in (value, value ^ 0xFF))
    assert told_of(words_of(TX, counting * 4)) == []
    assert told_of(words_of(TX, b'\x00\xff' * 2000)) == []
    assert told_of(words_of(TX, b'\x00\xff' * 2000), words_of(RX, b'\x79' * 4000, 50)) == []


def test_a_stream_of_0x7f_is_no_host_that_synchronises() -> None:
    assert told_of(words_of(TX, b'\x7f' * 500)) == []


def test_a_line_that_said_something_else_tells_no_attempts() -> None:
    text = words_of(TX, b'Hello')
    late = words_of(TX, b'\x7f', 600_000) + words_of(TX, b'\x7f', 1_200_000)
    assert told_of(text, late) == []


def test_words_of_other_than_eight_bits_are_no_bytes() -> None:
    wave = whole(UartLoader())
    seven = FORMAT_8N1._replace(data_bits=7)
    assert run([seven, seven._replace(line=RX), *wave.words], wave.length) == []


def test_nine_bits_without_parity_are_eight_with() -> None:
    wave = whole(UartLoader())
    nine = FORMAT_8N1._replace(data_bits=9)
    ninth = [
        word._replace(value=word.value | (word.value.bit_count() & 1) << 8) for word in wave.words
    ]
    made = run([nine, nine._replace(line=RX), *ninth], wave.length)
    assert [one for one in made if isinstance(one, BootCommand)] == REFERENCE


def test_a_bootloader_is_found_after_text() -> None:
    wave = UartLoader().loader(b'Booting application\r\n').host(b'update\r').idle(0.2)
    whole(wave)
    assert [one.name for one in made_of(wave, BootCommand)] == [one.name for one in REFERENCE]


def test_what_is_held_back_is_bounded_and_counted() -> None:
    wave = UartLoader().sync(None)
    for _ in range(HELD_RECORDS):  # nobody can tell whether a loader is there
        wave.loader(b'x').idle(0.6).sync(None)
    context = Context(RATE, 0, None, {}, frozenset((TX, RX)), None, None, {})
    machine = UartBootloader(context, BUS)
    made = [product for word in wave.words for product in machine.feed(word)]
    assert {type(one) for one in made} == {SyncAttempt}
    later = UartLoader().sync().get()
    shift = wave.length + 1_000_000
    for word in later.words:
        made += machine.feed(word._replace(start=word.start + shift, end=word.end + shift))
    assert machine.dropped > 0
    assert len([one for one in made if isinstance(one, BootCommand)]) <= HELD_RECORDS + 2


@given(
    st.lists(st.tuples(st.sampled_from([TX, RX]), st.binary(min_size=1, max_size=6)), max_size=40)
)
def test_whatever_is_said_no_record_is_out_of_shape(turns: list[tuple[str, bytes]]) -> None:
    wave = UartLoader().sync().get()
    for line, data in turns:
        wave.send(line, data).idle(50e-6)
    made = made_of(wave)
    assert all(0 <= one.start <= one.end <= wave.length for one in made)
    told = [one for one in made if isinstance(one, BootCommand)]
    assert all(before.start <= after.start for before, after in zip(told, told[1:], strict=False))
    bytes_told = sum(one.count for one in made if isinstance(one, UnexpectedBytes))
    assert bytes_told <= sum(len(data) for _, data in turns)


def test_senders_of_unexpected_bytes_are_told_apart() -> None:
    wave = UartLoader().sync().get().loader(b'\x55').host(b'\x56').idle(2.0).get_id()
    found = made_of(wave, UnexpectedBytes)
    assert [(one.sender, one.data) for one in found] == [(TARGET, b'\x55'), (HOST, b'\x56')]


def test_a_session_ends_with_the_last_status() -> None:
    assert [one.status for one in made_of(whole(UartLoader()), BootStatus)][-1] == ACK
    assert YES == 0x79
