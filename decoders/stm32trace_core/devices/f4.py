"""STM32F4: RM0090 (F405 to F439), RM0368, RM0383, RM0386, RM0390, RM0401, RM0402, RM0430.

What these tables do not show: OPTCR is written, OPTSTRT set and BSY polled; the whole user configuration
sector is erased and rewritten, and reads as RDP 0xFF when that is cut off (PM0059 2.6, the same text for
F2). A mass erase is refused while any sector is write protected (RM0402 3.6.4). If both MER and SER are
set, neither is done; a write to CR while BSY is set stalls the bus (RM0090 3.6). Under RDP level 1 a read
of flash by the debugger ends in a bus error (PM0059 2.6.3).
"""

from ..register import Field, Register
from .family import (
    CLEAR_BITS,
    DIRECT,
    Bootloader,
    Device,
    Family,
    Flash,
    Options,
    Peripheral,
    Timing,
)

# Offsets and fields. Source: STMicroelectronics/cmsis_device_f4 cdbad76 (2024-07-01),
# Include/stm32f429xx.h, FLASH_TypeDef and FLASH_*_Pos/_Msk; interrupt enables are left out. RDERR,
# MER2, BFB2, DB1M, SPRMOD and OPTCR1 are reserved on lines without proprietary code protection or a
# second bank (stm32f407xx.h).
ACR = Register(
    'ACR',
    0x00,
    (
        Field('LATENCY', 0, 4),
        Field('PRFTEN', 8, 1),
        Field('ICEN', 9, 1),
        Field('DCEN', 10, 1),
        Field('ICRST', 11, 1),
        Field('DCRST', 12, 1),
    ),
)
KEYR = Register('KEYR', 0x04, ())
OPTKEYR = Register('OPTKEYR', 0x08, ())
SR = Register(
    'SR',
    0x0C,
    (
        Field('EOP', 0, 1),
        Field('SOP', 1, 1),
        Field('WRPERR', 4, 1),
        Field('PGAERR', 5, 1),
        Field('PGPERR', 6, 1),
        Field('PGSERR', 7, 1),
        Field('RDERR', 8, 1),
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
        Field('BFB2', 4, 1),
        Field('WDG_SW', 5, 1),
        Field('nRST_STOP', 6, 1),
        Field('nRST_STDBY', 7, 1),
        Field('RDP', 8, 8),
        Field('nWRP', 16, 12),
        Field('DB1M', 30, 1),
        Field('SPRMOD', 31, 1),
    ),
)
OPTCR1 = Register('OPTCR1', 0x18, (Field('nWRP', 16, 12),))

# Source: stm32f413xx.h, FLASH_OPTCR_nWRP: 15 bits, and no DB1M.
OPTCR_F413 = Register(
    'OPTCR',
    0x14,
    (
        Field('OPTLOCK', 0, 1),
        Field('OPTSTRT', 1, 1),
        Field('BOR_LEV', 2, 2),
        Field('WDG_SW', 5, 1),
        Field('nRST_STOP', 6, 1),
        Field('nRST_STDBY', 7, 1),
        Field('RDP', 8, 8),
        Field('nWRP', 16, 15),
        Field('SPRMOD', 31, 1),
    ),
)

FLASH = Flash(
    # Source: stm32f429xx.h FLASH_R_BASE, FLASH_BASE; keys: stm32f4xx_hal_flash.h FLASH_KEY1 to
    # FLASH_OPT_KEY2.
    controller_base=0x40023C00,
    memory_base=0x08000000,
    erased_value=0xFF,
    program_unit=1,  # CR.PSIZE: 1, 2, 4 or 8 bytes
    unlock_keys=(0x45670123, 0xCDEF89AB),
    option_keys=(0x08192A3B, 0x4C5D6E7F),
    registers=(ACR, KEYR, OPTKEYR, SR, CR, OPTCR, OPTCR1),
    roles={
        # Source: stm32f4xx_hal_flash.c, stm32f4xx_hal_flash_ex.c; openocd src/flash/nor/stm32f2x.c.
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
        # Cleared by writing 1.
        'error_flags': ('SR.WRPERR', 'SR.PGAERR', 'SR.PGPERR', 'SR.PGSERR', 'SR.RDERR'),
    },
    source='STMicroelectronics/cmsis_device_f4 Include/stm32f429xx.h; RM0090 section 3',
    # On parts with two banks. Source: openocd src/flash/nor/stm32f2x.c; stm32f4xx_hal_flash_ex.c.
    sector_jump=(16, 12),
)

OPTIONS = Options(
    model=DIRECT,
    # Source: RM0090 section 3.7 (option bytes); the second bank's.
    memory_ranges=((0x1FFEC000, 0x1FFEC00F), (0x1FFFC000, 0x1FFFC00F)),
    obl_launch_exists=False,
    # That OPTSTRT alone applies them is not certain: openocd's stm32f2x.c asks for a reset or a
    # power cycle after it.
    load_events=('OPTSTRT', 'reset', 'power_on_reset'),
    rdp_register='OPTCR',
    rdp_level0=(0xAA,),  # RM0090 3.7.3, table of protection levels
    rdp_level2=(0xCC,),
    boot_lock=None,
    mismatch_locks=False,
    source='RM0090 section 3.7; RM0402 rev 6 3.6.4 (p. 70)',
    rdp_address=0x1FFFC001,  # the second byte of the word
    write_protection=('OPTCR', 'OPTCR1'),
    registers=('OPTCR', 'OPTCR1'),
    rdp_field='OPTCR.RDP',
    protection=CLEAR_BITS,
    protection_inverts='OPTCR.SPRMOD',  # RM0090 3.7.5: then a set bit keeps code from being read
)

TIMING = Timing(
    # 32 s for a mass erase eight bits at a time: openocd src/flash/nor/stm32f2x.c. The time of a
    # sector is from memory of the data sheets; not looked up again.
    mass_erase_s=32.0,
    page_erase_s=4.0,
    verified=False,
    source='DS9405, flash memory characteristics',
    tool_mass_erase_s=33.0,  # FLASH_MASS_ERASE_TIMEOUT
    tool_page_erase_s=10.0,  # FLASH_ERASE_TIMEOUT
    tool_source='openocd src/flash/nor/stm32f2x.c',
)

BOOTLOADER = Bootloader(
    # Source: AN2606. The addresses of single parts are in the devices below.
    memory=(0x1FFF0000, 0x1FFF77FF),
    i2c_pins='',
    usart_pins='USART1: PA9 (TX), PA10 (RX)',
    limits=(),
    source='AN2606',
)

DBGMCU_BASE = 0xE0042000  # stm32f429xx.h DBGMCU_BASE

PERIPHERALS = (
    # Source: stm32f429xx.h DBGMCU_TypeDef, RCC_BASE, RCC_CSR_*_Pos, IWDG_BASE.
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

SMALLEST = 16 * 1024
BANK = (16, 16, 16, 16, 64, 128, 128, 128, 128, 128, 128, 128)  # RM0090 table 5: 1 MiB

FAMILY = Family(
    key='F4',
    name='STM32F4',
    core='Cortex-M4',
    sources=(
        'RM0090',
        'RM0402 rev 6',
        'PM0059',
        'AN2606',
        'STMicroelectronics/cmsis_device_f4 cdbad76',
        'STMicroelectronics/stm32f4xx-hal-driver 61d7164',
        'openocd-org/openocd src/flash/nor/stm32f2x.c, tcl/target/stm32f4x.cfg',
        'florisla/stm32loader src/stm32loader/devices.py',
    ),
    dbgmcu_idcode=DBGMCU_BASE,
    devices=(
        # DEV_ID and sectors: openocd src/flash/nor/stm32f2x.c; bootloader IDs: stm32loader
        # devices.py (AN2606); 0x39: chrome-ec util/stm32mon.c.
        Device(0x413, 'STM32F405/F407/F415/F417', 1024, SMALLEST, False, (0x31, 0x91), None, BANK),
        Device(0x419, 'STM32F42x/F43x', 2048, SMALLEST, True, (0x70, 0x91), None, BANK + BANK),
        Device(0x421, 'STM32F446', 512, SMALLEST, False, (0x90,), None, BANK[:8]),
        Device(0x423, 'STM32F401xB/C', 256, SMALLEST, False, (0xD1,), None, BANK[:6]),
        Device(0x431, 'STM32F411', 512, SMALLEST, False, (0xD0,), 0x39, BANK[:8]),
        Device(0x433, 'STM32F401xD/E', 512, SMALLEST, False, (0xD1,), None, BANK[:8]),
        Device(0x434, 'STM32F469/F479', 2048, SMALLEST, True, (0x90,), None, BANK + BANK),
        Device(0x441, 'STM32F412', 1024, SMALLEST, False, (0x90,), None, BANK),
        Device(0x458, 'STM32F410', 128, SMALLEST, False, (0xB1,), None, BANK[:5]),
        Device(
            0x463, 'STM32F413/F423', 1536, SMALLEST, False, (0x90,), None,
            BANK + BANK[-1:] * 4, (), (OPTCR_F413,),
        ),
    ),
    flash=FLASH,
    options=OPTIONS,
    timing=TIMING,
    bootloader=BOOTLOADER,
    dpidr=(0x2BA01477,),  # tcl/target/stm32f4x.cfg; F2, F3, G4, L1 and L4 too
    peripherals=PERIPHERALS,
)  # fmt: skip
