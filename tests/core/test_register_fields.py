"""Fields of named registers: of the part that told which one it is, or of the family that the user named."""

from __future__ import annotations

from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.context import bare_context
from stm32trace_core.describe.naming import RegisterFields
from stm32trace_core.flash.records import PeripheralAccess

CONTEXT = bare_context(1e6)


def access(register: str, value: int, write: bool = False, bus: str = 'swd0') -> PeripheralAccess:
    return PeripheralAccess(0, 10, bus, register, 0, write, value, -1, 'ok')


def test_fields_of_the_core_need_no_family() -> None:
    fields = RegisterFields(CONTEXT)
    assert fields.of(access('CoreDebug.DHCSR', 0x00030003)) == {
        'C_DEBUGEN': 1, 'C_HALT': 1, 'S_REGRDY': 1, 'S_HALT': 1,
    }  # fmt: skip


def test_dhcsr_is_written_with_a_key_where_it_is_read_with_status() -> None:
    fields = RegisterFields(CONTEXT)
    assert fields.of(access('CoreDebug.DHCSR', 0xA05F0003, write=True)) == {
        'C_DEBUGEN': 1, 'C_HALT': 1, 'DBGKEY': 0xA05F,
    }  # fmt: skip


def test_fields_of_flash_registers_are_those_of_the_part_once_it_is_known() -> None:
    fields = RegisterFields(CONTEXT)
    start = access('FLASH.CR', 0x00010004)
    assert fields.of(start) == {}
    fields.identify(DeviceIdentified(0, 1, 'swd0', 0x460, 'DBGMCU_IDCODE'))
    assert fields.of(start) == {'MER1': 1, 'STRT': 1}
    assert fields.of(start._replace(bus='swd1')) == {}
    fields.identify(DeviceIdentified(0, 1, 'swd0', 0x452, 'DBGMCU_IDCODE'))
    assert fields.of(start) == {'MER': 1, 'STRT': 1}


def test_family_of_the_user_counts_until_the_part_tells() -> None:
    fields = RegisterFields(CONTEXT._replace(family='G0'))
    assert fields.of(access('FLASH.CR', 0x00010004)) == {'MER1': 1, 'STRT': 1}


def test_a_part_without_a_table_tells_nothing() -> None:
    fields = RegisterFields(CONTEXT)
    fields.identify(DeviceIdentified(0, 1, 'swd0', 0xFFF, 'DBGMCU_IDCODE'))
    assert fields.of(access('FLASH.CR', 1)) == {}
    assert fields.of(access('FLASH.NOTHING', 1)) == {}


def test_fields_stand_behind_the_access_in_the_long_text_only() -> None:
    fields = RegisterFields(CONTEXT._replace(family='G0'))
    long_, medium, short = fields.describe(access('FLASH.OPTR', 0xDFFFE1AA & 0x1FF))
    assert long_ == 'FLASH.OPTR -> 0x000001AA  RDP=0xAA|BOR_EN'
    assert (medium, short) == ('FLASH.OPTR -> 0x000001AA', 'FLASH.OPTR')
    assert fields.describe(access('FLASH.SR', 0))[0] == 'FLASH.SR -> 0x00000000'
