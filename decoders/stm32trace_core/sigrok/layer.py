"""The life of a decoder: what comes from below goes through its machines, and out on every output.

Outputs for decoders on top (OUTPUT_PYTHON) are [type, record]: the name of one of our record types, and the
record itself, a named tuple that begins with (start, end, bus). stm32_swd puts packets of the form of `swd`.
"""

from ..adi.records import AckRun, LinkReset, MemoryAccess, ParityError, RegisterAccess
from ..bootloader.records import BootCommand, BootStatus, DeviceIdentified, LoaderInfo
from ..cortex.records import DebugControl, RamLoaderRun
from ..flash.records import (
    FlashOperation,
    OptionChange,
    OptionState,
    PartFamily,
    PeripheralAccess,
    Window,
)
from ..machine import REPORT, Machine
from ..record import NamedTuple
from ..rules.rule import Finding
from ..wire.swd import SwdSequence, SwdTransfer
from . import image, painting, rows, stages
from .screen import Announcer, Screen
from .settings import context_of
from .stages import Plan, network
from .words import swd_packet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple  # novm

    from ..context import Context
    from ..record import Record
    from .screen import Painter, Put, Rows


class Outputs(
    NamedTuple(
        'Outputs', [('annotation', 'Put'), ('python', 'Callable[..., None]'), ('binary', 'Put')]
    )
):
    """Where a decoder puts things: each takes start, end and what to put there."""

    __slots__ = ()


class Form(
    NamedTuple(
        'Form',
        [
            ('stage', 'stages.Stage'),
            ('below', 'Optional[stages.Stage]'),  # of our decoder that feeds it; None: a stock one
            ('rows', 'Rows'),
            ('painters', 'Callable[[Context], Dict[type, Painter]]'),
            ('writers', 'Any'),  # of image.py; {}: nothing is written
            ('passes', 'Tuple[type, ...]'),  # record types for decoders on top
            ('packet', 'Callable[[Any], Sequence[Any]]'),  # a record as they get it
        ],
    )
):
    """What distinguishes a decoder from the others."""

    __slots__ = ()


def named(record: 'Any') -> 'List[Any]':
    """Return a record as decoders on top get it."""
    return [type(record).__name__, record]


PART = (FlashOperation, OptionChange, Window, DeviceIdentified, Finding)
LOADER = (BootCommand, BootStatus, LoaderInfo) + PART

SWD = Form(
    stages.SWD, None, rows.SWD, painting.for_swd, {}, (SwdTransfer, SwdSequence), swd_packet
)  # fmt: skip
ADI = Form(
    stages.ADI, stages.SWD, rows.ADI, painting.for_adi, image.OF_ACCESSES,
    (AckRun, ParityError, LinkReset, RegisterAccess, MemoryAccess), named,
)  # fmt: skip
ADI_ON_STOCK = ADI._replace(
    stage=stages.ADI_ON_STOCK, below=None, passes=(LinkReset, RegisterAccess, MemoryAccess)
)
FLASH = Form(
    stages.FLASH, stages.ADI, rows.FLASH, painting.for_flash, image.OF_OPERATIONS,
    (PeripheralAccess, PartFamily, OptionState, DebugControl, RamLoaderRun) + PART, named,
)  # fmt: skip
BOOT_I2C = Form(
    stages.I2C, None, rows.BOOT_I2C, painting.for_loader, image.OF_OPERATIONS, LOADER, named
)
BOOT_UART = Form(
    stages.UART, None, rows.BOOT_UART, painting.for_loader, image.OF_OPERATIONS, LOADER, named
)


class Tap(Machine):
    """Passes records on to the decoders on top."""

    phase = REPORT
    per_bus = False

    def __init__(self, context: 'Context', form: 'Form', put: 'Callable[..., None]') -> 'None':
        super(Tap, self).__init__(context)
        self._packet = form.packet
        self._put = put
        self.consumes = form.passes

    def feed(self, record: 'Record') -> 'Iterable[Any]':
        """Put a record."""
        self._put(record.start, record.end, self._packet(record))
        return ()


class Layer(object):
    """The machines, rules and outputs of one decoder at work."""

    def __init__(self, form: 'Form', context: 'Context', outputs: 'Outputs') -> 'None':
        plan = Plan(form.stage, context)
        below = () if form.below is None else Plan(form.below, context).rules
        shown = frozenset(rule.info.id for rule in plan.rules if rule not in below)
        listeners = [
            Screen(
                context, form.rows, form.painters(context), Announcer(shown), outputs.annotation
            ),
            Tap(context, form, outputs.python),
        ]  # type: List[Machine]
        if form.writers:
            listeners.append(image.Image(context, form.writers, outputs.binary))
        self._network = network(plan, context, bus_of(form), listeners)
        self.take = self._network.publish  # type: Callable[[Any], None]  # one record from below


class Stacked(object):
    """What decoders on top of others have in common. Goes before `sigrokdecode.Decoder` among their bases.

    srd: the module sigrokdecode of the host. packets: of words.py, for what comes from below.
    """

    srd = None  # type: Any
    form = BOOT_I2C
    packets = None  # type: Any
    if TYPE_CHECKING:
        options = None  # type: Any  # of the class: what there is; of a decoder: what is set

        def register(self, kind: 'Any') -> 'Any': ...
        def put(self, start: 'int', end: 'int', output: 'Any', what: 'Any') -> 'None': ...

    def __init__(self) -> 'None':
        self.reset()

    def reset(self) -> 'None':
        """Forget everything."""
        self._rate = None  # type: Optional[float]
        self._layer = None  # type: Optional[Layer]

    def metadata(self, key: 'Any', value: 'float') -> 'None':
        """Take the sample rate."""
        if key == self.srd.SRD_CONF_SAMPLERATE:
            self._rate = value

    def start(self) -> 'None':
        """Begin to decode. ValueError for an option that makes no sense."""
        self._outputs = outputs(self, self.srd)
        self._context()

    def decode(self, start: 'int', end: 'int', packet: 'Sequence[Any]') -> 'None':
        """Take a packet from below."""
        if self._layer is None:
            context = self._context()  # hosts may tell the sample rate after the start
            self._packets = self.packets(bus_of(self.form), context)
            self._layer = Layer(self.form_on(packet), context, self._outputs)
        for record in self._packets.feed(start, end, packet):
            self._layer.take(record)

    def form_on(self, packet: 'Sequence[Any]') -> 'Form':
        """Return the form on top of the decoder that sends such packets."""
        return self.form

    def _context(self) -> 'Context':
        return context_of(self.options, self._rate, self.form.stage.protocol)


def outputs(decoder: 'Any', srd: 'Any') -> 'Outputs':
    """Register the outputs of a decoder."""

    def to(kind: 'Any') -> 'Callable[[int, int, Any], None]':
        output = decoder.register(kind)
        put = decoder.put
        return lambda start, end, what: put(start, end, output, what)

    return Outputs(to(srd.OUTPUT_ANN), to(srd.OUTPUT_PYTHON), to(srd.OUTPUT_BINARY))


def bus_of(form: 'Form') -> 'str':
    """Return what the bus of a decoder is called: it knows of no other."""
    return form.stage.protocol + '0'
