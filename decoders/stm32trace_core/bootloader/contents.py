"""What the payload of a frame and the bytes of an answer say.

Sources: AN3155 rev 14 chapter 3, AN4221 rev 13 chapter 2; Get Checksum: stm32duino/stm32flash
stm32.c, stm32_crc_memory.
"""

from ..bits import big_endian, checksum
from ..devices import families, find_device
from .commands import (
    BASIC_COMMANDS,
    BLOCK,
    COMMANDS,
    GET,
    GET_CHECKSUM,
    GET_ID,
    GET_VERSION,
    GO,
    ITEM_COUNT,
    ITEMS,
    MEMORY_ADDRESS,
    NOTHING,
    OPCODE,
    PAYLOAD,
    READ_LENGTH,
    SUB_OPCODE,
    WORD_LENGTH,
    WRITE_MEMORY,
    command_named,
)
from .records import BAD_CHECKSUM, BAD_COMPLEMENT, INCOMPLETE, OK, DeviceIdentified, LoaderInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from .commands import Frame
    from .machine import Exchange, Said
    from .records import BootCommand

    Told = Optional[List[Union[LoaderInfo, DeviceIdentified]]]

LARGEST_DEV_ID = 0xFFF  # DBGMCU_IDCODE.DEV_ID has 12 bits
SOURCE_OF_ID = command_named(GET_ID)
OPTION_RANGES = tuple(area for family in families() for area in family.options.memory_ranges)


def fault_of(frame: 'Frame', data: 'bytes', announced: 'int') -> 'str':
    """Return what is wrong with a frame: INCOMPLETE, BAD_COMPLEMENT, BAD_CHECKSUM, or ''."""
    length = frame.length(data, announced)
    if length is None or len(data) < length:
        return INCOMPLETE
    if frame.adds_up(data[:length]):
        return ''
    return BAD_COMPLEMENT if frame.says == OPCODE else BAD_CHECKSUM


def has_checksum(data: 'bytes') -> 'bool':
    """Tell whether `data` may be a frame of a loader: its last byte is the checksum of the others."""
    return len(data) > 1 and data[-1] == checksum(data[:-1])


# What a frame's payload (count included) sets in an exchange. A list may be cut short.


def _read_nothing(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    pass


def _read_address(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    exchange.address = big_endian(payload)


def _read_length(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    exchange.length = big_endian(payload) + 1


def _read_word_length(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    exchange.length = big_endian(payload)


def _read_payload(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    exchange.length = big_endian(payload[: frame.head]) + frame.plus
    exchange.data = payload[frame.head :]


def _read_block(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    exchange.data += payload[frame.head :]


def _read_count(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    count = big_endian(payload)
    if count in frame.codes:
        exchange.order(count)
    exchange.announced = count + frame.plus


def _read_items(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    count = big_endian(payload[: frame.head])
    if frame.head and count in frame.codes:
        exchange.order(count)
        return
    items = payload[frame.head :]
    starts = range(0, len(items) - frame.unit + 1, frame.unit)
    exchange.pages = tuple(big_endian(items[at : at + frame.unit]) for at in starts)


def _read_sub_opcode(exchange: 'Exchange', frame: 'Frame', payload: 'bytes') -> 'None':
    exchange.special = big_endian(payload)


READERS = {
    MEMORY_ADDRESS: _read_address,
    READ_LENGTH: _read_length,
    WORD_LENGTH: _read_word_length,
    PAYLOAD: _read_payload,
    BLOCK: _read_block,
    OPCODE: _read_nothing,
    NOTHING: _read_nothing,
    ITEM_COUNT: _read_count,
    ITEMS: _read_items,
    SUB_OPCODE: _read_sub_opcode,
}  # type: Dict[str, Callable[[Exchange, Frame, bytes], None]]


# What a whole answer tells: the records, or None where it makes no sense. `place`: (bus, target).


def _tell_commands(exchange: 'Exchange', place: 'Tuple[str, int]', received: 'bytes') -> 'Told':
    """Get: count, version, opcodes. Source: AN3155 3.1, AN4221 2.1."""
    version, commands = exchange.data[0], tuple(exchange.data[1:])
    bus, target = place
    told = LoaderInfo(exchange.start, exchange.end, bus, version, commands, target)
    return [told] if BASIC_COMMANDS.issubset(commands) else None


def _tell_version(exchange: 'Exchange', place: 'Tuple[str, int]', received: 'bytes') -> 'Told':
    """Get Version: the version first. Source: AN3155 3.2, AN4221 2.2."""
    bus, target = place
    return [LoaderInfo(exchange.start, exchange.end, bus, exchange.data[0], (), target)]


def _tell_id(exchange: 'Exchange', place: 'Tuple[str, int]', received: 'bytes') -> 'Told':
    """Get ID: the product ID, which is the DEV_ID. Source: AN3155 3.3, AN4221 2.3."""
    dev_id = big_endian(exchange.data)
    bus, target = place
    told = DeviceIdentified(exchange.start, exchange.end, bus, dev_id, SOURCE_OF_ID, target)
    return [told] if 0 < dev_id <= LARGEST_DEV_ID else None


def _tell_checksum(exchange: 'Exchange', place: 'Tuple[str, int]', received: 'bytes') -> 'Told':
    """Get Checksum: four bytes and their XOR. Source: stm32flash stm32.c, stm32_crc_memory."""
    return [] if received[len(exchange.data)] == checksum(exchange.data) else None


TELLERS = {
    GET: _tell_commands,
    GET_VERSION: _tell_version,
    GET_ID: _tell_id,
    GET_CHECKSUM: _tell_checksum,
}  # type: Dict[int, Callable[[Exchange, Tuple[str, int], bytes], Told]]
PROVING = frozenset((GET, GET_ID, GET_CHECKSUM))  # answers that nobody else gives by chance


def names_a_loader(said: 'Iterable[Said]') -> 'bool':
    """Tell whether the commands of a loader were listed, or the ID of a part that is known told."""
    for told in said:
        if isinstance(told, LoaderInfo) and told.commands:
            return True
        if isinstance(told, DeviceIdentified) and find_device(told.dev_id) is not None:
            return True
    return False


def leaves_loader(command: 'BootCommand') -> 'bool':
    """Tell whether the part runs something else after this command, or restarts.

    Source: AN2662 p. 32 to 36, "system reset"; AN3155, Write Memory command, for the option bytes.
    """
    if command.outcome != OK or command.opcode not in COMMANDS:
        return False
    if command.opcode == WRITE_MEMORY:
        address = command.address
        return address is not None and any(low <= address <= high for low, high in OPTION_RANGES)
    return command.opcode == GO or COMMANDS[command.opcode].restarts_part
