"""The registers of ADIv5: names by address and bank, fields, and what their values tell."""

from __future__ import annotations

import pytest

from stm32trace_core.adi import registers
from stm32trace_core.adi.records import AP, DP
from stm32trace_core.adi.registers import (
    CSW,
    CTRL_STAT,
    DP_READABLE,
    DP_WRITABLE,
    DPIDR,
    IDR,
    MEM_AP,
    SELECT,
    ap_name,
    ap_name_in_any_bank,
    dp_name,
    increment_bits_of_cfg,
    increment_bits_of_cpuid,
    increment_bits_of_idr,
    is_plausible_csw,
    register_named,
    request_byte,
)
from stm32trace_core.register import Register

ALL = {register.name: register for register in (*DP_READABLE, *DP_WRITABLE, *MEM_AP)}


@pytest.mark.parametrize('register', ALL.values(), ids=ALL)
def test_fields_lie_side_by_side_within_32_bits(register: Register) -> None:
    bits = [bit for field in register.fields for bit in range(field.lsb, field.lsb + field.width)]
    assert bits == sorted(set(bits))
    assert all(0 <= bit < 32 for bit in bits)


# Masks as in openocd-org/openocd src/target/arm_adi_v5.h, typed again.
@pytest.mark.parametrize(
    ('register', 'field', 'mask'),
    [
        (CTRL_STAT, 'ORUNDETECT', 0x00000001),
        (CTRL_STAT, 'STICKYERR', 0x00000020),
        (CTRL_STAT, 'WDATAERR', 0x00000080),
        (CTRL_STAT, 'CDBGRSTREQ', 0x04000000),
        (CTRL_STAT, 'CDBGPWRUPREQ', 0x10000000),
        (CTRL_STAT, 'CSYSPWRUPACK', 0x80000000),
        (SELECT, 'APSEL', 0xFF000000),
        (SELECT, 'APBANKSEL', 0x000000F0),
        (CSW, 'AddrInc', 0x00000030),
        (CSW, 'SPIDEN', 0x00800000),
        (CSW, 'DbgSwEnable', 0x80000000),
        (IDR, 'CLASS', 0x0001E000),
        (IDR, 'DESIGNER', 0x0FFE0000),
        (DPIDR, 'PARTNO', 0x0FF00000),
    ],
)
def test_fields_are_where_others_have_them(register: Register, field: str, mask: int) -> None:
    found = register.field(field)
    assert ((1 << found.width) - 1) << found.lsb == mask


def test_every_named_value_belongs_to_a_field() -> None:
    for (name, field), values in registers.VALUES.items():
        width = ALL[name].field(field).width
        assert all(0 <= value < 1 << width for value in values)


def test_a_dp_register_is_named_by_address_bank_and_direction() -> None:
    assert [dp_name(address, False) for address in (0x00, 0x04, 0x14, 0x24, 0x34, 0x44, 0x08, 0x0C, 0x54)] == [
        'DPIDR', 'CTRL/STAT', 'DLCR', 'TARGETID', 'DLPIDR', 'EVENTSTAT', 'RESEND', 'RDBUFF', 'DP 0x54',
    ]  # fmt: skip
    assert [dp_name(address, True) for address in (0x00, 0x04, 0x08, 0x0C)] == [
        'ABORT',
        'CTRL/STAT',
        'SELECT',
        'TARGETSEL',
    ]


def test_an_ap_register_is_named_by_address_and_bank() -> None:
    assert [ap_name(address) for address in (0x00, 0x04, 0x0C, 0x1C, 0x30, 0xF4, 0xF8, 0xFC)] == [
        'CSW', 'TAR', 'DRW', 'BD3', 'AP 0x30', 'CFG', 'BASE', 'IDR',
    ]  # fmt: skip
    assert (ap_name(0x00, memory=False), ap_name(0xFC, memory=False)) == ('AP 0x00', 'IDR')
    assert ap_name_in_any_bank(0xC) == 'AP 0x?C'


def test_a_register_is_found_by_the_name_in_a_record() -> None:
    assert (register_named(DP, 'CTRL/STAT'), register_named(AP, 'CSW')) == (CTRL_STAT, CSW)
    assert register_named(AP, 'AP 0x?C') is None


# The table in openocd-org/openocd src/jtag/swd.h.
@pytest.mark.parametrize(
    ('port', 'read', 'requests'),
    [
        (DP, True, (0xA5, 0x8D, 0x95, 0xBD)),
        (DP, False, (0x81, 0xA9, 0xB1, 0x99)),
        (AP, True, (0x87, 0xAF, 0xB7, 0x9F)),
        (AP, False, (0xA3, 0x8B, 0x93, 0xBB)),
    ],
)
def test_request_bytes(port: str, read: bool, requests: tuple[int, ...]) -> None:
    assert tuple(request_byte(port, read, address) for address in (0, 4, 8, 12)) == requests


def test_what_tells_how_far_tar_counts() -> None:
    # IDRs from pyocd/pyOCD pyocd/coresight/ap.py: M4 and M3, M7, M0+, M33; no Arm design; no MEM-AP.
    idrs = (0x24770011, 0x84770001, 0x04770031, 0x14770015, 0x02880000, 0x14760010, 0)
    assert [increment_bits_of_idr(idr) for idr in idrs] == [12, 10, 10, 10, 0, 0, 0]
    # CPUIDs of M4, M3, M0, M0+, M7, M33; one that nobody knows; what an unpowered bus may read.
    cpuids = (0x410FC241, 0x411FC231, 0x410CC200, 0x410CC601, 0x411FC271, 0x410FD214, 0x410FFFF0, 0)
    assert [increment_bits_of_cpuid(cpuid) for cpuid in cpuids] == [12, 12, 10, 10, 10, 10, 0, 0]
    assert [increment_bits_of_cfg(cfg) for cfg in (0, 0x00010000, 0x00030000)] == [0, 10, 12]


def test_what_hosts_write_to_csw() -> None:
    # ST-LINK, OpenOCD (packed, single, without increment), pyOCD, as on the public captures.
    for csw in (0x23000002, 0xA2000020, 0xA2000012, 0xA2000002, 0x23000052):
        assert is_plausible_csw(csw)
    # To BD0 on the same captures: DHCSR with its key, data, code.
    for word in (0xA05F0003, 0xABBABEEB, 0xBD022001, 0xF5B11809):
        assert not is_plausible_csw(word)
