"""Flash, option bytes and core of an STM32, on top of `stm32_adi`.

OUTPUT_PYTHON: [type, record], `record` a named tuple that begins with (start, end, bus); samples, half-open:

    'PeripheralAccess'  an access to a register that has a name   stm32trace_core/flash/records.py
    'PartFamily'        whose table tells what the registers are
    'DeviceIdentified'  the part told which one it is             stm32trace_core/bootloader/records.py
    'OptionState'       the options in force, as read
    'FlashOperation'    what was done to the memory
    'OptionChange'      option bytes were asked to take another value
    'Window'            a span in which something is pending
    'DebugControl'      halt, run, step, reset of the core        stm32trace_core/cortex/records.py
    'RamLoaderRun'      a program in SRAM was run
    'Finding'           what a rule has to say                    stm32trace_core/rules/rule.py

OUTPUT_BINARY: `image`, what was programmed as it came, and `srec`, the same with addresses. What a program in
SRAM writes is not on the wire; the data it is given are among the memory writes of `stm32_adi`.
"""

import sigrokdecode as srd

from stm32trace_core.sigrok import image, layer, rows, settings, words


class Decoder(layer.Stacked, srd.Decoder):
    """Packets of `stm32_adi` -> what was done to the part."""

    api_version = 3
    id = 'stm32_flash'
    name = 'STM32 flash'
    longname = 'STM32 flash, option bytes and core'
    desc = 'What a debugger did to an STM32, and what went wrong.'
    license = 'gplv3+'
    inputs = ['stm32_adi']
    outputs = ['stm32_flash']
    tags = ['Debug/trace', 'IC']
    options = (settings.FAMILY, settings.LIMITS, settings.RATE)
    annotations = rows.FLASH.annotations
    annotation_rows = rows.FLASH.rows
    binary = image.CLASSES

    srd = srd
    form = layer.FLASH
    packets = words.Records
