"""Named registers written and read, core requests, levels: records as the SWD machines make them, for rules.

Each verb takes 100 us and appends what the machines would say of it; `judge` feeds all of it to one rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from stm32trace_core.adi.records import OK, LinkReset
from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.context import Context
from stm32trace_core.cortex.records import CATCH, HALT, RESET, RESUME, CoreStatus, DebugRequest
from stm32trace_core.flash.records import BlindAccess, OptionState, PeripheralAccess
from stm32trace_core.lines import SYSRESETREQ, CaptureGap, LevelChange, Reset
from stm32trace_core.network import Network
from stm32trace_core.rules.engine import Judgement
from stm32trace_core.rules.rule import Finding, Rule, Withdrawn

RATE = 1_000_000
BUS = 'swd0'
STEP = 100  # samples from one verb to the next
LASTS = 40  # samples of a packet

BASES = {'F1': 0x40022000, 'F4': 0x40023C00, 'F7': 0x40023C00, 'G0': 0x40022000}
OFFSETS = {
    'F1': {'KEYR': 0x04, 'SR': 0x0C, 'CR': 0x10, 'AR': 0x14},
    'F4': {'KEYR': 0x04, 'SR': 0x0C, 'CR': 0x10, 'OPTCR': 0x14},
    'F7': {'KEYR': 0x04, 'SR': 0x0C, 'CR': 0x10, 'OPTCR': 0x14},
    'G0': {'KEYR': 0x08, 'SR': 0x10, 'CR': 0x14, 'OPTR': 0x20},
}
DEV_IDS = {'F1': 0x410, 'F4': 0x419, 'F7': 0x452, 'G0': 0x460}
KEY1, KEY2 = 0x45670123, 0xCDEF89AB

# DHCSR as read.
S_HALT, S_RESET_ST = 1 << 17, 1 << 25
RUNS, HALTED = 0x00010001, 0x00030003


class Traffic:
    """What a host did with one part; `family` tells addresses and DEV_ID."""

    def __init__(self, family: str = 'G0', identified: bool = True) -> None:
        self.family = family
        self.now = 0
        self.records: list[Any] = []
        if identified:
            self.add(DeviceIdentified, DEV_IDS[family], 'DBGMCU.IDCODE')

    def add(self, kind: Any, *fields: Any, bus: str = BUS) -> Self:
        """Append a record that begins now."""
        self.records.append(kind(self.now, self.now + LASTS, bus, *fields))
        self.now += STEP
        return self

    def wait(self, seconds: float) -> Self:
        self.now += round(seconds * RATE)
        return self

    # The flash controller.

    def write(self, register: str, value: int, outcome: str = OK) -> Self:
        return self._access(register, True, value, outcome)

    def read(self, register: str, value: int, outcome: str = OK) -> Self:
        return self._access(register, False, value, outcome)

    def _access(self, register: str, write: bool, value: int, outcome: str) -> Self:
        name, address = f'FLASH.{register}', 0
        if '.' in register:
            name = register
        else:
            address = BASES[self.family] + OFFSETS[self.family][register]
        return self.add(PeripheralAccess, name, address, write, value, -1, outcome)

    def unlock(self) -> Self:
        return self.write('KEYR', KEY1).write('KEYR', KEY2)

    def busy(self, seconds: float, every: float = 1e-3, value: int = 1 << 16) -> Self:
        """Read SR with BSY set for so long."""
        end = self.now + seconds * RATE
        while self.now < end:
            self.read('SR', value).wait(every)
        return self

    def options(
        self, register: str, value: int, rdp: int, level: int, *protected: int, sectors: int = 8
    ) -> Self:
        return self.add(OptionState, f'FLASH.{register}', value, rdp, level, protected, sectors)

    # The core, the link and slow lines.

    def reset(self) -> Self:
        """AIRCR.SYSRESETREQ."""
        self.add(DebugRequest, RESET, 0x05FA0004)
        return self.add(Reset, SYSRESETREQ, True)

    def halt(self) -> Self:
        return self.add(DebugRequest, HALT, 0xA05F0003)

    def resume(self) -> Self:
        return self.add(DebugRequest, RESUME, 0xA05F0001)

    def catch(self) -> Self:
        return self.add(DebugRequest, CATCH, 0x01000001)

    def status(self, value: int) -> Self:
        """Read DHCSR."""
        bits = [bool(value >> bit & 1) for bit in (17, 18, 19, 25, 0)]
        return self.add(CoreStatus, value, *bits)

    def blind(self, write: bool = True) -> Self:
        """An access to nobody knows where."""
        return self.add(BlindAccess, write)

    def gap(self) -> Self:
        """Samples are missing."""
        return self.add(CaptureGap, 'samples missing', bus='')

    def link(self) -> Self:
        return self.add(LinkReset, 'line_reset', 0, 0)

    def level(self, role: str, value: int) -> Self:
        return self.add(LevelChange, role, value, bus='')

    # Judgement.

    def judge(
        self,
        rule: type[Rule],
        *,
        rate: float | None = RATE,
        levels: Mapping[str, int] | None = None,
        limits: Mapping[str, float] | None = None,
    ) -> tuple[list[Finding], list[Withdrawn]]:
        """Return what the rule found in the end, and what its guards took back.

        levels: of the slow lines that are captured, at the first sample.
        """
        judgement, machine, keep = self._run(rule, rate, levels, limits)
        found = [judged.finding for judged in judgement.findings([machine])]
        return found, keep.withdrawn

    def result(
        self,
        rule: type[Rule],
        rate: float | None = RATE,
        levels: Mapping[str, int] | None = None,
    ) -> tuple[str, tuple[str, ...]]:
        """Return what became of the rule, and the facts it lacked."""
        judgement, machine, _ = self._run(rule, rate, levels)
        [one] = judgement.results([machine], set(), {'swd'})
        return one.state, one.missing

    def _run(
        self,
        rule: type[Rule],
        rate: float | None,
        levels: Mapping[str, int] | None,
        limits: Mapping[str, float] | None = None,
    ) -> tuple[Judgement, Rule, _Keep]:
        levels = levels or {}
        roles = frozenset({'swclk', 'swdio', *levels})
        context = Context(rate, 0, None, levels, roles, None, None, limits or {})
        machine = rule(context, BUS)
        judgement = Judgement(context)
        keep = _Keep(context)
        network = Network([machine, judgement, keep])
        for record in self.records:
            network.publish(record)
        network.finish(self.now)
        return judgement, machine, keep


class _Keep(Judgement):
    """Keeps what was withdrawn."""

    def __init__(self, context: Context, bus: str = '') -> None:
        super().__init__(context, bus)
        self.withdrawn: list[Withdrawn] = []

    def feed(self, record: Any) -> tuple[()]:
        if isinstance(record, Withdrawn):
            self.withdrawn.append(record)
        return ()


def told(traffic: Traffic, rule: type[Rule], **settings: Any) -> list[str]:
    """The messages of what the rule found."""
    return [found.message for found in traffic.judge(rule, **settings)[0]]


def guards(traffic: Traffic, rule: type[Rule], **settings: Any) -> list[str]:
    """By what the rule was suppressed; nothing may be found besides."""
    found, withdrawn = traffic.judge(rule, **settings)
    assert found == []
    return [one.by for one in withdrawn]
