"""A bootloader command in the making: what all transports share.

An `Exchange` follows one command through the steps of `commands.py`: it is told what the host sent
(`frame`) and what the target answered (`answer`), and becomes a BootCommand (`close`). Which bytes
belong together is the transport's business. Source: AN3155, AN4221, description of each command.
"""

from .commands import (
    COMMANDS,
    ONLY_OPCODE,
    UNKNOWN_COMMAND,
    command_named,
    offered,
    status_of,
)
from .contents import PROVING, READERS, TELLERS, fault_of
from .records import (
    ABANDONED,
    ACK,
    BUSY,
    COMMAND,
    DATA,
    FINAL,
    INCOMPLETE,
    NACK,
    NONE,
    OK,
    OTHER,
    REFUSED,
    REPLY,
    TIMEOUT,
    UART,
    VANISHED,
    BootCommand,
    BootStatus,
    Step,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Tuple, Union  # novm

    from .commands import Frame, StepForm
    from .records import DeviceIdentified, LoaderInfo

    Said = Union[BootStatus, LoaderInfo, DeviceIdentified, BootCommand]

# What is due next.
HOST_FRAME = 'frame'
STATUS = 'status'
ANSWER = 'answer'
NOTHING_DUE = 'nothing'

# What happened, as evidence that a loader answers here.
PAIR = 'pair'  # a command of the table was acknowledged
DENIED = 'denied'  # it was refused
ANSWERED = 'answered'  # a whole frame with a good checksum was
WAITED = 'waited'  # BUSY where it may come
ENDED = 'ended'  # ACK that no frame precedes
TOLD = 'told'  # an answer of the right form: Get, Get ID, Get Checksum
PART = 'part'  # an answer that has begun, or the refusal of no command
UNLIKE = 'unlike'  # what no loader answers, but one may to a host that is out of step
ODD = 'odd'  # what cannot be there if both sides keep to the protocol

MOST_STEPS = 64  # kept of one command; a host may go on and on where nothing is due


class Exchange(object):
    """One command, from its opcode on.

    events: what has happened since they were last taken, as evidence (PAIR ... ODD).
    """

    def __init__(
        self, bus: 'str', transport: 'str', target: 'int', start: 'int', opcode: 'int'
    ) -> 'None':
        self.opcode = opcode
        self.start = start
        self.end = start
        self.name = command_named(opcode)
        self.finished = False
        self.events = []  # type: List[str]
        self.address = None  # type: Optional[int]
        self.length = None  # type: Optional[int]
        self.data = b''
        self.pages = ()  # type: Tuple[int, ...]
        self.special = None  # type: Optional[int]
        self.announced = 0
        self.latest = None  # type: Optional[BootStatus]  # the last status read
        self._place = (bus, transport, target)
        self._forms = (
            COMMANDS[opcode].steps[transport] if offered(opcode, transport) else ONLY_OPCODE
        )
        self._at = 0
        self._steps = []  # type: List[Step]
        self._waiting = None  # type: Optional[Step]  # whose status, or rest, is due
        self._last = False  # the waiting step ends the command
        self._fault = ''
        self._busy = (0, 0, 0)  # count, start, end

    # What is due.

    @property
    def due(self) -> 'str':
        """HOST_FRAME, STATUS or ANSWER; NOTHING_DUE once the command has ended."""
        if self.finished:
            return NOTHING_DUE
        if self._waiting is not None:
            return ANSWER if self._waiting.name == REPLY else STATUS
        form = self._form
        if form.frame is not None:
            return HOST_FRAME
        return STATUS if form.reply is None else ANSWER

    @property
    def accepted(self) -> 'bool':
        """The opcode was acknowledged."""
        return bool(self._steps) and self._steps[0].name == COMMAND and self._steps[0].status == ACK

    @property
    def may_be_answered(self) -> 'bool':
        """The frame that is due may be left out, and a status comes instead."""
        return not self.finished and self._waiting is None and self._form.optional

    def is_good(self, data: 'bytes') -> 'bool':
        """Tell whether `data` is the frame that is due, or the next one, with a good checksum."""
        frame = self._form.frame if self.due == HOST_FRAME else self.next_frame
        return frame is not None and frame.is_good(data, self.announced)

    @property
    def next_frame(self) -> 'Optional[Frame]':
        """The frame after the one whose status is due; None where that is the last one."""
        if self.due != STATUS or self._last or self._at + 1 == len(self._forms):
            return None
        return self._forms[self._at + 1].frame

    @property
    def _form(self) -> 'StepForm':
        return self._forms[self._at]

    def takes(self, data: 'bytes') -> 'bool':
        """Tell whether `data` is the frame that is due, or the one after a status not read."""
        if self.due == HOST_FRAME:
            frame = self._form.frame
            whole = frame is not None and frame.is_whole(data, self.announced)
            return whole or self._is_other(data)
        return self.is_good(data)

    def needed(self, data: 'bytes') -> 'Optional[int]':
        """Return the length of what is due and begins with `data`; None if not yet known."""
        if self.due == ANSWER:
            begun = b'' if self._waiting is None else self._waiting.received
            reply = self._form.reply
            assert reply is not None
            return reply.length(begun + data, self.length or 0)
        frame = self._form.frame
        return 1 if frame is None else frame.length(data, self.announced)

    # The host.

    def frame(self, start: 'int', end: 'int', data: 'bytes', whole: 'bool' = True) -> 'None':
        """Take a frame of the host; `whole` False: the data ends inside it, so it is not judged."""
        if self._waiting is not None:  # the host did not ask for its status
            self._store()
            self._at += 1
        frame, name = self._form.frame, self._form.name
        assert frame is not None, 'no frame is due'
        if self._is_other(data):
            frame, name, self._last = self._form.other_frame or frame, DATA, True
        self._waiting = Step(start, end, name, data, NONE, -1, b'', end)
        self.end = end
        fault = fault_of(frame, data, self.announced) if whole else INCOMPLETE
        if whole:
            self._fault = self._fault or fault
        if fault != INCOMPLETE:
            length = frame.length(data, self.announced) or 1
            READERS[frame.says](self, frame, data[: length - 1])
        elif frame.is_list and len(data) > frame.head:
            READERS[frame.says](self, frame, data)

    def _is_other(self, data: 'bytes') -> 'bool':
        """Tell whether the host sent two frames in one where the first is due."""
        frame, other = self._form.frame, self._form.other_frame
        if frame is None or other is None or frame.is_whole(data, self.announced):
            return False
        return other.is_good(data, self.announced)

    def order(self, code: 'int') -> 'None':
        """Take a special erase code: nothing but its status follows."""
        self.special = code
        self._last = True

    # The target.

    def answer(self, start: 'int', end: 'int', data: 'bytes') -> 'List[Said]':
        """Take what the target sent in one piece: a status, several, an answer, or both."""
        said = []  # type: List[Said]
        self.end = end
        while data and not self.finished:
            if self._waiting is None and self._form.optional:
                self._at += 1
            due = self.due
            if due == STATUS:
                status = self._status(start, end, data[0])
                said.append(status)
                data = data[1:]
                if status.status == OTHER:
                    break
            elif due == ANSWER and (not said or self._is_enough(data)):
                data = self._answer(start, end, data, said)
            else:
                break
        if data:
            self._keep(start, end, data, bool(said))
        return said

    def _is_enough(self, data: 'bytes') -> 'bool':
        """What follows a status in one transfer is an answer only if it is a whole one."""
        needed = self.needed(data)
        return needed is not None and len(data) >= needed

    def _status(self, start: 'int', end: 'int', value: 'int') -> 'BootStatus':
        bus, transport, target = self._place
        status = status_of(transport, value)
        step = self._waiting or Step(start, end, FINAL, b'', NONE, -1, b'', self._due_since())
        if status == BUSY:
            count, first, _ = self._busy
            self._busy = (count + 1, first if count else start, end)
        self._waiting = step._replace(end=end, status=status, value=value)
        self._note(step, status)
        self.latest = BootStatus(
            start, end, bus, target, self.opcode, step.name, status, value, self._busy[0],
            self._busy[1], self.start, step.due, self.address,
        )  # fmt: skip
        if status in (ACK, NACK):
            self._advance(status)
        return self.latest

    def _due_since(self) -> 'int':
        return self._steps[-1].end if self._steps else self.start

    def _note(self, step: 'Step', status: 'str') -> 'None':
        """Keep a status as evidence."""
        if status == OTHER:
            self.events.append(ODD)
        elif status == BUSY:
            if self._form.busy:
                self.events.append(WAITED)
        elif step.name == COMMAND:
            self.events.append(self._opcode_event(status))
        elif step.name == FINAL:
            self.events.append(ENDED)
        elif not self._fault:
            self.events.append(ANSWERED)

    def _opcode_event(self, status: 'str') -> 'str':
        """Return what the status of an opcode is as evidence; the refusal of nonsense is none."""
        is_command = offered(self.opcode, self._place[1]) and not self._fault
        if status == ACK:
            return PAIR if is_command else UNLIKE
        if not is_command:
            return PART
        return DENIED if COMMANDS[self.opcode].gated_by_rdp else UNLIKE

    def _advance(self, status: 'str') -> 'None':
        self._store()
        if not self._form.optional:
            self._at += 1
        self.finished = status == NACK or self._last or self._at == len(self._forms)

    def _store(self) -> 'None':
        if self._waiting is not None:
            self._add(self._waiting)
            self._waiting = None

    def _add(self, step: 'Step') -> 'None':
        if len(self._steps) < MOST_STEPS:
            self._steps.append(step)

    def _answer(self, start: 'int', end: 'int', data: 'bytes', said: 'List[Said]') -> 'bytes':
        """Take bytes of an answer; return those that a status after it accounts for."""
        reply = self._form.reply
        assert reply is not None
        step = self._waiting or Step(start, end, REPLY, b'', NONE, -1, b'', self._due_since())
        received = step.received + data
        needed = reply.length(received, self.length or 0)
        enough = needed is not None and len(received) >= needed
        rest = received[needed:] if enough else b''
        if not self._is_accounted_for(rest):
            rest = b''
        self._waiting = step._replace(end=end, received=received[: len(received) - len(rest)])
        if reply.kept:
            self.data = received[reply.head : None if needed is None else needed - reply.tail]
        self.events.append(PART)
        if enough:
            said.extend(self._tell())
            self._advance(NONE)
        return rest

    def _is_accounted_for(self, rest: 'bytes') -> 'bool':
        """Tell whether what follows an answer is another one, or its final status; else filler."""
        if not rest or self._at + 1 == len(self._forms):
            return False
        if self._forms[self._at + 1].reply is not None:
            return True
        return len(rest) == 1 and status_of(self._place[1], rest[0]) in (ACK, NACK)

    def _tell(self) -> 'List[Said]':
        """Return what a whole answer tells of the part; keep as evidence if it makes sense."""
        teller = TELLERS.get(self.opcode)
        if teller is None:
            return []
        assert self._waiting is not None
        bus, _, target = self._place
        told = teller(self, (bus, target), self._waiting.received)
        if told is None:
            self.events.append(ODD)
        elif self.opcode in PROVING:
            self.events.append(TOLD)
        return list(told or ())

    def _keep(self, start: 'int', end: 'int', data: 'bytes', with_status: 'bool') -> 'None':
        """Keep bytes that were read where none were due."""
        if not with_status:
            self.events.append(ODD)
            if self._waiting is None:
                self._add(Step(start, end, REPLY, b'', NONE, -1, data, self._due_since()))
        elif self._waiting is not None:
            self._waiting = self._waiting._replace(received=data)
        else:
            self._steps[-1] = self._steps[-1]._replace(received=data)

    # The end.

    def disown(self) -> 'None':
        """The capture began inside a command: what was taken for one was a frame of it."""
        self.opcode, self.name = -1, UNKNOWN_COMMAND
        self.address = self.length = self.special = None
        self.pages, self._fault = (), ''
        self._steps = [
            step._replace(name=DATA if step.name == COMMAND else step.name) for step in self._steps
        ]

    def close(self, outcome: 'str', end: 'int') -> 'BootCommand':
        """Return the command; `outcome` is why it ends unless it `finished` or was faulty."""
        due = self.due
        # Over UART the loader answers unasked: a host that goes on has waited.
        waited = self._place[1] == UART or (
            self._waiting is not None and self._waiting.status in (BUSY, OTHER)
        )
        self._store()
        bus, transport, target = self._place
        status = self._last_status()
        if self.finished:
            outcome = REFUSED if status == NACK else OK
        elif due == STATUS:
            gave_up = outcome == VANISHED or (outcome == ABANDONED and waited)
            status = TIMEOUT if gave_up else NONE
        count, first, last = self._busy
        return BootCommand(
            self.start, end, bus, transport, target, self.opcode, self.name, tuple(self._steps),
            self.address, self.length, self.data, self.pages, self.special, count, first, last,
            status, self._fault or outcome,
        )  # fmt: skip

    def _last_status(self) -> 'str':
        known = [step.status for step in self._steps if step.status in (ACK, NACK)]
        return known[-1] if known else NONE
