"""STM32F1: RM0008 (F101 to F107), RM0041 (F100), PM0075 and PM0068 (flash programming).

What these tables do not show: option bytes are erased as a whole (OPTER, STRT) and written as half-words
under OPTPG; the upper half of each is its complement. They are loaded at a system reset. OPTWRE is set by
hardware after the right keys in OPTKEYR. Writing 0xA5 as RDP, which lifts the protection, erases the main
flash first (PM0075 2.4.1). There is no level 2.
"""

from ..register import Field, Register
from .family import (
    CLEAR_BITS,
    HALFWORDS,
    Bootloader,
    Device,
    Family,
    Flash,
    Options,
    Peripheral,
    Timing,
)

# Offsets and fields. Source: STMicroelectronics/cmsis_device_f1 8a76309 (2024-08-02),
# Include/stm32f103xg.h, FLASH_TypeDef and FLASH_*_Pos/_Msk; interrupt enables are left out. The
# registers that end in 2 are the second controller of the XL-density line.
ACR = Register(
    'ACR',
    0x00,
    (Field('LATENCY', 0, 3), Field('HLFCYA', 3, 1), Field('PRFTBE', 4, 1), Field('PRFTBS', 5, 1)),
)
KEYR = Register('KEYR', 0x04, ())
OPTKEYR = Register('OPTKEYR', 0x08, ())
SR = Register(
    'SR',
    0x0C,
    (Field('BSY', 0, 1), Field('PGERR', 2, 1), Field('WRPRTERR', 4, 1), Field('EOP', 5, 1)),
)
CR = Register(
    'CR',
    0x10,
    (
        Field('PG', 0, 1),
        Field('PER', 1, 1),
        Field('MER', 2, 1),
        Field('OPTPG', 4, 1),
        Field('OPTER', 5, 1),
        Field('STRT', 6, 1),
        Field('LOCK', 7, 1),
        Field('OPTWRE', 9, 1),
    ),
)
AR = Register('AR', 0x14, ())
OBR = Register(
    'OBR',
    0x1C,
    (
        Field('OPTERR', 0, 1),
        Field('RDPRT', 1, 1),
        Field('WDG_SW', 2, 1),
        Field('nRST_STOP', 3, 1),
        Field('nRST_STDBY', 4, 1),
        Field('BFB2', 5, 1),
        Field('DATA0', 10, 8),
        Field('DATA1', 18, 8),
    ),
)
WRPR = Register('WRPR', 0x20, (Field('WRP', 0, 32),))
KEYR2 = Register('KEYR2', 0x44, ())
SR2 = Register('SR2', 0x4C, SR.fields)
CR2 = Register(
    'CR2',
    0x50,
    (
        Field('PG', 0, 1),
        Field('PER', 1, 1),
        Field('MER', 2, 1),
        Field('STRT', 6, 1),
        Field('LOCK', 7, 1),
    ),
)
AR2 = Register('AR2', 0x54, ())

FLASH = Flash(
    # Source: stm32f103xg.h FLASH_R_BASE, FLASH_BASE; keys: PM0075 2.3.1 and 2.4.3, openocd
    # src/flash/nor/stm32f1x.c; the option keys are the same two.
    controller_base=0x40022000,
    memory_base=0x08000000,
    erased_value=0xFF,
    program_unit=2,
    unlock_keys=(0x45670123, 0xCDEF89AB),
    option_keys=(0x45670123, 0xCDEF89AB),
    registers=(ACR, KEYR, OPTKEYR, SR, CR, AR, OBR, WRPR, KEYR2, SR2, CR2, AR2),
    roles={
        # Source: openocd src/flash/nor/stm32f1x.c; PM0075 2.3.
        'busy': ('SR.BSY',),
        'end_of_operation': ('SR.EOP',),
        'program': ('CR.PG',),
        'page_erase': ('CR.PER',),
        'mass_erase': ('CR.MER',),
        'start': ('CR.STRT',),
        'option_program': ('CR.OPTPG',),
        'option_erase': ('CR.OPTER',),
        'lock': ('CR.LOCK',),
        # Cleared by writing 1.
        'error_flags': ('SR.PGERR', 'SR.WRPRTERR'),
    },
    source='STMicroelectronics/cmsis_device_f1 Include/stm32f103xg.h; PM0075',
    write_only=('KEYR', 'OPTKEYR', 'AR', 'KEYR2', 'AR2'),  # PM0075 chapter 3
    page_address='AR',
    second=('2', 0x08080000),  # PM0068 2.2 (XL-density), table of the memory
)

OPTIONS = Options(
    model=HALFWORDS,
    # Source: PM0075 2.5 (option byte description).
    memory_ranges=((0x1FFFF800, 0x1FFFF80F),),
    obl_launch_exists=False,
    load_events=('system_reset', 'power_on_reset'),  # PM0075 2.5, note
    rdp_register='OBR',
    rdp_level0=(0xA5,),  # PM0075 2.4.1: RDPRT key
    rdp_level2=(),
    boot_lock=None,
    mismatch_locks=False,
    source='PM0075 2.4 and 2.5; openocd src/flash/nor/stm32f1x.c',
    rdp_address=0x1FFFF800,
    write_protection=('WRPR',),
    registers=('OBR', 'WRPR'),
    rdp_field='OBR.RDPRT',
    protection=CLEAR_BITS,
    half_words={
        0x1FFFF800: 'RDP',
        0x1FFFF802: 'USER',
        0x1FFFF804: 'DATA0',
        0x1FFFF806: 'DATA1',
        0x1FFFF808: 'WRP0',
        0x1FFFF80A: 'WRP1',
        0x1FFFF80C: 'WRP2',
        0x1FFFF80E: 'WRP3',
    },
)

TIMING = Timing(
    # From memory of the data sheets (DS5319, flash memory characteristics); not looked up again.
    mass_erase_s=0.040,
    page_erase_s=0.040,
    verified=False,
    source='DS5319, flash memory characteristics',
    tool_mass_erase_s=0.100,  # FLASH_ERASE_TIMEOUT
    tool_page_erase_s=0.100,
    tool_source='openocd src/flash/nor/stm32f1x.c',
)

BOOTLOADER = Bootloader(
    # Source: AN2606; 0x1FFFB000 on the connectivity line and 0x1FFFE000 on XL-density, to the same end.
    memory=(0x1FFFF000, 0x1FFFF7FF),
    i2c_pins='',
    usart_pins='USART1: PA9 (TX), PA10 (RX)',
    limits=(),
    source='AN2606; AN2662',
)

DBGMCU_BASE = 0xE0042000  # stm32f103xg.h DBGMCU_BASE

PERIPHERALS = (
    # Source: stm32f103xg.h DBGMCU_TypeDef, RCC_BASE, RCC_CSR_*_Pos, IWDG_BASE.
    Peripheral(
        'DBGMCU',
        DBGMCU_BASE,
        (
            Register('IDCODE', 0x00, (Field('DEV_ID', 0, 12), Field('REV_ID', 16, 16))),
            Register(
                'CR',
                0x04,
                (
                    Field('DBG_SLEEP', 0, 1),
                    Field('DBG_STOP', 1, 1),
                    Field('DBG_STANDBY', 2, 1),
                    Field('DBG_IWDG_STOP', 8, 1),
                    Field('DBG_WWDG_STOP', 9, 1),
                ),
            ),
        ),
    ),
    Peripheral(
        'RCC',
        0x40021000,
        (
            Register(
                'CSR',
                0x24,
                (
                    Field('LSION', 0, 1),
                    Field('LSIRDY', 1, 1),
                    Field('RMVF', 24, 1),
                    Field('PINRSTF', 26, 1),
                    Field('PORRSTF', 27, 1),
                    Field('SFTRSTF', 28, 1),
                    Field('IWDGRSTF', 29, 1),
                    Field('WWDGRSTF', 30, 1),
                    Field('LPWRRSTF', 31, 1),
                ),
            ),
        ),
    ),
    Peripheral(
        'IWDG',
        0x40003000,
        (
            Register('KR', 0x00, ()),
            Register('PR', 0x04, ()),
            Register('RLR', 0x08, ()),
            Register('SR', 0x0C, ()),
        ),
    ),
)

FAMILY = Family(
    key='F1',
    name='STM32F1',
    core='Cortex-M3',
    sources=(
        'RM0008',
        'RM0041',
        'PM0075',
        'PM0068',
        'AN2606',
        'STMicroelectronics/cmsis_device_f1 8a76309',
        'openocd-org/openocd src/flash/nor/stm32f1x.c, tcl/target/stm32f1x.cfg',
        'florisla/stm32loader src/stm32loader/devices.py',
    ),
    dbgmcu_idcode=DBGMCU_BASE,
    devices=(
        # DEV_ID, sizes: openocd src/flash/nor/stm32f1x.c; bootloader IDs: stm32loader devices.py
        # (AN2606).
        Device(0x410, 'STM32F10x medium-density', 128, 1024, False, (), None),
        Device(0x412, 'STM32F10x low-density', 32, 1024, False, (), None),
        Device(0x414, 'STM32F10x high-density', 512, 2048, False, (), None),
        Device(0x418, 'STM32F105/F107 connectivity line', 256, 2048, False, (), None),
        Device(
            0x420, 'STM32F100 low- and medium-density value line', 128, 1024, False, (0x10,), None
        ),
        Device(0x428, 'STM32F100 high-density value line', 512, 2048, False, (0x10,), None),
        Device(0x430, 'STM32F10x XL-density', 1024, 2048, True, (0x21,), None),
    ),
    flash=FLASH,
    options=OPTIONS,
    timing=TIMING,
    bootloader=BOOTLOADER,
    dpidr=(0x1BA01477,),  # tcl/target/stm32f1x.cfg
    peripherals=PERIPHERALS,
)
