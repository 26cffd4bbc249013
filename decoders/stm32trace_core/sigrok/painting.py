"""How each type of record is painted: on which class of annotation, over which span, with which texts.

A painter takes a record and the context, and yields (start, end, class, texts). The classes are those of rows.py.
"""

from ..adi.records import OK as DONE_WELL
from ..adi.records import MemoryAccess, ParityError, RegisterAccess
from ..bootloader import records as boot
from ..bootloader.records import (
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
    SyncAttempt,
    UartLines,
    UnexpectedBytes,
)
from ..cortex.records import DebugControl, RamLoaderRun
from ..describe import describe
from ..describe.naming import RegisterFields
from ..describe.texts import hex_text
from ..flash.records import (
    FAILED,
    INTERRUPTED,
    OPEN,
    FlashOperation,
    OptionChange,
    OptionState,
    PeripheralAccess,
    Window,
)
from ..lines import Reset
from ..rules.rule import Finding
from ..wire import swd
from ..wire.i2c import I2cTransfer
from ..wire.swd import SwdSequence, SwdTransfer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, Set, Tuple  # novm

    from ..bootloader.records import Step
    from ..context import Context
    from ..describe import Texts
    from .screen import Painted, Painter


def painted_as(name: 'str') -> 'Painter':
    """Return the painter of records that are all of one class."""

    def paint(record: 'Any', context: 'Context') -> 'Iterator[Painted]':
        yield record.start, record.end, name, describe(record, context)

    return paint


# SWD.

REFUSED = (swd.WAIT, swd.FAULT)


def packet(record: 'SwdTransfer', context: 'Context') -> 'Iterator[Painted]':
    """A packet by its direction; by its acknowledge if that is not OK."""
    if record.ack == swd.OK:
        name = 'read' if record.is_read else 'write'
    else:
        name = 'refused' if record.ack in REFUSED else 'unanswered'
    yield record.start, record.end, name, describe(record, context)


def _direction(prefix: 'str') -> 'Painter':
    """Return the painter of accesses by their direction, or as one that failed."""
    names = {True: prefix + '-write', False: prefix + '-read'}
    failed = prefix + '-failed'

    def paint(record: 'Any', context: 'Context') -> 'Iterator[Painted]':
        name = names[record.write] if record.outcome == DONE_WELL else failed
        yield record.start, record.end, name, describe(record, context)

    return paint


class FieldPainter(object):
    """Paints accesses to registers that have a name, with their fields; follows which part it is."""

    def __init__(self, context: 'Context') -> 'None':
        self._fields = RegisterFields(context)

    def access(self, record: 'PeripheralAccess', context: 'Context') -> 'Iterator[Painted]':
        """An access, by its direction."""
        name = 'field-write' if record.write else 'field-read'
        yield record.start, record.end, name, self._fields.describe(record)

    def device(self, record: 'DeviceIdentified', context: 'Context') -> 'Iterator[Painted]':
        """The part's own word which one it is."""
        self._fields.identify(record)
        yield record.start, record.end, 'identity', describe(record, context)


# What happened to the part.


def operation(record: 'FlashOperation', context: 'Context') -> 'Iterator[Painted]':
    """An operation, by whether it failed."""
    name = 'operation-failed' if record.outcome in (FAILED, INTERRUPTED) else 'operation'
    yield record.start, record.end, name, describe(record, context)


class WindowPainter(object):
    """Marks where a window opens, and paints it whole once it ends."""

    def __init__(self) -> 'None':
        self._open = set()  # type: Set[Tuple[str, str, int]]

    def paint(self, record: 'Window', context: 'Context') -> 'Iterator[Painted]':
        """The window, or its beginning."""
        if record.state != OPEN:
            self._open.discard(record.key)
            yield record.start, record.end, 'window', describe(record, context)
        elif record.key not in self._open:
            self._open.add(record.key)
            yield record.start, record.start, 'window-opens', describe(record, context)


def finding(record: 'Finding', context: 'Context') -> 'Iterator[Painted]':
    """A finding, by its severity."""
    yield record.start, record.end, str(record.severity), describe(record, context)


# The bootloader.

STATUS_LETTERS = {boot.ACK: 'A', boot.NACK: 'N', boot.BUSY: 'B'}


def transfer(record: 'I2cTransfer', context: 'Context') -> 'Iterator[Painted]':
    """A transfer on I2C, by its direction, or as one that nobody answered."""
    if not record.answered:
        name = 'transfer-refused'
    else:
        name = 'transfer-write' if record.write else 'transfer-read'
    yield record.start, record.end, name, describe(record, context)


def status(record: 'BootStatus', context: 'Context') -> 'Iterator[Painted]':
    """A status byte, by what it says."""
    name = record.status if record.status in STATUS_LETTERS else 'other'
    long_, medium, _ = describe(record, context)
    yield record.start, record.end, name, (long_, medium, STATUS_LETTERS.get(record.status, '?'))


def command(record: 'BootCommand', context: 'Context') -> 'Iterator[Painted]':
    """A command, its frames and its answers."""
    name = 'command' if record.outcome == boot.OK else 'command-failed'
    yield record.start, record.end, name, describe(record, context)
    for step in record.steps:
        name = 'frame' if step.sent else 'reply'
        if step.sent or step.received:
            yield step.start, step.end, name, _step_texts(step)


def _step_texts(step: 'Step') -> 'Texts':
    data = hex_text(step.sent or step.received)
    text = '{}: {}'.format(step.name, data)
    answered = '' if step.status == boot.NONE else ' -> ' + step.status.upper()
    return (text + answered, text, data)


def for_loader(context: 'Context') -> 'Dict[type, Painter]':
    """Return the painters of stm32_boot_i2c and stm32_boot_uart."""
    return {
        I2cTransfer: transfer,
        SyncAttempt: painted_as('sync'),
        UartLines: painted_as('sync'),
        UnexpectedBytes: painted_as('unexpected'),
        BootCommand: command,
        BootStatus: status,
        LoaderInfo: painted_as('identity'),
        DeviceIdentified: painted_as('identity'),
        OptionChange: painted_as('option-change'),
        FlashOperation: operation,
        Window: WindowPainter().paint,
        Finding: finding,
    }


def for_swd(context: 'Context') -> 'Dict[type, Painter]':
    """Return the painters of stm32_swd."""
    return {
        SwdTransfer: packet,
        SwdSequence: painted_as('sequence'),
        ParityError: painted_as('parity'),
        Finding: finding,
    }


def for_adi(context: 'Context') -> 'Dict[type, Painter]':
    """Return the painters of stm32_adi."""
    return {
        RegisterAccess: _direction('register'),
        MemoryAccess: _direction('memory'),
        Finding: finding,
    }


def for_flash(context: 'Context') -> 'Dict[type, Painter]':
    """Return the painters of stm32_flash."""
    fields = FieldPainter(context)
    return {
        PeripheralAccess: fields.access,
        DeviceIdentified: fields.device,
        OptionState: painted_as('options'),
        DebugControl: painted_as('core'),
        RamLoaderRun: painted_as('program'),
        Reset: painted_as('reset'),
        OptionChange: painted_as('option-change'),
        FlashOperation: operation,
        Window: WindowPainter().paint,
        Finding: finding,
    }
