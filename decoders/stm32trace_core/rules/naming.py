"""How findings call commands, frames, addresses and answers."""

from ..bootloader.commands import (
    ACK_BYTE,
    BANK_1_ERASE_CODE,
    BANK_2_ERASE_CODE,
    BUSY_BYTE,
    COMMANDS,
    MASS_ERASE_CODE,
    NACK_BYTE,
)
from ..bootloader.records import ACK, BUSY, NACK, NONE
from ..flash.records import PAGE_ERASE, PROGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable  # novm

    from ..bootloader.records import BootCommand
    from ..flash.records import FlashOperation

STATUS_BYTES = {ACK: ACK_BYTE, NACK: NACK_BYTE, BUSY: BUSY_BYTE}
SPECIAL_ERASES = {
    MASS_ERASE_CODE: ' of the whole flash',
    BANK_1_ERASE_CODE: ' of bank 1',
    BANK_2_ERASE_CODE: ' of bank 2',
}


def sentence(text: 'str') -> 'str':
    """`text` as the begin of a sentence."""
    return text[:1].upper() + text[1:]


def command_text(opcode: 'int') -> 'str':
    """'Readout Unprotect (0x92)'; an opcode that is in no table is called by its number."""
    if opcode < 0:
        return 'a command whose begin was not seen'
    if opcode not in COMMANDS:
        return 'unknown command 0x{:02X}'.format(opcode)
    return '{} (0x{:02X})'.format(COMMANDS[opcode].name, opcode)


def opcode_key(opcode: 'int') -> 'str':
    """What tells apart findings about different commands: '0x92'."""
    return '0x{:02X}'.format(opcode)


def target_key(key: 'str', target: 'int') -> 'str':
    """What tells apart findings about different loaders: '0x51', '0x92@0x51'."""
    if target < 0:
        return key
    return '{}{}0x{:02X}'.format(key, '@' if key else '', target)


def address_text(address: 'int') -> 'str':
    """A memory address: '0x08000000'."""
    return '0x{:08X}'.format(address)


def number_text(number: 'int', of: 'str') -> 'str':
    """'1 byte', '8 bytes'."""
    return '{} {}{}'.format(number, of, '' if number == 1 else 's')


def bytes_text(data: 'Iterable[int]') -> 'str':
    """Bytes as on the wire: '02 FD'."""
    return ' '.join('{:02X}'.format(byte) for byte in data)


def answer_text(status: 'str', value: 'int' = -1) -> 'str':
    """An answer to a frame: 'NACK (0x1F)', 'no answer', '0x00, which is no status'."""
    if status in STATUS_BYTES:
        return '{} (0x{:02X})'.format(status.upper(), STATUS_BYTES[status])
    if status == NONE or value < 0:
        return 'no answer'
    return '0x{:02X}, which is no status'.format(value)


def protocol_source(target: 'int') -> 'str':
    """The document of the protocol by which a loader is spoken to: over UART it has no address."""
    return 'AN3155' if target < 0 else 'AN4221'


def target_text(command: 'BootCommand') -> 'str':
    """What a command is about: ' to 0x08000000', ' of 7 pages, 3 to 9'; '' where nothing tells."""
    if command.address is not None:
        return ' to ' + address_text(command.address)
    if command.special is not None:
        return SPECIAL_ERASES.get(command.special, '')
    if not command.pages:
        return ''
    if len(command.pages) == 1:
        return ' of page {}'.format(command.pages[0])
    return ' of {} pages, {} to {}'.format(
        len(command.pages), min(command.pages), max(command.pages)
    )


def operation_text(operation: 'FlashOperation') -> 'str':
    """What the part works on: 'a mass erase', 'the erase of page 3', 'programming from 0x08000000'."""
    if operation.kind == PAGE_ERASE:
        if not operation.pages:
            return 'the erase of a page'
        pages = ', '.join(str(page) for page in operation.pages)
        return 'the erase of page{} {}'.format('s' if len(operation.pages) > 1 else '', pages)
    if operation.kind == PROGRAM:
        where = '' if operation.address is None else ' from ' + address_text(operation.address)
        return 'programming' + where
    return 'a ' + operation.kind.replace('_', ' ')
