"""The debug port of the virtual part: SWD bits, DP and MEM-AP, and the core behind them.

swd.py       bits on SWCLK and SWDIO -> requests and their answers
dap.py       DP and AP registers -> accesses to memory
"""
