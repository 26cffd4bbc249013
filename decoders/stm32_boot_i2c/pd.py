"""STM32 bootloader on I2C (AN4221), on top of the stock decoder `i2c`.

OUTPUT_PYTHON: [type, record], `record` a named tuple that begins with (start, end, bus); samples, half-open:

    'BootCommand'       a command from its opcode to its last status   stm32trace_core/bootloader/records.py
    'BootStatus'        one status byte, as it is read
    'LoaderInfo'        version and commands of the loader
    'DeviceIdentified'  the part told which one it is
    'FlashOperation'    what was done to the memory                    stm32trace_core/flash/records.py
    'OptionChange'      option bytes were asked to take another value
    'Window'            a span in which something is pending
    'Finding'           what a rule has to say                         stm32trace_core/rules/rule.py

OUTPUT_BINARY: `image`, what was written to memory as it came, and `srec`, the same with addresses.
"""

import sigrokdecode as srd

from stm32trace_core.sigrok import image, layer, rows, settings, words


class Decoder(layer.Stacked, srd.Decoder):
    """Packets of `i2c` -> commands and what they did."""

    api_version = 3
    id = 'stm32_boot_i2c'
    name = 'STM32 boot I²C'
    longname = 'STM32 bootloader on I²C'
    desc = 'STM32 system bootloader: commands, what they did, what went wrong.'
    license = 'gplv3+'
    inputs = ['i2c']
    outputs = ['stm32_boot']
    tags = ['Embedded/industrial', 'Debug/trace']
    options = (settings.FAMILY, settings.ADDRESS, settings.LIMITS, settings.RATE)
    annotations = rows.BOOT_I2C.annotations
    annotation_rows = rows.BOOT_I2C.rows
    binary = image.CLASSES

    srd = srd
    form = layer.BOOT_I2C
    packets = words.I2cPackets
