"""Third station: blocks of `Changes` become words of a wire protocol, as columns.

columns.py       the contracts: LineDecoder, WordColumns
i2c.py           SCL, SDA -> I2cByte, LineHold, LineActivity, ClockStats; it puts together
  i2c_signals.py   SCL edges, START and STOP among the entries of a block
  i2c_words.py     these -> I2cByte
  i2c_holds.py     these -> LineHold
activity.py      what a line did over the whole capture, and how its clock was sampled
levels.py        a slow line (NRST, BOOT0, VDD) -> LevelChange

A module with `DECODER` decodes the protocol it is named for.
"""
