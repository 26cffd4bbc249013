"""RST001 reset-during-flash: the part was reset, or lost its supply, while it erased or programmed.

What
NRST falls (or VDD, where it is captured) while an erase or a programming command of the bootloader
is pending: accepted, and its last status not yet seen. Over SWD: while the flash controller may be
at work on an erase or a programming, since no status said that it is not.

Why it matters
What was being erased or written is undefined: cells that are half erased can read as blank today
and not tomorrow. A loader that answers afterwards proves nothing about the flash. On parts with
ECC the first read of a half-written word can even stop the application with an NMI.

What to do
Erase the same range again, whole, then program and verify it; what is left in that range is lost
in any case. Find out who pulled the line: the host (time-out shorter than the erase), a debug
adapter that opens its port, a supervisor, a button. Then give the host a time-out above the
longest erase.

False alarms and guards
Only while an erase or program window is open: a reset after the final status is none of this, nor
is the restart of the part after a protection command. If options are being written in that moment,
BLS004 tells it (over SWD OPT005), since that can cost the part, and this rule leaves it. An erase
over SWD whose status nobody read, but after which the longest time of the part has passed, is over.

Example
No-Stretch Extended Erase of four pages has answered BUSY for 27 ms when NRST falls for 2 ms. The
loader answers again 100 ms later, with pages 0 and 1 in an unknown state.

Source
RM0444, 3.3 (program and erase operations: contents are not guaranteed after a reset); AN4221,
Erase Memory and Write Memory (the final status ends the command).
[H723] Erase and reset,
https://community.st.com/t5/stm32cubeide-mcus/stm32cubeide-mass-erase-rather-than-sector-erase/m-p/585982/highlight/true
[F723] Target resets in an erase,
https://community.st.com/t5/stm32-mcus-embedded-software/stm32f723-i2c-bootloader-no-stretch-erase-command-leads-to-long/m-p/169952/highlight/true
"""

from collections import OrderedDict

from ...bootloader.records import RESET, BootCommand
from ...flash.records import (
    CUT,
    ERASE_PENDING,
    INTERRUPTED,
    OPEN,
    OPTION_PROGRAMMING,
    PROGRAM_PENDING,
    FlashOperation,
    Window,
)
from ...lines import CaptureGap, LevelChange
from ...record import CAPTURE, NamedTuple
from ..naming import command_text, operation_text, target_text
from ..rule import HOST, LIKELY, SUPPLY, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

LINES = {'nrst': 'NRST', 'vdd': 'VDD'}
SUSPECTS = {'nrst': HOST, 'vdd': SUPPLY}
OPTION_RULES = {False: 'BLS004', True: 'OPT005'}  # over SWD or not: who tells of options cut off
UNDER_WAY = (ERASE_PENDING, PROGRAM_PENDING)
MOST_EXAMPLES = 3

ADVICE = (
    'Erasing deletes what is left there, and it is lost anyway: erase the same range again, whole,'
    ' then program it and read it back.',
    'Trust neither a blank check nor a verify of this range from before the new erase.',
    'Find out what pulled the line; the usual cause is a host whose time-out is shorter than the'
    ' erase.',
)


class _Fall(NamedTuple('_Fall', [('start', int), ('role', str), ('since', int), ('doing', str)])):
    """NRST or VDD fell at `start`, `since` samples after a window opened."""

    __slots__ = ()


class ResetDuringFlash(Rule):
    """Watches the windows of one bus and the lines that cut them off."""

    info = RuleInfo(
        'RST001',
        'reset-during-flash',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('nrst|vdd', 'i2c|uart|swd'),
        False,
        'the part was reset or lost its supply while it erased or programmed',
        'RM0444 3.3; AN4221; [H723], [F723]',
        LIKELY,
    )
    consumes = (Window, LevelChange, BootCommand, FlashOperation, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(ResetDuringFlash, self).__init__(context, bus)
        # Open, or just cut.
        self._windows = OrderedDict()  # type: Dict[Tuple[str, str, int], Window]
        self._command = None  # type: Optional[BootCommand]  # the one that a reset ended last
        self._operation = None  # type: Optional[FlashOperation]  # the same over SWD
        self._falls = []  # type: List[_Fall]  # the first few
        self._count = 0
        self._end = 0  # of the last one

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Tell a fall at once: the operation it ends, and its window, come just before it."""
        if isinstance(record, BootCommand):
            if record.outcome == RESET:
                self._command = record
        elif isinstance(record, FlashOperation):
            if record.outcome == INTERRUPTED:
                self._operation = record
        elif isinstance(record, Window):
            self._window(record)
        elif isinstance(record, CaptureGap):
            self._windows.clear()
        elif record.role in LINES and not record.value:
            return self._fall(record)
        return ()

    def _window(self, window: 'Window') -> 'None':
        """Keep a window until its end is known; one that is cut, for the fall that cuts it."""
        known = self._windows.pop(window.key, None)
        if window.state == OPEN or (window.state == CUT and known is not None):
            self._windows[window.key] = window

    def _fall(self, change: 'LevelChange') -> 'Iterable[Union[Finding, Withdrawn]]':
        hit = [window for window in self._windows.values() if _reaches(window, change.start)]
        self._windows.clear()
        options = [window for window in hit if window.kind == OPTION_PROGRAMMING]
        flash = [window for window in hit if window.kind in UNDER_WAY]
        if options:
            by = OPTION_RULES[options[0].opcode < 0]
            return [self.withdrawn(change.start, change.end, by) for _ in flash[:1]]
        for window in flash:
            self._count += 1
            self._end = change.end
            if len(self._falls) < MOST_EXAMPLES:
                since = change.start - window.start
                self._falls.append(_Fall(change.start, change.role, since, self._doing(window)))
        return [self._finding()] if flash else []

    def _doing(self, window: 'Window') -> 'str':
        """Say what was under way, with its range where that is known."""
        operation = self._operation
        if window.opcode < 0 and operation is not None and operation.start == window.start:
            return operation_text(operation)
        command = self._command
        if command is None or not command.start <= window.start <= command.end:
            return command_text(window.opcode)
        return command_text(command.opcode) + target_text(command)

    def _finding(self) -> 'Finding':
        first = self._falls[0]
        sentence = (
            '{} fell {} into {}, before its final status: what it changes is undefined'.format(
                LINES[first.role], self.time(first.since), first.doing
            )
        )
        if self._count > 1:
            sentence += ' (the first of {} times)'.format(self._count)
        return self.finding(
            first.start,
            self._end,
            sentence,
            [self._evidence(fall) for fall in self._falls],
            ADVICE,
            count=self._count,
            suspect=SUSPECTS[first.role],
        )

    def _evidence(self, fall: '_Fall') -> 'Evidence':
        text = '{} falls while {} is pending; expected it high until the final status'.format(
            LINES[fall.role], fall.doing
        )
        return Evidence(fall.start - fall.since, fall.start + 1, text)


def _reaches(window: 'Window', sample: 'int') -> 'bool':
    """Tell whether a window was open until `sample`."""
    return window.state == OPEN or window.end >= sample - 1


RULE = ResetDuringFlash
