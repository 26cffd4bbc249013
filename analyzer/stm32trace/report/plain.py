"""Text from a capture is made harmless before anybody sees it.

Channel and file names may hold anything: escape sequences that recolour or retitle the terminal, line ends that
fake a second line, marks that reverse the direction of writing.
"""

from __future__ import annotations

import unicodedata

# Control, format (direction marks too), surrogate, private, unassigned; line and paragraph separators.
_UNSEEN = frozenset({'Cc', 'Cf', 'Cs', 'Co', 'Cn', 'Zl', 'Zp'})


def visible(text: str) -> str:
    """Return `text` with every character that is not visible as a backslash escape."""
    if text.isprintable():  # the usual case; printable excludes all categories above
        return text
    return ''.join(_escape(one) if unicodedata.category(one) in _UNSEEN else one for one in text)


def _escape(character: str) -> str:
    return character.encode('unicode_escape').decode('ascii')


def grouped(number: int) -> str:
    """24576 -> '24 576'."""
    return f'{number:,}'.replace(',', ' ')


def counted(number: int, noun: str) -> str:
    """'1 finding', '3 findings'."""
    return f'{grouped(number)} {noun}{"" if number == 1 else "s"}'
