"""What a debugger did besides erasing and programming: the core, resets, core registers, RAM, option bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from stm32trace_core.adi.records import MemoryAccess
from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.context import Context
from stm32trace_core.cortex.records import HALT, RESET, RESUME, STEP, DebugControl
from stm32trace_core.cortex.registers import DCRSR, SRAM
from stm32trace_core.devices import find_device
from stm32trace_core.flash.orders import RESTART_S
from stm32trace_core.flash.records import OptionChange, PeripheralAccess
from stm32trace_core.lines import NRST, POWER, Reset

# What is told, in the order in which it is told.
CORE = {HALT: 'core halted', STEP: 'core stepped', RESUME: 'core let run', RESET: 'part reset'}
TIMES = {1: 'once', 2: 'twice'}

SELECTOR, WRITES = 'CoreDebug.DCRSR', DCRSR.field('REGWnR')
MOST_CHANGES = 3  # of option bytes, told one by one
RAM = range(SRAM[0], SRAM[1] + 1)


class Debugging:
    """Counts of one capture."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._core: Counter[str] = Counter()  # by kind of DebugControl
        self._registers = 0  # core registers read
        self._ram: Counter[bool] = Counter()  # bytes written (True), and read

    def control(self, control: DebugControl) -> None:
        """Take what was asked of the core: to run and to be reset counts even if nobody looked whether it did."""
        if control.kind in CORE and (control.confirmed or control.kind in (RESET, RESUME)):
            self._core[control.kind] += 1

    def named(self, access: PeripheralAccess) -> None:
        """Take an access to a register that has a name."""
        if access.register == SELECTOR and access.write and not WRITES.of(access.value):
            self._registers += 1

    def memory(self, access: MemoryAccess) -> None:
        """Take an access to memory that was done."""
        if access.address in RAM:
            self._ram[access.write] += access.size

    def deeds(self, resets: Iterable[Reset], loader_runs: int) -> Iterator[str]:
        """Yield what was done with the core. loader_runs: how often it was let run for a program in SRAM."""
        for kind, words in CORE.items():
            number = self._core[kind] - (loader_runs if kind == RESUME else 0)
            if number > 0:
                yield f'{words} {times(number)}'
        pulled = self._pulls(list(resets))
        if pulled:
            yield f'NRST pulled {times(pulled)}'

    def details(self) -> Iterator[str]:
        """Yield what else was looked at or written."""
        if self._registers:
            yield f'{grouped(self._registers)} core register{"s" * (self._registers > 1)} read'
        for written, words in ((True, 'written to'), (False, 'read from')):
            if self._ram[written]:
                yield f'{grouped(self._ram[written])} bytes {words} RAM'

    def _pulls(self, resets: list[Reset]) -> int:
        """Return how often NRST went low though the part was not asked to reset itself."""
        asked = [one.end for one in resets if one.cause not in (NRST, POWER)]
        return sum(
            not any(one.start - end >= 0 and self._is_soon(one.start - end) for end in asked)
            for one in resets
            if one.cause == NRST
        )

    def _is_soon(self, samples: int) -> bool:
        return not self._context.longer(samples, self._context.limit('RESTART_S', RESTART_S))


class OptionChanges:
    """Option bytes that were changed, each as it was changed last."""

    def __init__(self) -> None:
        self._changes: dict[str, OptionChange] = {}

    def take(self, change: OptionChange) -> None:
        """Take a change."""
        self._changes[change.name] = change

    def told(self, device: DeviceIdentified | None) -> str:
        """Return ' (RDP 0xFF -> 0xAA)' where both values are known and there are few; '' otherwise."""
        changes = [one for one in self._changes.values() if one.old and one.new]
        if not changes or len(changes) > MOST_CHANGES:
            return ''
        text = ', '.join(f'{one.name} {one.old} -> {one.new}' for one in changes)
        return f' ({text}, which erased the flash)' if self._unprotect(device) else f' ({text})'

    def _unprotect(self, device: DeviceIdentified | None) -> bool:
        """Tell whether read-out protection was taken off."""
        known = find_device(device.dev_id) if device else None
        rdp = self._changes.get('RDP')
        if known is None or rdp is None or not rdp.old:
            return False
        level_0 = known[0].options.rdp_level0
        return int(rdp.new, 16) in level_0 and int(rdp.old, 16) not in level_0


def times(number: int) -> str:
    """'once', 'twice', '3 times'."""
    return TIMES.get(number, f'{grouped(number)} times')


def grouped(number: int) -> str:
    """24576 -> '24 576'."""
    return f'{number:,}'.replace(',', ' ')
