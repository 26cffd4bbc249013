"""What was done in the capture: the part, the operations, the windows, and how much of each there was.

A reporter machine: it only listens. What it keeps is bounded by the number of operations of a kind and by the
size of the part's memory, not by the length of the capture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from stm32trace.debugging import Debugging, OptionChanges, grouped
from stm32trace.image import MemoryImage
from stm32trace.windows import Windows
from stm32trace_core.adi.records import OK, LinkStats, MemoryAccess
from stm32trace_core.bootloader.records import (
    NONE,
    TIMEOUT,
    BootCommand,
    DeviceIdentified,
    LoaderInfo,
    UartLines,
)
from stm32trace_core.context import Context
from stm32trace_core.cortex.records import HALTED, DebugControl, RamLoaderRun
from stm32trace_core.cortex.registers import SRAM
from stm32trace_core.devices import find_device
from stm32trace_core.flash.records import (
    BANK_ERASE,
    DONE,
    FAILED,
    GO,
    INTERRUPTED,
    MASS_ERASE,
    OPTION_ERASE,
    OPTION_LOAD,
    OPTION_PROGRAM,
    PAGE_ERASE,
    PROGRAM,
    READ,
    UNKNOWN,
    FlashOperation,
    OptionChange,
    OptionState,
    PeripheralAccess,
    Window,
)
from stm32trace_core.interest import Interest, interest
from stm32trace_core.lines import POWER, Level, Reset
from stm32trace_core.machine import REPORT, Machine
from stm32trace_core.record import CAPTURE
from stm32trace_core.rules.rule import duration_text
from stm32trace_core.wire.i2c import I2cTransfer
from stm32trace_core.wire.uart import UartStats

# How an operation ended, in words.
_ENDINGS = {FAILED: 'failed', INTERRUPTED: 'cut off', UNKNOWN: 'begun, its end not seen'}

# Where main flash lies on all STM32 (reference manuals, memory map).
MAIN_FLASH = range(0x08000000, 0x09000000)

MEMORY = (
    interest(MemoryAccess, False, ranges=((MAIN_FLASH[0], MAIN_FLASH[-1]),), joined=True),
    interest(MemoryAccess, False, ranges=(SRAM,), joined=True),
    interest(MemoryAccess, True, ranges=(SRAM,), joined=True),
)

# What is counted on the buses of a protocol, in words.
_TRAFFIC = {'I2C': 'I2C transfer', 'SWD': 'SWD packet', 'UART': 'UART byte'}

MOST_ROWS = 2000  # resets and levels kept for the picture; further ones are counted


class Summary(Machine):
    """Counts and facts of one capture."""

    consumes = (
        I2cTransfer, BootCommand, DeviceIdentified, LoaderInfo, FlashOperation, Window, Reset, Level,
        LinkStats, MemoryAccess, OptionChange, OptionState, RamLoaderRun, DebugControl, PeripheralAccess,
        UartLines, UartStats,
    )  # fmt: skip
    phase = REPORT
    per_bus = False

    def __init__(self, context: Context, bus: str = CAPTURE) -> None:
        super().__init__(context, bus)
        self.counts: dict[str, Counter[str]] = {}  # bus -> 'bytes', 'transactions', ...
        self.addresses: dict[str, Counter[int]] = {}  # bus -> loader address -> commands
        self.device: DeviceIdentified | None = None
        self.loader: LoaderInfo | None = None
        self.lines: dict[str, UartLines] = {}  # bus -> who speaks on which line of a UART
        self.operations: Counter[tuple[str, str]] = Counter()  # (kind, outcome) -> number
        self.pages_erased = 0
        self.image = MemoryImage()
        self.go: int | None = None
        self.busy: BootCommand | None = (
            None  # the one with the most BUSY answers and no last status
        )
        self.loader_runs: list[RamLoaderRun] = []
        self.debugging = Debugging(context)
        self.first_read: int | None = None  # lowest address of main flash that was read over SWD
        self.changes = OptionChanges()  # over SWD
        self.is_connected = False  # a line reset was sent over SWD, and answered after it
        self.options: dict[tuple[str, str], OptionState] = {}  # (bus, register) -> as read last
        self.windows = Windows()
        self.resets: list[Reset] = []
        self.levels: list[Level] = []
        self.dropped: Counter[str] = Counter()  # rows beyond MOST_ROWS, by kind
        self.stop = context.start  # first sample not covered, known when the data has ended

    @property
    def interests(self) -> tuple[Interest, ...]:
        """What is read of main flash, and what goes to and from SRAM."""
        return MEMORY

    def feed(self, record: Any) -> Iterable[Any]:
        """Take note of `record`."""
        _HANDLERS[type(record)](self, record)
        return ()

    def finish(self, end: int) -> Iterable[Any]:
        """Note where the data ends."""
        self.stop = end
        return ()

    def _transfer(self, transfer: I2cTransfer) -> None:
        counts = self.counts.setdefault(transfer.bus, Counter())
        counts['bytes'] += len(transfer.acked)
        counts['transactions'] += 1

    def _uart(self, stats: UartStats) -> None:
        counts = self.counts.setdefault(stats.bus, Counter())
        counts['bytes'] += stats.words
        counts['transactions'] += stats.words

    def _uart_lines(self, lines: UartLines) -> None:
        self.lines[lines.bus] = lines

    def _command(self, command: BootCommand) -> None:
        self.counts.setdefault(command.bus, Counter())['commands'] += 1
        self.addresses.setdefault(command.bus, Counter())[command.target] += 1
        if command.busy_count and command.status in (NONE, TIMEOUT):
            self.busy = max(self.busy or command, command, key=lambda one: one.busy_count)

    def _device(self, device: DeviceIdentified) -> None:
        self.device = self.device or device

    def _loader(self, loader: LoaderInfo) -> None:
        if self.loader is None or loader.commands:
            self.loader = loader

    def _operation(self, operation: FlashOperation) -> None:
        self.operations[operation.kind, operation.outcome] += 1
        if operation.outcome != DONE:
            return
        if operation.kind == PAGE_ERASE:
            self.pages_erased += len(operation.pages)
        elif operation.kind == PROGRAM and operation.address is not None:
            self.image.write(operation.address, operation.data)
        elif operation.kind == READ and operation.address is not None:
            self.image.read(operation.address, operation.data)
        elif operation.kind == GO:
            self.go = operation.address

    def _link(self, stats: LinkStats) -> None:
        counts = self.counts.setdefault(stats.bus, Counter())
        counts['transactions'] += stats.packets
        for what in ('wait', 'fault', 'no_reply', 'parity_errors'):
            if getattr(stats, what):
                counts[what] += getattr(stats, what)
        self.is_connected |= bool(stats.line_resets and stats.ok)

    def _access(self, access: MemoryAccess) -> None:
        if access.outcome != OK:
            return
        self.debugging.memory(access)
        if not access.write and access.address in MAIN_FLASH:
            self.image.read(access.address, access.value.to_bytes(access.size, 'little'))
            if self.first_read is None or access.address < self.first_read:
                self.first_read = access.address

    def _control(self, control: DebugControl) -> None:
        self.debugging.control(control)

    def _named(self, access: PeripheralAccess) -> None:
        self.debugging.named(access)

    def _option_change(self, change: OptionChange) -> None:
        if _protocol(change.bus) == 'SWD':
            self.changes.take(change)

    def _option_state(self, state: OptionState) -> None:
        self.options[state.bus, state.register] = state

    def _loader_run(self, run: RamLoaderRun) -> None:
        self._keep('loader runs', self.loader_runs, run)

    def _window(self, window: Window) -> None:
        self.windows.add(window)

    def _reset(self, reset: Reset) -> None:
        self._keep('resets', self.resets, reset)

    def _level(self, level: Level) -> None:
        self._keep('levels', self.levels, level)

    def _keep(self, kind: str, rows: list[Any], row: Any) -> None:
        if len(rows) < MOST_ROWS:
            rows.append(row)
        else:
            self.dropped[kind] += 1

    def part(self) -> str | None:
        """Return the part's name ('STM32G07x/G08x'), or its DEV_ID where no table knows it; None if it never told."""
        if self.device is None:
            return None
        known = find_device(self.device.dev_id)
        return known[1].name if known else f'part with DEV_ID 0x{self.device.dev_id:03X}'

    def headline(self) -> str:
        """Say in one sentence what was done, for a session in which nothing is wrong."""
        part = self.part()
        done = list(self._deeds())
        spoken = any(counts['commands'] for counts in self.counts.values())
        if not spoken and part is None and not done:
            return self._traffic()
        subject = part or ('STM32 bootloader' if spoken else 'A part that was not identified')
        over = f'over {self._protocols()}'
        if done and self.is_connected and not self._changes_flash():
            done.insert(0, 'connected')
        unheard = ''.join(self._unheard())
        if done:
            return f'{subject} {over}: {", ".join(done)}{unheard}'
        if part:
            return f'{subject} identified {over}{unheard or ", flash not touched"}'
        return f'{subject} {"spoken to" if unheard else "answered"} {over}{unheard}'

    def _unheard(self) -> Iterable[str]:
        """Yield what is missing because only one side of a UART was heard."""
        for lines in self.lines.values():
            if not lines.target:
                host = lines.host.upper()
                yield f'; only the host was heard ({host}): what the loader answered is not known'
            elif not lines.host:
                loader = lines.target.upper()
                yield f'; only the loader was heard ({loader}): what the host asked for is not all known'

    def _changes_flash(self) -> bool:
        """Tell whether anything was done to flash or options, or may have been."""
        return bool(self.loader_runs) or any(kind != READ for kind, _ in self.operations)

    def _protocols(self) -> str:
        """Name the protocols of the buses on which there was traffic: 'I2C', 'I2C and UART'."""
        busy = [bus for bus, counts in self.counts.items() if counts['transactions']]
        return ' and '.join(sorted({_protocol(bus) for bus in busy}))

    def _deeds(self) -> Iterable[str]:
        """Yield what was done to the part, each in a few words: to its flash first."""
        yield from self._flash_deeds()
        if self.busy is not None:
            yield self._still_busy(self.busy)
        if self.loader_runs:
            yield self._runs()
        yield from self._other_deeds()
        if self.go is not None:
            yield f'started at 0x{self.go:08X}'

    def _flash_deeds(self) -> Iterable[str]:
        if self.operations[MASS_ERASE, DONE]:
            yield 'mass erase'
        if self.operations[BANK_ERASE, DONE]:
            yield 'bank erase'
        if self.pages_erased:
            yield f'{self.pages_erased} page{"s" * (self.pages_erased > 1)} erased'
        if self.image.written:
            yield f'{grouped(self.image.written)} bytes written' + self._verified()
        elif self.image.seen:
            start = '' if self.first_read is None else f' from 0x{self.first_read:08X}'
            yield f'{grouped(self.image.seen)} bytes read{start}'
        if self.operations[OPTION_PROGRAM, DONE]:
            loaded = ', not loaded in this capture' if self._needs_load() else ''
            yield f'option bytes changed{self.changes.told(self.device)}{loaded}'
        elif self.operations[OPTION_ERASE, DONE]:
            rewritten = '' if self.loader_runs else ' and not written again'
            yield f'option bytes erased{rewritten}'
        yield from self._unfinished()

    def _other_deeds(self) -> Iterable[str]:
        """Yield what a debugger did besides: what it looked at only where nothing of the flash is told."""
        if not self._has_swd():
            return
        yield from self.debugging.deeds(self.resets, len(self.loader_runs))
        if self._changes_flash():
            return
        levels = sorted({one.level for one in self.options.values() if one.level >= 0})
        if levels:
            told = ' and '.join(str(level) for level in levels)
            yield f'option bytes read (read-out protection level {told})'
        yield from self.debugging.details()

    def _has_swd(self) -> bool:
        return any(_protocol(bus) == 'SWD' for bus in self.counts)

    def _still_busy(self, command: BootCommand) -> str:
        samples = command.busy_end - command.busy_start
        took = duration_text(self.context.seconds(samples), samples)
        times = f'{grouped(command.busy_count)} time{"s" * (command.busy_count > 1)}'
        return f'{command.name} BUSY {times} over {took}, its end not seen'

    def _needs_load(self) -> bool:
        """Tell whether the options of this part take effect only when loaded, and no load was seen over SWD."""
        known = find_device(self.device.dev_id) if self.device else None
        if known is None or not known[0].options.obl_launch_exists:
            return False
        return (
            self._has_swd() and not self.operations[OPTION_LOAD, DONE] and not self._lost_supply()
        )

    def _lost_supply(self) -> bool:
        return any(reset.cause == POWER for reset in self.resets)

    def _runs(self) -> str:
        longest = max(self.loader_runs, key=lambda run: run.end - run.start)
        samples = longest.end - longest.start
        number = len(self.loader_runs) + self.dropped['loader runs']
        took = duration_text(self.context.seconds(samples), samples)
        if number == 1 and longest.outcome != HALTED:
            return f'a program started in SRAM and not seen to come back in {took}'
        if number == 1:
            return f'a program run in SRAM for {took}'
        return f'{grouped(number)} programs run in SRAM, the longest for {took}'

    def _unfinished(self) -> Iterable[str]:
        """Yield what was begun and did not end well, or whose end is not in the capture."""
        for kind in (MASS_ERASE, BANK_ERASE, PAGE_ERASE, PROGRAM, OPTION_PROGRAM):
            for outcome, words in _ENDINGS.items():
                number = self.operations[kind, outcome]
                if number:
                    times = f' ({grouped(number)} times)' if number > 1 else ''
                    yield f'{kind.replace("_", " ")} {words}{times}'

    def _verified(self) -> str:
        if self.image.verified == self.image.written:
            return ' and verified'
        if self.image.verified:
            return f', {grouped(self.image.verified)} of them verified'
        return ', not read back'

    def _traffic(self) -> str:
        totals: Counter[str] = Counter()
        for bus, counts in self.counts.items():
            totals[_protocol(bus)] += counts['transactions']
        told = [
            f'{grouped(number)} {_TRAFFIC[what]}{"s" * (number > 1)}'
            for what, number in sorted(totals.items())
            if number
        ]
        if not told:
            return 'No bus traffic in this capture'
        length = self.stop - self.context.start
        over = f' in {duration_text(self.context.seconds(length), length)}' if length > 0 else ''
        nobody = (
            'none of them with an STM32 bootloader'
            if totals['I2C'] or totals['UART']
            else 'the part did not tell what it is'
        )
        return f'{" and ".join(told)}{over}, {nobody}'


_HANDLERS: dict[type, Callable[[Summary, Any], None]] = {
    I2cTransfer: Summary._transfer,
    BootCommand: Summary._command,
    DeviceIdentified: Summary._device,
    LoaderInfo: Summary._loader,
    FlashOperation: Summary._operation,
    Window: Summary._window,
    Reset: Summary._reset,
    Level: Summary._level,
    LinkStats: Summary._link,
    UartLines: Summary._uart_lines,
    UartStats: Summary._uart,
    MemoryAccess: Summary._access,
    OptionChange: Summary._option_change,
    OptionState: Summary._option_state,
    RamLoaderRun: Summary._loader_run,
    DebugControl: Summary._control,
    PeripheralAccess: Summary._named,
}


def _protocol(bus: str) -> str:
    """'i2c0' -> 'I2C'."""
    return bus.rstrip('0123456789').upper()
