"""I2C words and transfers.

Sources: UM10204 rev 7 (I2C-bus specification) 3.1; AN4221 for what the loader needs of it.
"""

from ..lines import CaptureGap
from ..machine import WIRE, Machine
from ..record import CAPTURE, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, List, Optional, Tuple, Union  # novm

    from ..context import Context

# Kinds of I2cByte. A PARTIAL byte is 1 to 8 bits that a START, a STOP or the end of the data cut
# off, or all clock pulses outside a transfer: before the first START, or between a STOP and a
# START. The SCL pulse within which a START or STOP comes is none of its bits, nor is one that has
# not ended when the data does.
START, RESTART, STOP, BYTE, PARTIAL = range(5)


class I2cByte(
    NamedTuple(
        'I2cByte',
        [
            ('start', int),  # START/STOP: the SDA edge. BYTE, PARTIAL: SCL rise of the first bit
            # START/STOP: start + 1. BYTE: SCL fall after the ninth bit, or what else ends that SCL
            # pulse: the SDA edge of a START or STOP, the end of the data. PARTIAL: what cuts it off
            ('end', int),
            ('bus', str),
            ('kind', int),
            # BYTE: 0 to 255; PARTIAL: the bits so far, most significant first, outside a transfer
            # 0; else 0
            ('value', int),
            ('bits', int),  # BYTE: 9; PARTIAL: number of SCL pulses; else 0
            ('acked', bool),  # BYTE: SDA was low at the ninth SCL pulse
            ('low', int),  # samples of the longest SCL low phase before one of its SCL rises
            # which SCL rise that was, 0 to 8 (8: before the ACK bit, 0: after the previous byte)
            ('low_bit', int),
            ('low_start', int),  # SCL fall that begins this low phase; `start` where `low` is 0
        ],
    )
):
    """One word on the wire.

    Of equally long low phases the first counts. For STOP and RESTART `low` is the SCL low phase
    before the SCL pulse they come in, 0 where that pulse is the ninth of a byte; for START, and for
    a PARTIAL or STOP outside a transfer, it is 0.
    """

    __slots__ = ()


# Outcomes of I2cTransfer.
OK = 'ok'  # closed by STOP or repeated START
ADDRESS_NACK = 'address_nack'  # nobody answered
BROKEN = 'broken'  # closed in the middle of a byte (more than two bits of it were there)
EMPTY = 'empty'  # closed before its address was complete, with no more than two stray bits
NO_START = 'no_start'  # its START lies before the capture (or in a gap); address unknown (-1)
TRUNCATED = 'truncated'  # the data ends first
# longer than MOST_WORDS: it ends, not stopped, with the last word that is kept; what was clocked after
# that, up to the next START or STOP, belongs to no transfer. Another protocol on the channels, say.
ENDLESS = 'endless'


class I2cTransfer(
    NamedTuple(
        'I2cTransfer',
        [
            ('start', int),  # SDA edge of START or repeated START
            # after the SDA edge of STOP, at that of the next START, or the end of the data; ENDLESS:
            # of the last word
            ('end', int),
            ('bus', str),
            ('address', int),  # 7 bits, or 10 bits where `ten_bit`; -1 unknown
            ('ten_bit', bool),
            ('write', bool),
            ('data', bytes),
            ('acked', 'Tuple[bool, ...]'),  # address bytes first, then one for each byte of `data`
            ('restart', bool),  # begins with a repeated START
            ('stopped', bool),  # ends with a STOP
            ('outcome', str),
            # samples of the longest SCL low phase that the target can have held: after bit 8 or 9
            # of a byte, seen where it is the longest low phase of the byte it comes in
            ('stretch', int),
            # sample at which that low phase begins; `start` where there is none
            ('stretch_start', int),
            # bits after the last whole byte, the SCL pulse within which STOP or START comes not
            # counted
            ('stray_bits', int),
        ],
    )
):
    """Everything from a START to the STOP or repeated START that ends it."""

    __slots__ = ()

    @property
    def answered(self) -> 'bool':
        """The address is known and all of its bytes were acknowledged."""
        return self.address >= 0 and all(self.acked[: len(self.acked) - len(self.data)])


# START, two address bytes, and all that is read of an EEPROM of 64 KiB; a frame of AN4221 is far shorter.
MOST_WORDS = 3 + 65536
STRAY_BITS = 2  # so many bits after a NACK are seen in healthy captures of a low sample rate
BEFORE_ACK = 8  # `low_bit` of the ninth SCL rise
# UM10204 3.1.11: a first byte of 11110xx begins a 10-bit address, xx are its upper two bits.
TEN_BIT_MASK = 0b11111000
TEN_BIT_MARK = 0b11110000
UPPER_BITS = 0b11


class I2cFramer(Machine):
    """I2cByte -> I2cTransfer.

    A transfer is known at the STOP or START that ends it. Words between a STOP and the next START
    belong to no transfer and give no record; before the first START of the data, or after a gap,
    they are a transfer of outcome NO_START. A gap ends what is open as TRUNCATED, like the end of
    the data. One of more than MOST_WORDS words is known there, as ENDLESS (NO_START stays NO_START).

    A read with a 10-bit address repeats only the upper bits of it after the repeated START; the
    lower ones are those of the write before.
    """

    protocols = ('i2c',)
    consumes = (I2cByte, CaptureGap)
    produces = (I2cTransfer,)
    phase = WIRE

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        Machine.__init__(self, context, bus)
        self._words = []  # type: List[I2cByte]  # of the open transfer, its START first
        self._synchronised = False  # a START or STOP was seen since the data began
        self._endless = False  # the words that come belong to a transfer that was cut
        self._ten_bit_address = -1  # of the transfer before a repeated START

    def feed(self, record: 'Union[I2cByte, CaptureGap]') -> 'Iterable[I2cTransfer]':
        if isinstance(record, CaptureGap):
            return self.finish(record.start)
        if record.kind in (START, RESTART):
            closed = self._close(record.start, record)
            self._words = [record]
            self._synchronised, self._endless = True, False
            return closed
        if record.kind == STOP:
            closed = self._close(record.end, record)
            self._ten_bit_address = -1
            self._synchronised, self._endless = True, False
            return closed
        if self._endless or (self._synchronised and not self._words):
            return ()
        if len(self._words) == MOST_WORDS:
            self._endless = True
            return self._close(self._words[-1].end, None)
        self._words.append(record)
        return ()

    def finish(self, end: 'int') -> 'Iterable[I2cTransfer]':
        closed = self._close(end, None)
        self._ten_bit_address = -1
        self._synchronised = self._endless = False
        return closed

    def _close(self, end: 'int', by: 'Optional[I2cByte]') -> 'Iterable[I2cTransfer]':
        """Return the open transfer, if any, closed by a STOP, a START or, None, the end of data.

        None is also what closes an endless one.
        """
        if not self._words:
            return ()
        words, self._words = self._words, []
        transfer = self._transfer(words, end, by)
        self._ten_bit_address = transfer.address if transfer.ten_bit else -1
        return (transfer,)

    def _transfer(
        self, words: 'List[I2cByte]', end: 'int', by: 'Optional[I2cByte]'
    ) -> 'I2cTransfer':
        octets = [word for word in words if word.kind == BYTE]
        started = words[0].kind in (START, RESTART)
        address, header = self._address(octets) if started else (-1, 0)
        acked = tuple(word.acked for word in octets)
        stray_bits = words[-1].bits if words[-1].kind == PARTIAL else 0
        stretch, stretch_start = _stretch(words, octets, by)
        if not started:
            outcome = NO_START
        elif by is None:
            outcome = ENDLESS if self._endless else TRUNCATED
        elif stray_bits > STRAY_BITS:
            outcome = BROKEN
        elif not all(acked[:header]):
            outcome = ADDRESS_NACK
        else:
            outcome = EMPTY if address < 0 else OK
        return I2cTransfer(
            start=words[0].start,
            end=end,
            bus=self.bus,
            address=address,
            ten_bit=started and bool(octets) and _is_ten_bit(octets[0].value),
            write=started and bool(octets) and not octets[0].value & 1,
            data=bytes(word.value for word in octets[header:]),
            acked=acked,
            restart=words[0].kind == RESTART,
            stopped=by is not None and by.kind == STOP,
            outcome=outcome,
            stretch=stretch,
            stretch_start=stretch_start if stretch else words[0].start,
            stray_bits=stray_bits,
        )

    def _address(self, octets: 'List[I2cByte]') -> 'Tuple[int, int]':
        """Return (address or -1, number of address bytes there are)."""
        if not octets:
            return -1, 0
        first = octets[0].value
        if not _is_ten_bit(first):
            return first >> 1, 1
        upper = first >> 1 & UPPER_BITS
        if first & 1:
            known = self._ten_bit_address
            return known if known >> 8 == upper else -1, 1
        if len(octets) < 2:
            return -1, 1
        return upper << 8 | octets[1].value, 2


def _is_ten_bit(first: 'int') -> 'bool':
    return first & TEN_BIT_MASK == TEN_BIT_MARK


def _stretch(
    words: 'List[I2cByte]', octets: 'List[I2cByte]', by: 'Optional[I2cByte]'
) -> 'Tuple[int, int]':
    """Return (length, start) of the longest SCL low phase that the target can have held.

    (0, 0) for none. These are the phases before an ACK bit and those after one.
    """
    held = [word for word in octets if word.low_bit == BEFORE_ACK]
    held += [
        word for word in words if word.low_bit == 0 and octets and word.start > octets[0].start
    ]
    if by is not None and octets and words[-1].kind == BYTE:
        held.append(by)
    if not held:
        return 0, 0
    longest = max(held, key=lambda word: (word.low, -word.low_start))
    return longest.low, longest.low_start


MACHINES = (I2cFramer,)
