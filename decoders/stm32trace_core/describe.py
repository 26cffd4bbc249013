"""Records as text: what PulseView shows on screen and `decode` prints.

`describe` returns three texts that say the same with ever fewer words, so that the viewer can take
the longest that fits. Payloads are told by their length, transfers by their first bytes.
"""

from .bits import big_endian
from .bootloader.commands import (
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
from .bootloader.records import (
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
    TRUNCATED,
    VANISHED,
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
)
from .devices import find_device
from .flash.records import CLOSED, CUT, OPEN, FlashOperation, OptionChange, Window
from .lines import (
    NRST,
    OBL_LAUNCH,
    POWER,
    SYSRESETREQ,
    CaptureFact,
    CaptureGap,
    ClockStats,
    Level,
    LevelChange,
    LineActivity,
    LineHold,
    Reset,
)
from .rules.rule import Finding, Withdrawn, duration_text
from .wire.i2c import PARTIAL, RESTART, START, STOP, I2cByte, I2cTransfer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple  # novm

    from .context import Context

    Texts = Tuple[str, str, str]

BYTES_SHOWN = 16
PAGES_SHOWN = 8
NIBBLE = 16

WORDS = {
    START: ('START', 'S'),
    RESTART: ('repeated START', 'Sr'),
    STOP: ('STOP', 'P'),
}

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
}
FAULTS = {
    BAD_COMPLEMENT: 'bad complement',
    BAD_CHECKSUM: 'bad checksum',
    INCOMPLETE: 'frame incomplete',
}

RESETS = {
    NRST: 'NRST low',
    POWER: 'supply off',
    SYSRESETREQ: 'system reset requested',
    OBL_LAUNCH: 'reset by option byte loading',
}

WINDOW_STATES = {OPEN: 'open', CLOSED: 'over', CUT: 'CUT OFF'}


def describe(record: 'Any', context: 'Optional[Context]' = None) -> 'Texts':
    """Return (long, medium, short) texts of a record; the name of an unknown type.

    context: for durations, which are told in samples without it.
    """
    describer = _DESCRIBERS.get(type(record))
    if describer is None:
        return (type(record).__name__,) * 3
    return describer(record, context)


def _time(samples: 'int', context: 'Optional[Context]') -> 'str':
    return duration_text(context.seconds(samples) if context else None, samples)


def _hex(data: 'bytes') -> 'str':
    """Return the first bytes as '02 FD', and the number of all where there are more."""
    shown = ' '.join('{:02X}'.format(byte) for byte in data[:BYTES_SHOWN])
    if len(data) > BYTES_SHOWN:
        shown += ' ... ({} bytes)'.format(len(data))
    return shown


def _number(number: 'int', of: 'str') -> 'str':
    return '{} {}{}'.format(number, of, '' if number == 1 else 's')


def _list(numbers: 'Tuple[int, ...]') -> 'str':
    """Return '3', '3 to 5', or '1, 4, 9 ... (20)'."""
    if len(numbers) > 1 and numbers == tuple(range(numbers[0], numbers[0] + len(numbers))):
        return '{} to {}'.format(numbers[0], numbers[-1])
    shown = ', '.join(str(number) for number in numbers[:PAGES_SHOWN])
    return shown + (' ... ({})'.format(len(numbers)) if len(numbers) > PAGES_SHOWN else '')


def _part(dev_id: 'int') -> 'str':
    known = find_device(dev_id)
    return '0x{:03X} ({})'.format(dev_id, known[1].name if known else 'unknown part')


def _version(version: 'int') -> 'str':
    return 'v{}.{}'.format(version // NIBBLE, version % NIBBLE)


# The wire.


def _i2c_byte(record: 'I2cByte', context: 'Optional[Context]') -> 'Texts':
    if record.kind in WORDS:
        name, short = WORDS[record.kind]
        return (name, name, short)
    if record.kind == PARTIAL:
        text = '{} of a byte'.format(_number(record.bits, 'bit'))
        return (text, text, '?')
    value = '{:02X}'.format(record.value)
    return ('{} {}'.format(value, 'ACK' if record.acked else 'NACK'), value, value)


def _i2c_transfer(record: 'I2cTransfer', context: 'Optional[Context]') -> 'Texts':
    known = record.address >= 0
    address = '0x{:02X}'.format(record.address) if known else 'unknown address'
    verb, letter = ('write', 'W') if record.write else ('read', 'R')
    head = '{} {}'.format(verb, address)
    if known and not record.answered:
        return (head + ': address NACK', letter + ' ' + address + ' NACK', 'NACK')
    data = _hex(record.data)
    refused = record.write and record.acked and not record.acked[-1]
    tail = ', NACK' if refused else ''
    brief = '{} {}'.format(letter, address)
    return (head + (': ' + data if data else '') + tail, (brief + ': ' + data).rstrip(': '), brief)


def _level_change(record: 'LevelChange', context: 'Optional[Context]') -> 'Texts':
    verb = 'rises' if record.value else 'falls'
    brief = '{} {}'.format(record.role.upper(), record.value)
    return ('{} {}'.format(record.role.upper(), verb), brief, str(record.value))


def _level(record: 'Level', context: 'Optional[Context]') -> 'Texts':
    level = 'high' if record.value else 'low'
    brief = '{} {}'.format(record.role.upper(), level)
    lasted = _time(record.end - record.start, context)
    return ('{} for {}'.format(brief, lasted), brief, str(record.value))


def _reset(record: 'Reset', context: 'Optional[Context]') -> 'Texts':
    cause = RESETS.get(record.cause, record.cause)
    text = '{} for {}'.format(cause, _time(record.end - record.start, context))
    if not record.released:
        text += ', still so where the data ends'
    return ('reset: ' + text, 'reset: ' + cause, 'reset')


def _line_hold(record: 'LineHold', context: 'Optional[Context]') -> 'Texts':
    level = 'high' if record.value else 'low'
    brief = '{} {}'.format(record.role.upper(), level)
    lasted = _time(record.end - record.start, context)
    text = '{} held {} for {}'.format(record.role.upper(), level, lasted)
    if record.inside:
        text += ' inside a transfer'
    if record.last:
        text += ', until the data ends'
    return (text, brief, brief)


def _line_activity(record: 'LineActivity', context: 'Optional[Context]') -> 'Texts':
    text = '{}: {}'.format(record.role.upper(), _number(record.edges, 'edge'))
    return (text, text, record.role.upper())


def _clock_stats(record: 'ClockStats', context: 'Optional[Context]') -> 'Texts':
    brief = '{}: {}'.format(record.role.upper(), _number(record.periods, 'period'))
    text = '{} of {}, median'.format(brief, _time(record.median, context))
    return (text, brief, record.role.upper())


def _gap(record: 'CaptureGap', context: 'Optional[Context]') -> 'Texts':
    text = '{} missing: {}'.format(_time(record.end - record.start, context), record.text)
    return (text, 'gap', 'gap')


def _fact(record: 'CaptureFact', context: 'Optional[Context]') -> 'Texts':
    return (record.text, record.kind, record.kind)


# The bootloader.


def _request(command: 'BootCommand') -> 'str':
    """Return the command with what the host asked for."""
    words = [command.name]
    if command.address is not None:
        words[0] += ' 0x{:08X}'.format(command.address)
    if command.length is not None:
        words.append(_number(command.length, 'byte'))
    if command.special in ERASE_CODES:
        words[0] += ' ' + ERASE_CODES[command.special]
    elif command.special is not None:
        words[0] += ' 0x{:04X}'.format(command.special)
    if command.pages:
        item = 'sector' if command.opcode in PROTECTING else 'page'
        plural = '' if len(command.pages) == 1 else 's'
        words[0] += ' {}{} {}'.format(item, plural, _list(command.pages))
    return ', '.join(words)


def _told(command: 'BootCommand') -> 'str':
    """Return what the answer says, '' where it is no answer of its own or not whole."""
    teller = _TELLERS.get(command.opcode)
    return teller(command.data) if teller is not None and command.data else ''


_TELLERS = {
    GET: lambda data: '{}, {}'.format(_version(data[0]), _number(len(data) - 1, 'command')),
    GET_VERSION: lambda data: _version(data[0]),
    GET_ID: lambda data: _part(big_endian(data)),
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
    if command.outcome in ENDS:
        return accepted + busy + ['{}: {}'.format(_missing(command), ENDS[command.outcome])]
    if command.status == NACK:
        return (accepted if len(names) > 1 else []) + busy + [_refusal(command)]
    if command.status != ACK:
        return busy + [_number(len(command.data), 'byte') + ' read']
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
    return 'no status' if last.name == COMMAND else 'no final status'


def _boot_command(record: 'BootCommand', context: 'Optional[Context]') -> 'Texts':
    answers = _answers(record)
    short = '{:02X}'.format(record.opcode) if record.opcode >= 0 else '?'
    text = '{} -> {}'.format(_request(record), ', '.join(answers))
    return (text, '{} -> {}'.format(record.name, answers[-1]), short)


def _boot_status(record: 'BootStatus', context: 'Optional[Context]') -> 'Texts':
    status = record.status.upper() if record.status != OTHER else '0x{:02X}'.format(record.value)
    brief = status
    if record.status == BUSY:
        lasted = _time(record.end - record.busy_start, context)
        brief = 'BUSY x{}'.format(record.busy_count)
        status = '{}, for {}'.format(brief, lasted)
    name = command_named(record.opcode)
    return ('{}, step {}: {}'.format(name, record.step, status), brief, brief.split(' ')[0])


def _loader_info(record: 'LoaderInfo', context: 'Optional[Context]') -> 'Texts':
    brief = 'loader {}'.format(_version(record.version))
    if not record.commands:
        return (brief, brief, _version(record.version))
    offers = ', '.join(command_named(opcode) for opcode in record.commands)
    text = '{} offers {}: {}'.format(brief, _number(len(record.commands), 'command'), offers)
    return (text, brief, _version(record.version))


def _device(record: 'DeviceIdentified', context: 'Optional[Context]') -> 'Texts':
    brief = '0x{:03X}'.format(record.dev_id)
    text = '{}: part is {}'.format(record.source, _part(record.dev_id))
    return (text, _part(record.dev_id), brief)


# The part.


def _flash_operation(record: 'FlashOperation', context: 'Optional[Context]') -> 'Texts':
    name = record.kind.replace('_', ' ')
    text = name
    if record.address is not None:
        text += ' 0x{:08X}'.format(record.address)
    if record.length is not None:
        text += ', {}'.format(_number(record.length, 'byte'))
    if record.pages:
        text += ' {}'.format(_list(record.pages))
    lasted = _time(record.end - record.start, context)
    return ('{}: {} after {}'.format(text, record.outcome, lasted), text, name)


def _option_change(record: 'OptionChange', context: 'Optional[Context]') -> 'Texts':
    old, new = record.old or 'unknown', record.new or 'unknown'
    text = 'option {}: {} -> {}'.format(record.name, old, new)
    return (text, '{} -> {}'.format(record.name, new), record.name)


def _window(record: 'Window', context: 'Optional[Context]') -> 'Texts':
    brief = '{} window {}'.format(record.kind, WINDOW_STATES.get(record.state, record.state))
    lasted = _time(record.end - record.start, context)
    after = ' after ' + lasted if record.end > record.start else ''
    return ('{}{}: {}'.format(brief, after, record.text), brief, record.kind)


def _finding(record: 'Finding', context: 'Optional[Context]') -> 'Texts':
    brief = '{} {}'.format(record.rule, record.name)
    return ('{} {}: {}'.format(record.rule, record.severity, record.message), brief, record.rule)


def _withdrawn(record: 'Withdrawn', context: 'Optional[Context]') -> 'Texts':
    text = '{} suppressed by {}'.format(record.rule, record.by)
    return (text, text, record.rule)


_DESCRIBERS = {
    I2cByte: _i2c_byte,
    I2cTransfer: _i2c_transfer,
    LevelChange: _level_change,
    Level: _level,
    Reset: _reset,
    LineHold: _line_hold,
    LineActivity: _line_activity,
    ClockStats: _clock_stats,
    CaptureGap: _gap,
    CaptureFact: _fact,
    BootCommand: _boot_command,
    BootStatus: _boot_status,
    LoaderInfo: _loader_info,
    DeviceIdentified: _device,
    FlashOperation: _flash_operation,
    OptionChange: _option_change,
    Window: _window,
    Finding: _finding,
    Withdrawn: _withdrawn,
}  # type: Dict[type, Callable[[Any, Optional[Context]], Texts]]
