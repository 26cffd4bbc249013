"""The ROM bootloader's protocol: commands, frames and their outcome, over UART, I2C (and later SPI, CAN)."""
