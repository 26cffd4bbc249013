"""Texts of what a debugger does with the core."""

from ..cortex.records import (
    CATCH,
    HALT,
    HALTED,
    RESET,
    RESUME,
    RUNNING,
    STEP,
    TRUNCATED,
    CoreStatus,
    DebugControl,
    DebugRequest,
    RamLoaderRun,
)
from .texts import number_text, time_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple  # novm

    from ..context import Context

    Texts = Tuple[str, str, str]

KINDS = {
    HALT: 'halt',
    RESUME: 'resume',
    STEP: 'single step',
    RESET: 'reset of the part',
    CATCH: 'halt after reset',
}

ENDS = {
    HALTED: 'came back',
    RUNNING: 'not seen to come back',
    TRUNCATED: 'still running where the data ends',
}


def _debug_control(record: 'DebugControl', context: 'Optional[Context]') -> 'Texts':
    name = KINDS.get(record.kind, record.kind)
    if not record.confirmed:
        return (name + ': not seen to happen', name + ': not seen', record.kind)
    lasted = time_text(record.end - record.start, context)
    polls = ', {} of DHCSR'.format(number_text(record.polls, 'read')) if record.polls else ''
    return ('{}: done after {}{}'.format(name, lasted, polls), name + ': done', record.kind)


def _debug_request(record: 'DebugRequest', context: 'Optional[Context]') -> 'Texts':
    name = KINDS.get(record.kind, record.kind)
    text = '{} requested'.format(name)
    return ('{} (0x{:08X})'.format(text, record.value), text, record.kind)


def _core_status(record: 'CoreStatus', context: 'Optional[Context]') -> 'Texts':
    states = (
        (record.locked_up, 'locked up'),
        (record.sleeping, 'asleep'),
        (record.was_reset, 'reset since the last look'),
        (not record.enabled, 'debug off'),
    )
    brief = 'halted' if record.halted else 'running'
    text = ', '.join(['core ' + brief] + [state for is_so, state in states if is_so])
    return ('{} (0x{:08X})'.format(text, record.value), text, brief)


def _ram_loader_run(record: 'RamLoaderRun', context: 'Optional[Context]') -> 'Texts':
    brief = 'program in SRAM at 0x{:08X}'.format(record.entry)
    arguments = ', '.join('0x{:X}'.format(argument) for argument in record.arguments)
    size = ', {}'.format(number_text(record.code_length, 'byte')) if record.code_length > 0 else ''
    lasted = time_text(record.end - record.start, context)
    text = '{}{}, called with ({}): {} after {}'.format(
        brief, size, arguments, ENDS.get(record.outcome, record.outcome), lasted
    )
    if record.result >= 0:
        text += ', R0 = 0x{:08X}'.format(record.result)
    return (text, brief, 'loader')


DESCRIBERS = {
    DebugControl: _debug_control,
    DebugRequest: _debug_request,
    CoreStatus: _core_status,
    RamLoaderRun: _ram_loader_run,
}  # type: Dict[type, Callable[[Any, Optional[Context]], Texts]]
