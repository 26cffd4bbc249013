"""As much of a Cortex-M as a debugger touches: halt, run, step, reset, core registers, vector catch.

Source: DDI 0403 (ARMv7-M) C1.6, DDI 0419 (ARMv6-M) C1.6. What the manuals leave open, chosen here: firmware that is
not run by `thumb` does nothing and goes on for ever; a step advances the PC by one half-word then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from stm32trace.simulator.board import Board
from stm32trace.simulator.parts.memory import MemoryMap
from stm32trace.simulator.truth import Truth

BASE, SIZE = 0xE000_E000, 0x1000
CPUID, ICSR, VTOR, AIRCR, DFSR = 0xD00, 0xD04, 0xD08, 0xD0C, 0xD30
DHCSR, DCRSR, DCRDR, DEMCR = 0xDF0, 0xDF4, 0xDF8, 0xDFC

DBGKEY = 0xA05F
C_DEBUGEN, C_HALT, C_STEP, C_MASKINTS = 1 << 0, 1 << 1, 1 << 2, 1 << 3
CONTROL = C_DEBUGEN | C_HALT | C_STEP | C_MASKINTS
S_REGRDY, S_HALT, S_RETIRE_ST, S_RESET_ST = 1 << 16, 1 << 17, 1 << 24, 1 << 25
REGWNR, REGSEL = 1 << 16, 0x7F
VC_CORERESET = 1 << 0
VECTKEY, SYSRESETREQ = 0x05FA, 1 << 2
VECTKEY_READ = 0xFA05_0000
DFSR_HALTED, DFSR_BKPT, DFSR_VCATCH = 1 << 0, 1 << 1, 1 << 3
REGISTERS = 21  # R0 to R15, xPSR, MSP, PSP, -, CONTROL and masks
SP, LR, PC, XPSR, MSP = 13, 14, 15, 16, 17
THUMB = 1 << 24


class Runner(Protocol):
    """What executes code: an instruction set simulator."""

    def run(self, core: Core) -> int:
        """Execute from core.registers[PC] on for a while; return after how many picoseconds to go on, 0 for never."""


class Core:
    """The system control space, and the core behind it."""

    def __init__(self, board: Board, memory: MemoryMap, cpuid: int, truth: Truth) -> None:
        self.board = board
        self.memory = memory
        self.registers = [0] * REGISTERS
        self.runner: Runner | None = None
        self.reset_request: Callable[[], None] = _nothing
        self._cpuid = cpuid
        self._truth = truth
        self._held = True
        self.power_on()

    def power_on(self) -> None:
        """Come out of a power-on reset: no debug state is left."""
        self._control = 0
        self._catch = 0
        self._data = 0
        self._faults = 0
        self.halted = False
        self._reset_seen = True
        self._vectors = 0
        self._run_number = 0

    # Reset.

    def hold(self) -> None:
        """A system reset begins; debug control stays as it is."""
        self._held = True
        self.halted = False
        self._reset_seen = True
        self._run_number += 1

    def start(self, vectors: int) -> None:
        """The reset ends: fetch stack pointer and first instruction from `vectors`, and go on or halt there."""
        self._held = False
        self._vectors = 0
        self.registers = [0] * REGISTERS
        self.registers[SP] = self.registers[MSP] = self.memory.read(vectors, 4, 'core') & ~3
        self.registers[PC] = self.memory.read(vectors + 4, 4, 'core') & ~1
        self.registers[LR] = 0xFFFF_FFFF
        self.registers[XPSR] = THUMB
        if self._catch & VC_CORERESET and self._control & C_DEBUGEN:
            self._halt(DFSR_VCATCH)
        elif self._control & C_HALT and self._control & C_DEBUGEN:
            self._halt(DFSR_HALTED)
        else:
            self._go()

    # Halt and run.

    def _halt(self, why: int) -> None:
        if not self.halted:
            self.halted = True
            self._faults |= why
            self._run_number += 1
            now = self.board.now
            self._truth.add('debug_control', now, now, action='halt')

    def breakpoint(self) -> None:
        """The code came to a BKPT."""
        self._halt(DFSR_BKPT)

    def _go(self) -> None:
        self._run_number += 1
        number = self._run_number
        if self.runner is not None:
            self.board.after(0, lambda: self._slice(number))

    def _slice(self, number: int) -> None:
        """Run on for a while, unless something else has happened since."""
        if number != self._run_number or self.halted or self._held:
            return
        assert self.runner is not None
        pause = self.runner.run(self)
        if pause:
            self.board.after(pause, lambda: self._slice(number))

    # The system control space.

    def read(self, offset: int, size: int, by: str) -> int:
        """Return a register, or a part of it."""
        word = self._read(offset & ~3)
        return word >> 8 * (offset & 3) & (1 << 8 * size) - 1

    def _read(self, offset: int) -> int:
        if offset == DHCSR:
            word = self._control | S_REGRDY | S_HALT * self.halted | S_RESET_ST * self._reset_seen
            self._reset_seen = False
            return word | S_RETIRE_ST * (not self.halted and not self._held)
        plain = {
            CPUID: self._cpuid,
            VTOR: self._vectors,
            AIRCR: VECTKEY_READ,
            DFSR: self._faults,
            DCRDR: self._data,
            DEMCR: self._catch,
        }
        return plain.get(offset, 0)

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Write a register; only whole words do anything."""
        if size != 4:
            return
        if offset == DHCSR and value >> 16 == DBGKEY and by == 'debug':
            self._control_written(value & CONTROL)
        elif offset == DCRSR and self.halted:
            self._transfer(value)
        elif offset == DCRDR:
            self._data = value
        elif offset == DEMCR:
            self._catch = value
        elif offset == DFSR:
            self._faults &= ~value
        elif offset == VTOR:
            self._vectors = value
        elif offset == AIRCR and value >> 16 == VECTKEY and value & SYSRESETREQ:
            self.reset_request()

    def _control_written(self, control: int) -> None:
        self._control = control if control & C_DEBUGEN else 0
        if self._held:
            return
        if control & C_DEBUGEN and control & C_HALT:
            self._halt(DFSR_HALTED)
        elif self.halted:
            self._resume(bool(control & C_STEP) and bool(control & C_DEBUGEN))

    def _resume(self, step: bool) -> None:
        now = self.board.now
        self.halted = False
        self._truth.add('debug_control', now, now, action='step' if step else 'resume')
        if step:
            self.registers[PC] += 2
            self._halt(DFSR_HALTED)
        else:
            self._go()

    def _transfer(self, value: int) -> None:
        """Move between DCRDR and a core register."""
        number = value & REGSEL
        if number >= REGISTERS:
            return
        if value & REGWNR:
            self.registers[number] = self._data
            if number in (SP, MSP):
                self.registers[SP] = self.registers[MSP] = self._data
        else:
            self._data = self.registers[number]


def _nothing() -> None:
    """Nobody listens."""
