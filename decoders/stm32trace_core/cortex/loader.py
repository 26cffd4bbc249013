"""Programs that the host places in SRAM, starts, and waits for: how most probes erase and program.

    consumes  MemoryAccess of one bus; LevelChange, CaptureGap
    produces  RamLoaderRun, when the core came back and its result was read, or when the run was given up

What makes a run: the PC set to an address in SRAM through DCRDR and DCRSR, then a write to DHCSR that lets
the core go (DDI 0403 C1.6.2 to C1.6.4). ST-LINK erases in this way (sigrok-dumps, stm32f429zit6_erase_bank1):
the flash controller is then driven by the program, and its registers are never on the wire.
"""

from ..adi.records import OK, MemoryAccess
from ..interest import interest
from ..lines import CaptureGap, LevelChange
from ..machine import OPERATION, Machine
from .records import HALTED, RUNNING, TRUNCATED, RamLoaderRun
from .registers import (
    AIRCR_ADDRESS,
    DCRDR_ADDRESS,
    DCRSR,
    DCRSR_ADDRESS,
    DEBUG_RETURN_ADDRESS,
    DHCSR,
    DHCSR_ADDRESS,
    R0,
    R3,
    SRAM,
    asks_for_reset,
    control,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple  # novm

    from ..context import Context
    from ..interest import Interest

REGSEL, REGWNR = DCRSR.field('REGSEL'), DCRSR.field('REGWnR')
S_HALT = DHCSR.field('S_HALT')

MOST_BLOCKS = 32  # blocks of SRAM that are remembered; beyond that, the oldest is forgotten

# The host fetches the result within so many accesses after the halt, or not at all.
RESULT_WITHIN = 64

RESETTING_ROLES = ('nrst', 'vdd')

# A host that polled every few milliseconds and was silent for so many times the longest pause has
# stopped; a shorter silence at the end of the data says nothing.
SILENCES = 10
SILENCE_S = 0.5

WRITES_AND_REGISTERS = (
    interest(MemoryAccess, True, ranges=(SRAM,), joined=True),
    interest(
        MemoryAccess,
        ranges=tuple(
            (address, address)
            for address in (AIRCR_ADDRESS, DCRDR_ADDRESS, DCRSR_ADDRESS, DHCSR_ADDRESS)
        ),
    ),
)


class Blocks(object):
    """Stretches of memory that were written, as far as they are remembered."""

    def __init__(self) -> 'None':
        self._blocks = []  # type: List[List[int]]  # [first, end), the latest last

    def add(self, address: 'int', size: 'int') -> 'None':
        """Note a write of `size` bytes."""
        end = address + size
        latest = self._blocks[-1] if self._blocks else [-1, -1]
        if latest[0] <= address <= latest[1]:
            latest[1] = max(latest[1], end)
            return
        joined = [one for one in self._blocks if one[0] <= end and address <= one[1]]
        self._blocks = [one for one in self._blocks if one not in joined]
        first = min([address] + [one[0] for one in joined])
        self._blocks.append([first, max([end] + [one[1] for one in joined])])
        del self._blocks[:-MOST_BLOCKS]

    def holding(self, address: 'int') -> 'Tuple[int, int]':
        """Return start and length of the stretch around `address`; (-1, 0) for none."""
        touching = sorted(self._blocks)
        for index, (first, end) in enumerate(touching):
            if first <= address < end:
                for following, further in touching[index + 1 :]:
                    if following <= end:
                        end = max(end, further)
                return first, end - first
        return -1, 0


class RamLoader(Machine):
    """Follows programs that the host runs in the SRAM of one part."""

    protocols = ('swd',)
    consumes = (MemoryAccess, LevelChange, CaptureGap)
    produces = (RamLoaderRun,)
    phase = OPERATION

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(RamLoader, self).__init__(context, bus)
        self._blocks = Blocks()
        self._transfer = -1  # DCRDR as written last
        self._registers = {}  # type: Dict[int, int]  # set since the last start
        self._run = None  # type: Optional[RamLoaderRun]  # the one that is not told yet
        self._pause = 0  # longest time between two polls of it
        self._patience = 0  # accesses until the result is no longer waited for
        self._wanted = -1  # core register that DCRDR will hold

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """What prepares and makes a run; all that comes after one, until its result is not waited for any more."""
        is_back = self._run is not None and self._run.outcome == HALTED
        return None if is_back else WRITES_AND_REGISTERS

    def feed(self, record: 'Any') -> 'Iterable[RamLoaderRun]':
        """Return the run that a record ends."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[RamLoaderRun]':
        """Tell a run that is still on: truncated, unless the host had already stopped to look."""
        if self._run is None:
            return ()
        silence = end - self._run.end
        stopped = silence > SILENCES * self._pause > 0 and self.context.longer(silence, SILENCE_S)
        return self._tell(RUNNING if stopped else TRUNCATED)

    def _access(self, access: 'MemoryAccess') -> 'List[RamLoaderRun]':
        if access.outcome != OK:
            return []
        handler = _REGISTERS.get(access.address)
        made = handler(self, access) if handler is not None else []
        if access.write and SRAM[0] <= access.address <= SRAM[1]:
            self._blocks.add(access.address, access.size)
        if not made and self._run is not None and self._run.outcome == HALTED:
            self._patience -= 1
            if self._patience <= 0:
                return self._tell(HALTED)
        return made

    # Core registers.

    def _dcrdr(self, access: 'MemoryAccess') -> 'List[RamLoaderRun]':
        if access.write:
            self._transfer = access.value
        elif self._wanted == R0 and self._run is not None and self._run.outcome == HALTED:
            self._run = self._run._replace(result=access.value)
            return self._tell(HALTED)
        return []

    def _dcrsr(self, access: 'MemoryAccess') -> 'List[RamLoaderRun]':
        if not access.write:
            return []
        register = REGSEL.of(access.value)
        if not REGWNR.of(access.value):
            self._wanted = register
            return []
        self._wanted = -1
        if register <= R3 or register == DEBUG_RETURN_ADDRESS:
            self._registers[register] = self._transfer
        return []

    # Start, polls and end.

    def _dhcsr(self, access: 'MemoryAccess') -> 'List[RamLoaderRun]':
        if not access.write:
            return self._poll(access)
        bits = control(access.value)
        if bits is None:
            return []
        _, halt, step = bits
        if halt:
            # While it runs, the host stops it; the halt that follows is not the program's.
            return self._tell(RUNNING) if self._is_running else []
        made = self._tell(RUNNING)
        entry = self._registers.get(DEBUG_RETURN_ADDRESS, -1)
        if not step and SRAM[0] <= entry <= SRAM[1]:
            self._start(access, entry)
        self._registers = {}
        return made

    def _start(self, access: 'MemoryAccess', entry: 'int') -> 'None':
        arguments = []  # type: List[int]
        while len(arguments) <= R3 and len(arguments) in self._registers:
            arguments.append(self._registers[len(arguments)])
        code_start, code_length = self._blocks.holding(entry)
        self._run = RamLoaderRun(
            access.start, access.end, self.bus, entry, tuple(arguments), -1, 0, -1,
            code_start, code_length, RUNNING,
        )  # fmt: skip
        self._pause = 0
        self._wanted = -1

    def _poll(self, access: 'MemoryAccess') -> 'List[RamLoaderRun]':
        run = self._run
        if run is None or run.outcome == HALTED:
            return []
        self._pause = max(self._pause, access.end - run.end)
        self._run = run._replace(end=access.end, polls=run.polls + 1, last_status=access.value)
        if S_HALT.of(access.value):
            self._run = self._run._replace(outcome=HALTED)
            self._patience = RESULT_WITHIN
        return []

    def _aircr(self, access: 'MemoryAccess') -> 'List[RamLoaderRun]':
        if access.write and asks_for_reset(access.address, access.value):
            return self._cut()
        return []

    def _level(self, change: 'LevelChange') -> 'List[RamLoaderRun]':
        return self._cut() if change.role in RESETTING_ROLES and not change.value else []

    def _gap(self, gap: 'CaptureGap') -> 'List[RamLoaderRun]':
        return self._cut(TRUNCATED)

    @property
    def _is_running(self) -> 'bool':
        return self._run is not None and self._run.outcome != HALTED

    def _cut(self, outcome: 'str' = RUNNING) -> 'List[RamLoaderRun]':
        """A reset or a gap: what the host had set up is gone."""
        self._registers = {}
        return self._tell(outcome)

    def _tell(self, outcome: 'str') -> 'List[RamLoaderRun]':
        """Return the run with this outcome; one that came back keeps its own."""
        run, self._run = self._run, None
        self._wanted = -1
        if run is None:
            return []
        return [run if run.outcome == HALTED else run._replace(outcome=outcome)]


_REGISTERS = {
    DHCSR_ADDRESS: RamLoader._dhcsr,
    DCRSR_ADDRESS: RamLoader._dcrsr,
    DCRDR_ADDRESS: RamLoader._dcrdr,
    AIRCR_ADDRESS: RamLoader._aircr,
}  # type: Dict[int, Callable[[RamLoader, MemoryAccess], List[RamLoaderRun]]]

_HANDLERS = {
    MemoryAccess: RamLoader._access,
    LevelChange: RamLoader._level,
    CaptureGap: RamLoader._gap,
}  # type: Dict[type, Callable[[RamLoader, Any], List[RamLoaderRun]]]


MACHINES = (RamLoader,)
