"""Everything about PulseView that happens outside it: its folders, its session files, starting it.

folders.py    where libsigrokdecode looks for a user's decoders
shipment.py   what is to be installed: our decoder folders and the core they share
install.py    puts it there, takes it away, says what is there
ini.py        the dialect of INI that Qt writes
timestamp.py  the way PulseView writes a time down
stacks.py     which decoders are stacked on which bus
session.py    an analysis as a session file: channels, stacks, markers, view
program.py    which PulseView is on this machine, and starting it
"""
