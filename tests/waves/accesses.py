"""Memory accesses without a wave: what a debugger does to a part, as a list of records.

    Session().write(KEYR, KEY1).write(KEYR, KEY2).write(CR, MER | STRT).read(SR, BSY).wait(0.02).read(SR, 0)

Access k begins where the clock stands and takes 100 us; the rate is 1 MHz, so a sample is a microsecond. `packets` is
every SWD packet of a simulated capture, from the file that the simulated part wrote.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from stm32trace.capture import open_capture
from stm32trace.capture.changes import Selector
from stm32trace.line.columns import Setup
from stm32trace.line.swd import SwdDecoder
from stm32trace_core.adi.records import OK, MemoryAccess
from stm32trace_core.context import Context, bare_context
from stm32trace_core.lines import CaptureGap, LevelChange
from stm32trace_core.machine import Machine
from stm32trace_core.wire.swd import DATA_PHASE, FAULT, NO_REPLY, WAIT, SwdSequence, SwdTransfer
from waves.packets import REQUESTS

BUS = 'swd0'
RATE = 1_000_000.0
LENGTH = 100  # samples of an access

DHCSR, DCRSR, DCRDR, DEMCR = 0xE000EDF0, 0xE000EDF4, 0xE000EDF8, 0xE000EDFC
AIRCR = 0xE000ED0C


class Session:
    """A list of records, and the clock."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.now = 0

    def access(
        self, address: int, value: int, write: bool, size: int = 4, outcome: str = OK
    ) -> Self:
        start, self.now = self.now, self.now + LENGTH
        self.records.append(
            MemoryAccess(start, self.now, BUS, 0, address, size, write, value, outcome)
        )
        return self

    def write(self, address: int, value: int, size: int = 4, outcome: str = OK) -> Self:
        return self.access(address, value, True, size, outcome)

    def read(self, address: int, value: int = 0, size: int = 4, outcome: str = OK) -> Self:
        return self.access(address, value, False, size, outcome)

    def wait(self, seconds: float) -> Self:
        self.now += int(seconds * RATE)
        return self

    def line(self, role: str, value: int) -> Self:
        self.records.append(LevelChange(self.now, self.now + 1, '', role, value))
        return self

    def gap(self, seconds: float = 0.001) -> Self:
        start = self.now
        self.wait(seconds)
        self.records.append(CaptureGap(start, self.now, '', 'missing'))
        return self

    def core_register(self, number: int, value: int) -> Self:
        """Set a core register."""
        return self.write(DCRDR, value).write(DCRSR, 1 << 16 | number)

    def system_reset(self) -> Self:
        return self.write(AIRCR, 0x05FA0004)


def context(rate: float | None = RATE, **known: Any) -> Context:
    return bare_context(rate)._replace(**known)


def made(machine: Machine, session: Session, finish: bool = True) -> list[Any]:
    """Return all that a machine makes of a session."""
    result = [one for record in session.records for one in machine.feed(record)]
    return result + (list(machine.finish(session.now)) if finish else [])


def only(records: Iterable[Any], *kinds: type) -> list[Any]:
    """Return the records of these types."""
    return [record for record in records if isinstance(record, kinds)]


# Simulated captures: time in seconds from the first sample, so a rate of 1 GHz loses nothing.
FINE = 1e9
ACKS = {'OK': 1, 'WAIT': WAIT, 'FAULT': FAULT}
SEQUENCES = ('line_reset', 'jtag_to_swd', 'swd_to_jtag')


def truth(folder: Path, name: str) -> dict[str, Any]:
    """Return what really happened in a simulated capture."""
    told: dict[str, Any] = json.loads(
        (folder / 'simulated' / f'{name}.truth.json').read_text(encoding='utf-8')
    )
    return told


def packets(folder: Path, name: str) -> list[Any]:
    """Return packets, sequences and slow lines of a simulated capture, ordered by their end."""
    told = truth(folder, name)
    found: list[Any] = []
    with gzip.open(folder / 'simulated' / f'{name}.tx.csv.gz', 'rt', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            start, end = sample(row['t0_s']), sample(row['t1_s'])
            ack = ACKS.get(row['ack'], NO_REPLY)
            request = REQUESTS[row['port'].lower(), row['rw'].lower()][int(row['a']) // 4]
            data = int(row['data'] or '0', 16)
            flags = DATA_PHASE if ack == ACKS['OK'] else 0
            found.append(SwdTransfer(start, end, BUS, request, ack, data, flags))
    for one in told['operations']:
        if one['op'] in SEQUENCES:
            start, end = sample(one['t0']), sample(one['t1']) + 1
            found.append(SwdSequence(start, end, BUS, one['op'], 52))
    for role, line in told['lines'].items():
        for number, seconds in enumerate(line['toggles_s'], start=1):
            at = sample(seconds)
            found.append(LevelChange(at, at + 1, '', role, (line['initial'] + number) % 2))
    return sorted(found, key=lambda record: int(record.end))


def sample(seconds: str | float) -> int:
    return round(float(seconds) * FINE)


def recorded(file: Path, clock: str = 'SWCLK', data: str = 'SWDIO') -> tuple[list[Any], float]:
    """Return packets and sequences of a recorded capture, and its sample rate."""
    reader = open_capture(file)
    rate = reader.info.sample_rate
    assert rate is not None
    decoder = SwdDecoder(Setup(BUS, rate))
    found: list[Any] = []
    end = 0
    names = [channel.name for channel in reader.info.channels]
    lines = [names.index(clock), names.index(data)]
    selector = Selector([sorted(lines).index(line) for line in lines])
    for block in reader.blocks(sorted(lines)):
        part = selector.select(block)
        found += [one for columns in decoder.feed(part) for one in columns.records()]
        end = block.stop
    found += [one for columns in decoder.finish(end) for one in columns.records()]
    return [one for one in found if isinstance(one, SwdTransfer | SwdSequence)], rate
