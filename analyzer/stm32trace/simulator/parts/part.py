"""One part on a board: supply, reset, protection, and who may access what.

What the manuals leave open, chosen here:
- Below BROWN_OUT volts the part is off; above, it takes STARTUP to come out of its power-on reset.
- While NRST is low a debugger reaches the debug registers of the core, and nothing else answers.
- Level 2: the debug port answers, every access through the AP is refused.
- Options that were found torn on a G0 (level 1 with BOOT_LOCK): neither debug port nor loader answers, as users
  report of such parts.
"""

from __future__ import annotations

from collections.abc import Callable

from stm32trace.simulator.board import PS, Board
from stm32trace.simulator.debug import core as cortex
from stm32trace.simulator.debug.core import Core
from stm32trace.simulator.debug.dap import BusFaultError, DebugPort, MemoryPort
from stm32trace.simulator.debug.swd import SwdTarget
from stm32trace.simulator.debug.thumb import ThumbRunner
from stm32trace.simulator.parts.flash import MEMORY, FlashController
from stm32trace.simulator.parts.flash_f1 import FlashF1
from stm32trace.simulator.parts.flash_f4 import FlashF4
from stm32trace.simulator.parts.flash_g0 import FlashG0
from stm32trace.simulator.parts.memory import MemoryMap, Ram, Registers, Rom
from stm32trace.simulator.parts.models import Model
from stm32trace.simulator.truth import Truth

BROWN_OUT = 1.7  # volts. Source: data sheets, V_POR/PDR
STARTUP = 500 * PS // 10**6
REQUEST_TO_RESET = 45 * PS // 10**6  # from SYSRESETREQ to NRST low, as recorded on an F429
RESET_TO_CODE = 10 * PS // 10**6  # from the end of a reset to the first instruction
PERIPHERALS = (0x4000_0000, 0x2000_0000)
PRIVATE = (0xE000_0000, 0x10_0000)
UNIQUE_ID = bytes(range(0x31, 0x3D))
CONTROLLERS: dict[str, type[FlashController]] = {
    'G0': FlashG0,
    'F1': FlashF1,
    'F4': FlashF4,
    'F7': FlashF4,
}
LOADS_AT_RESET = ('F1', 'F4', 'F7')  # families whose system reset loads the option bytes
FLASH, LOADER = 'flash', 'loader'  # what a part starts
HELD = 'part'  # who pulls NRST


class Part:
    """A virtual STM32. Nets it uses where the board has them: swclk, swdio, nrst, boot0."""

    def __init__(self, board: Board, model: Model, truth: Truth | None = None) -> None:
        self.board = board
        self.model = model
        self.truth = truth or Truth()
        self.memory = MemoryMap()
        self.ram = Ram(model.sram[1])
        self.flash = CONTROLLERS[model.family](board, model, self.truth)
        self.core = Core(board, self.memory, model.cpuid, self.truth)
        self.core.reset_request = lambda: self.reset('sysresetreq')
        if isinstance(self.flash, FlashG0):
            self.flash.launch = self._launch
        self._place()
        self.powered = True
        self._held_by_pin = False
        self._reset_from: tuple[str, int] | None = None
        self._starting: Callable[[str], None] | None = None
        self._start_listeners: list[Callable[[str], None]] = []
        self._stop_listeners: list[Callable[[], None]] = []
        self.mode = ''
        self._debug()
        if 'nrst' in board.nets:
            board.watch('nrst', self._pin)
        board.watch_supply(self._supply)
        self._start()

    def _place(self) -> None:
        model, memory = self.model, self.memory
        memory.place(*PERIPHERALS, Registers())
        memory.place(*PRIVATE, Registers())
        memory.place(*model.sram, self.ram)
        memory.place(*model.system_memory, Rom(bytes(model.system_memory[1])))
        memory.place(model.flash_size & ~0x1F, 0x20, _size_area(model))
        memory.place(model.unique_id, len(UNIQUE_ID), Rom(UNIQUE_ID))
        memory.place(*model.option_bytes, _Options(self.flash))
        memory.place(MEMORY, len(self.flash.cells), _Main(self))
        memory.place(0, len(self.flash.cells), _Main(self))
        memory.place(model.dbgmcu, 4, Rom(model.idcode.to_bytes(4, 'little')))
        memory.place(model.flash_registers, 0x400, self.flash)
        memory.place(cortex.BASE, cortex.SIZE, self.core)

    def _debug(self) -> None:
        identity = self.model.identity
        port = MemoryPort(_DebugView(self), identity)
        self.debug_port = DebugPort(self.board, port, identity)
        if 'swclk' in self.board.nets:
            self.swd = SwdTarget(self.board, self.debug_port, self.model.jtag_first)

    # What is known of it.

    @property
    def level(self) -> int:
        """Read protection level in force."""
        return self.flash.rdp_level

    @property
    def is_dead(self) -> bool:
        """Nothing answers any more: level 1 with BOOT_LOCK."""
        return isinstance(self.flash, FlashG0) and self.flash.boot_lock and self.level > 0

    @property
    def running(self) -> bool:
        """Powered, and not in reset."""
        return bool(self.mode)

    def on_start(self, call: Callable[[str], None]) -> None:
        """Call `call('flash' | 'loader')` whenever the part comes out of a reset."""
        self._start_listeners.append(call)
        if self.running:
            call(self.mode)

    def on_stop(self, call: Callable[[], None]) -> None:
        """Call `call()` whenever a reset begins or the supply goes."""
        self._stop_listeners.append(call)

    # Supply and reset.

    def _supply(self, volts: float, time: int) -> None:
        if volts < BROWN_OUT and self.powered:
            self._stop()
            self.powered = False
            self._reset_from = ('power', self.board.now)
            self.ram.data[:] = bytes(len(self.ram.data))
        elif volts >= BROWN_OUT and not self.powered:
            self.powered = True
            self.core.power_on()
            self.debug_port.power_on()
            self.board.after(STARTUP, lambda: self._power_is_up(self._reset_from))

    def _power_is_up(self, since: tuple[str, int] | None) -> None:
        if self.powered and since == self._reset_from:
            self.flash.load_options()
            self._release()

    def _pin(self, level: int, time: int) -> None:
        if not level and self.running:
            self._stop()
            self._reset_from = ('nrst', self.board.now)
            self._held_by_pin = True
        elif level and self._held_by_pin:
            self._held_by_pin = False
            self._release()

    def run_code(self) -> None:
        """Let code in SRAM run from now on. Raises OptionError where Unicorn is not installed."""
        self.core.runner = ThumbRunner(self)

    def reset(self, cause: str) -> None:
        """Reset the part from inside, after REQUEST_TO_RESET; it pulls NRST low meanwhile."""
        self.board.after(REQUEST_TO_RESET, lambda: self._reset_now(cause))

    def _reset_now(self, cause: str) -> None:
        if not self.running:
            return
        self._stop()
        self._reset_from = (cause, self.board.now)
        if 'nrst' in self.board.nets:
            self.board.drive('nrst', HELD, 0)
        self.board.after(self.model.reset_pulse, self._pulse_ends)

    def _pulse_ends(self) -> None:
        if 'nrst' in self.board.nets:
            self.board.drive('nrst', HELD, None)
            if not self.board.level('nrst'):
                self._held_by_pin = True
                return
        if self.powered and not self.running:
            self._release()

    def _launch(self) -> None:
        """OBL_LAUNCH: load the options and reset."""
        self.flash.load_options()
        self.reset('obl_launch')

    def _stop(self) -> None:
        self.mode = ''
        self.flash.interrupt()
        self.core.hold()
        for call in self._stop_listeners:
            call()

    def _release(self) -> None:
        """A reset is over."""
        cause, since = self._reset_from or ('power', 0)
        if cause != 'power' or since:
            self.truth.add('reset', since, self.board.now, cause=cause)
        if self.model.family in LOADS_AT_RESET:
            self.flash.load_options()
        self.board.after(RESET_TO_CODE, lambda: self._start_if(since))

    def _start_if(self, since: int) -> None:
        if self._reset_from is not None and self._reset_from[1] == since and self.powered:
            self._start()

    def _start(self) -> None:
        self.flash.reset_registers()
        if hasattr(self, 'swd'):
            self.swd.powered = not self.is_dead
        self.mode = self._boot_mode()
        self.core.start(self.model.system_memory[0] if self.mode == LOADER else MEMORY)
        for call in self._start_listeners:
            call(self.mode)

    def _boot_mode(self) -> str:
        """What the pins and the options choose. BOOT0 high starts the loader, unless the part is locked."""
        if self.level == 2 or 'boot0' not in self.board.nets:
            return FLASH
        if isinstance(self.flash, FlashG0) and self.flash.boot_lock:
            return FLASH
        return LOADER if self.board.level('boot0') else FLASH


class _Main:
    """The main memory as it is seen on the bus."""

    def __init__(self, part: Part) -> None:
        self._part = part

    def read(self, offset: int, size: int, by: str) -> int:
        """Return what is in it. Raises BusFaultError for a debugger at level 1."""
        if by == 'debug' and self._part.level:
            raise BusFaultError('protected')
        data = self._part.flash.cells.data
        return int.from_bytes(data[offset : offset + size], 'little')

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Hand it to the flash controller."""
        if by == 'debug' and self._part.level:
            raise BusFaultError('protected')
        self._part.flash.store(MEMORY + offset, size, value)


class _Options:
    """The option bytes in memory."""

    def __init__(self, flash: FlashController) -> None:
        self._flash = flash

    def read(self, offset: int, size: int, by: str) -> int:
        """Return what is programmed."""
        return int.from_bytes(self._flash.option_bytes()[offset : offset + size], 'little')

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Hand it to the flash controller."""
        self._flash.store(self._flash.model.option_bytes[0] + offset, size, value)


class _DebugView:
    """The address space as the MEM-AP sees it."""

    def __init__(self, part: Part) -> None:
        self._part = part

    def stalled_until(self, address: int) -> int:
        """The main memory answers when the operation of the flash has ended."""
        part = self._part
        in_memory = MEMORY <= address < MEMORY + len(part.flash.cells)
        return part.flash.ready_at if in_memory and part.running else 0

    def read(self, address: int, size: int) -> int:
        """Return what is there. Raises BusFaultError where protection or a reset refuses it."""
        self._check(address)
        return self._part.memory.read(address, size, 'debug')

    def write(self, address: int, size: int, value: int) -> None:
        """Write there. Raises BusFaultError where protection or a reset refuses it."""
        self._check(address)
        self._part.memory.write(address, size, value, 'debug')

    def _check(self, address: int) -> None:
        part = self._part
        debug_register = cortex.BASE <= address < cortex.BASE + cortex.SIZE
        if part.level == 2 or not part.powered or not part.running and not debug_register:
            raise BusFaultError('refused')


def _size_area(model: Model) -> Rom:
    """Return the half-word with the size of the memory, and what lies around it."""
    area = bytearray(0x20)
    place = model.flash_size & 0x1F
    area[place : place + 2] = model.flash_kib.to_bytes(2, 'little')
    return Rom(bytes(area))
