"""BOOT0 as the part takes it over when NRST rises, and families whose options may choose instead."""

from ...devices import family_named, find_device
from ...lines import LevelChange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ...bootloader.records import DeviceIdentified
    from ...context import Context
    from ...devices import Family

NRST, BOOT0 = 'nrst', 'boot0'
# Option bits that put another bit in the place of the pin. Source: RM0444 2.5 (G0), RM0091 2.5 (F0),
# RM0351 and RM0440, chapter "Boot configuration" (L4, G4 and others).
CHOOSERS = ('nBOOT_SEL', 'BOOT_SEL', 'nSWBOOT0')


class BootPin(object):
    """Follows NRST and BOOT0. Fed with LevelChange and DeviceIdentified.

    rise: where NRST rose last, -1 while that is not known. at_rise: BOOT0 there, None if not captured.
    """

    def __init__(self, context: 'Context') -> 'None':
        self.rise = -1
        self.at_rise = None  # type: Optional[int]
        self.family = None  # type: Optional[Family]
        if context.family:
            self.family = family_named(context.family)
        self._boot0 = context.initial_levels.get(BOOT0)

    def feed(self, change: 'LevelChange') -> 'None':
        """Take note of a level."""
        if change.role == BOOT0:
            self._boot0 = change.value
        elif change.role == NRST:
            self.rise = change.start if change.value else -1
            self.at_rise = self._boot0 if change.value else None

    def identify(self, record: 'DeviceIdentified') -> 'None':
        """Learn the family from the part."""
        found = find_device(record.dev_id)
        if found is not None:
            self.family = found[0]

    @property
    def chooser(self) -> 'str':
        """The option bit of this family that may stand for the pin; '' for none, or not known."""
        for register in () if self.family is None else self.family.registers():
            for field in register.fields:
                if field.name in CHOOSERS:
                    return str(field.name)
        return ''
