"""The programs and libraries of sigrok that do something for us: recording, and other people's decoders.

command.py    finding and running sigrok-cli
device.py     which devices there are, and what one of them would record
recorder.py   a recording under way: samples from the device to a file
decoder_options.py  what decoders have to be told of a capture
stack.py      decoders to run on top of each other, as the user asks for them
wiring.py     on which channels of a capture a stack is to run
host.py       what a host of decoders offers; the one that takes a stack
cli_host.py   decoders run by sigrok-cli
python_host.py  decoders run in this process, by way of pysigrok
samples.py    a capture as pysigrok's decoders want to read it
"""
