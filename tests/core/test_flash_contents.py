"""What main flash holds, as the bootloader's commands tell it."""

from __future__ import annotations

from typing import Any

from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.context import Context, bare_context
from stm32trace_core.flash.contents import FlashCheck, FlashContents, FlashWrite
from stm32trace_core.flash.records import (
    BANK_ERASE,
    DONE,
    FAILED,
    GO,
    MASS_ERASE,
    PAGE_ERASE,
    PROGRAM,
    READ,
    UNKNOWN,
    FlashOperation,
)
from stm32trace_core.lines import CaptureGap

BUS = 'uart0'
FLASH = 0x08000000
DATA = bytes(range(1, 9))
BLANK = b'\xff' * 8
G071 = DeviceIdentified(0, 0, BUS, 0x460, 'Get ID')
F407 = DeviceIdentified(0, 0, BUS, 0x413, 'Get ID')


def operation(
    kind: str,
    address: int | None = FLASH,
    data: bytes = b'',
    pages: tuple[int, ...] = (),
    outcome: str = DONE,
) -> FlashOperation:
    return FlashOperation(10, 20, BUS, kind, 0, address, len(data), pages, data, outcome)


def write(data: bytes = DATA, address: int = FLASH, outcome: str = DONE) -> FlashOperation:
    return operation(PROGRAM, address, data, outcome=outcome)


def read(data: bytes = DATA, address: int = FLASH) -> FlashOperation:
    return operation(READ, address, data)


ERASED = operation(MASS_ERASE, None)


def run(*records: Any, context: Context | None = None) -> list[Any]:
    machine = FlashContents(context or bare_context(), BUS)
    return [made for record in records for made in machine.feed(record)]


def written(
    address: int = FLASH,
    length: int = 8,
    overwritten: int = 0,
    held: int = -1,
    unknown: int = 0,
    unverified: int = 8,
) -> FlashWrite:
    return FlashWrite(10, 20, BUS, address, length, overwritten, held, unknown, unverified)


def checked(compared: int = 8, unverified: int = 0, **others: Any) -> FlashCheck:
    same = FlashCheck(10, 20, BUS, FLASH, 8, compared, 0, -1, b'', b'', unverified)
    return same._replace(**others)


def test_a_write_after_an_erase_and_its_read_back() -> None:
    assert run(ERASED, write(), read()) == [written(), checked()]


def test_a_write_of_which_nothing_is_known() -> None:
    assert run(write()) == [written(unknown=8)]


def test_a_write_over_what_was_read_needs_bits_to_rise() -> None:
    assert run(read(bytes(8)), write())[-1] == written(overwritten=8, held=0)
    assert run(read(BLANK), write())[-1] == written()
    assert run(read(DATA), write())[-1] == written()


def test_a_write_over_what_was_written() -> None:
    first, second = run(ERASED, write(bytes(8)), write(b'\0' * 7 + b'\x01'))
    assert second == written(overwritten=1, held=0)
    assert first == written()


def test_what_is_read_otherwise_is_told_once() -> None:
    other = DATA[:5] + b'\x55' + DATA[6:]
    found = run(ERASED, write(), read(other), read(other))
    assert found[1] == checked(
        different=1, at=FLASH + 5, written=b'\x06\x07\x08', read=b'\x55\x07\x08'
    )
    assert found[2] == checked()


def test_only_what_was_written_is_compared() -> None:
    assert run(ERASED, write(DATA[:2]), read())[-1] == checked(compared=2)
    assert run(read(), read(BLANK))[-1] == checked(compared=0)


def test_a_block_may_lie_across_the_boundary_of_two() -> None:
    at = FLASH + 252
    found = run(ERASED, write(DATA, at), read(DATA[:7] + b'\0', at))
    assert found == [
        written(at),
        checked(address=at, different=1, at=at + 7, written=b'\x08', read=b'\0'),
    ]


def test_a_read_of_a_part_leaves_the_rest_unverified() -> None:
    found = run(ERASED, write(), read(DATA[:3]))
    assert found[-1] == checked(compared=3, length=3, unverified=5)


def test_an_erase_of_a_page_is_one_of_its_bytes_alone() -> None:
    page_1 = operation(PAGE_ERASE, None, pages=(1,))
    found = run(
        G071, write(), write(DATA, FLASH + 2048), page_1, write(), write(DATA, FLASH + 2048)
    )
    assert found[2:] == [
        written(overwritten=0, unverified=8),
        written(FLASH + 2048, unverified=16),
    ]


def test_sectors_have_their_own_sizes() -> None:
    sector_4 = operation(PAGE_ERASE, None, pages=(4,))  # 64 KiB at 0x08010000
    found = run(F407, sector_4, write(DATA, 0x08010000), write(DATA, 0x0800FFF8))
    assert [one.unknown for one in found] == [0, 8]


def test_pages_whose_place_is_not_known_may_be_anywhere() -> None:
    page = operation(PAGE_ERASE, None, pages=(1,))
    assert run(page, write()) == [written()]
    assert run(write(), operation(BANK_ERASE, None), write())[-1] == written()


def test_an_erase_that_did_not_end_may_have_erased() -> None:
    assert run(operation(MASS_ERASE, None, outcome=UNKNOWN), write()) == [written()]


def test_a_write_that_failed_leaves_anything() -> None:
    assert run(ERASED, write(), write(bytes(8), outcome=FAILED), read(bytes(8)))[1:] == [
        checked(compared=0)
    ]


def test_after_go_and_a_gap_nothing_is_known() -> None:
    for event in (operation(GO), CaptureGap(30, 40, '', 'samples missing')):
        assert run(ERASED, write(), event, read(bytes(8)))[1:] == [checked(compared=0)]


def test_ram_is_left_alone() -> None:
    assert run(write(DATA, 0x20000000), read(DATA, 0x20000000)) == []


def test_the_users_family_bounds_the_flash() -> None:
    context = bare_context()._replace(family='G0')
    assert run(write(DATA, 0x08400000), context=context) == []
