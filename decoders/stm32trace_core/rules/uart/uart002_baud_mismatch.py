"""UART002 baud-mismatch: host and loader do not send at the same rate.

What
The bit time measured on the host's bytes differs from that measured on the loader's answers to them
by more than 2.5 %; by more than 4 % the session cannot be expected to work.

Why it matters
The loader measures its rate by the host's 0x7F. If it measured something else (a glitch, a byte of
which it saw only a part, another interface), or the host's clock is far off, then one side reads
the other's late bits wrongly: now and then at first, always beyond 4 %.

What to do
Reset the part and begin anew with a clean 0x7F, at a lower rate. Hold unused inputs of the loader
at a fixed level. If the host's rate is not the one it was asked for, look at its clock.

False alarms and guards
Hosts may change the rate in mid-session, so only stretches are compared in which commands of the
one were answered in the other, not the capture as a whole. Both must have been measured on bits
that stand alone, UART002_PULSES (5) of them at least on each line; to the limits comes what a
sample more or less leaves open. While commands are carried out all the same, this is a warning.
Not evaluated where one of the lines is not captured, has too few such bits, or both sides share
one wire. Limits: UART002_PULSES, UART002_WARNING (0.025), UART002_ERROR (0.04).

Example
  host    7F at 115200 baud     loader  79 at 109600 baud
Told as: "the loader sends at 110000 baud, 4.9 % slower than the host, whose bytes are at 115200
baud".

Source
AN3155, "Choosing the USARTx baud rate": what difference host and loader stand.
Floating inputs, the loader falls to 1200 baud [F746FP],
https://community.st.com/t5/stm32-mcus-products/stm32f746vgt7-firmware-update-fails-via-uart/m-p/138373/highlight/true
A rate measured by the wrong pulse [GLA260], https://github.com/GlasgowEmbedded/glasgow/pull/260
A tool that changes the rate in mid-session [CUBEID],
https://community.st.com/t5/stm32cubeprogrammer-mcus/open-bootloader-via-uart-cubeprogrammer-sends-too-many-get-id/td-p/807947
"""

from ...bootloader.commands import SYNCHRONIZE
from ...bootloader.records import ACK, NACK, OK, OTHER, UART, BootCommand, SyncAttempt
from ...wire.uart import UartRate
from ..naming import command_text
from ..occurrences import MOST_EXAMPLES, Occurrences
from ..rule import HOST, TARGET, YES, Confidence, Rule, RuleInfo, Severity
from .formats import USUAL_RATES, Formats, baud_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding

WARNING_PART = 0.025
ERROR_PART = 0.04
FEWEST_PULSES = 5
EDGES_BITS = 9  # from the first to the last edge of a word, about
NEAR_PART = 0.02  # a host nearer than this to a usual rate is taken to send at it

DIFFERENT = '{}: the host sends at {}, the answer comes at {}; expected the same rate (AN3155)'
FIRST = 'The loader sends at {}, {:.1f} % {} than the host, whose bytes are at {}'
ADVICE = (
    'If no erase or option write can be going on in the part: reset it with BOOT0 high, and begin'
    ' anew at a lower rate, with a clean 0x7F as the first thing on the line.',
    'Hold the unused inputs of the loader (other UARTs, CAN, SPI, USB) at a fixed level: it may have'
    ' measured something else.',
    "Compare the host's rate with the one it was asked for: if it is off, look at its clock.",
)


class _Exchange(object):
    """Commands of one stretch of the host that were answered in one stretch of the loader."""

    def __init__(self) -> 'None':
        self.seen = Occurrences()
        self.opcodes = []  # type: List[int]  # of the first few
        self.done = 0  # commands carried out

    def add(self, opcode: 'int', start: 'int', end: 'int', is_done: 'bool') -> 'None':
        """Count one; what is said of it needs the rates."""
        if len(self.opcodes) < MOST_EXAMPLES:
            self.opcodes.append(opcode)
        self.seen.add(start, end, '')
        self.done += is_done


class BaudMismatch(Rule):
    """Brings together the rates of both lines, and the commands that were said at them."""

    info = RuleInfo(
        'UART002',
        'baud-mismatch',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('uart',),
        False,
        'host and loader do not send at the same rate',
        'AN3155: USART baud rate; [F746FP], [GLA260], [CUBEID]',
        YES,
    )
    consumes = Formats.CONSUMES + (BootCommand, UartRate)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(BaudMismatch, self).__init__(context, bus)
        self._formats = Formats()
        # by the starts of the stretches of host and loader
        self._open = {}  # type: Dict[Tuple[int, int], _Exchange]
        self._rates = {}  # type: Dict[Tuple[str, int], UartRate]  # by line and start
        self._is_compared = False
        self._done = 0  # commands carried out in spite of the difference
        self._seen = Occurrences()
        self._worst = 0.0  # (loader - host) / host
        self._first = ''
        self._is_host_off = False

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Count an exchange, or judge those of a stretch that is over."""
        if isinstance(record, UartRate):
            self._rates[record.line, record.start] = record
            return self._settle()
        if isinstance(record, BootCommand):
            if record.transport == UART and record.steps and record.steps[0].status in (ACK, NACK):
                is_done = record.outcome == OK and record.opcode != SYNCHRONIZE
                self._add(record, record.opcode, record.steps[0].end, is_done)
            return ()
        self._formats.feed(record)
        if isinstance(record, SyncAttempt) and record.answer == OTHER:
            self._add(record, SYNCHRONIZE, record.end, False)
        return ()

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """Judge commands that were held back until the data ended."""
        return self._settle()

    def missing(self) -> 'Tuple[str, ...]':
        """Both rates must have been measured, in one exchange at least."""
        return () if self._is_compared else ("the rates of a command and of the loader's answer",)

    def _add(
        self,
        record: 'Union[BootCommand, SyncAttempt]',
        opcode: 'int',
        answered: 'int',
        is_done: 'bool',
    ) -> 'None':
        formats = self._formats
        host = formats.at(formats.host, record.start)
        target = formats.at(formats.target, answered)
        if formats.host == formats.target or host is None or target is None:
            return
        exchange = self._open.setdefault((host.start, target.start), _Exchange())
        exchange.add(opcode, record.start, record.end, is_done)

    def _settle(self) -> 'List[Finding]':
        """Judge the exchanges of which both rates are known."""
        found = []  # type: List[Finding]
        for place in sorted(self._open):
            host = self._rates.get((self._formats.host, place[0]))
            target = self._rates.get((self._formats.target, place[1]))
            if host is not None and target is not None:
                found += self._judge(self._open.pop(place), host, target)
        return found

    def _judge(
        self, exchange: '_Exchange', host: 'UartRate', target: 'UartRate'
    ) -> 'List[Finding]':
        fewest = self.context.limit('UART002_PULSES', FEWEST_PULSES)
        if min(host.pulses, target.pulses) < fewest:
            return []
        self._is_compared = True
        part = target.measured / host.measured - 1
        left_open = 1 / (EDGES_BITS * min(host.samples, target.samples))
        if abs(part) <= self.context.limit('UART002_WARNING', WARNING_PART) + left_open:
            return []
        self._done += exchange.done
        self._see(exchange, [baud_text(self.context, one.measured) for one in (host, target)])
        if abs(part) > abs(self._worst):
            self._worst = part
            self._is_host_off = self._is_off(host)
            said = [baud_text(self.context, one.measured) for one in (host, target)]
            way = 'faster' if part > 0 else 'slower'
            self._first = FIRST.format(said[1], 100 * abs(part), way, said[0])
        return [self._tell()]

    def _see(self, exchange: '_Exchange', said: 'List[str]') -> 'None':
        seen = exchange.seen
        examples = [
            example._replace(text=DIFFERENT.format(command_text(opcode), said[0], said[1]))
            for example, opcode in zip(seen.examples, exchange.opcodes)
        ]
        self._seen.merge(seen.count, seen.start, seen.end, examples)

    def _is_off(self, host: 'UartRate') -> 'bool':
        """Tell whether the host sends at no rate that a host is asked for."""
        if self.context.sample_rate is None:
            return False
        return all(abs(host.measured / usual - 1) > NEAR_PART for usual in USUAL_RATES)

    def _tell(self) -> 'Finding':
        is_bad = abs(self._worst) > self.context.limit('UART002_ERROR', ERROR_PART)
        return self.counted(
            self._seen,
            self._first,
            ADVICE,
            severity=None if is_bad and not self._done else Severity.WARNING,
            suspect=HOST if self._is_host_off else None,
        )


RULE = BaudMismatch
