"""SWD packets and switching sequences.

Sources: Arm IHI 0031 (ADIv5.2), chapters B4 (SW-DP) and B5 (SWJ-DP, dormant state).
"""

from ..record import NamedTuple

# SwdTransfer.ack as an integer; the first bit on the wire is the least significant.
OK, WAIT, FAULT, NO_REPLY, ALL_ZERO = 1, 2, 4, 7, 0
CUT_OFF = -1  # TRUNCATED before the acknowledge

# SwdTransfer.flags
DATA_PHASE = 1  # 32 data bits and their parity were clocked
BAD_PARITY = 2  # of the data phase after OK or TARGETSEL; without them it means nothing
TRUNCATED = 4  # the data or the clock ends, or a line reset begins, before the packet is complete

# Framing: what `SwdFramer` and the analyzer's column decoder have in common.
IDLE = 64  # so many clocks with SWDIO low end whatever it was: the next high one is a START
DEPTH = 3  # so many packets in a row that fit prove a place to be a START
CONTEXT = 64  # clocks kept behind the place where framing goes on
QUIET = 16  # a run that begins with so many clock periods of silence begins between packets
REQUEST_BITS, ACK_BITS, DATA_BITS = 8, 3, 33  # data with parity
SPIKE_SHARE, SPLIT = 3, 2  # of SWCLK: see swd_spikes.py


class SwdTransfer(
    NamedTuple(
        'SwdTransfer',
        [
            ('start', int),  # SWCLK rise that samples the START bit
            # SWCLK edge after the last bit that belongs to the packet: the rise after a bit of the
            # target, the fall after one of the host; the turnaround after it does not belong to it
            ('end', int),
            ('bus', str),
            (
                'request',
                int,
            ),  # the eight bits as a byte, least significant first: one of the 16 legal ones
            ('ack', int),
            ('data', int),  # 0 where there was no data phase
            ('flags', int),
        ],
    )
):
    """One packet: request, acknowledge and, as the case may be, data."""

    __slots__ = ()

    @property
    def is_ap(self) -> 'bool':
        """APnDP: the request is for an access port."""
        return bool(self.request & REQUEST_APNDP)

    @property
    def is_read(self) -> 'bool':
        """RnW."""
        return bool(self.request & REQUEST_RNW)

    @property
    def address(self) -> 'int':
        """A[3:2] as a byte address: 0x0, 0x4, 0x8 or 0xC."""
        return (self.request & REQUEST_ADDRESS) >> 1


# Bits of the request byte (IHI 0031 B4.1.1).
REQUEST_START = 0x01
REQUEST_APNDP = 0x02
REQUEST_RNW = 0x04
REQUEST_ADDRESS = 0x18
REQUEST_PARITY = 0x20
REQUEST_STOP = 0x40
REQUEST_PARK = 0x80

# The 16 request bytes that are legal, and one that no target acknowledges (B4.2.9, TARGETSEL).
REQUESTS = (
    0xA5, 0x8D, 0x95, 0xBD,  # DP read 0x0, 0x4, 0x8, 0xC
    0x81, 0xA9, 0xB1, 0x99,  # DP write
    0x87, 0xAF, 0xB7, 0x9F,  # AP read
    0xA3, 0x8B, 0x93, 0xBB,  # AP write
)  # fmt: skip
TARGETSEL_WRITE = 0x99
# Writes that a decoder of packets must know: they change the packets that follow.
CTRL_STAT_WRITE = 0xA9  # DLCR where SELECT.DPBANKSEL is 1
SELECT_WRITE = 0xB1
DPBANKSEL = 0xF  # of SELECT; 0: CTRL/STAT, 1: DLCR
DLCR_BANK = 1
ORUNDETECT = 0x1  # of CTRL/STAT: data phases after WAIT and FAULT, too
TURNROUND_SHIFT, TURNROUND = 8, 0x3  # of DLCR: turnaround in clocks less one
TURNAROUNDS = (1, 2, 3, 4)  # that DLCR can set, in clocks

# Kinds of SwdSequence.
LINE_RESET = 'line_reset'
JTAG_TO_SWD = 'jtag_to_swd'
SWD_TO_JTAG = 'swd_to_jtag'
SWD_TO_DORMANT = 'swd_to_dormant'
JTAG_TO_DORMANT = 'jtag_to_dormant'
SELECTION_ALERT = 'selection_alert'
DORMANT_TO_SWD = 'dormant_to_swd'  # the activation code
DORMANT_TO_JTAG = 'dormant_to_jtag'
HIGH = 'high'  # 8 to 49 clocks with SWDIO high where a request may begin: too few for a line reset
BAD_REQUEST = 'bad_request'  # noise that begins with START, STOP and PARK but a wrong parity
NOISE = 'noise'  # clocked bits that fit neither a packet nor a sequence

# Where the three bits that frame a request are right: START and PARK one, STOP zero.
REQUEST_FRAME = REQUEST_START | REQUEST_STOP | REQUEST_PARK, REQUEST_START | REQUEST_PARK

# Bits that follow clocks with SWDIO high (B5.2, B5.3): (value, first bit least significant; number
# of bits; kind; high clocks there must be before). A switch follows a line reset, of which a
# capture may have missed the begin. ACTIVATION_CODES follow SELECTION_ALERT and ACTIVATION_GAP low
# clocks.
CODES = (
    (0xE79E, 16, JTAG_TO_SWD, 8),
    (0xEDB6, 16, JTAG_TO_SWD, 8),  # of ADIv5.0
    (0xE73C, 16, SWD_TO_JTAG, 8),
    (0xAEAE, 16, SWD_TO_JTAG, 8),  # of ADIv5.0
    (0xE3BC, 16, SWD_TO_DORMANT, 8),
    (0x33BBBBBA, 31, JTAG_TO_DORMANT, 5),
    (0x19BC0EA2E3DDAFE986852D956209F392, 128, SELECTION_ALERT, 8),
)
CODE_HIGH = 8
ACTIVATION_GAP = 4
ACTIVATION_CODES = (
    (0x1A, 8, DORMANT_TO_SWD),
    (0x0A, 8, DORMANT_TO_JTAG),  # an Arm JTAG-DP
    (0x000, 12, DORMANT_TO_JTAG),  # JTAG-Serial
)
# After these the bits are no SWD, until a line reset or DORMANT_TO_SWD.
LEAVE_SWD = (SWD_TO_JTAG, SWD_TO_DORMANT, JTAG_TO_DORMANT, SELECTION_ALERT, DORMANT_TO_JTAG)
RESET_CLOCKS = 50  # B4.3.3: a line reset has at least so many clocks with SWDIO high
HIGH_CLOCKS = 8  # fewer are no HIGH


class SwdSequence(
    NamedTuple(
        'SwdSequence',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('kind', str),
            ('bits', int),  # SWCLK cycles
        ],
    )
):
    """A run of bits that is no packet."""

    __slots__ = ()
