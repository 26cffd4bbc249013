"""Texts of the bootloader's commands."""

from ..bits import big_endian
from ..bootloader.commands import (
    BANK_1_ERASE_CODE,
    BANK_2_ERASE_CODE,
    GET,
    GET_CHECKSUM,
    GET_ID,
    GET_VERSION,
    MASS_ERASE_CODE,
    NS_WRITE_PROTECT,
    SHORT_MASS_ERASE_CODE,
    WRITE_PROTECT,
    command_named,
)
from ..bootloader.records import (
    ABANDONED,
    ACK,
    BAD_CHECKSUM,
    BAD_COMPLEMENT,
    BUSY,
    COMMAND,
    FINAL,
    INCOMPLETE,
    NACK,
    NONE,
    OTHER,
    REPLY,
    RESET,
    SYNC,
    TARGET,
    TRUNCATED,
    UNHEARD,
    VANISHED,
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
    LocalEcho,
    SyncAttempt,
    UartLines,
    UnexpectedBytes,
)
from .texts import hex_text, list_text, number_text, part_text, time_text, version_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple  # novm

    from ..context import Context

    Texts = Tuple[str, str, str]

ERASE_CODES = {
    MASS_ERASE_CODE: 'all',
    SHORT_MASS_ERASE_CODE: 'all',
    BANK_1_ERASE_CODE: 'bank 1',
    BANK_2_ERASE_CODE: 'bank 2',
}
PROTECTING = (WRITE_PROTECT, NS_WRITE_PROTECT)

# Why a command has no proper end.
ENDS = {
    ABANDONED: 'the host began another command',
    RESET: 'reset',
    VANISHED: 'the address is no longer acknowledged',
    TRUNCATED: 'the data ends',
    UNHEARD: 'the loader was not heard',
}
FAULTS = {
    BAD_COMPLEMENT: 'bad complement',
    BAD_CHECKSUM: 'bad checksum',
    INCOMPLETE: 'frame incomplete',
}


def _request(command: 'BootCommand') -> 'str':
    """Return the command with what the host asked for."""
    words = [command.name]
    if command.address is not None:
        words[0] += ' 0x{:08X}'.format(command.address)
    if command.length is not None:
        words.append(number_text(command.length, 'byte'))
    if command.special in ERASE_CODES:
        words[0] += ' ' + ERASE_CODES[command.special]
    elif command.special is not None:
        words[0] += ' 0x{:04X}'.format(command.special)
    if command.pages:
        item = 'sector' if command.opcode in PROTECTING else 'page'
        plural = '' if len(command.pages) == 1 else 's'
        words[0] += ' {}{} {}'.format(item, plural, list_text(command.pages))
    return ', '.join(words)


def _told(command: 'BootCommand') -> 'str':
    """Return what the answer says, '' where it is no answer of its own or not whole."""
    teller = _TELLERS.get(command.opcode)
    return teller(command.data) if teller is not None and command.data else ''


_TELLERS = {
    GET: lambda data: '{}, {}'.format(version_text(data[0]), number_text(len(data) - 1, 'command')),
    GET_VERSION: lambda data: version_text(data[0]),
    GET_ID: lambda data: part_text(big_endian(data)),
    GET_CHECKSUM: lambda data: '0x{:08X}'.format(big_endian(data)),
}  # type: Dict[int, Callable[[bytes], str]]


def _answers(command: 'BootCommand') -> 'List[str]':
    """Return what the loader said, in order, ending with what decided the command."""
    names = [step.name for step in command.steps]
    busy = ['BUSY x{}'.format(command.busy_count)] if command.busy_count else []
    two_acks = FINAL in names and REPLY not in names and COMMAND in names
    accepted = ['ACK'] if command.accepted else []
    if command.outcome in FAULTS:
        known = command.status in (ACK, NACK)
        return [_fault(command)] + busy + [command.status.upper() if known else 'no status']
    if command.outcome == UNHEARD:
        return [ENDS[UNHEARD]]
    if command.outcome in ENDS:
        return accepted + busy + ['{}: {}'.format(_missing(command), ENDS[command.outcome])]
    if command.status == NACK:
        return (accepted if len(names) > 1 else []) + busy + [_refusal(command)]
    if command.status != ACK:
        return busy + [number_text(len(command.data), 'byte') + ' read']
    told = _told(command)
    return (accepted if two_acks else []) + busy + ['ACK'] + ([told] if told else [])


def _fault(command: 'BootCommand') -> 'str':
    last = command.steps[-1].name if command.steps else COMMAND
    where = '' if command.outcome == BAD_COMPLEMENT else ' (step {})'.format(last)
    return FAULTS[command.outcome] + where


def _refusal(command: 'BootCommand') -> 'str':
    last = command.steps[-1].name
    return 'NACK' if last in (COMMAND, FINAL) else 'NACK to step {}'.format(last)


def _missing(command: 'BootCommand') -> 'str':
    """Say what was due when the command was cut off."""
    last = command.steps[-1] if command.steps else None
    if last is None or last.name == REPLY or last.status not in (NONE, BUSY, OTHER):
        return 'not finished'
    return 'no status' if last.name in (COMMAND, SYNC) else 'no final status'


def _boot_command(record: 'BootCommand', context: 'Optional[Context]') -> 'Texts':
    answers = _answers(record)
    short = '{:02X}'.format(record.opcode) if record.opcode >= 0 else '?'
    text = '{} -> {}'.format(_request(record), ', '.join(answers))
    return (text, '{} -> {}'.format(record.name, answers[-1]), short)


def _boot_status(record: 'BootStatus', context: 'Optional[Context]') -> 'Texts':
    status = record.status.upper() if record.status != OTHER else '0x{:02X}'.format(record.value)
    brief = status
    if record.status == BUSY:
        lasted = time_text(record.end - record.busy_start, context)
        brief = 'BUSY x{}'.format(record.busy_count)
        status = '{}, for {}'.format(brief, lasted)
    name = command_named(record.opcode)
    return ('{}, step {}: {}'.format(name, record.step, status), brief, brief.split(' ')[0])


def _loader_info(record: 'LoaderInfo', context: 'Optional[Context]') -> 'Texts':
    brief = 'loader {}'.format(version_text(record.version))
    if not record.commands:
        return (brief, brief, version_text(record.version))
    offers = ', '.join(command_named(opcode) for opcode in record.commands)
    text = '{} offers {}: {}'.format(brief, number_text(len(record.commands), 'command'), offers)
    return (text, brief, version_text(record.version))


def _device(record: 'DeviceIdentified', context: 'Optional[Context]') -> 'Texts':
    brief = '0x{:03X}'.format(record.dev_id)
    text = '{}: part is {}'.format(record.source, part_text(record.dev_id))
    return (text, part_text(record.dev_id), brief)


def _uart_lines(record: 'UartLines', context: 'Optional[Context]') -> 'Texts':
    if record.one_wire:
        text = 'host and loader share {}'.format(record.host.upper())
    else:
        sides = (('host', record.host), ('loader', record.target))
        text = ', '.join(
            '{} on {}'.format(side, line.upper()) if line else side + ' not heard'
            for side, line in sides
        )
    return (text, text, record.host.upper() or '?')


def _sync_attempt(record: 'SyncAttempt', context: 'Optional[Context]') -> 'Texts':
    answer = {NONE: 'no answer', OTHER: hex_text(record.leading)}.get(
        record.answer, record.answer.upper()
    )
    brief = '0x7F -> ' + answer
    text = 'attempt {} to synchronise on {}: {}'.format(record.number, record.line.upper(), answer)
    return (text, brief, '7F')


def _unexpected_bytes(record: 'UnexpectedBytes', context: 'Optional[Context]') -> 'Texts':
    sender = 'loader' if record.sender == TARGET else 'host'
    brief = '{} out of turn'.format(number_text(record.count, 'byte'))
    text = '{} of the {}: {}'.format(brief, sender, hex_text(record.data))
    return (text, brief, '?')


def _local_echo(record: 'LocalEcho', context: 'Optional[Context]') -> 'Texts':
    brief = 'echo on {}'.format(record.line.upper())
    text = '{}: {} of {} of the host'.format(
        brief, record.echoed, number_text(record.words, 'byte')
    )
    return (text, brief, 'echo')


DESCRIBERS = {
    BootCommand: _boot_command,
    BootStatus: _boot_status,
    LoaderInfo: _loader_info,
    DeviceIdentified: _device,
    UartLines: _uart_lines,
    SyncAttempt: _sync_attempt,
    UnexpectedBytes: _unexpected_bytes,
    LocalEcho: _local_echo,
}  # type: Dict[type, Callable[[Any, Optional[Context]], Texts]]
