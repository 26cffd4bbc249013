"""The stories in captures/, as dialogues."""

from __future__ import annotations

from collections.abc import Callable

from waves.i2c import I2cWave
from waves.loader import READOUT_UNPROTECT_NS, Loader

FLASH = 0x08000000
# The first words of an image: initial stack pointer and reset vector, as in any vector table of a G071.
VECTORS = bytes.fromhex('0090002015010008 1901000800000000')


def g071_i2c_bricked() -> I2cWave:
    """A G071 is lost in its own firmware update: see captures/g071-i2c-bricked/README.md.

    100 kHz bus, recorded at 2 MHz; 44 seconds.
    """
    wave = Loader(rate=2_000_000, nrst=1, boot0=1)
    wave.idle(0.010).pulse('nrst', 0.005).idle(0.050)
    wave.get().get_id().read_memory(FLASH, VECTORS)
    wave.command(READOUT_UNPROTECT_NS).poll_busy(41.2, every=2.1e-3)
    wave.idle(0.380).pulse('nrst', 0.120).idle(0.250)
    wave.absent(20, every=25e-3)
    wave.idle(0.300).pulse('nrst', 0.050).idle(0.200)
    return wave.absent(20, every=25e-3).idle(0.050)


STORIES: dict[str, Callable[[], I2cWave]] = {'g071-i2c-bricked': g071_i2c_bricked}
