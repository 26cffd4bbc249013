"""Memory accesses get the names of registers and their fields, as far as the part is known."""

from __future__ import annotations

from stm32trace.report.naming import Naming
from stm32trace_core.adi.records import OK, MemoryAccess
from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.context import bare_context
from stm32trace_core.flash.records import PeripheralAccess

CR = 0x40022014  # FLASH_CR of a G0


def access(start: int = 10, address: int = CR, value: int = 0x00010004) -> MemoryAccess:
    return MemoryAccess(start, start + 5, 'swd0', 0, address, 4, True, value, OK)


def named(
    register: str, start: int = 10, address: int = CR, value: int = 0x00010004
) -> PeripheralAccess:
    return PeripheralAccess(start, start + 5, 'swd0', register, address, True, value, -1, OK)


def test_an_access_has_the_name_that_was_told_just_before() -> None:
    naming = Naming(bare_context())
    naming.take(named('FLASH.CR'))
    assert naming.name(access()) == named('FLASH.CR')
    assert naming.name(access(start=99)) is None
    assert naming.name(access(address=0x20000000)) is None


def test_the_fields_of_a_flash_register_are_those_of_the_part() -> None:
    naming = Naming(bare_context())
    assert naming.fields(named('FLASH.CR')) == {}
    naming.take(DeviceIdentified(0, 1, 'swd0', 0x460, 'DBGMCU_IDCODE'))
    assert naming.fields(named('FLASH.CR')) == {'MER1': 1, 'STRT': 1}


def test_the_part_on_another_bus_says_nothing() -> None:
    naming = Naming(bare_context())
    naming.take(DeviceIdentified(0, 1, 'swd1', 0x460, 'DBGMCU_IDCODE'))
    assert naming.fields(named('FLASH.CR')) == {}


def test_the_family_that_the_user_names_is_enough() -> None:
    naming = Naming(bare_context()._replace(family='G0'))
    assert naming.fields(named('FLASH.CR')) == {'MER1': 1, 'STRT': 1}


def test_registers_of_the_core_are_the_same_on_every_part() -> None:
    dhcsr = named('CoreDebug.DHCSR', address=0xE000EDF0, value=0x00030003)._replace(write=False)
    assert Naming(bare_context()).fields(dhcsr) == {
        'C_DEBUGEN': 1,
        'C_HALT': 1,
        'S_REGRDY': 1,
        'S_HALT': 1,
    }


def test_a_write_to_dhcsr_has_the_key_in_place_of_the_status() -> None:
    dhcsr = named('CoreDebug.DHCSR', address=0xE000EDF0, value=0xA05F0001)
    assert Naming(bare_context()).fields(dhcsr) == {'C_DEBUGEN': 1, 'DBGKEY': 0xA05F}
