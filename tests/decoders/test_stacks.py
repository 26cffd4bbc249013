"""Dialogues on the wire, as a person sees them on the rows of the decoders."""

from __future__ import annotations

from typing import Any

from decoders.hosts import Layer, Notes, Wires, go, run, wired
from decoders.stacks import ADI, FLASH, I2C, SWD, noted, shown, uart
from stm32trace_core.adi.records import LinkReset, MemoryAccess, RegisterAccess
from stm32trace_core.bootloader.records import BootCommand
from stm32trace_core.wire.swd import SwdSequence, SwdTransfer
from waves.loader import READOUT_UNPROTECT_NS, Loader
from waves.probe import Probe
from waves.swd import AP, DP, FAULT, WAIT, SwdWave
from waves.uart import UartWave

BASE = 0x08000000


def test_swd_packets_are_shown_by_direction_and_acknowledge() -> None:
    wave = SwdWave().jtag_to_swd().read(DP, 0, 0x0BC11477).write(AP, 0, 1, WAIT).write(AP, 0, 1)
    wave.read(DP, 4, 1, FAULT).read(DP, 0, 3, bad_parity=True).idle(100)
    notes = noted(wave, SWD)
    assert shown(notes, 'sequence') == [
        'line reset, 56 clocks',
        'JTAG to SWD, 16 clocks',
        'line reset, 56 clocks',
    ]
    assert shown(notes, 'read') == [
        'DP read DPIDR: OK 0x0BC11477',
        'DP read DPIDR: OK 0x00000003, bad parity',
    ]
    assert shown(notes, 'write') == ['AP write 0x0: OK 0x00000001']
    assert shown(notes, 'refused') == ['AP write 0x0: WAIT', 'DP read 0x4: FAULT']
    assert shown(notes, 'parity') == ['bad parity: DP read DPIDR, 0x00000003']
    assert [(one.start, one.end) for one in notes.annotations if one.text.startswith('DP read DPIDR: OK 0x0B')] == [
        (wave.transfers[0].start, wave.transfers[0].end)
    ]  # fmt: skip


def test_swd_target_that_does_not_answer_is_found_before_the_data_end() -> None:
    wave = SwdWave().line_reset()
    for _ in range(5):
        wave.read(DP, 0, 0, 7).idle(80)
    notes = noted(wave.idle(100), SWD)
    assert shown(notes, 'unanswered') == 5 * ['DP read DPIDR: no reply']
    (said,) = shown(notes, 'error')
    assert said.startswith('SWD001 error: Nobody answers on SWD')


def test_swd_records_are_passed_on_in_the_form_of_the_stock_decoder() -> None:
    wave = SwdWave().line_reset().read(DP, 0, 5).idle(100)
    (_, _, (reset, nothing)), (start, end, (kind, packet)) = noted(wave, SWD).python
    assert (reset, nothing) == ('LINE_RESET', ())
    assert (kind, packet) == ('DP_READ', (0, 5, 'OK'))
    assert isinstance(nothing.record, SwdSequence)
    assert isinstance(packet.record, SwdTransfer)
    assert (start, end) == (packet.record.start, packet.record.end)


def test_adi_shows_registers_with_fields_and_memory() -> None:
    wave = Probe().connect().power_up().mem_write(0x20000000, 5).mem_read(0x40022010, 1).idle(200)
    notes = noted(wave, ADI)
    assert shown(notes, 'register-write')[2:4] == [
        'CTRL/STAT = CDBGPWRUPREQ|CSYSPWRUPREQ (0x50000000)',
        'CSW = Size=32 bit|AddrInc=single|DeviceEn|Prot=0x23 (0x23000052)',
    ]
    assert shown(notes, 'memory-write') == ['write 0x20000000 = 0x00000005']
    assert shown(notes, 'memory-read') == ['read 0x40022010 -> 0x00000001']
    passed = {
        type(record) for _, _, (name, record) in notes.python if name == type(record).__name__
    }
    assert passed == {LinkReset, RegisterAccess, MemoryAccess}


def test_flash_shows_what_was_done_to_the_part_with_the_fields_of_its_registers() -> None:
    wave = Probe().connect().power_up().identify(0x460)
    wave.mem_write(0x40022008, 0x45670123).mem_write(0x40022008, 0xCDEF89AB)
    wave.mem_write(0x40022014, 0x00010004).mem_read(0x40022010, 0x00010000).mem_read(0x40022010, 0)
    notes = noted(wave.idle(300), FLASH)
    assert shown(notes, 'identity') == ['DBGMCU_IDCODE: part is 0x460 (STM32G07x/G08x)']
    assert shown(notes, 'field-write')[-1].endswith('FLASH.CR = 0x00010004  MER1|STRT')
    assert shown(notes, 'field-read')[-2:] == [
        'FLASH.SR -> 0x00010000  BSY1',
        'FLASH.SR -> 0x00000000 (was 0x00010000)',
    ]
    assert [text.split(':')[0] for text in shown(notes, 'operation')] == [
        'unlock',
        'mass erase 0x08000000',
    ]
    assert shown(notes, 'window-opens') == ['erase window open: mass erase started']
    assert len(shown(notes, 'window')) == 1


def test_findings_are_shown_once_in_a_stack() -> None:
    wave = Probe().connect().power_up().read(DP, 0, 3, bad_parity=True).idle(300)
    assert [text[:6] for text in shown(noted(wave, FLASH), 'note', 'warning', 'error')] == [
        'SWD008'
    ]


def i2c_loader() -> Loader:
    wave = Loader().get_id()
    return wave.write_memory(BASE, bytes(8)).command(READOUT_UNPROTECT_NS).poll_busy(0.01, 2e-3)


def test_i2c_loader_is_shown_as_transfers_frames_commands_and_operations() -> None:
    notes = noted(i2c_loader(), I2C)
    assert shown(notes, 'command') == [
        'Get ID -> ACK, 0x460 (STM32G07x/G08x)',
        'No-Stretch Write Memory 0x08000000, 8 bytes -> BUSY x3, ACK',
    ]
    assert shown(notes, 'frame', 'reply')[:2] == ['command: 02 FD -> ACK', 'reply: 01 04 60']
    assert shown(notes, 'transfer-write')[0] == 'write 0x51: 02 FD'
    assert shown(notes, 'identity') == ['Get ID: part is 0x460 (STM32G07x/G08x)']
    assert shown(notes, 'operation') == ['program 0x08000000, 8 bytes: done after 3.22 ms']
    assert len(shown(notes, 'window-opens')) == 2  # the last one is still open


def test_status_bytes_are_shown_while_the_command_is_under_way() -> None:
    statuses = shown(noted(i2c_loader(), I2C), 'ack', 'busy')
    assert statuses[-1].startswith('No-Stretch Readout Unprotect, step final: BUSY x')


def test_options_reach_the_machines() -> None:
    quiet = Loader(address=0x3A).get_version()
    assert shown(noted(quiet, I2C), 'command') == []
    assert shown(noted(quiet, I2C, address='0x3A'), 'command') != []


def test_i2c_records_are_passed_on() -> None:
    passed = [
        record for _, _, (name, record) in noted(i2c_loader(), I2C).python if name == 'BootCommand'
    ]
    assert all(isinstance(one, BootCommand) for one in passed)
    assert [one.name for one in passed] == ['Get ID', 'No-Stretch Write Memory']


def uart_loader(swapped: bool = False) -> UartWave:
    wave = UartWave()
    host, target = (wave.rx, wave.tx) if swapped else (wave.tx, wave.rx)
    for asked, answered in (
        ([0x7F], [0x79]),
        ([0x02, 0xFD], [0x79, 1, 4, 0x60, 0x79]),
        ([0x11, 0xEE], [0x1F]),
    ):
        host(asked).idle(1e-3)
        target(answered).idle(1e-3)
    return wave


def test_uart_loader_is_shown_as_frames_and_commands() -> None:
    notes = noted(uart_loader(), uart())
    assert shown(notes, 'command', 'command-failed') == [
        'Synchronize -> ACK',
        'Get ID -> ACK, 0x460 (STM32G07x/G08x)',
        'Read Memory -> NACK',
    ]
    assert shown(notes, 'frame')[1] == 'command: 02 FD -> ACK'
    assert shown(notes, 'nack') == ['Read Memory, step command: NACK']


def test_uart_lines_may_be_named_from_either_side() -> None:
    swapped = noted(uart_loader(swapped=True), uart())
    assert shown(swapped, 'command') == shown(noted(uart_loader(), uart()), 'command')


def test_decoders_start_anew_after_a_reset() -> None:
    wave = Probe().connect().power_up().identify(0x460).mem_read(0x40022010, 1).idle(200)
    lines = wave.changes(('swclk', 'swdio'))
    notes = Notes()
    decoders = wired(FLASH, notes)
    for _ in range(2):
        go(decoders, Wires(lines, wave.rate), wave.rate)
    count = len(notes.annotations) // 2
    assert count > 10
    assert notes.annotations[:count] == notes.annotations[count:]


def test_without_a_sample_rate_times_are_told_in_samples() -> None:
    wave = Loader().get_id().write_memory(BASE, bytes(8))
    notes = run(Wires(wave.changes(('scl', 'sda')), None), I2C, None)
    assert shown(notes, 'operation') == ['program 0x08000000, 8 bytes: done after 3220 samples']


def test_a_rate_that_the_host_does_not_tell_can_be_given() -> None:
    wave = Loader().get_id().write_memory(BASE, bytes(8))
    stack = (I2C[0], Layer('stm32_boot_i2c', {}, {'samplerate': int(wave.rate)}))
    notes = run(Wires(wave.changes(('scl', 'sda')), None), stack, None)
    assert shown(notes, 'operation') == ['program 0x08000000, 8 bytes: done after 3.22 ms']


def told(notes: Any) -> list[str]:
    return [one.text for one in notes.annotations if one.decoder == 'stm32_adi']


def test_accesses_are_the_same_on_the_stock_decoder() -> None:
    wave = Probe().connect().power_up().identify(0x460).halt()
    wave.mem_write_block(0x20000000, [1, 2, 3]).mem_read_block(0x40022000, [4, 5, 6]).idle(300)
    on_stock = (Layer('swd', SWD[0].channels), *FLASH[1:])
    theirs, ours = noted(wave, on_stock), noted(wave, FLASH)
    assert told(theirs) == told(ours)
    assert len(told(ours)) > 20
    assert shown(theirs, 'field-read', 'field-write') == shown(ours, 'field-read', 'field-write')


def test_on_the_stock_decoder_nothing_is_said_of_the_link() -> None:
    wave = SwdWave().line_reset()
    for _ in range(5):
        wave.read(DP, 0, 0, 7).idle(80)
    on_stock = (Layer('swd', SWD[0].channels), *FLASH[1:])
    assert noted(wave.read(DP, 0, 1).idle(100), on_stock).classes == ['register-read']
