"""What is seen of the core.

Sources: Armv6-M and Armv7-M Architecture Reference Manuals (DDI 0419, DDI 0403), chapter C1 (debug).
"""

from ..record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Tuple  # novm

# Kinds of DebugControl.
HALT = 'halt'
RESUME = 'resume'
STEP = 'step'
RESET = 'reset'  # AIRCR.SYSRESETREQ (or VECTRESET)
CATCH = 'catch'  # DEMCR.VC_CORERESET set


class DebugControl(
    NamedTuple(
        'DebugControl',
        [
            ('start', int),  # of the write that asks
            ('end', int),  # of the read that shows it done; of the write where none followed
            ('bus', str),
            ('kind', str),
            ('confirmed', bool),  # a later read showed it
            ('polls', int),  # reads of DHCSR until then
        ],
    )
):
    """The host asks something of the core. Emitted when confirmed, or when it is clear that it will not be."""

    __slots__ = ()


class DebugRequest(
    NamedTuple(
        'DebugRequest',
        [('start', int), ('end', int), ('bus', str), ('kind', str), ('value', int)],
    )
):
    """The write itself, emitted at once (HALT, RESUME, STEP, RESET, CATCH)."""

    __slots__ = ()


class CoreStatus(
    NamedTuple(
        'CoreStatus',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('value', int),  # DHCSR as read
            ('halted', bool),  # S_HALT
            ('sleeping', bool),  # S_SLEEP
            ('locked_up', bool),  # S_LOCKUP
            ('was_reset', bool),  # S_RESET_ST
            ('enabled', bool),  # C_DEBUGEN
        ],
    )
):
    """One read of DHCSR."""

    __slots__ = ()


# Outcomes of RamLoaderRun.
HALTED = 'halted'  # the core came back
RUNNING = 'running'  # the host stopped polling, or reset the part, before it halted
TRUNCATED = 'truncated'  # the data ends first


class RamLoaderRun(
    NamedTuple(
        'RamLoaderRun',
        [
            ('start', int),  # of the write that starts the core
            ('end', int),  # of the DHCSR read that shows it halted, or of the last poll
            ('bus', str),
            ('entry', int),  # PC as set through DCRDR/DCRSR
            ('arguments', 'Tuple[int, ...]'),  # R0 to R3 as far as they were set, in order
            ('result', int),  # R0 as read afterwards; -1 where it was not read
            ('polls', int),
            ('last_status', int),  # DHCSR as read last; -1 for none
            (
                'code_start',
                int,
            ),  # lowest address of the SRAM block written that holds `entry`; -1 for none
            ('code_length', int),  # bytes of it
            ('outcome', str),
        ],
    )
):
    """A program placed in SRAM was run. This is how most probes erase and program; FLASH_CR is then never on the wire.

    Emitted when it ends.
    """

    __slots__ = ()
