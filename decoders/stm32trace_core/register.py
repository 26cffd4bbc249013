"""A word read as named fields."""

from .record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Tuple  # novm


class Field(NamedTuple('Field', [('name', str), ('lsb', int), ('width', int)])):
    """Bits `[lsb, lsb + width)` of a register."""

    __slots__ = ()

    def of(self, word: 'int') -> 'int':
        """Return this field's value in `word`."""
        return word >> self.lsb & (1 << self.width) - 1


class Register(
    NamedTuple('Register', [('name', str), ('offset', int), ('fields', 'Tuple[Field, ...]')])
):
    """A 32-bit register: byte offset from its peripheral's base, and its fields from bit 0 up."""

    __slots__ = ()

    def field(self, name: 'str') -> 'Field':
        """Return the field `name`; KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def read(self, word: 'int') -> 'Dict[str, int]':
        """Return the value of every field in `word`."""
        return {field.name: field.of(word) for field in self.fields}
