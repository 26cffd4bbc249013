"""What the ADIv5 machines emit.

Source: Arm IHI 0031 (ADIv5.2).
"""

from ..record import NamedTuple

# Outcomes of MemoryAccess and RegisterAccess.
OK = 'ok'
FAULT = 'fault'  # answered FAULT: not done, an earlier access had failed
NO_REPLY = 'no_reply'  # nobody answered
BAD_PARITY = 'bad_parity'  # done, but the value cannot be trusted
LOST = 'lost'  # a posted read whose value was never fetched, or fetched after an error
TRUNCATED = 'truncated'  # the data ends first

DP, AP = 'dp', 'ap'
UNKNOWN = -1


class RegisterAccess(
    NamedTuple(
        'RegisterAccess',
        [
            ('start', int),  # of the packet that asked
            ('end', int),  # of the packet that brought the value, or took it
            ('bus', str),
            ('port', str),  # DP | AP
            ('ap', int),  # APSEL; UNKNOWN before the first SELECT, and for DP
            (
                'address',
                int,
            ),  # within the port, bank included: 0x04, 0xFC; UNKNOWN bank: only A[3:2]
            ('name', str),  # 'CTRL/STAT', 'CSW', 'IDR'; 'AP 0x30' for one that has no name
            ('write', bool),
            ('value', int),
            ('outcome', str),
        ],
    )
):
    """One access to a register of a debug or access port itself; DRW and BDx become MemoryAccess instead."""

    __slots__ = ()


class MemoryAccess(
    NamedTuple(
        'MemoryAccess',
        [
            ('start', int),  # of the packet that asked for it and was accepted
            ('end', int),  # of the packet that brought the value (posted reads), or took it
            ('bus', str),
            ('ap', int),
            ('address', int),  # UNKNOWN where TAR was not seen
            ('size', int),  # bytes: 1, 2 or 4
            ('write', bool),
            ('value', int),  # right-aligned, whatever the byte lane
            ('outcome', str),
        ],
    )
):
    """One access to the part's memory through a MEM-AP. A packed transfer is one for each item it carries."""

    __slots__ = ()


class AckRun(
    NamedTuple(
        'AckRun',
        [
            ('start', int),  # of the first packet of the run
            ('end', int),  # of the last one so far
            ('bus', str),
            ('ack', int),  # wire.swd: WAIT, FAULT, NO_REPLY, ALL_ZERO or another value; never OK
            ('request', int),  # of the first packet
            ('same_request', bool),  # all packets of the run asked for the same
            ('count', int),
            ('ok_before', int),  # packets answered OK since the last line reset
            ('overrun', bool),  # CTRL/STAT.ORUNDETECT was set when the run began
            (
                'over',
                bool,
            ),  # False: emitted because `count` reached one of RUN_MARKS, and the run may go on
        ],
    )
):
    """Packets in a row with the same acknowledge other than OK.

    Emitted at each count of RUN_MARKS and when the run ends (OK, another acknowledge, a sequence, the end).
    """

    __slots__ = ()


RUN_MARKS = (3, 5, 8, 100, 1000)


class ParityError(
    NamedTuple(
        'ParityError',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('request', int),
            ('data', int),
        ],
    )
):
    """A data phase whose parity bit is wrong."""

    __slots__ = ()


class LinkReset(
    NamedTuple(
        'LinkReset',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('kind', str),  # wire.swd: LINE_RESET, JTAG_TO_SWD, ...
            ('packets', int),  # packets since the one before
            ('ok', int),  # of these, answered OK
        ],
    )
):
    """The host began anew: a line reset or a switching sequence. What SwdSequence is for rules."""

    __slots__ = ()


class LinkStats(
    NamedTuple(
        'LinkStats',
        [
            ('start', int),  # of the first packet
            ('end', int),
            ('bus', str),
            ('packets', int),
            ('ok', int),
            ('wait', int),
            ('fault', int),
            ('no_reply', int),
            ('all_zero', int),
            ('invalid', int),
            ('parity_errors', int),
            ('line_resets', int),
            ('reset_first', bool),  # a line reset came before the first packet
        ],
    )
):
    """The whole link in numbers. Emitted once, at the end."""

    __slots__ = ()
