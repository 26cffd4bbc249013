"""The byte 0x7F over UART: what the loader measures its rate by, and how it is answered.

A loader that waits for it answers ACK. One that is synchronised takes it for the first byte of a command,
says nothing, and answers NACK to a second one: hosts take that for "in step already".
Source: AN3155, "USART bootloader code sequence"; stm32duino/stm32flash stm32.c, stm32_send_init_seq.
"""

from .commands import SYNCHRONIZE, command_named, status_of
from .records import (
    ABANDONED,
    ACK,
    KEPT_BYTES,
    NACK,
    NONE,
    OK,
    OTHER,
    REFUSED,
    SYNC,
    TIMEOUT,
    UART,
    BootCommand,
    BootStatus,
    Step,
    SyncAttempt,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..wire.uart import UartWord

NO_TARGET = -1
OUTCOMES = {ACK: OK, NACK: REFUSED}


class Synchronisation(object):
    """One byte 0x7F, from its start to its answer, or to what ends the wait for one.

    number, again, isolated: as in SyncAttempt; isolated: nothing was said on the bus before it.
    """

    def __init__(
        self, word: 'UartWord', number: 'int', again: 'bool', isolated: 'bool' = False
    ) -> 'None':
        self.word = word
        self.number = number
        self.again = again
        self.isolated = isolated
        self.answer = NONE
        self.leading = b''
        self._value = -1
        self._from = -1  # start of the answer
        self._to = word.end  # end of what was heard last

    @property
    def is_answered(self) -> 'bool':
        return self.answer in OUTCOMES

    @property
    def is_clean(self) -> 'bool':
        """Nothing but the 0x00 of a pin that becomes an output came before the answer."""
        return not self.leading.strip(b'\0')

    def hear(self, word: 'UartWord', value: 'int', certain: 'bool') -> 'None':
        """Take a byte of the target: an answer, or what comes before one.

        certain: False: a status among other bytes may be anybody's.
        """
        self._to = word.end
        self.answer = status_of(UART, value) if certain or self.is_clean else OTHER
        if self.is_answered:
            self._value, self._from = value, word.start
        elif len(self.leading) < KEPT_BYTES:
            self.leading += bytes((value,))

    def status(self) -> 'BootStatus':
        """Return the answer as the status that it is."""
        word = self.word
        return BootStatus(
            self._from, self._to, word.bus, NO_TARGET, SYNCHRONIZE, SYNC, self.answer, self._value, 0, 0,
            word.start, word.end,
        )  # fmt: skip

    def close(self, outcome: 'str') -> 'BootCommand':
        """Return it as a transaction; `outcome`: why nobody answered, where that is so."""
        word = self.word
        step = Step(
            word.start, self._to, SYNC, bytes((SYNCHRONIZE,)), self.answer, self._value, self.leading, word.end
        )  # fmt: skip
        gave_up = TIMEOUT if outcome == ABANDONED else NONE
        return BootCommand(
            word.start, self._to, word.bus, UART, NO_TARGET,
            SYNCHRONIZE, command_named(SYNCHRONIZE), (step,), None, None, b'', (), None, 0, 0, 0,
            self.answer if self.is_answered else gave_up, OUTCOMES.get(self.answer, outcome),
        )  # fmt: skip

    def attempt(
        self, until: 'int', ended: 'bool', listening: 'str', heard: 'int', certain: 'bool'
    ) -> 'SyncAttempt':
        """Return it as an attempt to reach a loader, whether or not there is one."""
        word = self.word
        return SyncAttempt(
            word.start,
            self._to if self.answer != NONE else word.end,
            word.bus,
            word.line,
            self.answer,
            self._from,
            self.leading,
            self._from if self.is_answered else until,
            ended or self.is_answered,
            self.number,
            self.again,
            listening,
            heard,
            certain,
        )
