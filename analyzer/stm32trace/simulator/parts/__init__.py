"""The virtual part: memory, flash controllers, option bytes and what they protect.

models.py    what the parts are that can be simulated
part.py      one part on a board: reset, supply, protection, and the verbs that debug port and loader use
memory.py    who answers at an address
cells.py     flash memory as cells: erased, programmed, torn
flash.py     what all flash controllers have: one operation at a time, which a reset interrupts
flash_g0.py  flash_f4.py  flash_f1.py    registers, keys and option bytes of each kind
"""
