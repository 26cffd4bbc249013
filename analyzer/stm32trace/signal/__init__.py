"""Second station: numpy primitives on `Changes`, with no knowledge of any protocol.

bits.py     a row of bits, asked about many places at once
chain.py    which frames are reached from the first
edges.py    which lines change at which entry
glitch.py   drops pulses that are too short to count
"""
