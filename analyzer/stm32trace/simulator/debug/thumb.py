"""Runs code in SRAM with Unicorn, so that a flash loader really works on the virtual part.

Only SRAM can hold code: the firmware in the main memory is not run. Time passes in slices; within one, peripherals
stand still. Code that polls a flash which is busy would only repeat itself, so its time is skipped.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from stm32trace.errors import OptionError
from stm32trace.simulator.board import PS
from stm32trace.simulator.debug.dap import BusFaultError

if TYPE_CHECKING:
    from stm32trace.simulator.debug.core import Core
    from stm32trace.simulator.parts.part import Part

CLOCK_HZ = 16_000_000  # of the core after a reset: HSI. Source: RM0444 5.2, RM0090 6.2
SLICE = 20 * PS // 10**6
INSTRUCTIONS = CLOCK_HZ * SLICE // PS
POLLS = 3  # reads of one register in a slice after which its value is what the code waits for
PERIPHERALS = (0x4000_0000, 0x2000_0000)
PRIVATE = (0xE000_0000, 0x10_0000)
FLASH_WINDOWS = ((0, 0x10_0000), (0x0800_0000, 0x40_0000), (0x1FF0_0000, 0x10_0000))
BKPT_EXCEPTION = 7  # Unicorn's number of the exception that BKPT raises
PC = 15


class ThumbRunner:
    """The core of one part. Raises OptionError where Unicorn is not installed."""

    def __init__(self, part: Part) -> None:
        try:
            import unicorn
            from unicorn import arm_const as constants
        except ImportError:
            raise OptionError(
                'running a flash loader in SRAM: expected the package unicorn, found none;'
                ' install it with `pip install "stm32trace[simulate]"`'
            ) from None
        self._error: type[Exception] = unicorn.UcError  # type: ignore[attr-defined]  # not in its __all__
        self._part = part
        machine: Any = unicorn.Uc(  # type: ignore[attr-defined, no-untyped-call]  # without annotations
            unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS
        )
        models = {'G0': constants.UC_CPU_ARM_CORTEX_M0, 'F1': constants.UC_CPU_ARM_CORTEX_M3}
        machine.ctl_set_cpu_model(models.get(part.model.family, constants.UC_CPU_ARM_CORTEX_M4))
        self._machine = machine
        self._names = [
            *(getattr(constants, f'UC_ARM_REG_R{number}') for number in range(13)),
            constants.UC_ARM_REG_SP, constants.UC_ARM_REG_LR, constants.UC_ARM_REG_PC, constants.UC_ARM_REG_XPSR,
        ]  # fmt: skip
        self._map(unicorn)
        machine.hook_add(unicorn.UC_HOOK_INTR, self._exception)
        self._at_breakpoint = False
        self._polled: dict[int, int] = {}

    def _map(self, unicorn: Any) -> None:
        base, size = self._part.model.sram
        shared = (ctypes.c_char * size).from_buffer(self._part.ram.data)
        self._machine.mem_map_ptr(base, size, unicorn.UC_PROT_ALL, ctypes.addressof(shared))
        self._shared = shared  # keeps the buffer where it is
        for start, length in (*FLASH_WINDOWS, PERIPHERALS, PRIVATE):
            self._machine.mmio_map(start, length, self._load, start, self._store, start)

    def run(self, core: Core) -> int:
        """Execute for a slice; return after how many picoseconds to go on, 0 for not at all."""
        base, size = self._part.model.sram
        if not base <= core.registers[PC] < base + size:
            return 0
        machine = self._machine
        for name, value in zip(self._names, core.registers, strict=False):
            machine.reg_write(name, value)
        machine.ctl_flush_tb()
        self._polled.clear()
        self._at_breakpoint = False
        try:
            machine.emu_start(core.registers[PC] | 1, base + size, count=INSTRUCTIONS)
        except self._error:
            if not self._at_breakpoint:
                return 0
        for place, name in enumerate(self._names):
            core.registers[place] = machine.reg_read(name)
        core.registers[PC] &= ~1
        if self._at_breakpoint:
            core.breakpoint()
        return self._until_next()

    def _until_next(self) -> int:
        """Where the code waits for the flash, go on when that has ended."""
        flash = self._part.flash
        waits = flash.busy and max(self._polled.values(), default=0) >= POLLS
        return max(SLICE, flash.ready_at - self._part.board.now) if waits else SLICE

    def _load(self, machine: Any, offset: int, size: int, start: int) -> int:
        address = start + offset
        self._polled[address] = self._polled.get(address, 0) + 1
        if self._part.flash.busy and self._polled[address] >= POLLS:
            machine.emu_stop()
        try:
            return self._part.memory.read(address, size, 'core')
        except BusFaultError:
            machine.emu_stop()
            return 0

    def _store(self, machine: Any, offset: int, size: int, value: int, start: int) -> None:
        self._polled.clear()
        try:
            self._part.memory.write(start + offset, size, value, 'core')
        except BusFaultError:
            machine.emu_stop()

    def _exception(self, machine: Any, number: int, data: object) -> None:
        self._at_breakpoint = number == BKPT_EXCEPTION
        machine.emu_stop()
