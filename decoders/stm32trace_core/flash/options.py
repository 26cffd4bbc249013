"""What option registers say, and how two values of one differ.

Sources: the reference manuals named in devices/, sections on option bytes and protections.
"""

from ..devices.family import CLEAR_BITS, KIB, RANGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, List, Optional, Tuple  # novm

    from ..devices import Device, Family
    from ..register import Field, Register

    Change = Tuple[str, str, str]  # name, old and new value

LEVEL_0, LEVEL_1, LEVEL_2 = 0, 1, 2
NOT_KNOWN = -1

# Bits of WRPR protect so much flash each, the last one all the rest. Source: PM0075 2.4.2.
GROUP = 4 * KIB

NOT_OPTIONS = ('OPTLOCK', 'OPTSTRT')  # share OPTCR with the options


class Protected(object):
    """Write protection as one register tells it.

    sectors: how many it speaks of, 0 for none. numbers: those that are protected.
    """

    def __init__(self, sectors: 'int' = 0, numbers: 'Tuple[int, ...]' = ()) -> 'None':
        self.sectors = sectors
        self.numbers = numbers


def level_of(family: 'Family', rdp: 'int') -> 'int':
    """Return the protection level that an RDP byte means: any value but those of 0 and 2 is level 1."""
    if rdp in family.options.rdp_level0:
        return LEVEL_0
    return LEVEL_2 if rdp in family.options.rdp_level2 else LEVEL_1


def read_out(family: 'Family', register: 'Register', value: 'int') -> 'Tuple[int, int]':
    """Return RDP byte and level as a register tells them; NOT_KNOWN for what it does not."""
    name, field_name = family.options.rdp_field.split('.')
    if register.name != name:
        return NOT_KNOWN, NOT_KNOWN
    field = register.field(field_name)
    if field.width == 1:
        return NOT_KNOWN, LEVEL_1 if field.of(value) else LEVEL_0
    return field.of(value), level_of(family, field.of(value))


def protection(
    family: 'Family', device: 'Optional[Device]', register: 'Register', value: 'int'
) -> 'Protected':
    """Return the write protection that a register tells."""
    options = family.options
    if register.name not in options.write_protection:
        return Protected()
    if options.protection == RANGES:
        return _range(device, register, value)
    assert options.protection == CLEAR_BITS
    field = _protecting(register)
    bits = field.of(value)
    if options.protection_inverts and _bit(options.protection_inverts, register, value):
        bits ^= (1 << field.width) - 1
    clear = [number for number in range(field.width) if not bits >> number & 1]
    if any(one.sectors for one in family.devices):
        return _sectors(family, device, register, value, clear)
    return _groups(device, field.width, clear)


def _range(device: 'Optional[Device]', register: 'Register', value: 'int') -> 'Protected':
    """First to last page; numbers count from the start of the register's bank."""
    fields = register.read(value)
    pages = 1 << register.field('STRT').width
    if device is not None:
        banks = 2 if device.dual_bank else 1
        pages = device.max_flash_kib * KIB // device.page_size // banks
    return Protected(pages, tuple(range(fields['STRT'], min(fields['END'] + 1, pages))))


def _sectors(
    family: 'Family',
    device: 'Optional[Device]',
    register: 'Register',
    value: 'int',
    clear: 'List[int]',
) -> 'Protected':
    """One bit a sector; two sectors where one bank is split into two (RM0410, nWRP)."""
    split = _is_split(family, device, register, value)
    each = 2 if split else 1
    first = _first_sector(family, register)
    width = _protecting(register).width * each
    if device is None:
        count = min(len(one.sectors) for one in family.devices)
    else:
        count = len(device.split_sectors if split else device.sectors)
    numbers = [(first + bit) * each + half for bit in clear for half in range(each)]
    shown = tuple(number for number in numbers if number < count)
    spoken = max(0, min(count - first * each, width))
    if device is None and len(shown) == spoken and len(clear) * each < width:
        spoken = (
            width  # all of the smallest line's: a larger one has more, and not all are protected
        )
    return Protected(spoken, shown)


def _is_split(
    family: 'Family', device: 'Optional[Device]', register: 'Register', value: 'int'
) -> 'bool':
    joined = family.flash.one_bank
    if device is None or not device.split_sectors or not joined.startswith(register.name + '.'):
        return False
    return not _bit(joined, register, value)


def _first_sector(family: 'Family', register: 'Register') -> 'int':
    """The registers count on where the one before ends (OPTCR1: the second bank)."""
    position = family.options.write_protection.index(register.name)
    return position * _protecting(register).width


def _groups(device: 'Optional[Device]', width: 'int', clear: 'List[int]') -> 'Protected':
    """One bit for a few pages; groups instead of pages where their size is not known."""
    if device is None:
        return Protected(width, tuple(clear))
    each = GROUP // device.page_size
    count = device.max_flash_kib * KIB // device.page_size
    numbers = []  # type: List[int]
    for bit in clear:
        last = count if bit == width - 1 else (bit + 1) * each
        numbers.extend(range(bit * each, min(last, count)))
    return Protected(count, tuple(numbers))


def _protecting(register: 'Register') -> 'Field':
    for field in register.fields:
        if field.name.endswith('WRP'):
            return field
    raise KeyError(register.name)


def _bit(name: 'str', register: 'Register', value: 'int') -> 'int':
    """Return the field 'REG.FIELD' of `value`; 0 if it is of another register or not on this line."""
    register_name, field_name = name.split('.')
    if register.name != register_name:
        return 0
    return register.read(value).get(field_name, 0)


def changes(
    family: 'Family', device: 'Optional[Device]', register: 'Register', old: 'int', new: 'int'
) -> 'Iterator[Change]':
    """Yield name, old and new value of each option that differs.

    Where `old` is NOT_KNOWN: write protection, RDP, and the register as a whole, with '' as the old value.

    Write protection is told as sectors, RDP as the byte ('0xAA'), others as a bit or in hexadecimal.
    """
    if register.name in family.options.write_protection:
        before = '' if old == NOT_KNOWN else _told(family, device, register, old)
        after = _told(family, device, register, new)
        if before != after:
            yield register.name if family.options.protection == RANGES else 'WRP', before, after
    if old == NOT_KNOWN:
        if register.name == family.options.rdp_register:
            field = register.field(family.options.rdp_field.split('.')[1])
            yield field.name, '', text(field, new)
        yield register.name, '', _word(new)
        return
    for field in register.fields:
        if field.name in NOT_OPTIONS or _is_protection(family, register, field):
            continue
        if field.of(old) != field.of(new):
            yield field.name, text(field, old), text(field, new)
    if not register.fields and old != new:
        yield register.name, _word(old), _word(new)


def are_same(
    family: 'Family', device: 'Optional[Device]', register: 'Register', one: 'int', other: 'int'
) -> 'bool':
    """Tell whether two values of a register hold the same options."""
    return not any(True for _ in changes(family, device, register, one, other))


def _is_protection(family: 'Family', register: 'Register', field: 'Field') -> 'bool':
    if register.name not in family.options.write_protection:
        return False
    return family.options.protection == RANGES or field == _protecting(register)


def _told(
    family: 'Family', device: 'Optional[Device]', register: 'Register', value: 'int'
) -> 'str':
    """Say what is protected as the bootloader's operations do: 'sectors 0, 1', 'none'."""
    numbers = protection(family, device, register, value).numbers
    if not numbers:
        return 'none'
    kind = 'pages' if family.options.protection == RANGES else 'sectors'
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return '{} {} to {}'.format(kind, numbers[0], numbers[-1])
    return '{} {}'.format(kind, ', '.join(str(number) for number in numbers))


def text(field: 'Field', word: 'int') -> 'str':
    """Return a field's value: one bit as it is, others in hexadecimal."""
    value = field.of(word)
    if field.width == 1:
        return str(value)
    return '0x{:0{}X}'.format(value, -(-field.width // 4))


def _word(value: 'int') -> 'str':
    return '0x{:08X}'.format(value)
