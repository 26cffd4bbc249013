"""Names for memory accesses: which register, and which of its fields are set.

The flash controller's machine tells an access to a register that has a name (PeripheralAccess) before the access
itself comes to the reporters; which fields a register has depends on the part, once that is known.
"""

from __future__ import annotations

from stm32trace_core.adi.records import MemoryAccess
from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.context import Context
from stm32trace_core.cortex.registers import CORE, DBGKEY, DHCSR
from stm32trace_core.devices import Device, Family, family_named, find_device
from stm32trace_core.flash.records import PeripheralAccess
from stm32trace_core.register import Register

FLASH = 'FLASH'
_CORE = {f'{group}.{one.name}': one for group, _, registers in CORE for one in registers}

# Registers that are written with other fields than they are read with. Source: DDI 0403 C1.6.2.
_WRITTEN = {
    'CoreDebug.DHCSR': DHCSR._replace(
        fields=(*(field for field in DHCSR.fields if field.lsb < DBGKEY.lsb), DBGKEY)
    )
}


class Naming:
    """Follows what is known of the part on each bus, and names its registers."""

    consumes = (DeviceIdentified, PeripheralAccess)

    def __init__(self, context: Context) -> None:
        family = family_named(context.family) if context.family else None
        self._given: tuple[Family, Device | None] | None = (family, None) if family else None
        self._parts: dict[str, tuple[Family, Device | None]] = {}
        self._last: PeripheralAccess | None = None

    def take(self, record: DeviceIdentified | PeripheralAccess) -> None:
        """Note which part it is, or the name of the register that is accessed next."""
        if isinstance(record, PeripheralAccess):
            self._last = record
            return
        known = find_device(record.dev_id)
        if known is not None:
            self._parts[record.bus] = known

    def name(self, access: MemoryAccess) -> PeripheralAccess | None:
        """Return the access under its register's name, None where it has none."""
        last = self._last
        if last is None or (last.start, last.bus, last.address) != (
            access.start, access.bus, access.address
        ):  # fmt: skip
            return None
        return last

    def fields(self, access: PeripheralAccess) -> dict[str, int]:
        """Return the fields of the register that are not zero, from the lowest bit up; {} where none is known."""
        register = self._register(access)
        read = {} if register is None else register.read(access.value)
        return {name: value for name, value in read.items() if value}

    def _register(self, access: PeripheralAccess) -> Register | None:
        group, _, name = access.register.partition('.')
        if group != FLASH:
            written = _WRITTEN if access.write else {}
            return written.get(access.register) or _CORE.get(access.register)
        part = self._parts.get(access.bus, self._given)
        if part is None:
            return None
        family, device = part
        return next((one for one in family.registers(device) if one.name == name), None)
