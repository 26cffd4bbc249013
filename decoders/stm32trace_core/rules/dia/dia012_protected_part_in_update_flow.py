"""DIA012 protected-part-in-update-flow: every update has to take the read-out protection off first.

What
The part is read protected (BLP004), the host takes the protection off with Readout Unprotect and
then writes the flash. In the same capture it protects the part again, or does all of this a second
time.

Why it matters
The update works only by erasing everything and by rewriting the option bytes, each time. What is
not in the image is lost, settings and calibration among it, and a loss of supply or a reset in the
middle of an option write can lock some parts for good.

What to do
Leave the protection at level 0 where parts are updated in the field through the bootloader, or
update from within the application, which read-out protection does not hinder. If the flow must
stay: a stable supply, and no reset until the loader has answered the second time.

False alarms and guards
The first unlocking of a bought module, or of a part that is used again, looks the same up to the
write: without a new protection after it, and only once in the capture, this is a note. Needs a
bootloader.

Example
  host    11 EE / 31 CE                    loader  1F / 1F      protected
  host    92 6D                            loader  79, 79       everything is erased
  host    31 CE ...                        loader  79 ...       the update
  host    82 7D                            loader  79, 79       protected again
Told as: "The part was unprotected, written and protected again: each such update erases the whole
flash and rewrites the option bytes".

Source
AN3155 and AN4221: Readout Unprotect erases the flash; RM0444 3.4.2 (a loss of power in an option
write).
NACK on erase, cleared by an unprotect [FF15], https://github.com/keirf/flashfloppy/issues/15
The order of unprotect commands [DJ70], https://github.com/dirtyjtag/DirtyJTAG/issues/70
Protection toggled to erase [L1ER],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32l1-system-bootloader-erase-116533
"""

from ...bootloader.commands import NS_READOUT_PROTECT, READOUT_PROTECT
from ...bootloader.records import OK, BootCommand, DeviceIdentified
from ...record import CAPTURE
from ..naming import command_text, target_key
from ..part import Part
from ..protection import UNPROTECTS
from ..rule import HOST, YES, Confidence, Diagnosis, Evidence, Finding, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple  # novm

    from ...context import Context

WRITES = ('Write Memory', 'No-Stretch Write Memory')
PROTECTS = (READOUT_PROTECT, NS_READOUT_PROTECT)
PROTECTED = 'BLP004'
STORY = (PROTECTED, 'OPT008', 'OPT010')

AGAIN = '{} was unprotected, written and protected again'
SEVERAL = '{} was unprotected and written {} times'
ONCE = '{} was read protected, was unprotected, and was written after that'
COST = ': each such update erases the whole flash and rewrites the option bytes'

ADVICE = (
    'Each such update ERASES THE WHOLE FLASH and rewrites the option bytes: what is not in the image'
    ' is lost.',
    'Leave the protection at level 0 where parts are updated through the bootloader, or update from'
    ' within the application.',
    'If the flow must stay: stable supply, and no reset and no power cut between Readout Unprotect'
    ' and the restart that follows its second ACK.',
)


class _Flow(object):
    """One loader: how far its update has come, and what was seen on the way."""

    def __init__(self, context: 'Context') -> 'None':
        self.part = Part(context)
        self.unprotect = None  # type: Optional[BootCommand]  # the last one, nothing written since
        self.is_written = False  # since the last unprotect
        self.rounds = 0  # unprotected and written
        self.is_protected_again = False
        self.seen = []  # type: List[BootCommand]

    def feed(self, command: 'BootCommand') -> 'None':
        """Take a command that was carried out."""
        if command.opcode in UNPROTECTS:
            self.unprotect, self.is_written = command, False
        elif command.name in WRITES and self.unprotect is not None:
            if command.address is not None and self.part.has_in_flash(command.address):
                self.seen += [self.unprotect, command]
                self.unprotect = None
                self.is_written = True
                self.rounds += 1
        elif command.opcode in PROTECTS and self.is_written:
            self.is_protected_again = True
            self.seen.append(command)


class ProtectedPartInUpdateFlow(Diagnosis):
    """Follows each loader from a refusal to the write."""

    info = RuleInfo(
        'DIA012',
        'protected-part-in-update-flow',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'every update has to take the read-out protection off first',
        'AN3155, AN4221: Readout Unprotect; RM0444 3.4.2; [FF15], [DJ70], [L1ER]',
        YES,
    )
    consumes = (BootCommand, DeviceIdentified, Finding)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(ProtectedPartInUpdateFlow, self).__init__(context, bus)
        self._flows = {}  # type: Dict[Tuple[str, int], _Flow]  # by bus and target
        # the latest of each identity
        self._findings = {}  # type: Dict[Tuple[str, str, str], Finding]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Collect: a diagnosis is made at the end."""
        if isinstance(record, Finding):
            if record.rule in STORY:
                earlier = self._findings.get(record.identity, record)
                start = min(record.start, earlier.start)
                self._findings[record.identity] = record._replace(start=start)
            return ()
        if isinstance(record, BootCommand):
            if record.outcome == OK:
                self._flow(record.bus, record.target).feed(record)
        elif record.target >= 0 or (record.bus, -1) in self._flows:
            self._flow(record.bus, record.target).part.identify(record)
        return ()

    def finish(self, end: 'int') -> 'Iterator[Finding]':
        """Judge every loader."""
        for bus, target in sorted(self._flows):
            flow = self._flows[bus, target]
            shown = self._findings.get((PROTECTED, bus, target_key('', target)))
            if flow.rounds and shown is not None and shown.start < flow.seen[0].start:
                yield self._tell(flow, shown, target)

    def _flow(self, bus: 'str', target: 'int') -> '_Flow':
        if (bus, target) not in self._flows:
            self._flows[bus, target] = _Flow(self.context)
        return self._flows[bus, target]

    def _tell(self, flow: '_Flow', shown: 'Finding', target: 'int') -> 'Finding':
        is_flow = flow.is_protected_again or flow.rounds > 1
        form = AGAIN if flow.is_protected_again else SEVERAL if is_flow else ONCE
        message = form.format(flow.part.subject, flow.rounds) + (COST if is_flow else '')
        evidence = [
            Evidence(command.start, command.end, command_text(command.opcode) + ' carried out')
            for command in flow.seen[:3]
        ]
        story = [shown]
        if is_flow:
            story = [one for one in self._findings.values() if one.bus == shown.bus]
        found = self.finding(
            shown.start,
            flow.seen[-1].end,
            message,
            list(shown.evidence[:2]) + evidence,
            ADVICE if is_flow else (),
            key=target_key('', target),
            count=flow.rounds,
            severity=None if is_flow else Severity.NOTE,
            explains=story,
        )
        return found._replace(bus=shown.bus)


RULE = ProtectedPartInUpdateFlow
