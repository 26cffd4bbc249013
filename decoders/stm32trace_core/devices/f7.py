"""STM32F7: RM0385 (F74x, F75x), RM0410 (F76x, F77x), RM0431 (F72x, F73x).

What these tables do not show: as on F2 and F4, OPTCR is written, OPTSTRT set and BSY polled; the user
configuration sector is erased and rewritten (PM0059 2.6 has the text). One write-protected sector refuses
the mass erase. SR bit 7 is ERSERR, where F2 and F4 have PGSERR. Flash is seen at 0x08000000 (AXIM) and at
0x00200000 (ITCM).
"""

from ..register import Field, Register
from .family import (
    CLEAR_BITS,
    DIRECT,
    KIB,
    Bootloader,
    Device,
    Family,
    Flash,
    Options,
    Peripheral,
    Timing,
)

# Offsets and fields. Source: STMicroelectronics/cmsis_device_f7 b01bc43 (2024-05-27),
# Include/stm32f767xx.h, FLASH_TypeDef and FLASH_*_Pos/_Msk; interrupt enables are left out. MER2,
# nDBOOT and nDBANK are those of the lines with two banks.
ACR = Register(
    'ACR',
    0x00,
    (Field('LATENCY', 0, 4), Field('PRFTEN', 8, 1), Field('ARTEN', 9, 1), Field('ARTRST', 11, 1)),
)
KEYR = Register('KEYR', 0x04, ())
OPTKEYR = Register('OPTKEYR', 0x08, ())
SR = Register(
    'SR',
    0x0C,
    (
        Field('EOP', 0, 1),
        Field('OPERR', 1, 1),
        Field('WRPERR', 4, 1),
        Field('PGAERR', 5, 1),
        Field('PGPERR', 6, 1),
        Field('ERSERR', 7, 1),
        Field('BSY', 16, 1),
    ),
)
CR = Register(
    'CR',
    0x10,
    (
        Field('PG', 0, 1),
        Field('SER', 1, 1),
        Field('MER', 2, 1),
        Field('SNB', 3, 5),
        Field('PSIZE', 8, 2),
        Field('MER2', 15, 1),
        Field('STRT', 16, 1),
        Field('LOCK', 31, 1),
    ),
)
OPTCR = Register(
    'OPTCR',
    0x14,
    (
        Field('OPTLOCK', 0, 1),
        Field('OPTSTRT', 1, 1),
        Field('BOR_LEV', 2, 2),
        Field('WWDG_SW', 4, 1),
        Field('IWDG_SW', 5, 1),
        Field('nRST_STOP', 6, 1),
        Field('nRST_STDBY', 7, 1),
        Field('RDP', 8, 8),
        Field('nWRP', 16, 12),
        Field('nDBOOT', 28, 1),
        Field('nDBANK', 29, 1),
        Field('IWDG_STDBY', 30, 1),
        Field('IWDG_STOP', 31, 1),
    ),
)
OPTCR1 = Register('OPTCR1', 0x18, (Field('BOOT_ADD0', 0, 16), Field('BOOT_ADD1', 16, 16)))

# Source: stm32f722xx.h: eight sectors, one bank, and read protection of code (PCROP).
SR_F72 = Register('SR', 0x0C, SR.fields[:-1] + (Field('RDERR', 8, 1), SR.fields[-1]))
EIGHT_SECTORS = tuple(
    Field('nWRP', 16, 8) if field.name == 'nWRP' else field
    for field in OPTCR.fields
    if field.name not in ('nDBOOT', 'nDBANK')
)
OPTCR_8 = Register('OPTCR', 0x14, EIGHT_SECTORS)  # stm32f746xx.h as well
OPTCR2 = Register('OPTCR2', 0x1C, (Field('PCROP', 0, 8), Field('PCROP_RDP', 31, 1)))

FLASH = Flash(
    # Source: stm32f767xx.h FLASH_R_BASE, FLASHAXI_BASE; keys: stm32f7xx_hal_flash.h FLASH_KEY1 to
    # FLASH_OPT_KEY2.
    controller_base=0x40023C00,
    memory_base=0x08000000,
    erased_value=0xFF,
    program_unit=1,  # CR.PSIZE: 1, 2, 4 or 8 bytes
    unlock_keys=(0x45670123, 0xCDEF89AB),
    option_keys=(0x08192A3B, 0x4C5D6E7F),
    registers=(ACR, KEYR, OPTKEYR, SR, CR, OPTCR, OPTCR1, OPTCR2),
    roles={
        # Source: stm32f7xx_hal_flash.c, stm32f7xx_hal_flash_ex.c; openocd src/flash/nor/stm32f2x.c.
        'busy': ('SR.BSY',),
        'end_of_operation': ('SR.EOP',),
        'program': ('CR.PG',),
        'page_erase': ('CR.SER',),
        'page_number': ('CR.SNB',),
        'mass_erase': ('CR.MER', 'CR.MER2'),
        'start': ('CR.STRT',),
        'option_start': ('OPTCR.OPTSTRT',),
        'lock': ('CR.LOCK',),
        'option_lock': ('OPTCR.OPTLOCK',),
        # Cleared by writing 1. RDERR is on F72x and F73x only.
        'error_flags': (
            'SR.OPERR', 'SR.WRPERR', 'SR.PGAERR', 'SR.PGPERR', 'SR.ERSERR', 'SR.RDERR',
        ),
    },
    source='STMicroelectronics/cmsis_device_f7 Include/stm32f767xx.h; RM0410 section 3',
    sector_jump=(16, 12),  # stm32f7xx_hal_flash_ex.c, FLASH_Erase_Sector
    one_bank='OPTCR.nDBANK',
)  # fmt: skip

OPTIONS = Options(
    model=DIRECT,
    memory_ranges=((0x1FFF0000, 0x1FFF001F),),  # RM0431 3.4 (option bytes)
    obl_launch_exists=False,
    # That OPTSTRT alone applies them is not certain: openocd's stm32f2x.c asks for a reset or a
    # power cycle after it.
    load_events=('OPTSTRT', 'reset', 'power_on_reset'),
    rdp_register='OPTCR',
    rdp_level0=(0xAA,),  # RM0431 3.5 (protection levels)
    rdp_level2=(0xCC,),
    boot_lock=None,
    mismatch_locks=False,
    source='RM0431 sections 3.4 and 3.5; RM0410 section 3',
    rdp_address=0x1FFF0001,  # the second byte of the word
    write_protection=('OPTCR',),
    registers=('OPTCR', 'OPTCR1', 'OPTCR2'),
    rdp_field='OPTCR.RDP',
    protection=CLEAR_BITS,
)

TIMING = Timing(
    # 32 s for a mass erase eight bits at a time: openocd src/flash/nor/stm32f2x.c. The time of a
    # sector is from memory of the data sheets; not looked up again.
    mass_erase_s=32.0,
    page_erase_s=4.0,
    verified=False,
    source='DS11853, flash memory characteristics',
    tool_mass_erase_s=33.0,  # FLASH_MASS_ERASE_TIMEOUT
    tool_page_erase_s=10.0,  # FLASH_ERASE_TIMEOUT
    tool_source='openocd src/flash/nor/stm32f2x.c',
)

BOOTLOADER = Bootloader(
    memory=(0x1FF00000, 0x1FF0EDBF),  # AN2606; on ITCM at 0x00100000
    i2c_pins='',
    usart_pins='USART1: PA9 (TX), PA10 (RX)',
    limits=(),
    source='AN2606',
)

DBGMCU_BASE = 0xE0042000  # stm32f767xx.h DBGMCU_BASE

PERIPHERALS = (
    # Source: stm32f767xx.h DBGMCU_TypeDef, RCC_BASE, RCC_CSR_*_Pos, IWDG_BASE.
    Peripheral(
        'DBGMCU',
        DBGMCU_BASE,
        (
            Register('IDCODE', 0x00, (Field('DEV_ID', 0, 12), Field('REV_ID', 16, 16))),
            Register(
                'CR',
                0x04,
                (Field('DBG_SLEEP', 0, 1), Field('DBG_STOP', 1, 1), Field('DBG_STANDBY', 2, 1)),
            ),
            Register(
                'APB1_FZ', 0x08, (Field('DBG_WWDG_STOP', 11, 1), Field('DBG_IWDG_STOP', 12, 1))
            ),
            Register('APB2_FZ', 0x0C, ()),
        ),
    ),
    Peripheral(
        'RCC',
        0x40023800,
        (
            Register(
                'CSR',
                0x74,
                (
                    Field('LSION', 0, 1),
                    Field('LSIRDY', 1, 1),
                    Field('RMVF', 24, 1),
                    Field('BORRSTF', 25, 1),
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

F72_SECTORS = (16, 16, 16, 16, 64, 128, 128, 128)  # RM0431 table "flash memory organization"
F74_SECTORS = (32, 32, 32, 32, 128, 256, 256, 256)  # RM0385
F76_SECTORS = F74_SECTORS + (256, 256, 256, 256)  # RM0410, one bank
F76_BANK = (16, 16, 16, 16, 64, 128, 128, 128, 128, 128, 128, 128)  # RM0410, each of two banks

FAMILY = Family(
    key='F7',
    name='STM32F7',
    core='Cortex-M7',
    sources=(
        'RM0385',
        'RM0410',
        'RM0431',
        'AN2606',
        'STMicroelectronics/cmsis_device_f7 b01bc43',
        'openocd-org/openocd src/flash/nor/stm32f2x.c, tcl/target/stm32f7x.cfg',
        'florisla/stm32loader src/stm32loader/devices.py',
    ),
    dbgmcu_idcode=DBGMCU_BASE,
    devices=(
        # DEV_ID and sectors: openocd src/flash/nor/stm32f2x.c; bootloader IDs: stm32loader
        # devices.py (AN2606).
        Device(
            0x449, 'STM32F74x/F75x', 1024, 32 * KIB, False, (0x70, 0x90), None,
            F74_SECTORS, (), (OPTCR_8,),
        ),
        Device(
            0x451, 'STM32F76x/F77x', 2048, 16 * KIB, True, (0x93,), None,
            F76_SECTORS, F76_BANK + F76_BANK,
        ),
        Device(
            0x452, 'STM32F72x/F73x', 512, 16 * KIB, False, (0x90,), None,
            F72_SECTORS, (), (SR_F72, OPTCR_8),
        ),
    ),
    flash=FLASH,
    options=OPTIONS,
    timing=TIMING,
    bootloader=BOOTLOADER,
    dpidr=(0x5BA02477,),  # tcl/target/stm32f7x.cfg
    peripherals=PERIPHERALS,
)  # fmt: skip
