"""What lets real host tools talk to a virtual part.

pseudo_terminal.py   a serial port that a tool can open
buspirate.py         SWD for OpenOCD's Bus Pirate driver
"""
