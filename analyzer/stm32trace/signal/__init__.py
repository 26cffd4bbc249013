"""Second station: numpy primitives on `Changes`, with no knowledge of any protocol.

edges.py    which lines change at which entry
glitch.py   drops pulses that are too short to count
"""
