"""Debug and access ports (ADIv5) on top of SWD.

OUTPUT_PYTHON: [type, record], `record` a named tuple that begins with (start, end, bus); samples, half-open:

    'MemoryAccess'    one access to memory                         stm32trace_core/adi/records.py
    'RegisterAccess'  one access to a register of a port itself
    'AckRun'          packets in a row answered the same, not OK
    'ParityError'     a data phase whose parity bit is wrong
    'LinkReset'       the host began anew

OUTPUT_BINARY: `image`, what was written to memory as it came, and `srec`, the same with addresses.
"""

import sigrokdecode as srd

from stm32trace_core.sigrok import image, layer, rows, settings, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence  # novm


class Decoder(layer.Stacked, srd.Decoder):
    """Packets of `swd`, stock or ours -> accesses."""

    api_version = 3
    id = 'stm32_adi'
    name = 'STM32 ADI'
    longname = 'Arm debug port and memory accesses'
    desc = 'Registers of debug and access ports, and memory through them.'
    license = 'gplv3+'
    inputs = ['swd']
    outputs = ['stm32_adi']
    tags = ['Debug/trace']
    options = (settings.LIMITS, settings.RATE)
    annotations = rows.ADI.annotations
    annotation_rows = rows.ADI.rows
    binary = image.CLASSES

    srd = srd
    form = layer.ADI
    packets = words.SwdPackets

    def form_on(self, packet: 'Sequence[Any]') -> 'layer.Form':
        """The stock decoder says less, and less surely."""
        return layer.ADI if words.is_ours(packet) else layer.ADI_ON_STOCK
