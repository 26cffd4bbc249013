"""I2C transfers become bootloader commands, and nobody else's transfers do.

A dialogue is a list of words: 'w 02FD' the host writes these bytes to the loader at 0x51, 'r 79' it
reads them, 'x' nobody acknowledges the address, 'r! 79' a read after a repeated START; '50:w 00'
says it to another address; 'nrst 0' is an edge of a slow line, 'gap' missing samples. Word k begins
at sample 100 k and ends at 100 k + 90.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.capture import open_capture
from stm32trace.capture.changes import Changes, Selector, cut
from stm32trace.line.columns import LineDecoder, Setup
from stm32trace.line.i2c import I2cDecoder
from stm32trace.line.levels import LevelDecoder
from stm32trace_core.bootloader.commands import COMMANDS
from stm32trace_core.bootloader.i2c import I2cBootloader
from stm32trace_core.bootloader.party import HELD_RECORDS
from stm32trace_core.bootloader.records import (
    ABANDONED,
    ACK,
    ADDRESS,
    BAD_CHECKSUM,
    BAD_COMPLEMENT,
    BUSY,
    COMMAND,
    COUNT,
    DATA,
    FINAL,
    I2C,
    INCOMPLETE,
    LENGTH,
    NACK,
    NONE,
    OK,
    OTHER,
    REFUSED,
    REPLY,
    RESET,
    TIMEOUT,
    TRUNCATED,
    VANISHED,
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
    Step,
)
from stm32trace_core.context import Context, bare_context
from stm32trace_core.lines import CaptureGap, LevelChange
from stm32trace_core.wire.i2c import ADDRESS_NACK, I2cByte, I2cFramer, I2cTransfer
from stm32trace_core.wire.i2c import OK as ANSWERED
from stm32trace_core.wire.i2c import TRUNCATED as CUT_OFF
from waves.i2c import I2cWave
from waves.loader import Loader

BUS = 'i2c0'
LOADER = 0x51  # documented: STM32G07x/G08x
ELSEWHERE = 0x23  # no loader is documented to be here
PITCH, LENGTH_OF_WORD = 100, 90

BARE = bare_context(1e6)
NAMED = BARE._replace(address=ELSEWHERE)

GET_ID = ['w 02FD', 'r 79', 'r 010460', 'r 79']
GET = ['w 00FF', 'r 79', 'r 0C100001021121314463738292A1', 'r 79']


def record_of(word: str, number: int, default: int) -> Any:
    """Return the record that a word stands for."""
    start, end = PITCH * number, PITCH * number + LENGTH_OF_WORD
    if word.startswith(('nrst', 'vdd', 'boot0')):
        role, value = word.split()
        return LevelChange(start, start + 1, '', role, int(value))
    if word == 'gap':
        return CaptureGap(start, end, '', 'samples missing')
    if ':' in word:
        prefix, word = word.split(':')
        default = int(prefix, 16)
    verb, _, digits = word.partition(' ')
    data = bytes.fromhex(digits.rstrip('.'))
    answered = not verb.startswith('x')
    write = verb[0] in 'wx'
    acked = (answered, *(write or number < len(data) - 1 for number in range(len(data))))
    outcome = CUT_OFF if digits.endswith('.') else ANSWERED if answered else ADDRESS_NACK
    return I2cTransfer(
        start, end, BUS, default, False, write, data, acked, '!' in verb, outcome == ANSWERED, outcome, 0, start, 0
    )  # fmt: skip


def records(words: Sequence[str], address: int = LOADER) -> list[Any]:
    return [record_of(word, number, address) for number, word in enumerate(words)]


def run(stream: Iterable[Any], context: Context = BARE, end: int | None = None) -> list[Any]:
    """Return all that the machine makes of the records in `stream`; `end`: with `finish`."""
    machine = I2cBootloader(context, BUS)
    made = [product for record in stream for product in machine.feed(record)]
    return made + (list(machine.finish(end)) if end is not None else [])


def commands(
    words: Sequence[str], address: int = LOADER, context: Context = BARE, finish: bool = True
) -> list[BootCommand]:
    end = PITCH * len(words) if finish else None
    made = run(records(words, address), context, end)
    return [record for record in made if isinstance(record, BootCommand)]


def briefly(words: Sequence[str], **options: Any) -> list[tuple[str, str, str]]:
    """Name, status and outcome of the commands in a dialogue."""
    return [(one.name, one.status, one.outcome) for one in commands(words, **options)]


def step(
    name: str,
    sent: str,
    status: str,
    at: tuple[int, int],
    received: str = '',
    due: int | None = None,
) -> Step:
    """A step whose frame is word `at[0]` and whose status is word `at[1]`; due: end of that word instead."""
    value = {ACK: 0x79, NACK: 0x1F, BUSY: 0x76}.get(status, -1)
    return Step(
        start(at[0]),
        end(at[1]),
        name,
        bytes.fromhex(sent),
        status,
        value,
        bytes.fromhex(received),
        end(at[0] if due is None else due),
    )


def start(number: int) -> int:
    return PITCH * number


def end(number: int) -> int:
    return PITCH * number + LENGTH_OF_WORD


def command(
    opcode: int, first: int, last: int, steps: Sequence[Step], /, **fields: Any
) -> BootCommand:
    """A command that was carried out, from word `first` to word `last`, but for `fields`."""
    usual = BootCommand(
        start(first), end(last), BUS, I2C, LOADER, opcode, COMMANDS[opcode].name, tuple(steps), None, None, b'', (),
        None, 0, 0, 0, ACK, OK,
    )  # fmt: skip
    return usual._replace(**fields)


# Every command.


def test_get_id_is_told_as_it_goes_on() -> None:
    opcode_step = step(COMMAND, '02FD', ACK, (0, 1))
    reply = step(REPLY, '', NONE, (2, 2), '010460', due=1)
    final = step(FINAL, '', ACK, (3, 3), due=2)
    status = BootStatus(start(1), end(1), BUS, LOADER, 2, COMMAND, ACK, 0x79, 0, 0, 0, end(0))
    assert run(records(GET_ID)) == [
        status,
        DeviceIdentified(start(0), end(2), BUS, 0x460, 'Get ID', LOADER),
        status._replace(start=start(3), end=end(3), step=FINAL, due=end(2)),
        command(0x02, 0, 3, [opcode_step, reply, final], data=b'\x04\x60'),
    ]


def test_get_version_has_one_byte() -> None:
    words = ['w 01FE', 'r 79', 'r 12', 'r 79']
    made = run(records(words))
    assert made[1] == LoaderInfo(start(0), end(2), BUS, 0x12, (), LOADER)
    assert made[3] == command(
        0x01,
        0,
        3,
        [
            step(COMMAND, '01FE', ACK, (0, 1)),
            step(REPLY, '', NONE, (2, 2), '12', due=1),
            step(FINAL, '', ACK, (3, 3), due=2),
        ],
        data=b'\x12',
    )


OFFERED = (0, 1, 2, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92)
NO_STRETCH = (0x32, 0x45, 0x64, 0x74, 0x83, 0x93)


@pytest.mark.parametrize(
    ('version', 'opcodes'),
    [
        (0x10, OFFERED[:10]),  # 12 bytes
        (0x10, OFFERED),
        (0x11, OFFERED + NO_STRETCH),
        (0x12, (*OFFERED, *NO_STRETCH, 0xA1)),  # 20 bytes
        (0x11, (*OFFERED, *NO_STRETCH, 0x50, 0x51)),  # Open Bootloader
    ],
)
def test_get_of_every_loader_version(version: int, opcodes: tuple[int, ...]) -> None:
    answer = bytes([len(opcodes), version, *opcodes])
    made = run(records(['w 00FF', 'r 79', f'r {answer.hex()}', 'r 79']))
    assert made[1] == LoaderInfo(start(0), end(2), BUS, version, opcodes, LOADER)
    assert made[3].data == answer[1:]
    assert made[3].outcome == OK


def test_read_memory_ends_with_its_data() -> None:
    words = ['w 11EE', 'r 79', 'w 0800300038', 'r 79', 'w 03FC', 'r 79', 'r 79761F00']
    assert commands(words, finish=False) == [
        command(
            0x11,
            0,
            6,
            [
                step(COMMAND, '11EE', ACK, (0, 1)),
                step(ADDRESS, '0800300038', ACK, (2, 3)),
                step(LENGTH, '03FC', ACK, (4, 5)),
                step(REPLY, '', NONE, (6, 6), '79761F00', due=5),
            ],
            address=0x08003000,
            length=4,
            data=b'\x79\x76\x1f\x00',
        )
    ]


def test_go_ends_with_the_status_of_its_address() -> None:
    words = ['w 21DE', 'r 79', 'w 0800000008', 'r 79']
    steps = [step(COMMAND, '21DE', ACK, (0, 1)), step(ADDRESS, '0800000008', ACK, (2, 3))]
    assert commands(words, finish=False) == [command(0x21, 0, 3, steps, address=0x08000000)]


@pytest.mark.parametrize(('opcode', 'pair'), [(0x31, '31CE'), (0x32, '32CD')])
def test_write_memory(opcode: int, pair: str) -> None:
    words = [f'w {pair}', 'r 79', 'w 0800300038', 'r 79', 'w 030102030407', 'r 79']
    steps = [
        step(COMMAND, pair, ACK, (0, 1)),
        step(ADDRESS, '0800300038', ACK, (2, 3)),
        step(DATA, '030102030407', ACK, (4, 5)),
    ]
    fields = {'address': 0x08003000, 'length': 4, 'data': b'\x01\x02\x03\x04'}
    assert commands(words, finish=False) == [command(opcode, 0, 5, steps, **fields)]


@pytest.mark.parametrize(('opcode', 'pair'), [(0x44, '44BB'), (0x45, '45BA')])
def test_erase_of_pages_has_a_count_with_a_status_of_its_own(opcode: int, pair: str) -> None:
    words = [f'w {pair}', 'r 79', 'w 000101', 'r 79', 'w 0003000407', 'r 79']
    steps = [
        step(COMMAND, pair, ACK, (0, 1)),
        step(COUNT, '000101', ACK, (2, 3)),
        step(DATA, '0003000407', ACK, (4, 5)),
    ]
    assert commands(words, finish=False) == [command(opcode, 0, 5, steps, pages=(3, 4))]


@pytest.mark.parametrize(('opcode', 'pair'), [(0x44, '44BB'), (0x45, '45BA')])
@pytest.mark.parametrize(
    ('code', 'frame'), [(0xFFFF, 'FFFF00'), (0xFFFE, 'FFFE01'), (0xFFFD, 'FFFD02')]
)
def test_erase_with_a_special_code_has_one_status(
    opcode: int, pair: str, code: int, frame: str
) -> None:
    words = [f'w {pair}', 'r 79', f'w {frame}', 'r 79']
    steps = [step(COMMAND, pair, ACK, (0, 1)), step(COUNT, frame, ACK, (2, 3))]
    assert commands(words, finish=False) == [command(opcode, 0, 3, steps, special=code)]


def test_erase_with_count_and_pages_in_one_frame_is_understood() -> None:
    (erase,) = commands(['w 44BB', 'r 79', 'w 00010003000406', 'r 1F'], finish=False)
    assert (erase.pages, erase.outcome) == ((3, 4), REFUSED)
    assert erase.steps[1] == step(DATA, '00010003000406', NACK, (2, 3))


@pytest.mark.parametrize(('opcode', 'pair'), [(0x63, '639C'), (0x64, '649B')])
@pytest.mark.parametrize(
    ('frames', 'sectors'),
    [(('01FE', '020406'), (2, 4)), (('00FF', '0707'), (7,)), (('00FF', '02FD'), (2,))],
    ids=['two', 'one and its XOR', 'one and its complement, as Get ID'],
)
def test_write_protect(
    opcode: int, pair: str, frames: tuple[str, str], sectors: tuple[int, ...]
) -> None:
    words = [f'w {pair}', 'r 79', f'w {frames[0]}', 'r 79', f'w {frames[1]}', 'r 79']
    steps = [
        step(COMMAND, pair, ACK, (0, 1)),
        step(LENGTH, frames[0], ACK, (2, 3)),
        step(DATA, frames[1], ACK, (4, 5)),
    ]
    assert commands(words, finish=False) == [command(opcode, 0, 5, steps, pages=sectors)]


@pytest.mark.parametrize('opcode', [0x73, 0x74, 0x82, 0x83, 0x92, 0x93])
def test_protection_commands_have_two_acks(opcode: int) -> None:
    pair = bytes([opcode, opcode ^ 0xFF]).hex()
    steps = [step(COMMAND, pair, ACK, (0, 1)), step(FINAL, '', ACK, (2, 2), due=1)]
    assert commands([f'w {pair}', 'r 79', 'r 79'], finish=False) == [command(opcode, 0, 2, steps)]


def test_get_checksum() -> None:
    words = [
        'w A15E',
        'r 79',
        'w 0800000008',
        'r 79',
        'w 0000040004',
        'r 79',
        'r 79',
        'r 1234567808',
    ]
    steps = [
        step(COMMAND, 'A15E', ACK, (0, 1)),
        step(ADDRESS, '0800000008', ACK, (2, 3)),
        step(LENGTH, '0000040004', ACK, (4, 5)),
        step(FINAL, '', ACK, (6, 6), due=5),
        step(REPLY, '', NONE, (7, 7), '1234567808', due=6),
    ]
    fields = {'address': 0x08000000, 'length': 1024, 'data': b'\x12\x34\x56\x78'}
    assert commands(words, finish=False) == [command(0xA1, 0, 7, steps, **fields)]


def test_get_checksum_with_polynomial_and_initial_value() -> None:
    words = ['w A15E', 'r 79', 'w 0800000008', 'r 79', 'w 0000040004', 'r 79']
    words += ['w 04C11DB76F', 'r 79', 'w FFFFFFFF00', 'r 79', 'r 79', 'r 1234567808']
    (one,) = commands(words, finish=False)
    assert [part.name for part in one.steps] == [COMMAND, ADDRESS, LENGTH, DATA, DATA, FINAL, REPLY]
    assert (one.length, one.data, one.outcome) == (1024, b'\x12\x34\x56\x78', OK)


def test_special_command_has_a_result_and_a_status_block() -> None:
    words = [
        'w 50AF',
        'r 79',
        'w 000101',
        'r 79',
        'w 0002AABB13',
        'r 79',
        'r 0003010203',
        'r 000100',
        'r 79',
    ]
    (one,) = commands(words, finish=False)
    assert [part.name for part in one.steps] == [COMMAND, DATA, DATA, REPLY, REPLY, FINAL]
    assert (one.special, one.data, one.outcome) == (1, b'\x01\x02\x03', OK)


def test_special_command_with_both_blocks_in_one_read() -> None:
    words = ['w 50AF', 'r 79', 'w 000101', 'r 79', 'w 000000', 'r 79', 'r 00000000', 'r 79']
    (one,) = commands(words, finish=False)
    assert one.outcome == OK


def test_extended_special_command_sends_two_blocks() -> None:
    words = [
        'w 51AE',
        'r 79',
        'w 000101',
        'r 79',
        'w 0001AAAB',
        'r 79',
        'w 0001BBBA',
        'r 79',
        'r 000100',
        'r 79',
    ]
    (one,) = commands(words, finish=False)
    assert [part.name for part in one.steps] == [COMMAND, DATA, DATA, DATA, REPLY, FINAL]
    assert (one.special, one.data, one.outcome) == (1, b'\xaa\xbb', OK)


# BUSY.


def test_busy_is_counted_and_timed() -> None:
    words = ['w 45BA', 'r 79', 'w FFFF00', 'r 76', 'r 76', 'r 76', 'r 79']
    made = run(records(words))
    busy = BootStatus(
        start(3), end(3), BUS, LOADER, 0x45, COUNT, BUSY, 0x76, 1, start(3), start(0), end(2)
    )
    assert made[1:4] == [
        busy,
        busy._replace(start=start(4), end=end(4), busy_count=2),
        busy._replace(start=start(5), end=end(5), busy_count=3),
    ]
    steps = [step(COMMAND, '45BA', ACK, (0, 1)), step(COUNT, 'FFFF00', ACK, (2, 6))]
    fields = {'special': 0xFFFF, 'busy_count': 3, 'busy_start': start(3), 'busy_end': end(5)}
    assert made[5] == command(0x45, 0, 6, steps, **fields)


@pytest.mark.parametrize(
    'words',
    [
        ['w 32CD', 'r 79', 'w 0800300038', 'r 79', 'w 000000', 'r 76', 'r 76', 'r 79'],
        ['w 45BA', 'r 79', 'w 000000', 'r 79', 'w 000606', 'r 76', 'r 76', 'r 79'],
        ['w 649B', 'r 79', 'w 00FF', 'r 79', 'w 0606', 'r 76', 'r 76', 'r 79'],
        ['w 748B', 'r 79', 'r 76', 'r 76', 'r 79'],
        ['w 837C', 'r 79', 'r 76', 'r 76', 'r 79'],
        ['w 936C', 'r 79', 'r 76', 'r 76', 'r 79'],
    ],
    ids=lambda words: words[0],
)
def test_busy_of_every_no_stretch_command(words: list[str]) -> None:
    (one,) = commands(words, finish=False)
    first = words.index('r 76')
    assert (one.busy_count, one.busy_start, one.busy_end) == (2, start(first), end(first + 1))
    assert (one.end, one.status, one.outcome) == (end(len(words) - 1), ACK, OK)


def test_busy_then_nack_is_refused() -> None:
    assert briefly(['w 45BA', 'r 79', 'w FFFF00', 'r 76', 'r 1F']) == [
        ('No-Stretch Extended Erase', NACK, REFUSED)
    ]


def test_open_bootloader_acknowledges_readout_unprotect_before_it_works() -> None:
    words = ['w 936C', 'r 79', 'r 79', 'r 76', 'r 76', 'x', 'nrst 0']
    made = run(records(words), end=1000)
    final = BootStatus(
        start(2), end(2), BUS, LOADER, 0x93, FINAL, ACK, 0x79, 0, 0, start(0), end(1)
    )
    steps = [step(COMMAND, '936C', ACK, (0, 1)), step(FINAL, '', ACK, (2, 2), due=1)]
    assert made[1:] == [
        final,
        command(0x93, 0, 2, steps),
        final._replace(
            start=start(3),
            end=end(3),
            status=BUSY,
            value=0x76,
            busy_count=1,
            busy_start=start(3),
            due=end(2),
        ),
        final._replace(
            start=start(4),
            end=end(4),
            status=BUSY,
            value=0x76,
            busy_count=2,
            busy_start=start(3),
            due=end(3),
        ),
    ]


# How commands end badly.


def test_a_refused_command_ends_with_its_nack() -> None:
    steps = [step(COMMAND, '11EE', NACK, (4, 5))]
    words = [*GET_ID, 'w 11EE', 'r 1F']
    assert commands(words, finish=False)[1:] == [
        command(0x11, 4, 5, steps, status=NACK, outcome=REFUSED)
    ]


def test_a_refused_address_ends_the_command() -> None:
    words = [*GET_ID, 'w 11EE', 'r 79', 'w FFFFFFFF00', 'r 1F']
    assert briefly(words)[1:] == [('Read Memory', NACK, REFUSED)]


def test_a_bad_complement() -> None:
    steps = [step(COMMAND, '02FE', NACK, (4, 5))]
    words = [*GET_ID, 'w 02FE', 'r 1F']
    assert commands(words, finish=False)[1:] == [
        command(0x02, 4, 5, steps, status=NACK, outcome=BAD_COMPLEMENT)
    ]


@pytest.mark.parametrize(('status', 'expected'), [('1F', NACK), ('79', ACK)])
def test_a_bad_checksum_whatever_the_status(status: str, expected: str) -> None:
    words = [*GET_ID, 'w 31CE', 'r 79', 'w 0800300038', 'r 79', 'w 0301020304FF', f'r {status}']
    write = commands(words, finish=False)[1]
    assert (write.status, write.outcome) == (expected, BAD_CHECKSUM)
    assert (write.address, write.length, write.data) == (0x08003000, 4, b'\x01\x02\x03\x04')


def test_a_bad_checksum_of_the_address() -> None:
    words = [*GET_ID, 'w 11EE', 'r 79', 'w 0800300039', 'r 1F']
    assert briefly(words, finish=False)[1:] == [('Read Memory', NACK, BAD_CHECKSUM)]


def test_a_checksum_without_the_length_byte_is_bad() -> None:
    words = [*GET_ID, 'w 31CE', 'r 79', 'w 0800300038', 'r 79', 'w 030102030404', 'r 1F']
    assert briefly(words, finish=False)[1:] == [('Write Memory', NACK, BAD_CHECKSUM)]


@pytest.mark.parametrize(
    ('frame', 'fields'),
    [
        ('w 03010203', {'length': 4, 'data': b'\x01\x02\x03'}),
        ('w 03', {'length': None, 'data': b''}),
    ],
)
def test_a_frame_shorter_than_announced(frame: str, fields: dict[str, Any]) -> None:
    words = [*GET_ID, 'w 31CE', 'r 79', 'w 0800300038', 'r 79', frame, *GET_ID]
    write = commands(words)[1]
    assert (write.outcome, write.status) == (INCOMPLETE, NONE)
    assert write._asdict().items() >= fields.items()
    assert write.end == end(8)


def test_a_page_list_shorter_than_its_count() -> None:
    words = [*GET_ID, 'w 44BB', 'r 79', 'w 000303', 'r 79', 'w 0001000203', 'r 1F']
    erase = commands(words, finish=False)[1]
    assert (erase.outcome, erase.status) == (INCOMPLETE, NACK)


def test_a_host_that_begins_another_command_abandons_this_one() -> None:
    words = ['w 936C', 'r 79', 'r 76', 'r 76', *GET_ID]
    unprotect, get_id = commands(words)
    assert (unprotect.status, unprotect.outcome) == (TIMEOUT, ABANDONED)
    assert (unprotect.end, unprotect.busy_end) == (end(3), end(3))
    assert get_id.outcome == OK


def test_a_host_that_never_asks_for_the_status_has_not_waited() -> None:
    assert briefly([*GET_ID, 'w 936C', 'r 79', *GET_ID])[1] == (
        'No-Stretch Readout Unprotect',
        NONE,
        ABANDONED,
    )


def test_the_final_ack_that_a_host_does_not_fetch_is_missing() -> None:
    assert briefly([*GET_ID[:3], *GET])[0] == ('Get ID', NONE, ABANDONED)


def test_an_address_that_is_no_longer_acknowledged_ends_the_command() -> None:
    words = [*GET_ID, 'w 45BA', 'r 79', 'w FFFF00', 'r 76', 'x', 'x', 'x']
    erase = commands(words)[1]
    assert (erase.status, erase.outcome, erase.end) == (TIMEOUT, VANISHED, end(8))


@pytest.mark.parametrize('line', ['nrst 0', 'vdd 0'])
def test_reset_and_loss_of_supply_end_the_command_where_they_come(line: str) -> None:
    words = [*GET_ID, 'w 936C', 'r 79', 'r 76', line, 'nrst 1']
    unprotect = commands(words, finish=False)[1]
    steps = [step(COMMAND, '936C', ACK, (4, 5)), step(FINAL, '', BUSY, (6, 6), due=5)]
    expected = command(0x93, 4, 6, steps, busy_count=1, busy_start=start(6), busy_end=end(6))
    assert unprotect == expected._replace(end=start(7), status=NONE, outcome=RESET)


def test_a_command_that_nobody_polls_any_more_is_open_until_the_reset() -> None:
    stream = records(['w 936C', 'r 79', 'r 76', 'r 76'])
    later = LevelChange(4_000_000, 4_000_001, '', 'nrst', 0)
    (unprotect,) = [one for one in run([*stream, later]) if isinstance(one, BootCommand)]
    assert (unprotect.end, unprotect.busy_end, unprotect.outcome) == (4_000_000, end(3), RESET)


def test_boot0_ends_nothing() -> None:
    assert briefly(['w 936C', 'r 79', 'boot0 0', 'r 79'], finish=False) == [
        ('No-Stretch Readout Unprotect', ACK, OK)
    ]


def test_a_transfer_that_the_reset_cuts_belongs_to_nothing() -> None:
    stream = records(['w 936C', 'r 79', 'r 76', 'r FF', *GET_ID])
    reset = LevelChange(start(3) + 10, start(3) + 11, '', 'nrst', 0)
    made = run([*stream[:3], reset, *stream[3:]])
    assert [(one.name, one.outcome) for one in made if isinstance(one, BootCommand)] == [
        ('No-Stretch Readout Unprotect', RESET),
        ('Get ID', OK),
    ]


def test_the_end_of_the_data_cuts_the_command() -> None:
    words = [*GET_ID, 'w 45BA', 'r 79', 'w FFFF00', 'r 76']
    erase = commands(words)[1]
    assert (erase.status, erase.outcome, erase.end) == (NONE, TRUNCATED, PITCH * len(words))


def test_a_frame_that_the_end_of_the_data_cuts_is_not_the_hosts_fault() -> None:
    words = [*GET_ID, 'w 31CE', 'r 79', 'w 0800300038', 'r 79', 'w 0301.']
    write = commands(words)[1]
    assert (write.outcome, write.data) == (TRUNCATED, b'\x01')


def test_a_gap_cuts_the_command_and_the_loader_is_found_again() -> None:
    words = [*GET_ID, 'w 45BA', 'r 79', 'gap', 'r 76', 'r 79', *GET_ID]
    assert briefly(words) == [
        ('Get ID', ACK, OK),
        ('No-Stretch Extended Erase', ACK, TRUNCATED),
        ('unknown command', ACK, OK),
        ('Get ID', ACK, OK),
    ]


# Hosts that do it their way.


def test_a_host_may_read_the_status_together_with_the_answer() -> None:
    words = ['w 02FD', 'r 79010460', 'r 79', *GET_ID]
    assert briefly(words) == [('Get ID', ACK, OK)] * 2


def test_a_host_may_read_the_answer_together_with_the_final_status() -> None:
    words = [*GET_ID, 'w 02FD', 'r 79', 'r 01046079', *GET_ID]
    assert briefly(words) == [('Get ID', ACK, OK)] * 3


def test_a_host_may_read_several_status_bytes_at_once() -> None:
    words = [*GET_ID, 'w 45BA', 'r 79FF', 'w FFFF00', 'r 7676', 'r 7679']
    erase = commands(words, finish=False)[1]
    assert (erase.busy_count, erase.status, erase.outcome) == (3, ACK, OK)
    assert erase.steps[0].received == b'\xff'


def test_what_follows_an_answer_is_kept() -> None:
    words = [*GET_ID, 'w 02FD', 'r 79', 'r 010460FFFFFF', 'r 79']
    get_id = commands(words, finish=False)[1]
    assert get_id.steps[1].received == bytes.fromhex('010460FFFFFF')
    assert (get_id.data, get_id.outcome) == (b'\x04\x60', OK)


def test_an_answer_may_be_read_piece_by_piece() -> None:
    words = [*GET_ID, 'w 02FD', 'r 79', 'r 01', 'r 0460', 'r 79']
    get_id = commands(words, finish=False)[1]
    assert get_id.steps[1] == Step(start(6), end(7), REPLY, b'', NONE, -1, b'\x01\x04\x60', end(5))
    assert get_id.outcome == OK


def test_stm32flash_guesses_the_length_of_get_and_resynchronises() -> None:
    short = GET[2][:-2]  # one byte less than the loader has
    words = ['w 00FF', 'r 79', short, 'w FF00', 'r 1F', *GET]
    first, resync, second = commands(words, address=ELSEWHERE)
    assert (first.name, first.outcome) == ('Get', ABANDONED)
    assert first.steps[1].received == bytes.fromhex(short[2:])
    assert (resync.opcode, resync.name, resync.outcome) == (0xFF, 'unknown command', REFUSED)
    assert (second.name, second.outcome) == ('Get', OK)


def test_a_host_may_go_on_without_reading_a_status() -> None:
    words = [*GET_ID, 'w 31CE', 'w 0800300038', 'r 79', 'w 000000', 'r 79']
    write = commands(words, finish=False)[1]
    assert [part.status for part in write.steps] == [NONE, ACK, ACK]
    assert write.outcome == OK


def test_a_frame_after_a_nack_is_told_by_itself() -> None:
    words = [*GET_ID, 'w 11EE', 'r 1F', 'w 0800300038', 'r 1F', *GET_ID]
    refused, stray = commands(words)[1:3]
    assert (refused.name, refused.outcome) == ('Read Memory', REFUSED)
    assert stray == command(
        0x11,
        6,
        7,
        [step(DATA, '0800300038', NACK, (6, 7))],
        opcode=-1,
        name='unknown command',
        status=NACK,
        outcome=REFUSED,
    )


def test_a_byte_that_is_no_status_is_told_and_the_status_still_due() -> None:
    words = [*GET_ID, 'w 11EE', 'r 00', 'r 79']
    made = run(records(words))
    odd = [one for one in made if isinstance(one, BootStatus) and one.status == OTHER]
    assert [(one.value, one.step) for one in odd] == [(0, COMMAND)]
    assert made[-1] == BootStatus(
        start(6), end(6), BUS, LOADER, 0x11, COMMAND, ACK, 0x79, 0, 0, start(4), end(4)
    )


def test_an_empty_write_means_nothing() -> None:
    assert briefly(['w 02FD', 'w', 'r 79', 'r 010460', 'w', 'r 79']) == [('Get ID', ACK, OK)]


# Other devices.

EEPROM_TRAFFIC = [
    '50:w 10791F7611',
    '50:x',
    '50:x',
    '50:w',
    '50:w 10',
    '50:r! 791F7611',
    '50:w 00FF',
    '50:r 79',
]


@pytest.mark.parametrize('every', [1, 2, 3])
def test_traffic_of_an_eeprom_in_the_middle_of_commands_changes_nothing(every: int) -> None:
    session = [*GET_ID, 'w 45BA', 'r 79', 'w 000000', 'r 79', 'w 000606', 'r 76', 'r 79', *GET]
    mixed = []
    for number, word in enumerate(session):
        mixed.append(word)
        if number % every == 0:
            mixed.append(EEPROM_TRAFFIC[number % len(EEPROM_TRAFFIC)])
    assert briefly(mixed) == briefly(session)
    assert {one.target for one in commands(mixed)} == {LOADER}


@pytest.mark.parametrize('address', [0x50, LOADER], ids=['any address', 'a documented address'])
@pytest.mark.parametrize(
    'words',
    [
        ['w 00FF', 'x', 'x', 'w 01', 'r! 79'],  # byte 0xFF written to address 0, polled, read back
        ['w 00FF', 'r 79', 'w 0100', 'r 33'],  # two-byte pointer, one byte read: a dump
        ['w 00FF', 'r! 79', 'w 0100', 'r! 1F'],
        ['w 02FD', 'r 1F', 'w 02FE', 'r 79', 'w 02FF', 'r 1F'],
        ['w 11EE', 'r 79', 'r 76', 'r 1F', 'r 00'],
        ['r 79', 'r 76', 'r 1F', 'r 79'],
        ['w 936C', 'w 946B', 'w 956A', 'r 79'],
    ],
)
def test_an_eeprom_is_no_loader_by_chance(address: int, words: list[str]) -> None:
    assert commands(words, address=address) == []


@pytest.mark.parametrize('address', [0x50, 0x57])
def test_a_byte_by_byte_dump_of_an_eeprom_is_no_loader(address: int) -> None:
    words = []
    for pointer in range(0x1200):
        words += [f'w {pointer:04X}', 'r ' + ('79', '1F', '76')[pointer % 3]]
    assert commands(words, address=address) == []


def eeprom_session(dice: Random, wide: bool) -> list[str]:
    """Random accesses to an EEPROM full of status bytes, as often as not at pointers that are opcodes."""
    memory = [dice.choice(b'\x79\x1f\x76\xff\x00\x01\x02') for _ in range(1 << 16 if wide else 256)]
    opcodes = [opcode for opcode in COMMANDS if opcode != 0x03]
    words, pointer = [], 0
    for _ in range(300):
        kind = dice.choice(['read', 'read', 'read on', 'write'])
        opcode = dice.choice(opcodes)
        if kind != 'read on':
            pointer = dice.choice(
                [opcode << 8 | opcode ^ 0xFF if wide else opcode, dice.randrange(256)]
            )
        where = pointer.to_bytes(2 if wide else 1).hex()
        data = bytes(memory[pointer : pointer + dice.choice([1, 1, 2, 8])])
        if kind == 'write':
            words += [f'w {where}{opcode ^ 0xFF:02X}', *['x'] * dice.randrange(3), 'w']
            memory[pointer] = opcode ^ 0xFF
        else:
            words += [f'w {where}'] * (kind == 'read') + [f'r{dice.choice(["", "!"])} {data.hex()}']
            pointer = (pointer + len(data)) % len(memory)
    return words


@pytest.mark.parametrize('address', [0x50, 0x51, 0x57], ids=hex)
@pytest.mark.parametrize('wide', [False, True], ids=['one-byte pointer', 'two-byte pointer'])
def test_an_eeprom_full_of_status_bytes_is_no_loader(address: int, wide: bool) -> None:
    for seed in range(40):
        assert commands(eeprom_session(Random(seed), wide), address=address) == [], seed


def test_a_port_expander_that_reads_busy_is_no_loader() -> None:
    assert commands(['w 55', *['r 76'] * 500], address=0x39) == []


def test_the_application_may_live_at_the_loaders_address_after_go() -> None:
    go = ['w 21DE', 'r 79', 'w 0800000008', 'r 79']
    application = ['w 0142', 'r 00', 'w 10', 'r! 791F', 'w 0304', 'w 9999', 'r 1234', 'r 76']
    assert briefly([*GET_ID, *go, *application]) == [('Get ID', ACK, OK), ('Go', ACK, OK)]


def test_the_loader_is_believed_at_once_after_a_restart() -> None:
    words = [*GET_ID, 'nrst 0', 'nrst 1', 'w 936C', 'r 79', 'nrst 0']
    assert briefly(words, address=ELSEWHERE) == [
        ('Get ID', ACK, OK),
        ('No-Stretch Readout Unprotect', NONE, RESET),
    ]


@pytest.mark.parametrize(
    'session',
    [GET_ID, GET, ['w 936C', 'r 79', 'r 76', 'r 76'], ['w 11EE', 'r 1F', *GET_ID]],
    ids=['Get ID', 'Get', 'BUSY', 'a refusal first'],
)
def test_any_address_becomes_a_loaders_and_nothing_said_before_is_lost(session: list[str]) -> None:
    elsewhere = run(records(session, ELSEWHERE), end=10_000)
    assert elsewhere == run(records(session, ELSEWHERE), NAMED, end=10_000)
    assert elsewhere != []


def test_records_that_were_held_back_come_in_order() -> None:
    words = ['w 11EE', 'r 1F', 'w 21DE', 'r 1F', *GET_ID]
    stream = records(words, ELSEWHERE)
    assert run(stream[:4]) == []
    assert run(stream) == run(stream, NAMED)


def test_a_documented_address_needs_one_opcode_and_a_sequel() -> None:
    stream = records(['w 936C', 'r 79', 'r 76'])
    assert run(stream[:2]) == []
    assert [one.status for one in run(stream)] == [ACK, BUSY]


def test_a_documented_address_has_the_benefit_of_the_doubt_when_the_data_end() -> None:
    assert briefly(['w 936C', 'r 79', 'nrst 0'], finish=False) == [
        ('No-Stretch Readout Unprotect', NONE, RESET)
    ]
    assert briefly(['w 936C', 'r 79']) == [('No-Stretch Readout Unprotect', NONE, TRUNCATED)]
    assert briefly(['w 936C', 'r 79'], address=ELSEWHERE) == []


def test_the_users_address_decides_by_itself() -> None:
    words = ['w 936C', 'r 76', 'r 76']
    assert [type(one) for one in run(records(words, ELSEWHERE), NAMED)] == [BootStatus, BootStatus]


def test_the_users_family_makes_its_address_known() -> None:
    stream = records(['r 76', 'r 76', 'nrst 0'])
    assert run(stream) == []
    made = run(stream, BARE._replace(family='G0'))
    assert [one.outcome for one in made if isinstance(one, BootCommand)] == [RESET]


def test_two_loaders_on_one_bus_are_followed_side_by_side() -> None:
    other = [f'{ELSEWHERE:02X}:{word}' for word in GET]
    mixed = [word for pair in zip(GET_ID, other, strict=True) for word in pair]
    assert [(one.target, one.name, one.outcome) for one in commands(mixed)] == [
        (LOADER, 'Get ID', OK),
        (ELSEWHERE, 'Get', OK),
    ]


# Captures that begin, or hosts that go on, in the middle.


def test_a_capture_that_begins_in_a_busy_stream() -> None:
    words = ['r 76', 'r 76', 'r 76', 'r 79', *GET_ID]
    unknown, get_id = commands(words)
    steps = [Step(start(0), end(3), FINAL, b'', ACK, 0x79, b'', start(0))]
    busy = {'busy_count': 3, 'busy_start': start(0), 'busy_end': end(2)}
    expected = command(0x93, 0, 3, steps, opcode=-1, name='unknown command', **busy)
    assert unknown == expected
    assert get_id.outcome == OK


def test_a_busy_stream_that_a_reset_ends() -> None:
    words = ['r 76', 'r 76', 'nrst 0', 'nrst 1', *GET_ID]
    unknown, _ = commands(words)
    assert (unknown.opcode, unknown.busy_count, unknown.outcome) == (-1, 2, RESET)


@pytest.mark.parametrize(('address', 'enough'), [(LOADER, 16), (ELSEWHERE, 200)])
def test_a_long_series_of_busy_tells_of_a_command_before_the_capture(
    address: int, enough: int
) -> None:
    stream = records(['r 76'] * enough, address)
    assert run(stream[:-1], end=start(enough)) == []
    made = run(stream)
    busy = BootStatus(
        start(0), end(0), BUS, address, -1, FINAL, BUSY, 0x76, 1, start(0), start(0), start(0)
    )
    assert made == [
        busy._replace(start=start(number), end=end(number), busy_count=number + 1)
        for number in range(enough)
    ]


@pytest.mark.parametrize(
    ('after', 'outcome', 'status'),
    [
        (['nrst 0', 'x', 'x'], RESET, NONE),
        (['x', 'x', 'x'], VANISHED, TIMEOUT),
        (['r 79'], OK, ACK),
        (['r 1F'], REFUSED, NACK),
        ([], TRUNCATED, NONE),
    ],
)
def test_a_series_of_busy_is_one_command_whatever_ends_it(
    after: list[str], outcome: str, status: str
) -> None:
    (unknown,) = commands(['r 76'] * 40 + after)
    assert (unknown.opcode, unknown.outcome, unknown.status) == (-1, outcome, status)
    assert (unknown.busy_count, unknown.busy_start, unknown.busy_end) == (40, start(0), end(39))


def test_a_series_of_busy_after_a_gap_counts_as_well() -> None:
    words = ['r 76'] * 10 + ['gap'] + ['r 76'] * 16
    assert [one.busy_count for one in commands(words)] == [10, 16]


@pytest.mark.parametrize('address', [LOADER, ELSEWHERE])
@pytest.mark.parametrize(
    'words',
    [
        ['r 76', 'r 76', 'r 00'] * 300,
        ['r 76', 'w'] * 300,
        ['r 76', 'x'] * 300,
        ['r 7676'] * 300,
        ['r! 76'] * 300,
        ['w 55', *['r 76'] * 300],
        ['w 5555', *['r 76'] * 300],
        ['r 55', *['r 76'] * 300],
        ['w 10', 'r! 55', *['r 76'] * 300],
        ['nrst 0', *['r 76'] * 300],
    ],
    ids=[
        'other values between', 'a probe between', 'not answered between', 'two bytes', 'restart',
        'a byte set before', 'two bytes set before', 'another value before', 'a register before',
        'from a reset on',
    ],
)  # fmt: skip
def test_a_series_of_busy_with_anything_beside_it_is_no_loader(
    words: list[str], address: int
) -> None:
    assert commands(words, address=address) == []


def test_a_byte_that_the_host_acknowledges_is_no_status() -> None:
    stream = [one._replace(acked=(True, True)) for one in records(['r 76'] * 300)]
    assert run(stream, end=10**6) == []


def test_a_capture_may_begin_with_the_last_frame_before_a_series_of_busy() -> None:
    assert briefly(['w 030102030407', *['r 76'] * 16]) == [('unknown command', NONE, TRUNCATED)]


def test_records_of_a_loader_that_are_lost_while_it_is_unsure_are_counted() -> None:
    words = ['r 79'] * HELD_RECORDS + GET
    machine = I2cBootloader(BARE, BUS)
    made = [one for record in records(words, ELSEWHERE) for one in machine.feed(record)]
    whole = run(records(words, ELSEWHERE), NAMED)
    assert machine.dropped == len(whole) - len(made) > 0
    assert made == whole[machine.dropped :]


# Hosts that hand write and read over together, with a repeated START between them.


def combined(words: Sequence[str], address: int = LOADER) -> list[Any]:
    """Records of a waveform in which no STOP comes between a write and the read after it."""
    wave = I2cWave(bus=BUS, nrst=1)
    for word, sequel in zip(words, [*words[1:], ''], strict=True):
        verb, _, digits = word.partition(' ')
        if verb == 'w':
            wave.write(address, bytes.fromhex(digits), stop=not sequel.startswith('r'))
        elif verb == 'r':
            wave.read(address, bytes.fromhex(digits), stop=not sequel.startswith('r!'))
        elif verb == 'r!':
            wave.read(address, bytes.fromhex(digits))
        else:
            wave.pulse('nrst', 1e-3)
    return list(transfers_of([wave.changes()], wave.rate, ('nrst',)))


def names(stream: Iterable[Any]) -> list[tuple[str, str]]:
    found = (one for one in run(stream, end=10**9) if isinstance(one, BootCommand))
    return [(one.name, one.outcome) for one in found]


@pytest.mark.parametrize('address', [LOADER, ELSEWHERE], ids=['documented', 'any address'])
@pytest.mark.parametrize('told', [GET, GET_ID], ids=['Get', 'Get ID'])
def test_a_loader_that_is_read_after_a_repeated_start_is_found(
    told: list[str], address: int
) -> None:
    stream = combined(told, address)
    assert [one.restart for one in stream if isinstance(one, I2cTransfer)][1]
    named = BARE._replace(address=address)
    assert run(stream, end=10**9) == run(stream, named, end=10**9) != []


def test_all_of_a_session_may_be_read_after_repeated_starts() -> None:
    erase = ['w 45BA', 'r 79', 'w 000000', 'r 79', 'w 000606', 'r 76', 'r 76', 'r 79']
    version = ['w 01FE', 'r 79', 'r 12', 'r 79']
    words = [*version, *GET_ID, *erase, 'w 936C', 'r 79', 'r 76', 'reset', 'w 936C', 'r 79']
    assert names(combined(words)) == [
        ('Get Version', OK),
        ('Get ID', OK),
        ('No-Stretch Extended Erase', OK),
        ('No-Stretch Readout Unprotect', RESET),
        ('No-Stretch Readout Unprotect', TRUNCATED),
    ]


def test_an_answer_may_come_after_repeated_starts_as_well() -> None:
    words = ['w 02FD', 'r! 79', 'r! 010460', 'r! 79']
    assert briefly(words, address=ELSEWHERE) == [('Get ID', ACK, OK)]


@pytest.mark.parametrize(
    'words',
    [
        ['w 02FD', 'r 79', 'r 010999', 'r 79'],
        ['w 02FD', 'r 79', 'r 0104', 'w 02FD', 'r 79'],
        ['w 00FF', 'r 79', 'r 0210001102', 'r 79'],
        ['w 00FF', 'r 79', 'w 00FF', 'r 79', 'w 01FE', 'r 79', 'r 79', 'r 79'],
        ['w 936C', 'r 79', 'r 76', 'r 76', 'r 79'],
    ],
    ids=['a part nobody knows', 'half an ID', 'no list of commands', 'no answers', 'no identity'],
)
@pytest.mark.parametrize('address', [LOADER, ELSEWHERE], ids=['documented', 'any address'])
def test_repeated_starts_without_an_identity_are_a_register_device(
    words: list[str], address: int
) -> None:
    assert names(combined(words, address)) == []


def test_a_length_frame_that_looks_like_a_command_is_not_taken_for_one() -> None:
    tail = ['w 11EE', 'r 79', 'r 00112233445566778899AABBCCDDEEFF0011', *GET_ID]
    assert briefly(tail) == [('Get ID', ACK, OK)]
    named = BARE._replace(address=LOADER)
    assert briefly(tail, context=named) == [
        ('unknown command', ACK, ABANDONED),
        ('Get ID', ACK, OK),
    ]


def session() -> list[Any]:
    """Records of a session with all kinds of commands, at a documented address."""
    loader = Loader(nrst=1)
    loader.get_version().get().get_id().read_memory(0x08000000, bytes(range(18)))
    loader.erase_pages([3, 4, 5], busy=3).write_memory(0x08001800, bytes(range(64)))
    loader.eeprom_read(0x50, 0, b'\x79\x1f\x76').mass_erase(busy=4).refused(0x21)
    loader.write_memory(0x08001800, bytes(range(64)), no_stretch=False)
    loader.readout_unprotect(own_reset=False).idle(1e-3).get_id().go(0x08000000)
    return loader.transfers


SESSION = session()
WHOLE = [one for one in run(SESSION, end=10**9) if isinstance(one, BootCommand)]


def test_the_session_is_decoded() -> None:
    assert [(one.name, one.outcome) for one in WHOLE] == [
        ('Get Version', OK),
        ('Get', OK),
        ('Get ID', OK),
        ('Read Memory', OK),
        ('No-Stretch Extended Erase', OK),
        ('No-Stretch Write Memory', OK),
        ('No-Stretch Extended Erase', OK),
        ('Go', REFUSED),
        ('Write Memory', OK),
        ('No-Stretch Readout Unprotect', OK),
        ('Get ID', OK),
        ('Go', OK),
    ]


@pytest.mark.parametrize('context', [BARE, BARE._replace(address=LOADER)], ids=['found', 'named'])
def test_from_any_transfer_on_the_commands_that_follow_are_right(context: Context) -> None:
    for first in range(len(SESSION)):
        made = run(SESSION[first:], context, end=10**9)
        found = [one for one in made if isinstance(one, BootCommand)]
        begin = SESSION[first].start
        whole = [one for one in WHOLE if one.start >= begin]
        # Of the command that the cut is in, only what was sent before the first whole one may be
        # told; two frames of it can look like a command of their own.
        assert found[-len(whole) :] == whole if whole else True, first
        assert all(one.start < whole[0].start for one in found[: len(found) - len(whole)] if whole)


@pytest.mark.parametrize('last', range(1, len(SESSION), 7))
def test_up_to_any_transfer_the_commands_before_it_are_right(last: int) -> None:
    stop = SESSION[last].start
    found = [one for one in run(SESSION[:last], end=stop) if isinstance(one, BootCommand)]
    done = [one for one in WHOLE if one.end <= stop]
    assert found[: len(done)] == done
    assert [one.outcome for one in found[len(done) :]] in ([], [TRUNCATED])


# Any traffic.

words_of_anyone = st.lists(
    st.one_of(
        st.sampled_from(
            [*GET_ID, *GET, 'w 936C', 'r 76', 'r 1F', 'x', 'r! 79', 'nrst 0', 'nrst 1', 'gap', 'w']
        ),
        st.binary(min_size=1, max_size=6).map(lambda data: f'w {data.hex()}'),
        st.binary(min_size=1, max_size=6).map(lambda data: f'r {data.hex()}'),
    ),
    max_size=40,
)


@given(words_of_anyone, st.booleans())
def test_any_traffic_gives_well_formed_commands(words: list[str], named: bool) -> None:
    context = BARE._replace(address=LOADER) if named else BARE
    made = run(records(words), context, end=PITCH * len(words))
    found = [one for one in made if isinstance(one, BootCommand)]
    for one in found:
        assert 0 <= one.start <= one.end <= PITCH * len(words)
        assert one.steps
        assert (one.busy_count == 0) == (one.busy_start == one.busy_end == 0)
    assert [one.start for one in found] == sorted({one.start for one in found})


@given(words_of_anyone)
def test_other_traffic_does_not_touch_the_loaders(noise: list[str]) -> None:
    noise = [f'33:{word}' for word in noise if word[0] in 'wrx']
    mixed = []
    for number, word in enumerate([*GET_ID, *GET, 'w 936C', 'r 79', 'r 76', 'r 79']):
        mixed += [word, *noise[number * 3 : number * 3 + 3]]
    found = [one for one in commands(mixed) if one.target == LOADER]
    assert [(one.name, one.outcome) for one in found] == [
        ('Get ID', OK),
        ('Get', OK),
        ('No-Stretch Readout Unprotect', OK),
    ]


# Waveforms and captures.


def transfers_of(blocks: Iterable[Changes], rate: float, slow: Sequence[str] = ()) -> Iterator[Any]:
    """Yield what the line decoders and the framer make of SCL, SDA and the lines `slow`, in time order."""
    selectors: list[tuple[LineDecoder, Selector]] = [
        (I2cDecoder(Setup(BUS, rate)), Selector([0, 1]))
    ]
    selectors += [
        (LevelDecoder(Setup('', roles=(role,))), Selector([number]))
        for number, role in enumerate(slow, start=2)
    ]
    found: list[Any] = []
    stop = 0
    for block in blocks:
        for decoder, selector in selectors:
            for columns in decoder.feed(selector.select(block)):
                found.extend(columns.records())
        stop = block.stop
    for decoder, _ in selectors:
        for columns in decoder.finish(stop):
            found.extend(columns.records())
    framer = I2cFramer(bare_context(rate), BUS)
    for record in sorted(found, key=lambda one: one.end):
        if isinstance(record, I2cByte):
            yield from framer.feed(record)
        elif isinstance(record, LevelChange):
            yield record
    yield from framer.finish(stop)


def test_a_waveform_gives_the_same_as_its_transfers() -> None:
    loader = Loader(nrst=1).get().get_id().erase_pages([1, 2], busy=4)
    loader.write_memory(0x08000800, b'\x79\x1f\x76\x00').eeprom_read(0x50, 7, b'\x76\x79')
    loader.readout_unprotect(busy=3)
    edges = list(transfers_of([loader.changes()], loader.rate, ('nrst',)))
    assert run(edges, end=loader.length) == run(loader.transfers, end=loader.length)
    assert [one.role for one in edges if isinstance(one, LevelChange)] == ['nrst', 'nrst']


def piece(blocks: Iterable[Changes], first: int, stop: int) -> Iterator[Changes]:
    """Yield the samples [first, stop) of what `blocks` yields."""
    for block in blocks:
        if block.stop <= first or block.start >= stop:
            continue
        inside = cut(block, first)[1] if block.start < first else block
        yield cut(inside, stop)[0] if inside.stop > stop else inside


def capture_records(
    path: Path, channels: dict[str, str], first: int = 0, stop: int = 10**18
) -> tuple[float | None, list[Any]]:
    """Return the sample rate and the records of a capture, or of the samples [first, stop) of it.

    channels: role -> name, SCL and SDA first.
    """
    reader = open_capture(path)
    index = {channel.name: channel.index for channel in reader.info.channels}
    wanted = [index[name] for name in channels.values()]
    order = sorted(wanted)
    selector = Selector([order.index(channel) for channel in wanted])
    blocks = (selector.select(block) for block in reader.blocks(order))
    rate = reader.info.sample_rate
    slow = [role for role in channels if role not in ('scl', 'sda')]
    return rate, list(transfers_of(piece(blocks, first, stop), rate or 0, slow))


RESULTS = {'ACK': OK, 'NACK': REFUSED, 'ABORTED_BY_RESET': RESET}
NAMES = {'No-Stretch Erase': 'No-Stretch Extended Erase'}
SIMULATED = (
    'i2c_g071_endless_busy_brick',
    'i2c_healthy_get_id',
    'i2c_healthy_mcu_host',
    'i2c_healthy_stm32flash_write_verify',
    'i2c_readout_unprotect_ok',
    'i2c_reset_during_page_erase',
    'i2c_two_slaves_eeprom',
)
CLOCK_PERIODS = 4  # the truth tells when the part saw the last byte, we when its transfer ends


@pytest.mark.parametrize('name', SIMULATED)
def test_simulated_captures_hold_what_really_happened(name: str, simulated_captures: Path) -> None:
    truth = json.loads((simulated_captures / f'{name}.truth.json').read_text('utf-8'))
    channels = {role: channel['name'] for role, channel in truth['channels'].items()}
    rate, stream = capture_records(simulated_captures / f'{name}.sr', channels)
    assert rate is not None
    assert rate == truth['samplerate']
    made = run(stream, bare_context(rate), end=truth['samples'])
    found = [one for one in made if isinstance(one, BootCommand)]
    expected = [one for one in truth['transactions'] if one['opcode'] is not None]
    slack = CLOCK_PERIODS / truth['transport']['scl_hz']
    assert [summary(one) for one in found] == [summary_of_truth(one) for one in expected]
    assert {f'0x{one.target:02x}' for one in found} == {truth['transport']['address7']}
    for one, true in zip(found, expected, strict=True):
        assert one.start / rate == pytest.approx(true['t0'], abs=slack)
        assert one.end / rate == pytest.approx(true['t1'], abs=slack)


UNKNOWN_LIMIT_S = 35  # BLP013, for a command that is not known


@pytest.mark.parametrize('stop', [41_000_000, 10**9], ids=['in the stream', 'at the end'])
def test_a_capture_of_the_lost_g071_may_begin_in_its_busy_stream(
    stop: int, simulated_captures: Path
) -> None:
    name = 'i2c_g071_endless_busy_brick'
    truth = json.loads((simulated_captures / f'{name}.truth.json').read_text('utf-8'))
    channels = {role: channel['name'] for role, channel in truth['channels'].items()}
    rate, stream = capture_records(simulated_captures / f'{name}.sr', channels, 1_000_000, stop)
    end_of_data = min(stop, truth['samples'])
    made = run(stream, bare_context(rate), end=end_of_data)
    (unknown,) = [one for one in made if isinstance(one, BootCommand)]
    polls = [one for one in stream if isinstance(one, I2cTransfer) and one.data == b'\x76']
    falls = [one.start for one in stream if isinstance(one, LevelChange) and not one.value]
    assert (unknown.target, unknown.opcode, unknown.busy_count) == (LOADER, -1, len(polls))
    assert (unknown.busy_start, unknown.busy_end) == (polls[0].start, polls[-1].end)
    assert (unknown.outcome, unknown.end) == (
        (RESET, falls[0]) if falls else (TRUNCATED, end_of_data)
    )
    statuses = [one for one in made if isinstance(one, BootStatus)]
    assert [one.busy_count for one in statuses] == list(range(1, len(polls) + 1))
    assert rate is not None
    assert (statuses[-1].end - statuses[-1].busy_start) / rate > UNKNOWN_LIMIT_S


def summary(one: BootCommand) -> tuple[Any, ...]:
    moved = one.data if one.length is not None else b''
    digest = hashlib.sha256(moved).hexdigest()[:16] if moved else None
    return (
        one.name, one.opcode, one.address, one.length, list(one.pages), one.busy_count, one.outcome, digest,
    )  # fmt: skip


def summary_of_truth(true: dict[str, Any]) -> tuple[Any, ...]:
    address = true.get('address')
    return (
        NAMES.get(true['command'], true['command']),
        int(true['opcode'], 16),
        int(address, 16) if address else None,
        true.get('length'),
        true.get('pages', []),
        true.get('busy_polls', 0),
        RESULTS[true['result']],
        true.get('data_sha'),
    )


REAL = {
    '24aa025uid_bytewrite16_6ms_delay': ('SCL', 'SDA'),
    '8564je_nacks': ('SCL', 'SDA'),
    'rding_temper_i2c_usb_led_eeprom_and_sensor_snippet': ('SCL', 'SDA'),
    'rtc_ds1307_200khz': ('SCL', 'SDA'),
    'rtc_ds1307_200khz_no_samplerate': ('SCL', 'SDA'),
    'sainsmart_dds120_powerup_scl_analog': ('SCL', 'SDA'),
    'samsung_syncmaster203b': ('scl', 'sda'),
}


@pytest.mark.parametrize('name', REAL)
def test_real_captures_of_other_devices_hold_no_loader(name: str, shared_captures: Path) -> None:
    channels = dict(zip(('scl', 'sda'), REAL[name], strict=True))
    rate, stream = capture_records(shared_captures / 'i2c' / f'{name}.sr', channels)
    assert any(isinstance(one, I2cTransfer) for one in stream)
    assert run(stream, bare_context(rate), end=10**12) == []
