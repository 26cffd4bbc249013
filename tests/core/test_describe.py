"""Records as text, in three lengths."""

from __future__ import annotations

from typing import Any

import pytest

from stm32trace_core import lines
from stm32trace_core.adi.link import LinkMonitor
from stm32trace_core.adi.machine import AdiMachine
from stm32trace_core.adi.records import (
    AckRun,
    LinkReset,
    LinkStats,
    MemoryAccess,
    ParityError,
    RegisterAccess,
)
from stm32trace_core.bootloader.i2c import I2cBootloader
from stm32trace_core.bootloader.records import (
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
)
from stm32trace_core.context import bare_context
from stm32trace_core.cortex.records import CoreStatus, DebugControl, DebugRequest, RamLoaderRun
from stm32trace_core.describe import describe
from stm32trace_core.flash.operations import BootOperations
from stm32trace_core.flash.records import (
    AreaRefused,
    BlindAccess,
    FlashOperation,
    OptionChange,
    OptionState,
    PartFamily,
    PeripheralAccess,
    Window,
)
from stm32trace_core.lines import (
    CaptureFact,
    CaptureGap,
    ClockStats,
    Level,
    LevelChange,
    LineActivity,
    LineHold,
    Reset,
)
from stm32trace_core.resets import Resets
from stm32trace_core.rules.rule import HOST, Confidence, Finding, Severity, Withdrawn
from stm32trace_core.wire.i2c import (
    ADDRESS_NACK,
    BYTE,
    NO_START,
    OK,
    PARTIAL,
    RESTART,
    START,
    STOP,
    I2cByte,
    I2cTransfer,
)
from stm32trace_core.wire.swd import BAD_PARITY, DATA_PHASE, TRUNCATED, SwdSequence, SwdTransfer
from waves.loader import BUSY, NACK, READOUT_UNPROTECT_NS, Loader

CONTEXT = bare_context(1e6)
FLASH = 0x08001800


def commands(loader: Loader, reset_at_end: bool = False) -> list[BootCommand]:
    """The commands of a dialogue, by the transfers that it says it has."""
    machine = I2cBootloader(CONTEXT, loader.bus)
    made = [one for transfer in loader.transfers for one in machine.feed(transfer)]
    if reset_at_end:
        fall = LevelChange(loader.length, loader.length + 1, '', 'nrst', 0)
        made += machine.feed(fall)
    made += machine.finish(loader.length)
    return [one for one in made if isinstance(one, BootCommand)]


def text(loader: Loader, reset_at_end: bool = False) -> str:
    """The long text of the last command of a dialogue."""
    return describe(commands(loader, reset_at_end)[-1], CONTEXT)[0]


def begun() -> Loader:
    """A dialogue in which the loader is known."""
    return Loader().get_id()


DIALOGUES = [
    (begun(), 'Get ID -> ACK, 0x460 (STM32G07x/G08x)'),
    (Loader().get_id(0x7FF), 'Get ID -> ACK, 0x7FF (unknown part)'),
    (begun().get(), 'Get -> ACK, v1.2, 18 commands'),
    (begun().get_version(0x11), 'Get Version -> ACK, v1.1'),
    (begun().read_memory(FLASH, bytes(64)), 'Read Memory 0x08001800, 64 bytes -> ACK'),
    (begun().read_memory(FLASH, bytes(1)), 'Read Memory 0x08001800, 1 byte -> ACK'),
    (begun().refused(0x11), 'Read Memory -> NACK'),
    (
        begun().read_memory(FLASH, bytes(4), address_status=NACK),
        'Read Memory 0x08001800 -> ACK, NACK to step address',
    ),
    (
        begun().write_memory(FLASH, bytes(256), busy=0),
        'No-Stretch Write Memory 0x08001800, 256 bytes -> ACK',
    ),
    (
        begun().write_memory(FLASH, bytes(256), no_stretch=False),
        'Write Memory 0x08001800, 256 bytes -> ACK',
    ),
    (
        begun().write_memory(FLASH, bytes(4), busy=0, checksum=0x55, final=NACK),
        'No-Stretch Write Memory 0x08001800, 4 bytes -> bad checksum (step data), NACK',
    ),
    (begun().go(0x08000000), 'Go 0x08000000 -> ACK'),
    (
        begun().erase_pages([3, 4, 5], busy=268),
        'No-Stretch Extended Erase pages 3 to 5 -> BUSY x268, ACK',
    ),
    (begun().erase_pages([7], busy=0), 'No-Stretch Extended Erase page 7 -> ACK'),
    (
        begun().erase_pages(range(0, 20, 2), busy=0),
        'No-Stretch Extended Erase pages 0, 2, 4, 6, 8, 10, 12, 14 ... (10) -> ACK',
    ),
    (begun().mass_erase(busy=2), 'No-Stretch Extended Erase all -> BUSY x2, ACK'),
    (
        begun().mass_erase(busy=0, code=0xFFFE, final=NACK),
        'No-Stretch Extended Erase bank 1 -> ACK, NACK to step count',
    ),
    (
        begun().write_protect([1, 2], busy=0, own_reset=False),
        'No-Stretch Write Protect sectors 1 to 2 -> ACK',
    ),
    (
        begun().readout_unprotect(busy=90, own_reset=False),
        'No-Stretch Readout Unprotect -> ACK, BUSY x90, ACK',
    ),
    (
        begun().write_unprotect(busy=1, final=NACK),
        'No-Stretch Write Unprotect -> ACK, BUSY x1, NACK',
    ),
    (
        begun().checksum(FLASH, 256, 0x12345678),
        'Get Checksum 0x08001800, 256 bytes -> ACK, 0x12345678',
    ),
    (begun().command(0xFF, NACK), 'unknown command -> NACK'),
    (begun().command(0x02, NACK, complement=0xFE), 'Get ID -> bad complement, NACK'),
    (
        begun().readout_unprotect(busy=2, final=None),
        'No-Stretch Readout Unprotect -> ACK, BUSY x2, no final status: the data ends',
    ),
    (
        begun().readout_unprotect(busy=2, final=None).absent(1),
        'No-Stretch Readout Unprotect -> ACK, BUSY x2, no final status: the address is no longer acknowledged',
    ),
    (begun().command(0x11), 'Read Memory -> ACK, not finished: the data ends'),
    (begun().command(0x11, None), 'Read Memory -> no status: the data ends'),
]


@pytest.mark.parametrize(('loader', 'expected'), DIALOGUES, ids=[one for _, one in DIALOGUES])
def test_a_command_is_what_was_asked_and_what_was_answered(loader: Loader, expected: str) -> None:
    assert text(loader) == expected


def test_the_command_of_the_g071_case() -> None:
    loader = begun().command(READOUT_UNPROTECT_NS)
    for _ in range(19565):
        loader.status(BUSY)
    assert text(loader, reset_at_end=True) == (
        'No-Stretch Readout Unprotect -> ACK, BUSY x19565, no final status: reset'
    )


def test_a_command_that_the_host_abandons() -> None:
    loader = begun().readout_unprotect(busy=1, final=None).get_id()
    assert describe(commands(loader)[1], CONTEXT)[0] == (
        'No-Stretch Readout Unprotect -> ACK, BUSY x1, no final status: the host began another command'
    )


def test_a_frame_that_is_too_short() -> None:
    loader = begun().write_memory(FLASH, bytes(8), busy=0, cut=4, final=None).get_id()
    assert describe(commands(loader)[1], CONTEXT)[0] == (
        'No-Stretch Write Memory 0x08001800, 8 bytes -> frame incomplete (step data), no status'
    )


def test_shorter_texts_of_a_command() -> None:
    (get_id,) = commands(Loader().get_id())
    assert describe(get_id)[1:] == ('Get ID -> 0x460 (STM32G07x/G08x)', '02')
    (erase,) = commands(Loader().mass_erase())
    assert describe(erase)[1:] == ('No-Stretch Extended Erase -> ACK', '45')


def transfer(
    write: bool, data: str, acked: tuple[bool, ...], outcome: str = OK, address: int = 0x51
) -> I2cTransfer:
    return I2cTransfer(
        0, 9, 'i2c0', address, False, write, bytes.fromhex(data), acked, False, True, outcome, 0, 0, 0
    )  # fmt: skip


FINDING = Finding(
    0, 9, 'i2c0', 'BLP013', 'busy-forever', Severity.ERROR, Confidence.HIGH, HOST, '', 1, 'BUSY for 41 s.', (), (),
    (), '',
)  # fmt: skip

RECORDS: list[tuple[Any, tuple[str, str, str]]] = [
    (I2cByte(0, 1, '', START, 0, 0, False, 0, 0, 0), ('START', 'START', 'S')),
    (I2cByte(0, 1, '', RESTART, 0, 0, False, 0, 0, 0), ('repeated START', 'repeated START', 'Sr')),
    (I2cByte(0, 1, '', STOP, 0, 0, False, 0, 0, 0), ('STOP', 'STOP', 'P')),
    (I2cByte(0, 1, '', BYTE, 0x79, 9, True, 0, 0, 0), ('79 ACK', '79', '79')),
    (I2cByte(0, 1, '', BYTE, 0x79, 9, False, 0, 0, 0), ('79 NACK', '79', '79')),
    (
        I2cByte(0, 1, '', PARTIAL, 1, 3, False, 0, 0, 0),
        ('3 bits of a byte', '3 bits of a byte', '?'),
    ),
    (
        transfer(True, '02FD', (True, True, True)),
        ('write 0x51: 02 FD', 'W 0x51: 02 FD', 'W 0x51'),
    ),
    (transfer(False, '79', (True, False)), ('read 0x51: 79', 'R 0x51: 79', 'R 0x51')),
    (
        transfer(True, '00' * 20, (True,) * 21),
        (
            'write 0x51: ' + '00 ' * 16 + '... (20 bytes)',
            'W 0x51: ' + '00 ' * 16 + '... (20 bytes)',
            'W 0x51',
        ),
    ),
    (transfer(True, '', (True,)), ('write 0x51', 'W 0x51', 'W 0x51')),
    (
        transfer(True, '02FD', (True, True, False)),
        ('write 0x51: 02 FD, NACK', 'W 0x51: 02 FD', 'W 0x51'),
    ),
    (
        transfer(True, '', (False,), ADDRESS_NACK),
        ('write 0x51: address NACK', 'W 0x51 NACK', 'NACK'),
    ),
    (
        transfer(False, '79', (True,), NO_START, -1),
        ('read unknown address: 79', 'R unknown address: 79', 'R unknown address'),
    ),
    (LevelChange(5, 6, '', 'nrst', 0), ('NRST falls', 'NRST 0', '0')),
    (LevelChange(5, 6, '', 'boot0', 1), ('BOOT0 rises', 'BOOT0 1', '1')),
    (Level(0, 120_000, '', 'nrst', 0), ('NRST low for 120 ms', 'NRST low', '0')),
    (
        Reset(0, 120_000, '', lines.NRST, True),
        ('reset: NRST low for 120 ms', 'reset: NRST low', 'reset'),
    ),
    (
        Reset(0, 120_000, '', lines.POWER, False),
        (
            'reset: supply off for 120 ms, still so where the data ends',
            'reset: supply off',
            'reset',
        ),
    ),
    (
        LineHold(0, 31_000, 'i2c0', 'scl', 0, True, False, 1, 9),
        ('SCL held low for 31 ms inside a transfer', 'SCL low', 'SCL low'),
    ),
    (
        LineHold(0, 31_000, 'i2c0', 'sda', 0, False, True, 1, -1),
        ('SDA held low for 31 ms, until the data ends', 'SDA low', 'SDA low'),
    ),
    (
        LineActivity(0, 9, 'i2c0', 'scl', 1, 0, 1, 5),
        ('SCL: 1 edge', 'SCL: 1 edge', 'SCL'),
    ),
    (
        ClockStats(0, 9, 'i2c0', 'scl', 100, 10, 9, 0, 0, 0),
        ('SCL: 100 periods of 10 us, median', 'SCL: 100 periods', 'SCL'),
    ),
    (CaptureGap(0, 2000, '', 'chunk 3 lost'), ('2 ms missing: chunk 3 lost', 'gap', 'gap')),
    (
        CaptureFact(0, 0, '', 'truncated', 'the file ends early'),
        ('the file ends early', 'truncated', 'truncated'),
    ),
    (
        BootStatus(0, 34_200, 'i2c0', 0x51, 0x93, 'final', 'busy', 0x76, 17, 0, 0),
        (
            'No-Stretch Readout Unprotect, step final: BUSY x17, for 34.2 ms',
            'BUSY x17',
            'BUSY',
        ),
    ),
    (
        BootStatus(0, 9, 'i2c0', 0x51, 0x02, 'command', 'ack', 0x79, 0, 0, 0),
        ('Get ID, step command: ACK', 'ACK', 'ACK'),
    ),
    (
        BootStatus(0, 9, 'i2c0', 0x51, -1, 'final', 'other', 0xFF, 0, 0, 0),
        ('unknown command, step final: 0xFF', '0xFF', '0xFF'),
    ),
    (LoaderInfo(0, 9, 'i2c0', 0x11, ()), ('loader v1.1', 'loader v1.1', 'v1.1')),
    (
        LoaderInfo(0, 9, 'i2c0', 0x12, (0, 1)),
        ('loader v1.2 offers 2 commands: Get, Get Version', 'loader v1.2', 'v1.2'),
    ),
    (
        DeviceIdentified(0, 9, 'i2c0', 0x460, 'Get ID'),
        ('Get ID: part is 0x460 (STM32G07x/G08x)', '0x460 (STM32G07x/G08x)', '0x460'),
    ),
    (
        FlashOperation(0, 22_000, 'i2c0', 'page_erase', 0x45, None, None, (3, 4), b'', 'done'),
        ('page erase 3 to 4: done after 22 ms', 'page erase 3 to 4', 'page erase'),
    ),
    (
        FlashOperation(0, 22_000, 'swd0', 'page_erase', -1, FLASH, 1024, (0,), b'', 'done'),
        (
            'page erase 0x08001800, 1024 bytes, page 0: done after 22 ms',
            'page erase 0x08001800, 1024 bytes, page 0',
            'page erase',
        ),
    ),
    (
        FlashOperation(0, 85, 'swd0', 'mass_erase', -1, None, None, (), b'', 'failed', ('WRPERR',)),
        ('mass erase: failed after 85 us (WRPERR)', 'mass erase', 'mass erase'),
    ),
    (
        PartFamily(0, 9, 'swd0', 'F4', 'use of the flash registers', False, ('F7',)),
        ('STM32F4 or STM32F7 (use of the flash registers)', 'STM32F4 or STM32F7', 'F4'),
    ),
    (
        BlindAccess(0, 9, 'swd0', True),
        ('write at an address that is not known', 'write at an address that is not known', '?'),
    ),
    (
        FlashOperation(0, 2720, 'i2c0', 'program', 0x32, FLASH, 256, (), bytes(256), 'done'),
        (
            'program 0x08001800, 256 bytes: done after 2.72 ms',
            'program 0x08001800, 256 bytes',
            'program',
        ),
    ),
    (
        OptionChange(0, 9, 'i2c0', 'RDP', '', 'level 0'),
        ('option RDP: unknown -> level 0', 'RDP -> level 0', 'RDP'),
    ),
    (
        Window(0, 41_900_000, 'i2c0', 'option-programming', 'cut', 0x93, 'NRST fell'),
        (
            'option-programming window CUT OFF after 41.9 s: NRST fell',
            'option-programming window CUT OFF',
            'option-programming',
        ),
    ),
    (
        Window(7, 7, 'i2c0', 'erase', 'open', 0x45, 'ordered'),
        ('erase window open: ordered', 'erase window open', 'erase'),
    ),
    (FINDING, ('BLP013 error: BUSY for 41 s.', 'BLP013 busy-forever', 'BLP013')),
    (
        Withdrawn(0, 9, 'i2c0', 'RST001', 'BLS004'),
        ('RST001 suppressed by BLS004', 'RST001 suppressed by BLS004', 'RST001'),
    ),
]


def register(
    port: str, name: str, write: bool, value: int, outcome: str = 'ok', ap: int = -1
) -> RegisterAccess:
    return RegisterAccess(0, 9, 'swd0', port, ap, 0, name, write, value, outcome)


def memory(
    address: int, size: int, write: bool, value: int, outcome: str = 'ok', ap: int = 0
) -> MemoryAccess:
    return MemoryAccess(0, 9, 'swd0', ap, address, size, write, value, outcome)


SWD_RECORDS: list[tuple[Any, tuple[str, str, str]]] = [
    (
        SwdTransfer(0, 46, 'swd0', 0xA5, 1, 0x0BC11477, DATA_PHASE),
        ('DP read DPIDR: OK 0x0BC11477', 'R DPIDR: 0x0BC11477', 'OK'),
    ),
    (
        SwdTransfer(0, 46, 'swd0', 0xA9, 1, 0x50000000, DATA_PHASE),
        ('DP write 0x4: OK 0x50000000', 'W DP 0x4: 0x50000000', 'OK'),
    ),
    (
        SwdTransfer(0, 46, 'swd0', 0x9F, 1, 5, DATA_PHASE | BAD_PARITY),
        ('AP read 0xC: OK 0x00000005, bad parity', 'R AP 0xC: 0x00000005', 'OK'),
    ),
    (
        SwdTransfer(0, 13, 'swd0', 0xBB, 2, 0, 0),
        ('AP write 0xC: WAIT', 'W AP 0xC: WAIT', 'WAIT'),
    ),
    (
        SwdTransfer(0, 13, 'swd0', 0xBB, 3, 0, TRUNCATED),
        (
            'AP write 0xC: invalid acknowledge 110, cut off',
            'W AP 0xC: invalid acknowledge 110',
            'invalid acknowledge 110',
        ),
    ),
    (
        SwdSequence(0, 56, 'swd0', 'line_reset', 56),
        ('line reset, 56 clocks', 'line reset', 'reset'),
    ),
    (
        SwdSequence(0, 1, 'swd0', 'noise', 1),
        ('bits that fit nothing, 1 clock', 'bits that fit nothing', 'noise'),
    ),
    (
        register('dp', 'CTRL/STAT', True, 0x50000000),
        (
            'CTRL/STAT = CDBGPWRUPREQ|CSYSPWRUPREQ (0x50000000)',
            'CTRL/STAT = 0x50000000',
            'CTRL/STAT',
        ),
    ),
    (
        register('ap', 'CSW', True, 0x23000002, ap=1),
        (
            'AP1 CSW = Size=32 bit|AddrInc=off|Prot=0x23 (0x23000002)',
            'AP1 CSW = 0x23000002',
            'CSW',
        ),
    ),
    (
        register('ap', 'IDR', False, 0x24770011, ap=0),
        (
            'IDR -> TYPE=AHB3|VARIANT=0x1|CLASS=MEM-AP|DESIGNER=Arm|REVISION=0x2 (0x24770011)',
            'IDR -> 0x24770011',
            'IDR',
        ),
    ),
    (
        register('dp', 'SELECT', True, 0),
        ('SELECT = 0x00000000', 'SELECT = 0x00000000', 'SELECT'),
    ),
    (
        register('dp', 'DPIDR', False, 0, 'no_reply'),
        ('DPIDR -> no reply', 'DPIDR no reply', 'DPIDR'),
    ),
    (
        register('ap', 'TAR', True, 0x20000000, 'fault', ap=0),
        ('TAR = 0x20000000, FAULT', 'TAR FAULT', 'TAR'),
    ),
    (
        memory(0xE0042000, 4, False, 0x10076419),
        ('read 0xE0042000 -> 0x10076419', 'read 0xE0042000 -> 0x10076419', '0xE0042000'),
    ),
    (
        memory(FLASH, 2, True, 0x6533, 'bad_parity', ap=2),
        (
            'AP2 write 0x08001800 = 0x6533, bad parity',
            'AP2 write 0x08001800 = 0x6533',
            '0x08001800',
        ),
    ),
    (
        memory(-1, 4, False, 0, 'lost'),
        (
            'read unknown address -> value lost',
            'read unknown address value lost',
            'unknown address',
        ),
    ),
    (
        AckRun(0, 9, 'swd0', 4, 0xBB, True, 51, 3, True, True),
        ('FAULT x51, AP write 0xC', 'FAULT x51', 'FAULT'),
    ),
    (
        AckRun(0, 9, 'swd0', 7, 0xA5, False, 3, 0, False, False),
        ('no reply x3, DP read DPIDR and others, so far', 'no reply x3', 'no reply'),
    ),
    (
        ParityError(0, 9, 'swd0', 0xBD, 5),
        ('bad parity: DP read RDBUFF, 0x00000005', 'bad parity', 'parity'),
    ),
    (
        LinkReset(0, 9, 'swd0', 'jtag_to_swd', 5, 3),
        ('JTAG to SWD after 5 packets, 3 OK', 'JTAG to SWD', 'to SWD'),
    ),
    (
        LinkStats(0, 9, 'swd0', 13, 1, 2, 3, 4, 1, 1, 1, 2, True),
        (
            '13 packets, 1 OK, 2 WAIT, 3 FAULT, 4 without reply, 1 with reply 000, '
            '1 with an invalid acknowledge, 1 parity error, 2 line resets',
            '13 packets, 1 OK',
            '13',
        ),
    ),
    (
        DebugControl(0, 2000, 'swd0', 'halt', True, 2),
        ('halt: done after 2 ms, 2 reads of DHCSR', 'halt: done', 'halt'),
    ),
    (
        DebugControl(0, 9, 'swd0', 'reset', False, 0),
        ('reset of the part: not seen to happen', 'reset of the part: not seen', 'reset'),
    ),
    (
        DebugRequest(0, 9, 'swd0', 'step', 0xA05F0005),
        ('single step requested (0xA05F0005)', 'single step requested', 'step'),
    ),
    (
        CoreStatus(0, 9, 'swd0', 0x02030003, True, False, False, True, True),
        (
            'core halted, reset since the last look (0x02030003)',
            'core halted, reset since the last look',
            'halted',
        ),
    ),
    (
        CoreStatus(0, 9, 'swd0', 0x000C0000, False, True, True, False, False),
        (
            'core running, locked up, asleep, debug off (0x000C0000)',
            'core running, locked up, asleep, debug off',
            'running',
        ),
    ),
    (
        RamLoaderRun(
            0,
            22_000,
            'swd0',
            0x20000001,
            (2, 0x08000000),
            0,
            9,
            0x00030003,
            0x20000000,
            640,
            'halted',
        ),
        (
            'program in SRAM at 0x20000001, 640 bytes, called with (0x2, 0x8000000): came back after 22 ms, '
            'R0 = 0x00000000',
            'program in SRAM at 0x20000001',
            'loader',
        ),
    ),
    (
        RamLoaderRun(0, 22_000, 'swd0', 0x20000001, (), -1, 0, -1, -1, -1, 'truncated'),
        (
            'program in SRAM at 0x20000001, called with (): still running where the data ends after 22 ms',
            'program in SRAM at 0x20000001',
            'loader',
        ),
    ),
    (
        PeripheralAccess(0, 9, 'swd0', 'FLASH.CR', 0x40022014, True, 0x4000, 0xC0000000, 'ok'),
        (
            'FLASH.CR = 0x00004000 (was 0xC0000000)',
            'FLASH.CR = 0x00004000',
            'FLASH.CR',
        ),
    ),
    (
        PeripheralAccess(0, 9, 'swd0', 'FLASH.SR', 0x40022010, False, 0, -1, 'lost'),
        ('FLASH.SR -> value lost', 'FLASH.SR value lost', 'FLASH.SR'),
    ),
    (
        OptionState(0, 9, 'swd0', 'FLASH.OPTCR', 0x0FFCAAED, 0xAA, 0, (0, 1), 12),
        (
            'FLASH.OPTCR -> 0x0FFCAAED, RDP 0xAA, level 0, 2 of 12 sectors protected (0 to 1)',
            'FLASH.OPTCR, RDP 0xAA, level 0, 2 of 12 sectors protected (0 to 1)',
            'FLASH.OPTCR',
        ),
    ),
    (
        OptionState(0, 9, 'swd0', 'FLASH.OBR', 0x03FFFFFC, -1, -1, (), 0),
        ('FLASH.OBR -> 0x03FFFFFC', 'FLASH.OBR', 'FLASH.OBR'),
    ),
    (
        AreaRefused(0, 9, 'swd0', 0x08000000, 1),
        (
            'flash refuses 1 read from 0x08000000 on',
            'flash refuses to be read',
            'refused',
        ),
    ),
]
RECORDS += SWD_RECORDS


@pytest.mark.parametrize(('record', 'expected'), RECORDS, ids=[one[1][0][:50] for one in RECORDS])
def test_a_record_has_three_texts(record: Any, expected: tuple[str, str, str]) -> None:
    assert describe(record, CONTEXT) == expected


def test_without_a_context_lengths_are_samples() -> None:
    assert describe(Level(0, 120, '', 'nrst', 0))[0] == 'NRST low for 120 samples'


def test_a_record_of_an_unknown_type_is_told_by_its_name() -> None:
    class Other:
        pass

    assert describe(Other()) == ('Other', 'Other', 'Other')


def test_every_product_of_the_machines_has_a_text_of_its_own() -> None:
    described = {type(record) for record, _ in RECORDS} | {BootCommand}
    for machine in (I2cBootloader, BootOperations, Resets, AdiMachine, LinkMonitor):
        assert set(machine.produces) <= described
