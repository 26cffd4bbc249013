"""STM32G0: RM0444 (G0x1) and RM0454 (G0x0).

What these tables do not show, of RM0444 rev 5 section 3.4.2 (p. 90) unless said otherwise:
SR.CFGBSY must be clear before CR is touched (stm32g0xx_hal_flash.c). A wrong OPTKEYR sequence locks
the option registers until the next system reset; setting LOCK sets OPTLOCK. After OPTSTRT and BSY1
the option registers still read what was loaded before, until OBL_LAUNCH or a power-on reset. A
reset or a loss of power while options are being programmed makes the part load mismatch values,
which can lock it for good. RDP 1 to 0 erases the flash (p. 93).
"""

from ..register import Field, Register
from .family import (
    RANGES,
    SHADOW,
    Bootloader,
    Device,
    Family,
    Flash,
    Options,
    Peripheral,
    Timing,
)

# Offsets and fields. Source: STMicroelectronics/cmsis_device_g0 6988fd4 (2024-10-01),
# Include/stm32g0c1xx.h, FLASH_TypeDef and FLASH_*_Pos/_Msk; interrupt enables are left out. PNB,
# SEC_SIZE and the second bank are narrower or absent on the smaller lines (stm32g071xx.h,
# stm32g031xx.h); stm32g030xx.h has no SECR.
ACR = Register(
    'ACR',
    0x00,
    (
        Field('LATENCY', 0, 3),
        Field('PRFTEN', 8, 1),
        Field('ICEN', 9, 1),
        Field('ICRST', 11, 1),
        Field('PROGEMPTY', 16, 1),
        Field('DBG_SWEN', 18, 1),
    ),
)
KEYR = Register('KEYR', 0x08, ())
OPTKEYR = Register('OPTKEYR', 0x0C, ())
SR = Register(
    'SR',
    0x10,
    (
        Field('EOP', 0, 1),
        Field('OPERR', 1, 1),
        Field('PROGERR', 3, 1),
        Field('WRPERR', 4, 1),
        Field('PGAERR', 5, 1),
        Field('SIZERR', 6, 1),
        Field('PGSERR', 7, 1),
        Field('MISERR', 8, 1),
        Field('FASTERR', 9, 1),
        Field('RDERR', 14, 1),
        Field('OPTVERR', 15, 1),
        Field('BSY1', 16, 1),
        Field('BSY2', 17, 1),
        Field('CFGBSY', 18, 1),
    ),
)
CR = Register(
    'CR',
    0x14,
    (
        Field('PG', 0, 1),
        Field('PER', 1, 1),
        Field('MER1', 2, 1),
        Field('PNB', 3, 10),
        Field('BKER', 13, 1),
        Field('MER2', 15, 1),
        Field('STRT', 16, 1),
        Field('OPTSTRT', 17, 1),
        Field('FSTPG', 18, 1),
        Field('OBL_LAUNCH', 27, 1),
        Field('SEC_PROT', 28, 1),
        Field('SEC_PROT2', 29, 1),
        Field('OPTLOCK', 30, 1),
        Field('LOCK', 31, 1),
    ),
)
ECCR = Register(
    'ECCR',
    0x18,
    (
        Field('ADDR_ECC', 0, 15),
        Field('SYSF_ECC', 20, 1),
        Field('ECCC', 30, 1),
        Field('ECCD', 31, 1),
    ),
)
ECC2R = Register('ECC2R', 0x1C, ECCR.fields)  # the second bank's
# Start and end of the protected areas, as wide as on stm32g0c1xx.h; stm32g071xx.h and others have
# fewer bits, the rest is reserved there.
PCROP1ASR = Register('PCROP1ASR', 0x24, (Field('STRT', 0, 9),))
PCROP1AER = Register('PCROP1AER', 0x28, (Field('END', 0, 9), Field('PCROP_RDP', 31, 1)))
WRP1AR = Register('WRP1AR', 0x2C, (Field('STRT', 0, 7), Field('END', 16, 7)))
WRP1BR = Register('WRP1BR', 0x30, WRP1AR.fields)
PCROP1BSR = Register('PCROP1BSR', 0x34, PCROP1ASR.fields)
PCROP1BER = Register('PCROP1BER', 0x38, (Field('END', 0, 9),))
PCROP2ASR = Register('PCROP2ASR', 0x44, PCROP1ASR.fields)
PCROP2AER = Register('PCROP2AER', 0x48, PCROP1BER.fields)
WRP2AR = Register('WRP2AR', 0x4C, WRP1AR.fields)
WRP2BR = Register('WRP2BR', 0x50, WRP1AR.fields)
PCROP2BSR = Register('PCROP2BSR', 0x54, PCROP1ASR.fields)
PCROP2BER = Register('PCROP2BER', 0x58, PCROP1BER.fields)
OPTR = Register(
    'OPTR',
    0x20,
    (
        Field('RDP', 0, 8),
        Field('BOR_EN', 8, 1),
        Field('BORR_LEV', 9, 2),
        Field('BORF_LEV', 11, 2),
        Field('nRST_STOP', 13, 1),
        Field('nRST_STDBY', 14, 1),
        Field('nRST_SHDW', 15, 1),
        Field('IWDG_SW', 16, 1),
        Field('IWDG_STOP', 17, 1),
        Field('IWDG_STDBY', 18, 1),
        Field('WWDG_SW', 19, 1),
        Field('nSWAP_BANK', 20, 1),
        Field('DUAL_BANK', 21, 1),
        Field('RAM_PARITY_CHECK', 22, 1),
        Field('nBOOT_SEL', 24, 1),
        Field('nBOOT1', 25, 1),
        Field('nBOOT0', 26, 1),
        Field('NRST_MODE', 27, 2),
        Field('IRHEN', 29, 1),
    ),
)
SECR = Register(
    'SECR',
    0x80,
    (
        Field('SEC_SIZE', 0, 8),
        Field('BOOT_LOCK', 16, 1),
        Field('SEC_SIZE2', 20, 8),
    ),
)

FLASH = Flash(
    # Source: stm32g0c1xx.h FLASH_R_BASE, FLASH_BASE; keys: stm32g0xx_hal_flash.h FLASH_KEY1 to
    # FLASH_OPTKEY2.
    controller_base=0x40022000,
    memory_base=0x08000000,
    erased_value=0xFF,
    program_unit=8,
    unlock_keys=(0x45670123, 0xCDEF89AB),
    option_keys=(0x08192A3B, 0x4C5D6E7F),
    registers=(
        ACR, KEYR, OPTKEYR, SR, CR, ECCR, ECC2R, OPTR, PCROP1ASR, PCROP1AER, WRP1AR, WRP1BR,
        PCROP1BSR, PCROP1BER, PCROP2ASR, PCROP2AER, WRP2AR, WRP2BR, PCROP2BSR, PCROP2BER, SECR,
    ),
    roles={
        # Source: stm32g0xx_hal_flash.c, stm32g0xx_hal_flash_ex.c; openocd src/flash/nor/stm32l4x.c.
        'busy': ('SR.BSY1', 'SR.BSY2', 'SR.CFGBSY'),
        'end_of_operation': ('SR.EOP',),
        'program': ('CR.PG',),
        'page_erase': ('CR.PER',),
        'page_number': ('CR.PNB',),
        'bank_select': ('CR.BKER',),
        'mass_erase': ('CR.MER1', 'CR.MER2'),
        'start': ('CR.STRT',),
        'option_start': ('CR.OPTSTRT',),
        'option_load': ('CR.OBL_LAUNCH',),
        'lock': ('CR.LOCK',),
        'option_lock': ('CR.OPTLOCK',),
        # Cleared by writing 1.
        'error_flags': (
            'SR.OPERR', 'SR.PROGERR', 'SR.WRPERR', 'SR.PGAERR', 'SR.SIZERR', 'SR.PGSERR', 'SR.MISERR',
            'SR.FASTERR', 'SR.RDERR', 'SR.OPTVERR',
        ),
    },
    source='STMicroelectronics/cmsis_device_g0 Include/stm32g0c1xx.h; RM0444 rev 5 section 3',
)  # fmt: skip

OPTIONS = Options(
    # Source: RM0444 rev 5 section 3.4.2 (p. 90); the address: Linux
    # drivers/usb/typec/ucsi/ucsi_stm32g0.c.
    model=SHADOW,
    memory_ranges=((0x1FFF7800, 0x1FFF787F),),
    obl_launch_exists=True,
    load_events=('OBL_LAUNCH', 'power_on_reset'),
    rdp_register='OPTR',
    # Source: RM0444 rev 5, "read protection" (p. 93): any other value is level 1.
    rdp_level0=(0xAA,),
    rdp_level2=(0xCC,),
    boot_lock='SECR.BOOT_LOCK',  # stm32g030xx.h has no SECR
    # Source: RM0444 rev 5 section 3.4.2; ST's answer in the ST Community thread "STM32G071RB MCU
    # bricked/unresponsive after attempting firmware update via I2C".
    mismatch_locks=True,
    source='RM0444 rev 5 section 3.4.2 (p. 90), read protection (p. 93)',
    rdp_address=0x1FFF7800,  # its lowest byte
    write_protection=('WRP1AR', 'WRP1BR', 'WRP2AR', 'WRP2BR'),
    registers=(
        'OPTR', 'PCROP1ASR', 'PCROP1AER', 'WRP1AR', 'WRP1BR', 'PCROP1BSR', 'PCROP1BER', 'PCROP2ASR',
        'PCROP2AER', 'WRP2AR', 'WRP2BR', 'PCROP2BSR', 'PCROP2BER', 'SECR',
    ),
    rdp_field='OPTR.RDP',
    protection=RANGES,
)  # fmt: skip

TIMING = Timing(
    # Source: DS12232 (STM32G071), flash memory characteristics, as quoted in the ST Community
    # thread named above: mass erase 40.1 ms. The page erase time was not looked up again.
    mass_erase_s=0.0401,
    page_erase_s=0.0400,
    verified=False,
    source='DS12232, flash memory characteristics',
    tool_mass_erase_s=0.250,  # FLASH_ERASE_TIMEOUT
    tool_page_erase_s=0.250,
    tool_source='openocd src/flash/nor/stm32l4x.c',
)

DBGMCU_BASE = 0x40015800  # stm32g0c1xx.h DBG_BASE

PERIPHERALS = (
    # Source: stm32g0c1xx.h DBG_TypeDef, RCC_BASE, RCC_CSR_*_Pos, IWDG_BASE.
    Peripheral(
        'DBGMCU',
        DBGMCU_BASE,
        (
            Register('IDCODE', 0x00, (Field('DEV_ID', 0, 12), Field('REV_ID', 16, 16))),
            Register('CR', 0x04, (Field('DBG_STOP', 1, 1), Field('DBG_STANDBY', 2, 1))),
            Register('APBFZ1', 0x08, ()),
            Register('APBFZ2', 0x0C, ()),
        ),
    ),
    Peripheral(
        'RCC',
        0x40021000,
        (
            Register(
                'CSR',
                0x60,
                (
                    Field('LSION', 0, 1),
                    Field('LSIRDY', 1, 1),
                    Field('RMVF', 23, 1),
                    Field('OBLRSTF', 25, 1),
                    Field('PINRSTF', 26, 1),
                    Field('PWRRSTF', 27, 1),
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

BOOTLOADER = Bootloader(
    # Source: RM0444 rev 5 section 3.3.1 (p. 69): 8 KiB at 0x1FFF0000 and 20 KiB at 0x1FFF2000.
    # Pins: STM32CubeG0 OpenBootloader of STM32G0C1E-EV.
    memory=(0x1FFF0000, 0x1FFF6FFF),
    i2c_pins='I2C1: PB6 (SCL), PB7 (SDA); I2C2',
    usart_pins='USART1: PA9 (TX), PA10 (RX); USART2; USART3 on G071, G081, G0B1, G0C1',
    limits=(
        # Source: AN2606 (2023) table 92, as quoted in the ST Community threads "stm32g070kbt6 does
        # not exit usart1 bootloader without a hard reset" and "STM32 G071 System bootloader
        # question".
        (
            0x460,
            0xB2,
            'V11.2: over USART, commands that change option bytes do not launch their loading',
        ),
        # Source: AN2606 rev 68, as quoted in the ST Community thread "STM32G071: I2C Bootloading
        # using system bootloader issue".
        (
            0x460,
            0xB3,
            'V11.3: while USART3 RX (PC11) is tied low, SCL is stretched until a UART time-out',
        ),
    ),
    source='AN2606; RM0444 rev 5 section 3.3.1 (p. 69)',
)

FAMILY = Family(
    key='G0',
    name='STM32G0',
    core='Cortex-M0+',
    sources=(
        'RM0444 rev 5',
        'RM0454',
        'AN2606',
        'STMicroelectronics/cmsis_device_g0 6988fd4',
        'STMicroelectronics/stm32g0xx-hal-driver 289ef6c',
        'openocd-org/openocd src/flash/nor/stm32l4x.c, tcl/target/stm32g0x.cfg',
        'florisla/stm32loader src/stm32loader/devices.py',
    ),
    dbgmcu_idcode=DBGMCU_BASE,
    devices=(
        # DEV_ID and sizes: openocd src/flash/nor/stm32l4x.c; bootloader IDs: stm32loader devices.py
        # (AN2606). I2C addresses: 0x460 Linux ucsi_stm32g0.c; 0x466 AN2606 rev 47 as quoted in ST
        # Community "STM32G030F6 I2C Bootloader V1.2" (rev 45 wrongly said 0x51); 0x467 STM32CubeG0
        # OpenBootloader.
        Device(0x456, 'STM32G05x/G06x', 64, 2048, False, (0x51,), None),
        Device(0x460, 'STM32G07x/G08x', 128, 2048, False, (0xB2, 0xB3), 0x51),
        Device(0x466, 'STM32G03x/G04x', 64, 2048, False, (0x53,), 0x56),
        Device(0x467, 'STM32G0Bx/G0Cx', 512, 2048, True, (0x92, 0xD0), 0x5D),
    ),
    flash=FLASH,
    options=OPTIONS,
    timing=TIMING,
    bootloader=BOOTLOADER,
    dpidr=(0x0BC11477,),  # tcl/target/stm32g0x.cfg; C0 and L0 too
    peripherals=PERIPHERALS,
)
