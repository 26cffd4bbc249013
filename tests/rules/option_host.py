"""A debugger at the flash controller of a part, as records: what rules see of it.

Each verb is one access of the host or one event of the part. What the machines below the rules make of these
(option states, operations, windows) is made here as simply as they promise it: see flash/records.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from stm32trace_core.adi.records import OK, AckRun
from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.context import Context
from stm32trace_core.cortex.records import RESET, DebugRequest, RamLoaderRun
from stm32trace_core.devices import family_named, find_device
from stm32trace_core.flash.options import protection, read_out
from stm32trace_core.flash.records import (
    CLOSED,
    CUT,
    DONE,
    FAILED,
    LOCK,
    MASS_ERASE,
    OPEN,
    OPTION_PROGRAM,
    OPTION_PROGRAMMING,
    PAGE_ERASE,
    UNLOCK,
    AreaRefused,
    FlashOperation,
    OptionState,
    PeripheralAccess,
    Window,
)
from stm32trace_core.lines import NRST, POWER, SYSRESETREQ, LevelChange, Reset
from stm32trace_core.network import Network
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED, Judgement, catalogue, instances
from stm32trace_core.rules.rule import Finding, Severity

RATE = 1_000_000  # one sample is a microsecond
ACCESS = 50  # samples of one access
BUS = 'swd0'
IDCODES = {'G0': 0x460, 'F1': 0x410, 'F4': 0x413, 'F7': 0x452}

KEYS = (0x45670123, 0xCDEF89AB)
OPTION_KEYS = (0x08192A3B, 0x4C5D6E7F)
BUSY = {'G0': 1 << 16, 'F1': 1, 'F4': 1 << 16, 'F7': 1 << 16}


class OptionHost:
    """The dialogue; `records` is what came of it so far."""

    def __init__(self, family: str, identified: bool = True, nrst: bool = True) -> None:
        self.name = family
        table = family_named(family)
        assert table is not None
        self.family = table
        self.now = 1000
        self.records: list[Any] = []
        self.roles = frozenset({'nrst', 'vdd'}) if nrst else frozenset[str]()
        self._values: dict[str, int] = {}
        self._window: Window | None = None
        self._erase: tuple[str, int, tuple[int, ...]] | None = None
        self._device = find_device(IDCODES[family])
        if identified:
            end = self.now + ACCESS
            source = 'DBGMCU_IDCODE'
            self._add(DeviceIdentified(self.now, end, BUS, IDCODES[family], source))

    # Accesses.

    def read(self, register: str, value: int, outcome: str = OK) -> Self:
        """Read a register of the flash controller."""
        access = self._access(register, value, False, outcome)
        if register == 'SR' and not value & BUSY[self.name]:
            self._ended(access, value)
        layout = {one.name: one for one in self.family.registers(self._line)}[register]
        if register in self.family.options.registers and outcome == OK:
            rdp, level = read_out(self.family, layout, value)
            told = protection(self.family, self._line, layout, value)
            place = 'FLASH.' + register
            numbers, count = told.numbers, told.sectors
            start, end = access.start, access.end
            self._add(OptionState(start, end, BUS, place, value, rdp, level, numbers, count))
        return self

    def write(self, register: str, value: int, outcome: str = OK) -> Self:
        """Write a register of the flash controller."""
        access = self._access(register, value, True, outcome)
        for kind, role in ((MASS_ERASE, 'mass_erase'), (PAGE_ERASE, 'page_erase')):
            if self._has(access, role) and self._has(access, 'start'):
                self._erase = (kind, access.start, (1,) if kind == PAGE_ERASE else ())
        if self._has(access, 'option_start'):
            self._window = self._option_window(access.start, access.start, OPEN)
            self._add(self._window)
        return self

    def unlock(self) -> Self:
        """Both keys into KEYR."""
        start = self.now
        for key in KEYS:
            self.write('KEYR', key)
        return self._operation(UNLOCK, start, self.now, DONE)

    def lock(self) -> Self:
        """The operation alone; write CR for the access."""
        return self._operation(LOCK, self.now, self.now + ACCESS, DONE)

    def option_keys(self, *keys: int) -> Self:
        """Keys into OPTKEYR; the right ones where none are given."""
        for key in keys or OPTION_KEYS:
            self.write('OPTKEYR', key)
        return self

    def half_word(self, address: int, value: int) -> Self:
        """Program a half-word of the option memory: value and its complement."""
        data = bytes([value, value ^ 0xFF])
        self._add(
            FlashOperation(
                self.now, self.now + 60, BUS, OPTION_PROGRAM, -1, address, 2, (), data, DONE
            )
        )
        return self.idle(100e-6)

    # Events.

    def idle(self, seconds: float) -> Self:
        """Let time pass."""
        self.now += round(seconds * RATE)
        return self

    def system_reset(self) -> Self:
        """SYSRESETREQ."""
        start, end = self.now, self.now + ACCESS
        if self._window is not None:
            self._add(self._option_window(self._window.start, end, CUT))
            self._window = None
        self._add(DebugRequest(start, end, BUS, RESET, 0x05FA0004))
        self._add(Reset(start, end, BUS, SYSRESETREQ, True))
        return self.idle(1e-3)

    def core_reset(self) -> Self:
        """VECTRESET: the core alone, not the flash controller."""
        self._add(DebugRequest(self.now, self.now + ACCESS, BUS, RESET, 0x05FA0001))
        return self.idle(1e-3)

    def pulse(self, role: str, seconds: float = 0.01) -> Self:
        """NRST or VDD goes low and comes back."""
        start = self.now
        if self._window is not None:
            self._add(self._option_window(self._window.start, start, CUT))
            self._window = None
        self._add(LevelChange(start, start + 1, '', role, 0))
        self.idle(seconds)
        self._add(LevelChange(self.now, self.now + 1, '', role, 1))
        cause = NRST if role == 'nrst' else POWER
        self._add(Reset(start, self.now, '', cause, True))
        return self.idle(1e-3)

    def no_reply(self, count: int = 3) -> Self:
        """The part does not answer any more."""
        self._add(AckRun(self.now, self.now + 150, BUS, 7, 0xA5, True, count, 100, False, False))
        return self.idle(1e-3)

    def refused_read(self, address: int = 0x08000000) -> Self:
        """A read of main flash ends in FAULT."""
        self._add(AreaRefused(self.now, self.now + ACCESS, BUS, address, 1))
        return self.idle(1e-3)

    def run_in_ram(self, seconds: float, outcome: str) -> Self:
        """A program that the probe placed in RAM runs."""
        start = self.now
        self.idle(seconds)
        self._add(
            RamLoaderRun(
                start, self.now, BUS, 0x20000000, (), -1, 12, 0x00010001, 0x20000000, 640, outcome
            )
        )
        return self.idle(1e-3)

    def add(self, *records: Any) -> Self:
        """Put in something else: a finding of another rule."""
        for record in records:
            self._add(record)
        return self

    # What is found.

    def run(self, *rules: str) -> Judgement:
        """Judge the dialogue by the rules whose ids are given."""
        context = Context(
            RATE, 0, None, {'nrst': 1, 'vdd': 1}, self.roles, None, None, {}
        )  # fmt: skip
        chosen = [rule for rule in catalogue() if rule.info.id in rules]
        assert len(chosen) == len(rules)
        self.judgement = Judgement(context)
        self.machines = instances(chosen, context, [BUS])
        network = Network([*self.machines, self.judgement])
        for record in self.records:
            network.publish(record)
        network.finish(self.now)
        self.seen = network.seen
        return self.judgement

    def findings(self, *rules: str) -> list[Finding]:
        """Return what these rules find, in the order of the report."""
        found = [judged.finding for judged in self.run(*rules).findings(self.machines)]
        return [one for one in found if one.rule in rules]

    def state(self, rule: str) -> str:
        """Return what becomes of one rule; of a suppressed one 'suppressed: by what'."""
        judgement = self.run(rule)
        (result,) = judgement.results(self.machines, self.seen, {'swd'})
        return f'{SUPPRESSED}: {result.by}' if result.state == SUPPRESSED else result.state

    # Steps.

    @property
    def _line(self) -> Any:
        return self._device[1] if self._device else None

    def _add(self, record: Any) -> None:
        self.records.append(record)

    def _access(self, register: str, value: int, write: bool, outcome: str) -> PeripheralAccess:
        layout = {one.name: one for one in self.family.registers(self._line)}[register]
        address = self.family.flash.controller_base + layout.offset
        start, self.now = self.now, self.now + ACCESS
        before = self._values.get(register, -1)
        self._values[register] = value
        access = PeripheralAccess(
            start, self.now, BUS, 'FLASH.' + register, address, write, value, before, outcome
        )
        self._add(access)
        self.now += ACCESS
        return access

    def _has(self, access: PeripheralAccess, role: str) -> bool:
        layout = {one.name: one for one in self.family.registers(self._line)}
        for place in self.family.flash.roles.get(role, ()):
            register, _, field = place.partition('.')
            values = layout[register].read(access.value)
            if access.register == 'FLASH.' + register and values.get(field):
                return True
        return False

    def _ended(self, access: PeripheralAccess, value: int) -> None:
        outcome = FAILED if self._has(access, 'error_flags') else DONE
        if self._window is not None:
            self._add(self._option_window(self._window.start, access.end, CLOSED))
            self._operation(OPTION_PROGRAM, self._window.start, access.end, outcome)
            self._window = None
        if self._erase is not None:
            kind, start, pages = self._erase
            self._operation(kind, start, access.end, outcome, pages)
            self._erase = None

    def _operation(
        self, kind: str, start: int, end: int, outcome: str, pages: Iterable[int] = ()
    ) -> Self:
        self._add(FlashOperation(start, end, BUS, kind, -1, None, None, tuple(pages), b'', outcome))
        return self

    @staticmethod
    def _option_window(start: int, end: int, state: str) -> Window:
        return Window(start, end, BUS, OPTION_PROGRAMMING, state, -1, 'OPTSTRT')


def told(found: Finding) -> tuple[Severity, str]:
    """Return severity and message."""
    return found.severity, found.message


__all__ = ['CLEAN', 'OptionHost', 'told']
