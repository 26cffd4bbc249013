"""Records as rows of `decode`: their kinds, the layer each belongs to, and the fields of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from stm32trace.report.clock import Clock
from stm32trace.report.naming import Naming
from stm32trace.report.plain import visible
from stm32trace_core.adi.records import UNKNOWN, MemoryAccess, RegisterAccess
from stm32trace_core.bootloader.records import BootCommand
from stm32trace_core.context import Context
from stm32trace_core.cortex.records import DebugControl, RamLoaderRun
from stm32trace_core.describe import describe
from stm32trace_core.flash.records import FlashOperation, OptionChange, PeripheralAccess
from stm32trace_core.lines import Level, Reset
from stm32trace_core.wire.i2c import I2cTransfer
from stm32trace_core.wire.swd import DATA_PHASE, SwdSequence, SwdTransfer
from stm32trace_core.wire.uart import UartWord

Fields = dict[str, Any]
LAYERS = ('line', 'transaction', 'operation')


class Row(NamedTuple):
    """One record as it is written; every text in it is harmless."""

    kind: str
    bus: str | None  # None for what belongs to the whole capture
    start: int
    end: int
    start_s: float | None
    end_s: float | None
    outcome: str | None
    text: str
    fields: Fields

    @property
    def common(self) -> Fields:
        """The fields that rows of all kinds have."""
        return {
            'bus': self.bus,
            'kind': self.kind,
            'start_s': self.start_s,
            'end_s': self.end_s,
            'start_sample': self.start,
            'end_sample': self.end,
            'outcome': self.outcome,
            'text': self.text,
        }


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row. Kinds whose record type is None are not decoded by this version."""

    name: str
    layer: str
    record: type | None = None
    fields: Callable[[Any, Clock], Fields] = lambda record, clock: {}
    names: tuple[str, ...] = ()  # of the fields
    default: bool = True  # shown where nothing is selected


def _uart_byte(record: UartWord, clock: Clock) -> Fields:
    return {'line': record.line, 'value': record.value}


def _i2c_transfer(record: I2cTransfer, clock: Clock) -> Fields:
    return {
        'address': record.address if record.address >= 0 else None,
        'write': record.write,
        'data': record.data.hex(),
        'acked': list(record.acked),
    }


def _swd_transfer(record: SwdTransfer, clock: Clock) -> Fields:
    return {
        'port': 'ap' if record.is_ap else 'dp',
        'register': record.address,
        'write': not record.is_read,
        'ack': record.ack,
        'value': record.data if record.flags & DATA_PHASE else None,
    }


def _swd_sequence(record: SwdSequence, clock: Clock) -> Fields:
    return {'name': record.kind}


def _memory_access(record: MemoryAccess, clock: Clock) -> Fields:
    return {
        'ap': _known(record.ap),
        'address': _known(record.address),
        'size': record.size,
        'write': record.write,
        'value': record.value,
        'register': None,
        'fields': None,
    }


def _register_access(record: RegisterAccess, clock: Clock) -> Fields:
    return {
        'port': record.port,
        'name': record.name,
        'write': record.write,
        'value': record.value,
        'fields': None,
    }


def _ram_loader_run(record: RamLoaderRun, clock: Clock) -> Fields:
    return {
        'entry': _known(record.entry),
        'duration_s': clock.seconds(record.end - record.start),
        'arguments': list(record.arguments),
        'result': _known(record.result),
    }


def _debug_control(record: DebugControl, clock: Clock) -> Fields:
    return {'action': record.kind}


def _known(number: int) -> int | None:
    return None if number == UNKNOWN else number


def _boot_command(record: BootCommand, clock: Clock) -> Fields:
    return {
        'transport': record.transport,
        'command': record.name,
        'opcode': record.opcode if record.opcode >= 0 else None,
        'address': record.address,
        'length': record.length,
        'data': record.data.hex(),
        'busy_count': record.busy_count,
        'status': record.status,
        'pages': list(record.pages),
    }


def _flash_operation(record: FlashOperation, clock: Clock) -> Fields:
    return {
        'operation': record.kind,
        'address': record.address,
        'length': record.length,
        'duration_s': clock.seconds(record.end - record.start),
        'pages': list(record.pages),
    }


def _option_change(record: OptionChange, clock: Clock) -> Fields:
    return {'name': record.name, 'old': record.old or None, 'new': record.new or None}


def _reset(record: Reset, clock: Clock) -> Fields:
    return {'cause': record.cause, 'width_s': clock.seconds(record.end - record.start)}


def _level(record: Level, clock: Clock) -> Fields:
    return {'role': record.role, 'value': record.value}


KINDS = (
    Kind('uart_byte', 'line', UartWord, _uart_byte, ('line', 'value'), default=False),
    Kind('i2c_transfer', 'line', I2cTransfer, _i2c_transfer, ('address', 'write', 'data', 'acked')),
    Kind(
        'swd_transfer', 'line', SwdTransfer, _swd_transfer, ('port', 'register', 'write', 'ack', 'value'),
        default=False,
    ),
    Kind('swd_sequence', 'line', SwdSequence, _swd_sequence, ('name',)),
    Kind('level', 'line', Level, _level, ('role', 'value'), default=False),
    Kind(
        'memory_access', 'transaction', MemoryAccess, _memory_access,
        ('ap', 'address', 'size', 'write', 'value', 'register', 'fields'),
    ),
    Kind(
        'register_access', 'transaction', RegisterAccess, _register_access,
        ('port', 'name', 'write', 'value', 'fields'),
    ),
    Kind(
        'boot_command', 'transaction', BootCommand, _boot_command,
        ('transport', 'command', 'opcode', 'address', 'length', 'data', 'busy_count', 'status', 'pages'),
    ),
    Kind(
        'flash_operation', 'operation', FlashOperation, _flash_operation,
        ('operation', 'address', 'length', 'duration_s', 'pages'),
    ),
    Kind('option_change', 'operation', OptionChange, _option_change, ('name', 'old', 'new')),
    Kind(
        'ram_loader_run', 'operation', RamLoaderRun, _ram_loader_run,
        ('entry', 'duration_s', 'arguments', 'result'),
    ),
    Kind('debug_control', 'operation', DebugControl, _debug_control, ('action',)),
    Kind('reset', 'operation', Reset, _reset, ('cause', 'width_s')),
    Kind('sigrok_annotation', 'line', names=('decoder', 'class'), default=False),  # from --sigrok
)  # fmt: skip

# Every field that a row may have, each once, in the order of the columns of a table.
COMMON = ('bus', 'kind', 'start_s', 'end_s', 'start_sample', 'end_sample', 'outcome', 'text')
FIELDS = tuple(dict.fromkeys(name for kind in KINDS for name in kind.names))


def select(names: Iterable[str], layers: Iterable[str]) -> tuple[Kind, ...]:
    """Return the kinds that are named or belong to one of `layers`; the usual ones where both are empty."""
    names, layers = set(names), set(layers)
    if not names and not layers:
        return tuple(kind for kind in KINDS if kind.default)
    return tuple(kind for kind in KINDS if kind.name in names or kind.layer in layers)


def make_row(kind: Kind, record: Any, context: Context, naming: Naming) -> Row:
    """Return `record`, one of `kind`, as a row; `naming` knows the registers of the part."""
    clock = _clock(context.sample_rate)
    fields, told = kind.fields(record, clock), record
    if isinstance(record, MemoryAccess):
        named = naming.name(record)
        if named is not None:
            told = named
            fields.update(register=named.register, fields=naming.fields(named) or None)
    return Row(
        kind=kind.name,
        bus=record.bus or None,
        start=record.start,
        end=record.end,
        start_s=clock.seconds(record.start),
        end_s=clock.seconds(record.end),
        outcome=_outcome(record),
        text=visible(_text(told, fields, context)),
        fields=fields,
    )


def _text(record: Any, fields: Fields, context: Context) -> str:
    """Return the record in words, with the fields that are set where it is a register."""
    text = describe(record, context)[0]
    if not isinstance(record, PeripheralAccess) or not fields['fields']:
        return text
    each = (
        name if value == 1 else f'{name}=0x{value:X}' for name, value in fields['fields'].items()
    )
    return f'{text}  {"|".join(each)}'


@lru_cache(maxsize=4)
def _clock(sample_rate: float | None) -> Clock:
    return Clock(sample_rate)


def _outcome(record: Any) -> str | None:
    """Return how it ended; None for what has no end of its own."""
    if type(record) is Reset:
        return 'released' if record.released else 'held'
    outcome = getattr(record, 'outcome', None)
    return None if outcome is None else str(outcome)
