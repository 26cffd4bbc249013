"""The bootloader on I2C: transfers -> commands, told apart from whatever else is on the bus.

    consumes  I2cTransfer of one bus; LevelChange (NRST, VDD) and CaptureGap of the capture
    produces  BootStatus as each status byte is read, LoaderInfo and DeviceIdentified with the
              answer that tells, BootCommand when a command ends

The loader's address is not fixed: any address whose traffic keeps to the framing becomes a
loader's; see `party` for what is evidence of that.
"""

from ..devices import family_named, loader_addresses
from ..lines import CaptureGap, LevelChange
from ..machine import TRANSACTION, Machine
from ..wire.i2c import I2cTransfer
from .party import DOCUMENTED_NEEDS, KNOWN_NEEDS, NAMED_NEEDS, UNKNOWN_NEEDS, Party
from .records import BootCommand, BootStatus, DeviceIdentified, LoaderInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List  # novm

    from ..context import Context
    from .machine import Said

RESETTING_ROLES = ('nrst', 'vdd')


class I2cBootloader(Machine):
    """Follows the commands of every loader on one bus."""

    protocols = ('i2c',)
    consumes = (I2cTransfer, LevelChange, CaptureGap)
    produces = (BootCommand, BootStatus, LoaderInfo, DeviceIdentified)
    phase = TRANSACTION

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(I2cBootloader, self).__init__(context, bus)
        self._parties = {}  # type: Dict[int, Party]
        self._needs = needs_of(context)
        self._synced = False  # as in Party: what addresses that are new begin with

    @property
    def dropped(self) -> 'int':
        """Number of records of loaders that were lost, since HELD_RECORDS were held back already."""
        return sum(party.dropped for party in self._parties.values())

    def feed(self, record: 'Any') -> 'Iterable[Said]':
        """Return what a transfer, a slow line or a gap decides."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Said]':
        """End what is open as TRUNCATED."""
        return self._all(lambda party: party.cut_off(end))

    def _transfer(self, transfer: 'I2cTransfer') -> 'Iterable[Said]':
        if transfer.ten_bit or transfer.address < 0:
            return ()
        address = transfer.address
        if address not in self._parties:
            needs = self._needs.get(address, UNKNOWN_NEEDS)
            self._parties[address] = Party(self.bus, address, needs, self._synced)
        return self._parties[address].take(transfer)

    def _level(self, change: 'LevelChange') -> 'Iterable[Said]':
        if change.value or change.role not in RESETTING_ROLES:
            return ()
        self._synced = True
        return self._all(lambda party: party.reset(change.start))

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Said]':
        self._synced = False
        return self._all(lambda party: party.cut_off(gap.start))

    def _all(self, ask: 'Callable[[Party], List[Said]]') -> 'List[Said]':
        parties = [self._parties[address] for address in sorted(self._parties)]
        return [record for party in parties for record in ask(party)]


_HANDLERS = {
    I2cTransfer: I2cBootloader._transfer,
    LevelChange: I2cBootloader._level,
    CaptureGap: I2cBootloader._gap,
}  # type: Dict[type, Callable[[I2cBootloader, Any], Iterable[Said]]]


def needs_of(context: 'Context') -> 'Dict[int, int]':
    """Return how much evidence the addresses need that are not just any address."""
    needs = dict.fromkeys(loader_addresses(), DOCUMENTED_NEEDS)
    family = family_named(context.family) if context.family else None
    for device in family.devices if family else ():
        if device.i2c_address is not None:
            needs[device.i2c_address] = KNOWN_NEEDS
    if context.address is not None:
        needs[context.address] = NAMED_NEEDS
    return needs


MACHINES = (I2cBootloader,)
