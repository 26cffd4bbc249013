"""Texts of what happened to the part, and of what rules say of it."""

from ..devices import families_named
from ..flash.records import (
    CLOSED,
    CUT,
    OPEN,
    AreaRefused,
    BlindAccess,
    FlashOperation,
    OptionChange,
    OptionState,
    PartFamily,
    PeripheralAccess,
    Window,
)
from ..rules.rule import Finding, Withdrawn
from .adi import access_text
from .texts import list_text, number_text, time_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple  # novm

    from ..context import Context

    Texts = Tuple[str, str, str]

WINDOW_STATES = {OPEN: 'open', CLOSED: 'over', CUT: 'CUT OFF'}


def _flash_operation(record: 'FlashOperation', context: 'Optional[Context]') -> 'Texts':
    name = record.kind.replace('_', ' ')
    text = name
    if record.address is not None:
        text += ' 0x{:08X}'.format(record.address)
    if record.length is not None:
        text += ', {}'.format(number_text(record.length, 'byte'))
    if record.pages:
        named = ', page{}'.format('s' if len(record.pages) > 1 else '') if text != name else ''
        text += '{} {}'.format(named, list_text(record.pages))
    lasted = time_text(record.end - record.start, context)
    flags = ' ({})'.format(', '.join(record.errors)) if record.errors else ''
    return ('{}: {} after {}{}'.format(text, record.outcome, lasted, flags), text, name)


def _option_change(record: 'OptionChange', context: 'Optional[Context]') -> 'Texts':
    old, new = record.old or 'unknown', record.new or 'unknown'
    text = 'option {}: {} -> {}'.format(record.name, old, new)
    return (text, '{} -> {}'.format(record.name, new), record.name)


def _window(record: 'Window', context: 'Optional[Context]') -> 'Texts':
    brief = '{} window {}'.format(record.kind, WINDOW_STATES.get(record.state, record.state))
    lasted = time_text(record.end - record.start, context)
    after = ' after ' + lasted if record.end > record.start else ''
    return ('{}{}: {}'.format(brief, after, record.text), brief, record.kind)


def _finding(record: 'Finding', context: 'Optional[Context]') -> 'Texts':
    brief = '{} {}'.format(record.rule, record.name)
    return ('{} {}: {}'.format(record.rule, record.severity, record.message), brief, record.rule)


def _withdrawn(record: 'Withdrawn', context: 'Optional[Context]') -> 'Texts':
    text = '{} suppressed by {}'.format(record.rule, record.by)
    return (text, text, record.rule)


def _peripheral(record: 'PeripheralAccess', context: 'Optional[Context]') -> 'Texts':
    value = '0x{:08X}'.format(record.value)
    text, brief = access_text(record.register, record.write, value, record.outcome)
    known = record.before >= 0 and record.before != record.value
    was = ' (was 0x{:08X})'.format(record.before) if known else ''
    return (text + was, brief, record.register)


def _option_state(record: 'OptionState', context: 'Optional[Context]') -> 'Texts':
    facts = []
    if record.rdp >= 0:
        facts.append('RDP 0x{:02X}'.format(record.rdp))
    if record.level >= 0:
        facts.append('level {}'.format(record.level))
    if record.sectors:
        shown = ' ({})'.format(list_text(record.protected)) if record.protected else ''
        facts.append(
            '{} of {} protected{}'.format(
                len(record.protected), number_text(record.sectors, 'sector'), shown
            )
        )
    brief = ', '.join([record.register] + facts)
    text = '{} -> 0x{:08X}'.format(record.register, record.value)
    return (', '.join([text] + facts), brief, record.register)


def _area_refused(record: 'AreaRefused', context: 'Optional[Context]') -> 'Texts':
    text = 'flash refuses {} from 0x{:08X} on'.format(
        number_text(record.count, 'read'), record.address
    )
    return (text, 'flash refuses to be read', 'refused')


def _part_family(record: 'PartFamily', context: 'Optional[Context]') -> 'Texts':
    names = [family.name for family in families_named((record.family,) + record.others)]
    name = ' or '.join(names) or 'no family that is known'
    return ('{} ({})'.format(name, record.evidence), name, record.family)


def _blind_access(record: 'BlindAccess', context: 'Optional[Context]') -> 'Texts':
    text = '{} at an address that is not known'.format('write' if record.write else 'read')
    return (text, text, '?')


DESCRIBERS = {
    PartFamily: _part_family,
    BlindAccess: _blind_access,
    FlashOperation: _flash_operation,
    OptionChange: _option_change,
    Window: _window,
    PeripheralAccess: _peripheral,
    OptionState: _option_state,
    AreaRefused: _area_refused,
    Finding: _finding,
    Withdrawn: _withdrawn,
}  # type: Dict[type, Callable[[Any, Optional[Context]], Texts]]
