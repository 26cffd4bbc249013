"""Sessions over UART as tools have them, and rules judged by themselves, for the tests of rules on UART."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from rules_harness import findings, result
from stm32trace_core.context import Context
from stm32trace_core.network import Network
from stm32trace_core.rules.engine import SUPPRESSED, Judgement
from stm32trace_core.rules.rule import Finding, Rule, Withdrawn
from waves.uart_loader import UartLoader

BUS = 'uart0'
FLASH = 0x08000000


class Talk(UartLoader):
    """A host and a loader at 4 MHz; keyword arguments as for `UartLoader`.

    gap: bit times of silence after each byte of the host.
    """

    def __init__(
        self, rate: float = 4_000_000, pause: float = 500e-6, gap: float = 0.0, **how: Any
    ) -> None:
        super().__init__(rate, pause=pause, **how)
        self._gap = gap

    def host(self, data: Iterable[int], **how: Any) -> Self:
        return super().host(data, **{'gap': self._gap, **how})

    def reset(self, seconds: float = 5e-3, start_up: float = 20e-3) -> Self:
        """NRST low for `seconds`, then the time that a host waits."""
        return self.pulse('nrst', seconds).idle(start_up)

    def call(self, count: int = 3, every: float = 0.7) -> Self:
        """0x7F in vain, again and again."""
        for _ in range(count):
            self.sync(None).idle(every)
        return self

    def read(self, data: bytes = bytes(range(16)), address: int = FLASH) -> Self:
        return self.read_memory(address, data)

    def write(self, data: bytes = bytes(range(16)), address: int = FLASH) -> Self:
        return self.write_memory(address, data)

    def unprotect(self) -> Self:
        """Readout Unprotect, and the restart that follows."""
        return self.readout_unprotect(30e-3, own_reset=False).idle(0.2)

    def protect(self) -> Self:
        """Readout Protect, and the restart that follows."""
        return self.readout_protect(own_reset=False).idle(0.2)

    def program(self, blocks: int = 3, size: int = 64) -> Self:
        """What a tool does: identify, erase, write and verify `blocks`."""
        self.get_version().get().get_id().mass_erase(30e-3)
        for number in range(blocks):
            data = bytes((number * 7 + place) & 0xFF for place in range(size))
            self.write(data, FLASH + number * size).read(data, FLASH + number * size)
        return self


class _Keep(Judgement):
    """Keeps what was withdrawn."""

    def __init__(self, context: Context, bus: str = '') -> None:
        super().__init__(context, bus)
        self.withdrawn: list[str] = []

    def feed(self, record: Any) -> tuple[()]:
        if isinstance(record, Withdrawn):
            self.withdrawn.append(record.by)
        return ()


def judged(
    rule: type[Rule],
    records: Iterable[Any],
    *,
    end: int,
    roles: Iterable[str] = ('tx', 'rx'),
    levels: Mapping[str, int] | None = None,
    limits: Mapping[str, float] | None = None,
    rate: float | None = 1_000_000,
    beside: Iterable[type[Rule]] = (),
    bus: str = BUS,
) -> tuple[list[Finding], list[str]]:
    """Feed records to one rule; return what it found in the end, and by what it was suppressed.

    beside: rules whose findings it wants.
    """
    levels = levels or {}
    context = Context(rate, 0, None, levels, frozenset((*roles, *levels)), None, None, limits or {})
    machine, *others = (kind(context, bus if kind.per_bus else '') for kind in (rule, *beside))
    judgement, keep = Judgement(context), _Keep(context)
    network = Network([machine, *others, judgement, keep])
    for record in records:
        network.publish(record)
    network.finish(end)
    found = [one.finding for one in judgement.findings([machine])]
    return [one for one in found if one.rule == rule.info.id], keep.withdrawn


def told(wave: Any, rule: str, **settings: Any) -> list[tuple[str, str]]:
    """(severity, message) of what a rule found in a capture."""
    return [(str(one.severity), one.message) for one in findings(wave, rule, **settings)]


def suppressed(wave: Any, rule: str, **settings: Any) -> str:
    """By what a rule was suppressed in a capture; it must have found nothing."""
    one = result(wave, rule, **settings)
    assert one.state == SUPPRESSED
    return one.by
