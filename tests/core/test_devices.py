"""The families' tables contradict neither themselves nor one another."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from stm32trace_core.devices import (
    Device,
    Family,
    families,
    family_named,
    find_device,
    loader_addresses,
)
from stm32trace_core.register import Register

WORD = 32
LARGEST_DEV_ID = 0xFFF
EVENTS = {'OBL_LAUNCH', 'power_on_reset', 'system_reset', 'reset', 'OPTSTRT', 'OPTSTART'}
MODELS = {
    'shadow_register_obl',
    'direct_optcr',
    'halfword_complement',
    'nvm_word_complement',
    'cur_prg_registers',
}

each_family = pytest.mark.parametrize('family', families(), ids=lambda family: family.key)
registers = [(family, register) for family in families() for register in family.flash.registers]
each_register = pytest.mark.parametrize(
    ('family', 'register'), registers, ids=[f'{f.key}-{r.name}' for f, r in registers]
)
devices = [(family, device) for family in families() for device in family.devices]
each_device = pytest.mark.parametrize(
    ('family', 'device'), devices, ids=[device.name for _, device in devices]
)


def fields_named_by(family: Family) -> Iterator[str]:
    """Every 'REG.FIELD' that a table refers to."""
    for names in family.flash.roles.values():
        yield from names
    yield family.options.rdp_field
    for name in (family.flash.one_bank, family.options.protection_inverts):
        if name:
            yield name
    if family.options.boot_lock is not None:
        yield family.options.boot_lock


def test_there_is_a_table_for_the_part_of_the_g071_case() -> None:
    family = family_named('G0')
    assert family is not None
    assert family.device(0x460) == Device(
        0x460, 'STM32G07x/G08x', 128, 2048, False, (0xB2, 0xB3), 0x51
    )
    assert family.timing.mass_erase_s == 0.0401
    assert family.options.mismatch_locks


def test_dev_ids_are_unique_across_families() -> None:
    ids = Counter(device.dev_id for _, device in devices)
    assert [dev_id for dev_id, count in ids.items() if count > 1] == []


def test_keys_of_families_are_unique() -> None:
    keys = [family.key for family in families()]
    assert len(keys) == len(set(keys))


@each_register
def test_fields_lie_inside_the_register_and_do_not_overlap(
    family: Family, register: Register
) -> None:
    taken = [bit for field in register.fields for bit in range(field.lsb, field.lsb + field.width)]
    assert taken == sorted(set(taken))
    assert all(0 <= bit < WORD for bit in taken)
    assert all(field.width > 0 for field in register.fields)
    assert len({field.name for field in register.fields}) == len(register.fields)


@each_family
def test_registers_do_not_share_a_name_or_an_offset(family: Family) -> None:
    offsets = [register.offset for register in family.flash.registers]
    assert len(offsets) == len(set(offsets))
    assert all(offset % 4 == 0 for offset in offsets)
    names = [register.name for register in family.flash.registers]
    assert len(names) == len(set(names))


@each_family
def test_every_role_names_a_field_that_exists(family: Family) -> None:
    known = {
        f'{register.name}.{field.name}'
        for device in (None, *family.devices)
        for register in family.registers(device)
        for field in register.fields
    }
    assert set(fields_named_by(family)) <= known


@each_family
def test_write_protection_registers_exist(family: Family) -> None:
    names = {register.name for register in family.flash.registers}
    assert set(family.options.write_protection) <= names


@each_family
def test_every_part_of_a_table_has_a_source(family: Family) -> None:
    assert family.sources
    for part in (family.flash, family.options, family.timing, family.bootloader):
        assert re.search(r'RM\d{4}|AN\d{4}|DS\d{4}|/', part.source), part
        assert 'families.toml' not in part.source


@each_family
def test_memory_ranges_are_ordered_and_apart(family: Family) -> None:
    ranges = [*family.options.memory_ranges, family.bootloader.memory]
    assert all(first <= last for first, last in ranges)
    in_order = sorted(ranges)
    assert all(
        earlier[1] < later[0] for earlier, later in zip(in_order, in_order[1:], strict=False)
    )
    flash = family.flash.memory_base
    assert all(last < flash or first > flash for first, last in ranges)
    assert family.flash.controller_base % 0x400 == 0


@each_family
def test_option_bytes_make_sense(family: Family) -> None:
    options = family.options
    assert options.model in MODELS
    assert set(options.load_events) <= EVENTS
    assert ('OBL_LAUNCH' in options.load_events) == options.obl_launch_exists
    assert not set(options.rdp_level0) & set(options.rdp_level2)
    assert all(0 <= value <= 0xFF for value in options.rdp_level0 + options.rdp_level2)
    if options.rdp_address is not None and options.memory_ranges:
        assert any(first <= options.rdp_address <= last for first, last in options.memory_ranges)


@each_family
def test_times_are_positive_and_keys_are_words(family: Family) -> None:
    assert family.timing.page_erase_s > 0
    assert family.timing.mass_erase_s > 0
    keys = family.flash.unlock_keys + family.flash.option_keys
    assert all(0 < key < 1 << WORD for key in keys)
    assert family.flash.erased_value in (0x00, 0xFF)


@each_family
def test_known_limits_are_of_parts_and_loaders_in_the_table(family: Family) -> None:
    for dev_id, bootloader_id, text in family.bootloader.limits:
        assert bootloader_id in family.device(dev_id).bootloader_ids
        assert text


@each_device
def test_a_device_has_a_whole_number_of_pages(family: Family, device: Device) -> None:
    assert device.max_flash_kib * 1024 % device.page_size == 0
    assert device.page_size % family.flash.program_unit == 0
    assert 0 < device.dev_id <= LARGEST_DEV_ID
    assert device.i2c_address is None or 0x08 <= device.i2c_address <= 0x77


@each_device
def test_sectors_add_up_to_the_flash(family: Family, device: Device) -> None:
    for sectors in (device.sectors, device.split_sectors):
        assert sum(sectors) in (0, device.max_flash_kib)
    if device.sectors:
        assert device.page_size == 1024 * min(device.sectors + device.split_sectors)
    if device.split_sectors:
        assert family.flash.one_bank


@each_device
def test_registers_of_a_device_replace_those_of_the_family_at_the_same_place(
    family: Family, device: Device
) -> None:
    places = {register.name: register.offset for register in family.flash.registers}
    registers = family.registers(device)
    assert {register.name: register.offset for register in registers} == places
    for register in registers:
        taken = sorted((field.lsb, field.lsb + field.width) for field in register.fields)
        assert all(end <= start for (_, end), (start, _) in zip(taken, taken[1:], strict=False))


@each_family
def test_names_in_a_table_are_those_of_registers(family: Family) -> None:
    names = {register.name for register in family.flash.registers}
    assert set(family.options.registers) <= names
    assert {family.options.rdp_register, *family.options.write_protection} <= set(
        family.options.registers
    )
    assert set(family.flash.write_only) <= names
    assert family.flash.page_address in names | {''}
    if family.flash.second is not None:
        assert {name + family.flash.second[0] for name in ('CR', 'SR', 'KEYR')} <= names


@each_family
def test_how_options_are_written_fits_the_model(family: Family) -> None:
    options, roles = family.options, family.flash.roles
    assert ('option_load' in roles) == options.obl_launch_exists
    if options.model == 'halfword_complement':
        assert {'option_program', 'option_erase'} <= set(roles)
        assert options.half_words
    else:
        assert 'option_start' in roles
    assert all(
        any(first <= address <= last for first, last in options.memory_ranges)
        for address in options.half_words
    )
    assert options.protection in ('ranges', 'clear_bits')


@each_family
def test_peripherals_do_not_overlap_and_hold_the_id(family: Family) -> None:
    places = {
        peripheral.base + register.offset: f'{peripheral.name}.{register.name}'
        for peripheral in family.peripherals
        for register in peripheral.registers
    }
    assert len(places) == sum(len(peripheral.registers) for peripheral in family.peripherals)
    assert places[family.dbgmcu_idcode] == 'DBGMCU.IDCODE'
    assert {'RCC.CSR', 'IWDG.KR'} <= set(places.values())


@each_family
def test_open_tools_wait_longer_than_the_part_takes(family: Family) -> None:
    timing = family.timing
    assert timing.tool_mass_erase_s is not None
    assert timing.tool_page_erase_s is not None
    assert timing.tool_mass_erase_s > timing.mass_erase_s
    assert timing.tool_page_erase_s > timing.page_erase_s
    assert '/' in timing.tool_source


def test_main_flash_begins_at_the_same_address_everywhere() -> None:
    assert {family.flash.memory_base for family in families()} == {0x08000000}


def test_the_four_families_are_there() -> None:
    assert {'F1', 'F4', 'F7', 'G0'} <= {family.key for family in families()}


@pytest.mark.parametrize(
    ('dev_id', 'key', 'bit_7'), [(0x413, 'F4', 'PGSERR'), (0x452, 'F7', 'ERSERR')]
)
def test_bit_7_of_the_status_differs_between_f4_and_f7(dev_id: int, key: str, bit_7: str) -> None:
    found = find_device(dev_id)
    assert found is not None
    family, device = found
    [status] = [register for register in family.registers(device) if register.name == 'SR']
    assert (family.key, [field.name for field in status.fields if field.lsb == 7]) == (key, [bit_7])


def test_only_f72_has_the_read_error_flag_of_its_family() -> None:
    family = family_named('F7')
    assert family is not None
    having = [
        device.dev_id
        for device in family.devices
        for register in family.registers(device)
        if register.name == 'SR' and any(field.name == 'RDERR' for field in register.fields)
    ]
    assert having == [0x452]


@each_device
def test_a_device_is_found_by_its_dev_id(family: Family, device: Device) -> None:
    assert find_device(device.dev_id) == (family, device)


def test_an_unknown_dev_id_is_not_found() -> None:
    assert find_device(0x000) is None


@each_family
def test_a_family_is_found_by_its_key_and_by_part_names(family: Family) -> None:
    for name in (family.key, family.key.lower(), family.name, family.name + '71RB'):
        assert family_named(name) == family


def test_a_name_of_no_family_is_not_found() -> None:
    assert family_named('Z80') is None
    assert family_named('') is None


@pytest.mark.parametrize(
    ('address', 'part'),
    [(0x51, 'STM32G07x/G08x'), (0x56, 'STM32G03x/G04x'), (0x5D, 'STM32G0Bx/G0Cx')],
)
def test_documented_loader_addresses(address: int, part: str) -> None:
    assert part in loader_addresses()[address]
