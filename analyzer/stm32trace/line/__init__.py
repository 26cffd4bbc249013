"""Third station: blocks of `Changes` become words of a wire protocol, as columns.

columns.py       the contracts: LineDecoder, Setup, WordColumns
i2c.py           SCL, SDA -> I2cByte, LineHold, LineActivity, ClockStats; it puts together
  i2c_signals.py   SCL edges, START and STOP among the entries of a block
  i2c_words.py     these -> I2cByte
  i2c_holds.py     these -> LineHold
activity.py      what a line did over the whole capture, and how its clock was sampled
levels.py        a slow line (NRST, BOOT0, VDD) -> LevelChange

A module with `DECODER`, a LineDecoder class, is found by `decoders` and decodes its `protocol`.
"""

from __future__ import annotations

from stm32trace.line.columns import LineDecoder, Setup
from stm32trace.registry import plugins

__all__ = ['LineDecoder', 'Setup', 'decoders']


def decoders() -> dict[str, type[LineDecoder]]:
    """Return the class of every line decoder by the protocol it decodes; plug-ins come last and may not replace."""
    found = (plugin.value for plugin in plugins('stm32trace.line', 'DECODER', 'stm32trace.line'))
    result: dict[str, type[LineDecoder]] = {}
    for decoder in found:
        if isinstance(decoder, type) and hasattr(decoder, 'protocol'):
            result.setdefault(decoder.protocol, decoder)
    return result
