"""The bootloader's dialogues: the frames of each command, byte by byte, as AN4221 has them."""

from __future__ import annotations

import pytest

from waves.loader import ACK, BUSY, NACK, Loader

# W: written by the host, R: read; the address of the loader left out. '79': ACK, '1f': NACK, '76':
# BUSY.


def said(loader: Loader) -> list[str]:
    return [
        f'{"W" if transfer.write else "R"} {transfer.data.hex(" ")}'
        for transfer in loader.transfers
    ]


def test_get_answers_count_version_and_opcodes() -> None:
    assert said(Loader().get(0x10)) == [
        'W 00 ff', 'R 79', 'R 0b 10 00 01 02 11 21 31 44 63 73 82 92', 'R 79',
    ]  # fmt: skip


@pytest.mark.parametrize(('version', 'count'), [(0x10, 11), (0x11, 17), (0x12, 18)])
def test_get_has_as_many_opcodes_as_the_version(version: int, count: int) -> None:
    answer = Loader().get(version).transfers[2].data
    assert (answer[0], len(answer)) == (count, count + 2)


def test_get_version_answers_one_byte() -> None:
    assert said(Loader().get_version(0x11)) == ['W 01 fe', 'R 79', 'R 11', 'R 79']


def test_get_id_answers_two_bytes_after_their_count_less_one() -> None:
    assert said(Loader().get_id(0x460)) == ['W 02 fd', 'R 79', 'R 01 04 60', 'R 79']


def test_read_memory_ends_with_the_data() -> None:
    assert said(Loader().read_memory(0x08000000, b'\x01\x02\x03\x04')) == [
        'W 11 ee', 'R 79', 'W 08 00 00 00 08', 'R 79', 'W 03 fc', 'R 79', 'R 01 02 03 04',
    ]  # fmt: skip


def test_write_memory_is_busy_before_its_last_status() -> None:
    assert said(Loader().write_memory(0x08001800, b'\xaa\xbb', busy=2)) == [
        'W 32 cd', 'R 79', 'W 08 00 18 00 10', 'R 79', 'W 01 aa bb 10', 'R 76', 'R 76', 'R 79',
    ]  # fmt: skip


def test_stretching_write_holds_the_clock_instead() -> None:
    loader = Loader().write_memory(0x08000000, b'\xaa', no_stretch=False, busy=3, poll=1e-3)
    assert said(loader)[0] == 'W 31 ce'
    assert said(loader)[-2:] == ['W 00 aa aa', 'R 79']
    assert loader.transfers[-1].stretch == 3005


def test_wrong_address_checksum_is_refused() -> None:
    loader = Loader().write_memory(0x08000000, b'\xaa', address_checksum=0x55)
    assert said(loader)[2:] == ['W 08 00 00 00 55', 'R 1f']


def test_wrong_data_checksum_is_sent_as_given() -> None:
    loader = Loader().write_memory(0x08000000, b'\xaa\xbb', busy=0, checksum=0x55, final=NACK)
    assert said(loader)[4:] == ['W 01 aa bb 55', 'R 1f']


def test_data_frame_can_be_cut_short() -> None:
    loader = Loader().write_memory(0x08000000, b'\xaa\xbb', busy=0, cut=2, final=NACK)
    assert said(loader)[4:] == ['W 01 aa', 'R 1f']


def test_erase_acknowledges_the_count_before_the_pages() -> None:
    assert said(Loader().erase_pages([3, 4, 5], busy=1)) == [
        'W 45 ba', 'R 79', 'W 00 02 02', 'R 79', 'W 00 03 00 04 00 05 02', 'R 76', 'R 79',
    ]  # fmt: skip


def test_mass_erase_has_a_special_code_and_no_status_for_it() -> None:
    assert said(Loader().mass_erase(busy=1)) == ['W 45 ba', 'R 79', 'W ff ff 00', 'R 76', 'R 79']


def test_checksum_of_a_single_byte_is_its_complement() -> None:
    assert said(Loader().write_protect([4], busy=0, own_reset=False)) == [
        'W 64 9b', 'R 79', 'W 00 ff', 'R 79', 'W 04 fb', 'R 79',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('loader', 'transfers'),
    [
        (Loader().write_unprotect(busy=1), ['W 74 8b', 'R 79', 'R 76', 'R 79']),
        (Loader().readout_protect(busy=1), ['W 83 7c', 'R 79', 'R 76', 'R 79']),
        (Loader().readout_unprotect(busy=1), ['W 93 6c', 'R 79', 'R 76', 'R 79']),
        (Loader().readout_unprotect(busy=1, no_stretch=False), ['W 92 6d', 'R 79', 'R 79']),
    ],
)
def test_option_commands_end_with_a_second_status(loader: Loader, transfers: list[str]) -> None:
    assert said(loader) == transfers


def test_readout_unprotect_may_never_end() -> None:
    loader = Loader(nrst=1).readout_unprotect(busy=4, final=None)
    assert said(loader)[2:] == ['R 76'] * 4
    assert loader.wave.changes(('nrst',)).index.tolist() == [0]


def test_part_resets_itself_after_an_option_command() -> None:
    loader = Loader(nrst=1).readout_unprotect(busy=1)
    fall, rise = loader.changes(('nrst',)).index[1:]
    assert rise - fall == 25
    assert fall > loader.transfers[-1].end


def test_go_has_an_address() -> None:
    assert said(Loader().go(0x08000000)) == ['W 21 de', 'R 79', 'W 08 00 00 00 08', 'R 79']


def test_refused_command_is_its_frame_and_nack() -> None:
    assert said(Loader().refused(0x11)) == ['W 11 ee', 'R 1f']


def test_wrong_complement_is_sent_as_given() -> None:
    assert said(Loader().command(0x11, NACK, complement=0x11)) == ['W 11 11', 'R 1f']


def test_memory_checksum_has_address_length_and_crc() -> None:
    assert said(Loader().checksum(0x08000000, 0x100, 0x12345678, busy=1)) == [
        'W a1 5e', 'R 79', 'W 08 00 00 00 08', 'R 79', 'W 00 00 01 00 01', 'R 79', 'R 76', 'R 79',
        'R 12 34 56 78 08',
    ]  # fmt: skip


def test_busy_is_polled_at_its_interval() -> None:
    loader = Loader().poll_busy(seconds=10e-3, every=2e-3)
    starts = [transfer.start for transfer in loader.transfers]
    assert starts == [100, 2100, 4100, 6100, 8100]
    assert {transfer.data for transfer in loader.transfers} == {bytes([BUSY])}


def test_absent_loader_answers_no_address() -> None:
    loader = Loader().absent(3, every=10e-3)
    assert [transfer.acked for transfer in loader.transfers] == [(False,)] * 3
    assert [transfer.start for transfer in loader.transfers] == [100, 10_100, 20_100]


def test_other_devices_are_read_with_a_repeated_start() -> None:
    write, read = Loader().eeprom_read(0x50, 0x10, b'ab').transfers
    assert (write.address, write.data, write.stopped) == (0x50, b'\x10', False)
    assert (read.address, read.data, read.restart) == (0x50, b'ab', True)


def test_verbs_chain() -> None:
    loader = Loader(address=0x3B).idle(1e-3).get_id(0x448).idle(1e-3).status(ACK)
    assert {transfer.address for transfer in loader.transfers} == {0x3B}
