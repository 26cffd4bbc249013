"""Tables of what is known of each STM32 family. One file per family with one `FAMILY`; found by a scan."""

from ..scan import scan
from .family import Device, Family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Iterable, Optional, Tuple  # novm

__all__ = [
    'Device',
    'Family',
    'families',
    'families_named',
    'family_named',
    'find_device',
    'loader_addresses',
]


def families() -> 'Tuple[Family, ...]':
    """Return every family's table, ordered by name."""
    return tuple(sorted(scan(__name__, 'FAMILY'), key=lambda family: family.key))


def family_named(name: 'str') -> 'Optional[Family]':
    """Return the family called `name` ('G0', 'stm32g0', 'STM32G071RB'), None if there is no table for it."""
    short = name.upper()
    if short.startswith('STM32'):
        short = short[len('STM32') :]
    for family in families():
        if short.startswith(family.key):
            return family
    return None


def families_named(keys: 'Iterable[str]') -> 'Tuple[Family, ...]':
    """Return the families with these keys, in that order; '' and unknown ones are left out."""
    known = {family.key: family for family in families()}
    return tuple(known[key] for key in keys if key in known)


def find_device(dev_id: 'int') -> 'Optional[Tuple[Family, Device]]':
    """Return the table row for a DBGMCU DEV_ID (the bootloader's product ID), None if it is not known."""
    for family in families():
        for device in family.devices:
            if device.dev_id == dev_id:
                return family, device
    return None


def loader_addresses() -> 'Dict[int, Tuple[str, ...]]':
    """Return the documented 7-bit I2C addresses of bootloaders, with the names of the parts that use each."""
    result = {}  # type: Dict[int, Tuple[str, ...]]
    for family in families():
        for device in family.devices:
            if device.i2c_address is not None:
                result[device.i2c_address] = result.get(device.i2c_address, ()) + (device.name,)
    return result
