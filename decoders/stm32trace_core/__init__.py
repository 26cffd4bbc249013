"""What PulseView and the analyzer share: records, protocol machines, device tables and rules.

Standard library only, Python 3.4 syntax. The stations, in the order in which a record passes them:

    record, machine, context   what a record, a machine and its surroundings are
    bits, register             bit order, checksums; a word read as named fields
    lines                      records of single lines: levels, resets, holds, clock statistics
    network                    carries records from machine to machine, and knows all machines
    resets                     when the slow lines had which level, and what reset the part
    wire                       bus words and transfers (I2cByte -> I2cTransfer; SwdTransfer)
    bootloader                 the ROM loader's commands (I2cTransfer, UartWord -> BootCommand)
    adi                        the debug and access ports (SwdTransfer -> RegisterAccess, MemoryAccess)
    devices                    one table per STM32 family
    cortex                     core debug, and programs run in SRAM (MemoryAccess -> DebugControl, RamLoaderRun)
    flash                      what was done to the part (BootCommand, MemoryAccess -> FlashOperation, Window)
    rules                      one file per rule (records -> Finding), and the engine that runs them
    describe                   a record as text
"""
