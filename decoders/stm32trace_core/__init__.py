"""What PulseView and the analyzer share: records, protocol machines, device tables and rules.

Standard library only, Python 3.4 syntax. The stations, in the order in which a record passes them:

    record, machine, context   what a record, a machine and its surroundings are
    bits, register             bit order, checksums; a word read as named fields
    lines                      records of single lines: levels, resets, holds, clock statistics
    wire                       bus words and transfers (I2cByte -> I2cTransfer)
    bootloader                 the ROM loader's commands (I2cTransfer -> BootCommand)
    devices                    one table per STM32 family
    flash                      what the commands did to the part (BootCommand -> FlashOperation, Window)
    rules                      one file per rule (records -> Finding), and the engine that runs them
    describe                   a record as text
"""
