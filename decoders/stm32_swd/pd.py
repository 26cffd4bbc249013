"""Serial Wire Debug (ADIv5.2, chapters B4 and B5).

OUTPUT_PYTHON: [type, data] as of the stock decoder `swd`, with more types:

    'AP_READ', 'AP_WRITE', 'DP_READ', 'DP_WRITE'    data: (address, data, acknowledge) of one packet; data is 0
                                                    where there was no data phase
    'LINE_RESET', 'JTAG_TO_SWD', 'NOISE', ...       data: empty; the kinds of SwdSequence in capitals

`data.record` is our record: SwdTransfer or SwdSequence of stm32trace_core/wire/swd.py.
"""

import sigrokdecode as srd

from stm32trace_core.sigrok import clock, layer, rows, settings
from stm32trace_core.wire.swd_reader import SwdReader, pause_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional  # novm


class Decoder(srd.Decoder):
    """SWCLK and SWDIO -> packets and sequences."""

    api_version = 3
    id = 'stm32_swd'
    name = 'STM32 SWD'
    longname = 'Serial Wire Debug with parity, WAIT, FAULT and sequences'
    desc = 'Two-wire debug interface of Arm Cortex-M.'
    license = 'gplv3+'
    inputs = ['logic']
    outputs = ['swd']
    tags = ['Debug/trace']
    channels = (
        {'id': 'swclk', 'name': 'SWCLK', 'desc': 'Clock'},
        {'id': 'swdio', 'name': 'SWDIO', 'desc': 'Data'},
    )
    options = (settings.LIMITS,)  # type: Any  # of a decoder: what is set
    annotations = rows.SWD.annotations
    annotation_rows = rows.SWD.rows

    def __init__(self) -> 'None':
        self.reset()

    def reset(self) -> 'None':
        """Forget everything."""
        self._rate = None  # type: Optional[float]

    def metadata(self, key: 'int', value: 'float') -> 'None':
        """Take the sample rate."""
        if key == srd.SRD_CONF_SAMPLERATE:
            self._rate = value

    def start(self) -> 'None':
        """Register the outputs."""
        self._outputs = layer.outputs(self, srd)

    def decode(self) -> 'None':
        """Read clock cycles for ever."""
        context = settings.context_of(self.options, self._rate, 'swd')
        take = layer.Layer(layer.SWD, context, self._outputs).take
        pause = pause_of(self._rate)
        for item in clock.items(self, SwdReader(layer.bus_of(layer.SWD), pause), pause):
            take(item)
