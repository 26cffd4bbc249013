"""The system bootloader of the virtual part.

engine.py    commands and what they do to the part, whatever carries the bytes
uart.py      a serial line, with automatic baud rate
i2c.py       an I2C slave
"""
