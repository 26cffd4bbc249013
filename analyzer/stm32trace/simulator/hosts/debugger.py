"""What debuggers do with a part over SWD, as verbs: halt, reset, erase, program, change options, load them.

Registers and keys are those of the simulated controllers (parts/), which say where they come from; the order of the
steps is that of ST's HAL and of OpenOCD's flash drivers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from stm32trace.simulator.board import Board
from stm32trace.simulator.debug import core
from stm32trace.simulator.hosts.swd import ABORT, CLEAR_STICKY, CTRL_STAT, SwdProbe
from stm32trace.simulator.parts import flash_f1, flash_f4, flash_g0
from stm32trace.simulator.parts.flash import KEYS, MEMORY
from stm32trace.simulator.parts.models import Model

SCS = core.BASE
LOADER_STACK = 0x1000  # bytes above the begin of SRAM


class Layout(NamedTuple):
    """Registers and bits of one kind of controller."""

    keyr: int
    optkeyr: int
    sr: int
    cr: int
    busy: int
    option_keys: tuple[int, int]
    program: int  # CR bits
    erase: int
    mass_erase: int
    start: int
    lock: int
    unit: int  # bytes written at a time
    flags: int  # SR bits to clear


LAYOUTS = {
    'G0': Layout(
        flash_g0.KEYR, flash_g0.OPTKEYR, flash_g0.SR, flash_g0.CR, flash_g0.SR_BSY1, flash_g0.OPTION_KEYS,
        flash_g0.CR_PG, flash_g0.CR_PER, flash_g0.CR_MER1, flash_g0.CR_STRT, flash_g0.CR_LOCK, 4, flash_g0.SR_FLAGS,
    ),
    'F4': Layout(
        flash_f4.KEYR, flash_f4.OPTKEYR, flash_f4.SR, flash_f4.CR, flash_f4.SR_BSY, flash_f4.OPTION_KEYS,
        flash_f4.CR_PG | 2 << flash_f4.CR_PSIZE_SHIFT, flash_f4.CR_SER | 2 << flash_f4.CR_PSIZE_SHIFT,
        flash_f4.CR_MER | flash_f4.CR_MER1 | 2 << flash_f4.CR_PSIZE_SHIFT, flash_f4.CR_STRT, flash_f4.CR_LOCK, 4, flash_f4.SR_FLAGS,
    ),
    'F1': Layout(
        flash_f1.KEYR, flash_f1.OPTKEYR, flash_f1.SR, flash_f1.CR, flash_f1.SR_BSY, KEYS, flash_f1.CR_PG,
        flash_f1.CR_PER, flash_f1.CR_MER, flash_f1.CR_STRT, flash_f1.CR_LOCK, 2, flash_f1.SR_FLAGS,
    ),
}  # fmt: skip
LAYOUTS['F7'] = LAYOUTS['F4']._replace(
    mass_erase=flash_f4.CR_MER | 2 << flash_f4.CR_PSIZE_SHIFT
)  # one bank


class Debugger:
    """A probe and the tool behind it, for one part.

    poll_s: how often it looks at BSY and DHCSR. most_polls: how often before it gives up.
    """

    def __init__(
        self,
        board: Board,
        model: Model,
        clock_hz: float = 1e6,
        poll_s: float = 0.001,
        most_polls: int = 20_000,
    ) -> None:
        self._board = board
        self._model = model
        self._layout = LAYOUTS[model.family]
        self._poll_s = poll_s
        self._most_polls = most_polls
        self.probe = SwdProbe(board, clock_hz)

    # Session.

    def connect(self) -> int:
        """Connect, and read who answers: DPIDR, CPUID, DBGMCU_IDCODE, which is returned."""
        self.probe.connect()
        self.probe.read(SCS + core.CPUID)
        return self.probe.read(self._model.dbgmcu)

    def connect_under_reset(self) -> None:
        """With NRST low: connect, have the core halt at its first instruction."""
        self.probe.connect()
        self.probe.write(SCS + core.DHCSR, core.DBGKEY << 16 | core.C_DEBUGEN | core.C_HALT)
        self.probe.write(SCS + core.DEMCR, core.VC_CORERESET)

    def clear_errors(self) -> None:
        """Clear the sticky flags of the debug port."""
        self.probe.write_dp(ABORT, CLEAR_STICKY)

    def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        self.probe.pause(seconds)

    def nrst(self, level: int) -> None:
        """Assert (0) or release (1) the reset line."""
        self._board.drive('nrst', 'probe', 0 if not level else None)

    def halt(self) -> int:
        """Halt the core; return how often DHCSR was read until it was."""
        self.probe.write(SCS + core.DHCSR, core.DBGKEY << 16 | core.C_HALT | core.C_DEBUGEN)
        return self._poll(core.DHCSR, core.S_HALT)

    def resume(self) -> None:
        """Let the core run, debug still enabled."""
        self.probe.write(SCS + core.DHCSR, core.DBGKEY << 16 | core.C_DEBUGEN)

    def step(self) -> None:
        """Execute one instruction."""
        self.probe.write(
            SCS + core.DHCSR, core.DBGKEY << 16 | core.C_STEP | core.C_DEBUGEN | core.C_MASKINTS
        )

    def reset(self, halt: bool = False) -> None:
        """Reset the part through AIRCR; `halt`: stop it at its first instruction."""
        self.probe.write(SCS + core.DEMCR, core.VC_CORERESET if halt else 0)
        self.probe.write(SCS + core.AIRCR, core.VECTKEY << 16 | core.SYSRESETREQ)
        self.pause(0.001)
        if halt:
            self._poll(core.DHCSR, core.S_HALT)

    def _poll(self, register: int, bits: int) -> int:
        for times in range(1, self._most_polls):
            if self.probe.read(SCS + register) & bits:
                return times
            self.pause(self._poll_s)
        return self._most_polls

    def control_status(self) -> int:
        """Read CTRL/STAT."""
        return self.probe.read_dp(CTRL_STAT)

    # Flash.

    def register(self, offset: int) -> int:
        """Read a register of the flash controller."""
        return self.probe.read(self._model.flash_registers + offset)

    def set_register(self, offset: int, word: int) -> None:
        """Write a register of the flash controller."""
        self.probe.write(self._model.flash_registers + offset, word)

    def unlock(self, keys: Iterable[int] = KEYS) -> None:
        """Write the keys."""
        for key in keys:
            self.set_register(self._layout.keyr, key)

    def lock(self) -> None:
        """Set LOCK."""
        self.set_register(self._layout.cr, self._layout.lock)

    def wait(self) -> int:
        """Poll SR until BSY is clear, or give up; return SR."""
        status = self.register(self._layout.sr)
        for _ in range(self._most_polls):
            if not status & self._layout.busy:
                break
            self.pause(self._poll_s)
            status = self.register(self._layout.sr)
        return status

    def clear_flags(self) -> None:
        """Clear all flags of SR."""
        self.set_register(self._layout.sr, self._layout.flags)

    def mass_erase(self) -> int:
        """Erase everything; return SR."""
        layout = self._layout
        self.set_register(layout.cr, layout.mass_erase)
        self.set_register(layout.cr, layout.mass_erase | layout.start)
        return self.wait()

    def erase(self, sector: int) -> int:
        """Erase one page or sector; return SR."""
        layout = self._layout
        number = sector << flash_g0.CR_PNB_SHIFT
        if self._model.family == 'F1':
            number = 0
            self.set_register(layout.cr, layout.erase)
            self.set_register(flash_f1.AR, MEMORY + sector * self._model.sectors[0])
        self.set_register(layout.cr, layout.erase | number | layout.start)
        return self.wait()

    def program(self, address: int, data: bytes) -> int:
        """Program `data` unit by unit through the memory port; return SR."""
        layout = self._layout
        self.set_register(layout.cr, layout.program)
        for place in range(0, len(data), layout.unit):
            value = int.from_bytes(data[place : place + layout.unit], 'little')
            self.probe.write(address + place, value, layout.unit)
        return self.wait()

    def read_back(self, address: int, length: int) -> bytes:
        """Read memory."""
        words = self.probe.read_block(address, (length + 3) // 4)
        return b''.join(word.to_bytes(4, 'little') for word in words)[:length]

    # Options.

    def write_options(self, word: int, register: str = '') -> int:
        """Write OPTR (G0) or OPTCR (F4, F7), or the read protection byte of an F1, and start; return SR."""
        return {'G0': self._options_g0, 'F1': self._options_f1}.get(
            self._model.family, self._options_f4
        )(word, register)

    def _unlock_options(self) -> None:
        for key in self._layout.option_keys:
            self.set_register(self._layout.optkeyr, key)

    def _options_g0(self, word: int, register: str) -> int:
        offsets = {name: offset for offset, name in flash_g0.OPTION_REGISTERS.items()}
        self._unlock_options()
        self.set_register(offsets[register or 'OPTR'], word)
        self.set_register(flash_g0.CR, flash_g0.CR_OPTSTRT)
        return self.wait()

    def _options_f4(self, word: int, register: str) -> int:
        self._unlock_options()
        self.set_register(flash_f4.OPTCR, word & ~(flash_f4.OPTLOCK | flash_f4.OPTSTRT))
        self.set_register(flash_f4.OPTCR, word & ~flash_f4.OPTLOCK | flash_f4.OPTSTRT)
        return self.wait()

    def _options_f1(self, word: int, register: str) -> int:
        self._unlock_options()
        self.set_register(flash_f1.CR, flash_f1.CR_OPTWRE | flash_f1.CR_OPTER)
        self.set_register(flash_f1.CR, flash_f1.CR_OPTWRE | flash_f1.CR_OPTER | flash_f1.CR_STRT)
        self.wait()
        self.set_register(flash_f1.CR, flash_f1.CR_OPTWRE | flash_f1.CR_OPTPG)
        self.probe.write(self._model.option_bytes[0], word, 2)
        return self.wait()

    def erase_options(self) -> int:
        """Erase the option bytes of an F1 and leave them so; return SR."""
        self._unlock_options()
        erase = flash_f1.CR_OPTWRE | flash_f1.CR_OPTER
        self.set_register(flash_f1.CR, erase | flash_f1.CR_STRT)
        return self.wait()

    def launch_options(self) -> None:
        """Set OBL_LAUNCH of a G0: the options are loaded, and the part resets."""
        self.set_register(flash_g0.CR, flash_g0.CR_OBL_LAUNCH)
        self.pause(0.005)

    # A loader in SRAM.

    def run_loader(self, code: bytes, arguments: Iterable[int] = ()) -> int:
        """Download Thumb code to SRAM, run it until it halts at its BKPT; return R0."""
        base = self._model.sram[0]
        padded = code + bytes(-len(code) % 4)
        words = [int.from_bytes(padded[at : at + 4], 'little') for at in range(0, len(padded), 4)]
        self.probe.write_block(base, words)
        for number, value in enumerate(arguments):
            self.set_core_register(number, value)
        self.set_core_register(core.SP, base + LOADER_STACK)
        self.set_core_register(core.PC, base)
        self.set_core_register(core.XPSR, core.THUMB)
        self.resume()
        self._poll(core.DHCSR, core.S_HALT)
        return self.core_register(0)

    def set_core_register(self, number: int, value: int) -> None:
        """Write a core register through DCRDR and DCRSR."""
        self.probe.write(SCS + core.DCRDR, value)
        self.probe.write(SCS + core.DCRSR, core.REGWNR | number)
        self._poll(core.DHCSR, core.S_REGRDY)

    def core_register(self, number: int) -> int:
        """Read a core register."""
        self.probe.write(SCS + core.DCRSR, number)
        self._poll(core.DHCSR, core.S_REGRDY)
        return self.probe.read(SCS + core.DCRDR)
