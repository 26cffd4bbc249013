"""Packets of the stock decoders `i2c`, `uart` and `swd` as records.

What a stock decoder says is taken as it is said: it drops bits that make no whole word, and parity errors on
SWD. It does not say either when a clock line falls.

Source: the decoders of libsigrokdecode 0.5.3, OUTPUT_PYTHON at the top of each pd.py, and what they do.
"""

from ..adi.records import AP, DP
from ..adi.registers import request_byte
from ..wire import swd, uart
from ..wire.i2c import BYTE, RESTART, START, STOP, I2cByte
from ..wire.swd import LINE_RESET, RESET_CLOCKS, SwdSequence, SwdTransfer
from ..wire.uart import BAD_PARITY, BAD_STOP, BREAK, UartFormat, UartWord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional, Sequence, Tuple  # novm

    from ..context import Context

    Packet = Sequence[Any]

WORD_BITS = 9  # of I2C, with the ACK
BYTE_MASK = 0xFF


class I2cPackets(object):
    """Packets of `i2c` -> I2cByte.

    The low phases of SCL, which tell a stretched clock, are what is left of the time from rise to rise without
    half a clock period: right to that half. `end` of a byte is what the decoder takes for the end of its ACK.
    """

    def __init__(self, bus: 'str', context: 'Context') -> 'None':
        self._bus = bus
        self._bits = []  # type: List[Sequence[int]]  # level and rise, the first bit first
        self._half = 0  # of a clock period
        self._last_rise = -1  # of the word before, -1 after a START

    def feed(self, start: 'int', end: 'int', packet: 'Packet') -> 'List[I2cByte]':
        """Return the word that a packet completes."""
        kind, data = packet
        if kind == 'BITS':
            self._bits = data[::-1]
            return []
        if kind in ('ACK', 'NACK'):
            return self._word(start, end, kind == 'ACK')
        condition = {'START': START, 'START REPEAT': RESTART, 'STOP': STOP}.get(kind)
        return [] if condition is None else [self._condition(start, condition)]

    def _condition(self, sample: 'int', kind: 'int') -> 'I2cByte':
        low, low_start = 0, sample
        if kind != START and self._last_rise >= 0:
            # The line was high after the word before, and again before this edge.
            high = 2 * self._half
            low, low_start = max(sample - self._last_rise - high, 0), self._last_rise + self._half
        self._last_rise = -1
        return I2cByte(sample, sample + 1, self._bus, kind, 0, 0, False, low, 0, low_start)

    def _word(self, acked_at: 'int', end: 'int', acked: 'bool') -> 'List[I2cByte]':
        bits, self._bits = self._bits, []
        if not bits:
            return []
        rises = [bit[1] for bit in bits] + [acked_at]
        value = 0
        for bit in bits:
            value = value << 1 | bit[0]
        low, low_bit, low_start = self._low(rises)
        self._last_rise = acked_at
        return [
            I2cByte(
                rises[0], end, self._bus, BYTE, value & BYTE_MASK, WORD_BITS, acked, low, low_bit,
                low_start,
            )
        ]  # fmt: skip

    def _low(self, rises: 'List[int]') -> 'Tuple[int, int, int]':
        """Return the longest low phase, the bit it comes before, and its start."""
        before = [self._last_rise if self._last_rise >= 0 else rises[0]] + rises
        times = [later - earlier for earlier, later in zip(before, rises)]
        self._half = min(times[1:]) // 2
        longest = max(times)
        if longest <= self._half:
            return 0, 0, rises[0]
        bit = times.index(longest)
        return longest - self._half, bit, before[bit] + self._half


# Lines of a UART as the stock decoder numbers them.
LINES = (uart.RX, uart.TX)

# Rates that people use. Where bits are sampled tells the rate to a sample over a frame; it is one of these then.
RATES = (
    1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 76800, 115200, 230400, 256000, 460800,
    500000, 921600, 1000000, 2000000, 3000000,
)  # fmt: skip


STOP_BITS = 1.0  # the decoder checks one, whatever it was told


class _Frame(object):
    """What is known of the frame that is being read on one line."""

    def __init__(self) -> 'None':
        self.bits = []  # type: List[Sequence[int]]  # level, begin and end of each
        self.parity = None  # type: Optional[int]  # the bit; None: there is none
        self.flags = 0
        self.is_spurious = False  # its start bit was none


class UartPackets(object):
    """Packets of `uart` -> UartWord and UartFormat.

    The decoder does not say how it was set. Its data bits tell their number and their rate, its parity bits
    whether there are any and, the first one being right, of which kind. A word without any high bit may be the
    beginning of a break: it is held until the line says more.
    """

    def __init__(self, bus: 'str', context: 'Context') -> 'None':
        self._bus = bus
        self._rate = context.sample_rate
        self._frames = [_Frame(), _Frame()]
        self._held = [None, None]  # type: List[Optional[UartWord]]  # may be the beginning of a break
        self._formats = [None, None]  # type: List[Optional[UartFormat]]

    def feed(self, start: 'int', end: 'int', packet: 'Packet') -> 'List[Any]':
        """Return the records that a packet completes."""
        kind, line, data = packet
        if kind == 'FRAME':
            return self._word(start, line, data[0])
        if kind == 'BREAK':
            self._held[line] = None
            return [UartWord(start, end, self._bus, LINES[line], 0, BREAK)]
        frame = self._frames[line]
        if kind == 'STARTBIT':
            held, self._held[line] = self._held[line], None
            return [] if held is None else [held]
        if kind == 'INVALID STARTBIT':
            frame.is_spurious = True
        elif kind == 'DATA':
            frame.bits = list(data[1])
        elif kind == 'PARITYBIT':
            frame.parity = data
        elif kind == 'PARITY ERROR':
            frame.flags |= BAD_PARITY
        elif kind == 'INVALID STOPBIT':
            frame.flags |= BAD_STOP
        return []

    def _word(self, start: 'int', line: 'int', value: 'int') -> 'List[Any]':
        frame, self._frames[line] = self._frames[line], _Frame()
        if frame.is_spurious:
            return []
        said = []  # type: List[Any]
        form = self._formats[line]
        if form is None:
            form = self._formats[line] = self._format(start, line, frame)
            said.append(form)
        end = start + int(round(self._bits(form) * (self._rate or 1.0) / form.baud))
        word = UartWord(start, end, self._bus, LINES[line], value, frame.flags)
        if frame.flags & BAD_STOP and not value:
            self._held[line] = word
            return said
        return said + [word]

    def _format(self, start: 'int', line: 'int', frame: '_Frame') -> 'UartFormat':
        bits = len(frame.bits)
        baud = self._baud(bits - 1, frame.bits[-1][1] - frame.bits[0][1])
        return UartFormat(
            start, start, self._bus, LINES[line], baud, bits, self._parity(frame), STOP_BITS, False,
            False, True,
        )  # fmt: skip

    @staticmethod
    def _bits(form: 'UartFormat') -> 'float':
        """Return the length of a frame in bits."""
        return 1 + form.data_bits + (form.parity != uart.NO_PARITY) + form.stop_bits

    def _baud(self, bits: 'int', span: 'int') -> 'float':
        """Return the rate of so many bits over so many samples, which are right to one."""
        if self._rate is None:
            return bits / max(span, 1)
        for known in RATES:
            if abs(bits * self._rate / known - span) <= 1:
                return float(known)
        return bits * self._rate / max(span, 1)

    @staticmethod
    def _parity(frame: '_Frame') -> 'str':
        if frame.parity is None:
            return uart.EVEN if frame.flags & BAD_PARITY else uart.NO_PARITY
        odd = (sum(bit[0] for bit in frame.bits) + frame.parity) & 1
        return uart.ODD if odd else uart.EVEN


ACKS = {'OK': swd.OK, 'WAIT': swd.WAIT, 'FAULT': swd.FAULT}
PORTS = {
    'AP_READ': (AP, True),
    'AP_WRITE': (AP, False),
    'DP_READ': (DP, True),
    'DP_WRITE': (DP, False),
}


class SwdPackets(object):
    """Packets of `swd`, stock or ours -> SwdTransfer and SwdSequence, or whatever record ours brings.

    Of the stock decoder: a line reset has at least as many clocks as it needs. Requests with another acknowledge
    than ACKS are left out: it sees such, too, in the bits of sequences that it does not know. So is a packet that
    is cut off: it comes right after the line reset that cuts it, with the data of the one before. Without OK the
    data are those of the packet before, or what nobody drove.
    """

    def __init__(self, bus: 'str', context: 'Context') -> 'None':
        self._bus = bus
        self._end = 0  # of the packet before
        self._reset_end = -1  # of the last line reset

    def feed(self, start: 'int', end: 'int', packet: 'Packet') -> 'List[Any]':
        """Return the record that a packet is."""
        kind, data = packet
        if isinstance(data, SwdPacket):
            return [data.record]
        if kind == LINE_RESET.upper():
            self._reset_end = end
            begin = max(start, self._end)
            return [SwdSequence(begin, end, self._bus, LINE_RESET, RESET_CLOCKS)]
        if kind not in PORTS or end == self._reset_end or data[2] not in ACKS:
            return []
        self._end = end
        return [self._transfer(start, end, kind, data)]

    def _transfer(self, start: 'int', end: 'int', kind: 'str', data: 'Packet') -> 'SwdTransfer':
        address, value, told = data
        port, read = PORTS[kind]
        ack = ACKS[told]
        has_data = ack == swd.OK and isinstance(value, int)
        return SwdTransfer(
            start, end, self._bus, request_byte(port, read, address), ack,
            value if has_data else 0, swd.DATA_PHASE if has_data else 0,
        )  # fmt: skip


class Records(object):
    """Packets of our own decoders: [type, record]."""

    def __init__(self, bus: 'str', context: 'Context') -> 'None':
        pass

    def feed(self, start: 'int', end: 'int', packet: 'Packet') -> 'Tuple[Any]':
        """Return the record that a packet is."""
        return (packet[1],)


class SwdPacket(tuple):  # type: ignore[type-arg]  # a base class is evaluated, and 3.4 has no tuple[...]
    """(address, data, acknowledge) as the stock decoder `swd` passes it on, with our record as `record`."""

    record = None  # type: Any


def is_ours(packet: 'Packet') -> 'bool':
    """Tell whether a packet of `swd` is one of stm32_swd."""
    return isinstance(packet[1], SwdPacket)


PTYPES = {
    (False, True): 'DP_READ',
    (False, False): 'DP_WRITE',
    (True, True): 'AP_READ',
    (True, False): 'AP_WRITE',
}
NAMES = {swd.OK: 'OK', swd.WAIT: 'WAIT', swd.FAULT: 'FAULT', swd.NO_REPLY: 'NOREPLY'}
INVALID = 'ERROR'  # any other acknowledge


def swd_packet(record: 'Any') -> 'Packet':
    """Return a record of SWD in the form that decoders on top of the stock `swd` understand."""
    if isinstance(record, SwdTransfer):
        kind = PTYPES[record.is_ap, record.is_read]
        packet = SwdPacket((record.address, record.data, NAMES.get(record.ack, INVALID)))
    else:
        kind = record.kind.upper()
        packet = SwdPacket()
    packet.record = record
    return [kind, packet]
