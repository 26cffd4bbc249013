"""Whether the part ended, over SWD, what a host had stopped waiting for."""

from ...adi.records import OK
from ...bootloader.records import DeviceIdentified
from ...cortex.records import HALT, RESET, CoreStatus, DebugRequest
from ...flash.records import PartFamily, PeripheralAccess
from ...lines import CaptureGap, LevelChange
from ..flash_registers import FlashRegisters
from ..part import Part
from ..rule import Evidence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

BUSY_ENDED, CORE_STOPPED = 'FLS011', 'CMX008'
STATUS = 'FLASH.SR'
IDLE = 'SR reads 0x{:08X}: BSY is 0, the operation has ended'
STOPPED = 'DHCSR reads 0x{:08X}: the program in RAM has come back'


class Completion(object):
    """Follows one bus: a finding on a host that gave up, and the part's later word that it is done.

    What comes after a reset, or after the host has halted the core, proves nothing.
    found: (the finding, what shows the end), where that was seen.
    """

    CONSUMES = (
        CaptureGap, CoreStatus, DebugRequest, DeviceIdentified, LevelChange, PartFamily,
        PeripheralAccess,
    )  # fmt: skip
    RULES = (BUSY_ENDED, CORE_STOPPED)

    def __init__(self, context: 'Context') -> 'None':
        self._registers = FlashRegisters(Part(context))
        self._waiting = None  # type: Optional[Finding]
        self._reset = -1  # start of the last reset
        self._halt = -1  # start of the last request to halt
        self.found = []  # type: List[Tuple[Finding, Evidence]]

    def give_up(self, found: 'Finding') -> 'None':
        """A host gave up; the first time counts."""
        disturbed = max(self._reset, self._halt if found.rule == CORE_STOPPED else -1)
        if found.count == 1 and disturbed < found.start and not self.found:
            self._waiting = found

    def feed(self, record: 'Any') -> 'None':
        """Follow resets, and what the part says of itself."""
        if isinstance(record, PeripheralAccess):
            self._access(record)
        elif isinstance(record, CoreStatus):
            if record.halted and self._is_waiting(CORE_STOPPED, record.start):
                self._end(record, STOPPED)
        elif isinstance(record, DeviceIdentified):
            self._registers.identify(record)
        elif isinstance(record, PartFamily):
            self._registers.decide(record)
        else:
            self._disturb(record)

    def _is_waiting(self, rule: 'str', sample: 'int') -> 'bool':
        waiting = self._waiting
        return waiting is not None and waiting.rule == rule and sample >= waiting.end

    def _access(self, access: 'PeripheralAccess') -> 'None':
        is_ours = self._registers.see(access)
        busy = self._registers.mask('SR', 'busy')
        if not is_ours or access.register != STATUS or access.write or access.outcome != OK:
            return
        if busy and not access.value & busy and self._is_waiting(BUSY_ENDED, access.start):
            self._end(access, IDLE)

    def _end(self, record: 'Any', text: 'str') -> 'None':
        assert self._waiting is not None
        shown = Evidence(record.start, record.end, text.format(record.value))
        self.found.append((self._waiting, shown))
        self._waiting = None

    def _disturb(self, record: 'Any') -> 'None':
        if isinstance(record, LevelChange):
            if record.value or record.role not in ('nrst', 'vdd'):
                return
        elif isinstance(record, DebugRequest):
            if record.kind == HALT:
                self._halt = record.start
                if self._waiting is not None and self._waiting.rule == CORE_STOPPED:
                    self._waiting = None
                return
            if record.kind != RESET:
                return
        self._reset = record.start
        self._waiting = None
