"""The command table of the bootloader, held to AN3155, AN4221 and the rules of its own making."""

import pytest

from stm32trace_core.bits import checksum
from stm32trace_core.bootloader import commands
from stm32trace_core.bootloader.commands import (
    ADDRESS_FRAME,
    BLOCK_FRAME,
    CHECKSUM_REPLY,
    COMMANDS,
    COUNTED_PAGES_FRAME,
    COUNTED_REPLY,
    LENGTH_FRAME,
    MEMORY_REPLY,
    PAGE_COUNT_FRAME,
    PAGE_LIST_FRAME,
    RESULT_REPLY,
    SECTOR_LIST_FRAME,
    SHORT_PAGES_FRAME,
    WRITE_FRAME,
    Command,
    Frame,
    Reply,
    command_named,
    is_command_pair,
    offered,
    status_of,
)
from stm32trace_core.bootloader.records import (
    ACK,
    ADDRESS,
    BUSY,
    COMMAND,
    COUNT,
    DATA,
    FINAL,
    I2C,
    LENGTH,
    NACK,
    OTHER,
    REPLY,
    UART,
)

each_command = pytest.mark.parametrize('command', COMMANDS.values(), ids=lambda row: row.name)

# AN4221 table 2, in its order; 0x50 and 0x51: Open Bootloader.
ON_I2C = (
    0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92, 0xA1, 0x32, 0x45, 0x64, 0x74, 0x83, 0x93, 0x50,
    0x51,
)  # fmt: skip
# AN3155 table 2.
ON_UART = (0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x43, 0x44, 0x50, 0x51, 0x63, 0x73, 0x82, 0x92, 0xA1)


def steps(opcode: int, transport: str = I2C) -> list[str]:
    return [form.name for form in COMMANDS[opcode].steps[transport]]


def where_busy(opcode: int) -> list[str]:
    return [form.name for form in COMMANDS[opcode].steps[I2C] if form.busy]


def test_i2c_offers_the_commands_of_an4221() -> None:
    assert {opcode for opcode in COMMANDS if offered(opcode, I2C)} == set(ON_I2C)


def test_uart_offers_the_commands_of_an3155() -> None:
    assert {opcode for opcode in COMMANDS if offered(opcode, UART)} == set(ON_UART)


def test_speed_belongs_to_can_alone() -> None:
    assert not offered(commands.SPEED, I2C)
    assert not offered(commands.SPEED, UART)


@each_command
def test_opcodes_are_bytes_and_names_are_unique(command: Command) -> None:
    assert 0 <= command.opcode <= 0xFF
    assert [row.name for row in COMMANDS.values()].count(command.name) == 1


@each_command
def test_twins_know_each_other_and_differ_in_stretching_alone(command: Command) -> None:
    if command.twin is None:
        assert not command.no_stretch
        return
    twin = COMMANDS[command.twin]
    assert twin.twin == command.opcode
    assert twin.no_stretch != command.no_stretch
    assert twin.name.replace('No-Stretch ', '') == command.name.replace('No-Stretch ', '')
    assert steps(twin.opcode) == steps(command.opcode)
    flags = ('changes_options', 'restarts_part', 'gated_by_rdp')
    assert [getattr(twin, flag) for flag in flags] == [getattr(command, flag) for flag in flags]


@each_command
def test_only_no_stretch_commands_answer_busy(command: Command) -> None:
    forms = [form for step_list in command.steps.values() for form in step_list]
    assert any(form.busy for form in forms) == command.no_stretch


@each_command
def test_every_command_begins_with_its_opcode(command: Command) -> None:
    assert all(forms[0] == commands.OPCODE_STEP for forms in command.steps.values())


@each_command
def test_every_step_is_a_frame_or_an_answer_or_a_status(command: Command) -> None:
    for forms in command.steps.values():
        for form in forms:
            assert form.frame is None or form.reply is None
            assert (form.name == REPLY) == (form.reply is not None)
            assert (form.name == FINAL) == (form.frame is None and form.reply is None)


@pytest.mark.parametrize(
    ('opcode', 'expected'),
    [
        (0x32, [DATA]),
        (0x45, [COUNT, DATA]),  # after a special code, or after the pages
        (0x64, [DATA]),
        (0x74, [FINAL]),
        (0x83, [FINAL]),
        (0x93, [FINAL]),
    ],
)
def test_busy_comes_where_the_part_works(opcode: int, expected: list[str]) -> None:
    assert where_busy(opcode) == expected


@pytest.mark.parametrize(
    ('opcode', 'expected'),
    [
        (0x00, [COMMAND, REPLY, FINAL]),
        (0x01, [COMMAND, REPLY, FINAL]),
        (0x02, [COMMAND, REPLY, FINAL]),
        (0x11, [COMMAND, ADDRESS, LENGTH, REPLY]),
        (0x21, [COMMAND, ADDRESS]),
        (0x31, [COMMAND, ADDRESS, DATA]),
        (0x44, [COMMAND, COUNT, DATA]),
        (0x50, [COMMAND, DATA, DATA, REPLY, REPLY, FINAL]),
        (0x51, [COMMAND, DATA, DATA, DATA, REPLY, FINAL]),
        (0x63, [COMMAND, LENGTH, DATA]),
        (0x73, [COMMAND, FINAL]),
        (0x82, [COMMAND, FINAL]),
        (0x92, [COMMAND, FINAL]),
        (0xA1, [COMMAND, ADDRESS, LENGTH, DATA, FINAL, REPLY]),
    ],
)
def test_steps_over_i2c(opcode: int, expected: list[str]) -> None:
    assert steps(opcode) == expected


@pytest.mark.parametrize(
    ('opcode', 'expected'),
    [
        (0x43, [COMMAND, DATA]),
        (0x44, [COMMAND, DATA]),  # count and pages in one frame
        (0x63, [COMMAND, DATA]),
    ],
)
def test_steps_over_uart_that_differ_from_i2c(opcode: int, expected: list[str]) -> None:
    assert steps(opcode, UART) == expected


def test_commands_that_change_options_restart_the_part() -> None:
    changing = {row.opcode for row in COMMANDS.values() if row.changes_options}
    assert changing == {0x63, 0x64, 0x73, 0x74, 0x82, 0x83, 0x92, 0x93}
    assert changing == {row.opcode for row in COMMANDS.values() if row.restarts_part}


def test_read_protection_leaves_these_commands_alone() -> None:
    free = {row.opcode for row in COMMANDS.values() if not row.gated_by_rdp}
    assert free == {0x00, 0x01, 0x02, 0x03, 0x50, 0x51, commands.SYNCHRONIZE, 0x92, 0x93}


@pytest.mark.parametrize(
    ('value', 'transport', 'expected'),
    [
        (0x79, I2C, ACK),
        (0x1F, I2C, NACK),
        (0x76, I2C, BUSY),
        (0x79, UART, ACK),
        (0x1F, UART, NACK),
        (0x76, UART, OTHER),  # BUSY is I2C's alone
        (0xFF, I2C, OTHER),
    ],
)
def test_status_bytes(value: int, transport: str, expected: str) -> None:
    assert status_of(transport, value) == expected


def test_an_opcode_outside_the_table_has_no_name() -> None:
    assert command_named(0x93) == 'No-Stretch Readout Unprotect'
    assert command_named(0xFF) == 'unknown command'
    assert command_named(-1) == 'unknown command'


@pytest.mark.parametrize(('pair', 'expected'), [('02FD', True), ('FF00', True), ('02FE', False)])
def test_a_command_is_an_opcode_and_its_complement(pair: str, expected: bool) -> None:
    assert is_command_pair(bytes.fromhex(pair)) is expected


def test_three_bytes_are_no_command() -> None:
    assert not is_command_pair(b'\x02\xfd\x00')


@pytest.mark.parametrize(
    ('frame', 'data', 'announced', 'length'),
    [
        (ADDRESS_FRAME, '', 0, 5),
        (LENGTH_FRAME, '', 0, 2),
        (WRITE_FRAME, '', 0, None),
        (WRITE_FRAME, '00', 0, 3),
        (WRITE_FRAME, 'FF', 0, 258),
        (PAGE_COUNT_FRAME, '0003', 0, 3),
        (PAGE_LIST_FRAME, '', 4, 9),
        (SECTOR_LIST_FRAME, '', 4, 5),
        (COUNTED_PAGES_FRAME, '00', 0, None),
        (COUNTED_PAGES_FRAME, '0001', 0, 7),
        (COUNTED_PAGES_FRAME, 'FFFF', 0, 3),  # a special code: no pages
        (SHORT_PAGES_FRAME, '01', 0, 4),
        (SHORT_PAGES_FRAME, 'FF', 0, 2),
        (BLOCK_FRAME, '0000', 0, 3),
        (BLOCK_FRAME, '0080', 0, 131),
    ],
)
def test_a_frame_knows_its_length_as_soon_as_its_count_is_there(
    frame: Frame, data: str, announced: int, length: int | None
) -> None:
    assert frame.length(bytes.fromhex(data), announced) == length


@pytest.mark.parametrize(
    ('reply', 'data', 'asked', 'length'),
    [
        (COUNTED_REPLY, '', 0, None),
        (COUNTED_REPLY, '01', 0, 3),
        (COUNTED_REPLY, '12', 0, 20),
        (MEMORY_REPLY, '', 256, 256),
        (CHECKSUM_REPLY, '', 0, 5),
        (RESULT_REPLY, '00', 0, None),
        (RESULT_REPLY, '0004', 0, 6),
    ],
)
def test_an_answer_knows_its_length_as_soon_as_its_count_is_there(
    reply: Reply, data: str, asked: int, length: int | None
) -> None:
    assert reply.length(bytes.fromhex(data), asked) == length


@pytest.mark.parametrize(
    ('frame', 'data', 'announced', 'good'),
    [
        (ADDRESS_FRAME, '0800300038', 0, True),
        (ADDRESS_FRAME, '0800300039', 0, False),
        (LENGTH_FRAME, '7F80', 0, True),
        (LENGTH_FRAME, '7F7F', 0, False),
        (WRITE_FRAME, '0001000000', 0, False),  # five bytes where the count says three
        (WRITE_FRAME, '030102030407', 0, True),
        (PAGE_LIST_FRAME, '000606', 1, True),
        (SECTOR_LIST_FRAME, '0505', 1, True),  # of one item the XOR, which is the item
        (SECTOR_LIST_FRAME, '05FA', 1, True),  # or its complement
        (SECTOR_LIST_FRAME, '05FB', 1, False),
        (SHORT_PAGES_FRAME, 'FF00', 0, True),
    ],
)
def test_a_frame_is_good_if_length_and_checksum_are(
    frame: Frame, data: str, announced: int, good: bool
) -> None:
    assert frame.is_good(bytes.fromhex(data), announced) is good


def test_the_checksum_of_the_manuals_example() -> None:
    # AN3155 3.8, Extended Erase: the mass erase code 0xFFFF has the checksum 0x00.
    assert checksum(b'\xff\xff') == 0
    assert COUNTED_PAGES_FRAME.is_good(b'\xff\xff\x00', 0)
    assert COUNTED_PAGES_FRAME.is_good(b'\xff\xfe\x01', 0)
    assert COUNTED_PAGES_FRAME.is_good(b'\xff\xfd\x02', 0)
