"""The options that a user may give to a decoder, and the surroundings they make."""

from ..context import bare_context
from ..devices import families, family_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping, Optional, Tuple  # novm

    from ..context import Context

    Option = Dict[str, Any]

AUTO = 'auto'
HIGHEST_ADDRESS = 0x7F  # of 7 bits
SEPARATORS = ';,'  # of limits; sigrok-cli keeps the comma for itself

FAMILIES = (AUTO,) + tuple(family.key for family in families())
FAMILY = {
    'id': 'family',
    'desc': 'Family of the part',
    'default': AUTO,
    'values': FAMILIES,
}
ADDRESS = {'id': 'address', 'desc': "The loader's 7-bit address", 'default': AUTO}
LIMITS = {'id': 'limits', 'desc': 'Limits of rules (NAME=VALUE; ...)', 'default': ''}
RATE = {'id': 'samplerate', 'desc': 'Sample rate in Hz (0: as the program says)', 'default': 0}

# The roles of a bus's lines.
ROLES = {'i2c': ('scl', 'sda'), 'uart': ('rx', 'tx'), 'swd': ('swclk', 'swdio')}


def context_of(options: 'Mapping[str, Any]', rate: 'Optional[float]', protocol: 'str') -> 'Context':
    """Return what a decoder of a bus knows at its start.

    rate: as the program told it, None where it has not. ValueError for an option that makes no sense.
    """
    return bare_context(options.get('samplerate') or rate or None)._replace(
        roles=frozenset(ROLES[protocol]),
        family=_family(options.get('family', AUTO)),
        address=_address(options.get('address', AUTO)),
        limits=_limits(options.get('limits', '')),
    )


def _family(text: 'str') -> 'Optional[str]':
    if text.strip() in ('', AUTO):
        return None
    family = family_named(text)
    if family is None:
        known = ', '.join(FAMILIES)
        raise ValueError('option family: expected one of {}; found {!r}'.format(known, text))
    return family.key


def _address(text: 'str') -> 'Optional[int]':
    if text.strip() in ('', AUTO):
        return None
    try:
        address = int(text, 0)
    except ValueError:
        address = -1
    if not 0 <= address <= HIGHEST_ADDRESS:
        raise ValueError(
            'option address: expected 7 bits such as 0x51, or auto; found {!r}'.format(text)
        )
    return address


def _limits(text: 'str') -> 'Dict[str, float]':
    for separator in SEPARATORS[1:]:
        text = text.replace(separator, SEPARATORS[0])
    return dict(_limit(item) for item in text.split(SEPARATORS[0]) if item.strip())


def _limit(item: 'str') -> 'Tuple[str, float]':
    name, _, value = item.partition('=')
    try:
        return name.strip().upper(), float(value)
    except ValueError as error:
        raise ValueError(
            'option limits: expected NAME=VALUE such as STATUS_S=0.5, found {!r}'.format(
                item.strip()
            )
        ) from error
