"""The dialect of INI files that Qt reads and writes, as far as PulseView's sessions need it.

Source: Qt 5.15 documentation, class QSettings, sections "Section and Key Syntax" and "Fallback Mechanism";
qsettings.cpp (iniEscapedKey, iniEscapedString). What is written here is pure ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Value = str | bytes | int | float | bool

GENERAL = 'General'  # the section of keys that are in no group
_PLAIN_IN_KEY = re.compile(r'[A-Za-z0-9_.-]')
_SHORT_ESCAPES = {'\\': r'\\', '"': r'\"', '\n': r'\n', '\r': r'\r', '\t': r'\t'}
_HEX_DIGITS = frozenset('0123456789abcdefABCDEF')


class IniFile:
    """Values by group and key, in the order in which they were put in."""

    def __init__(self) -> None:
        self._sections: dict[str, dict[str, str]] = {GENERAL: {}}

    def put(self, groups: Sequence[str], key: str, value: Value) -> None:
        """Set one value. A slash in a group's name begins a group of its own, as it does in Qt."""
        path = [part for group in groups for part in group.split('/') if part]
        section = _section(path[0]) if path else GENERAL
        name = '\\'.join(_escaped_key(part) for part in [*path[1:], key])
        self._sections.setdefault(section, {})[name] = _escaped(value)

    def text(self) -> str:
        """Return the whole file."""
        return '\n'.join(self._lines())

    def _lines(self) -> Iterator[str]:
        for section, values in self._sections.items():
            yield f'[{section}]'
            yield from (f'{key}={value}' for key, value in values.items())
            yield ''


def _section(group: str) -> str:
    """Return a group's name as a section; a group that is called General is not the section of that name."""
    return f'%{GENERAL}' if group == GENERAL else _escaped_key(group)


def _escaped_key(name: str) -> str:
    return ''.join(
        one if _PLAIN_IN_KEY.fullmatch(one) else _percent(one) for one in _code_units(name)
    )


def _percent(unit: str) -> str:
    code = ord(unit)
    return f'%{code:02X}' if code <= 0xFF else f'%U{code:04X}'


def _escaped(value: Value) -> str:
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, bytes):
        return _quoted(f'@ByteArray({value.decode("latin-1")})')
    return _quoted(f'@{value}' if value.startswith('@') else value)


def _quoted(text: str) -> str:
    """Return `text` in quotes; a digit that follows an escape of hexadecimal digits is escaped too."""
    result = []
    after_escape = False
    for unit in _code_units(text):
        escape = _SHORT_ESCAPES.get(unit)
        plain = ' ' <= unit <= '~' and not (after_escape and unit in _HEX_DIGITS)
        after_escape = escape is None and not plain
        result.append(escape or (unit if plain else f'\\x{ord(unit):x}'))
    return f'"{"".join(result)}"'


def _code_units(text: str) -> Iterator[str]:
    """Yield the UTF-16 code units of `text`, each as a character."""
    units = text.encode('utf-16-le', 'surrogatepass')
    for low, high in zip(units[::2], units[1::2], strict=True):
        yield chr(low | high << 8)
