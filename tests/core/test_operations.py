"""What bootloader commands do to the part, and the windows in which that is pending."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from stm32trace.capture.changes import Selector
from stm32trace.line.columns import Setup
from stm32trace.line.levels import LevelDecoder
from stm32trace_core.bootloader.commands import COMMANDS
from stm32trace_core.bootloader.i2c import I2cBootloader
from stm32trace_core.bootloader.records import COMMAND, I2C, BootCommand, Step
from stm32trace_core.context import Context, bare_context
from stm32trace_core.flash.operations import BootOperations
from stm32trace_core.flash.records import (
    BANK_ERASE,
    CLOSED,
    CUT,
    DONE,
    ERASE_PENDING,
    FAILED,
    GO,
    INTERRUPTED,
    MASS_ERASE,
    OPEN,
    OPTION_PROGRAM,
    OPTION_PROGRAMMING,
    PAGE_ERASE,
    PROGRAM,
    PROGRAM_PENDING,
    READ,
    RESTART_EXPECTED,
    UNKNOWN,
    FlashOperation,
    OptionChange,
    Window,
)
from stm32trace_core.lines import CaptureGap, LevelChange
from stm32trace_core.machine import REPORT, Machine
from stm32trace_core.network import Network
from waves.loader import BUSY, READOUT_UNPROTECT_NS, Loader

BUS = 'i2c0'
RATE = 1_000_000.0
RESTART = 100_000  # samples: 100 ms at RATE
OPTION_MEMORY = 0x1FFF7800  # of a G0
FLASH = 0x08000000


class Collector(Machine):
    """Keeps what is published."""

    consumes = (FlashOperation, OptionChange, Window)
    phase = REPORT
    per_bus = False

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.seen: list[Any] = []

    def feed(self, record: Any) -> Iterable[Any]:
        self.seen.append(record)
        return ()


def levels(loader: Loader) -> list[Any]:
    """Return the changes of the slow lines of a dialogue."""
    found: list[Any] = []
    block = loader.changes()
    for number, role in enumerate(loader.roles):
        if role not in ('scl', 'sda'):
            for columns in LevelDecoder(Setup('', roles=(role,))).feed(
                Selector([number]).select(block)
            ):
                found.extend(columns.records())
    return found


def happened(loader: Loader, rate: float | None = RATE, more: Iterable[Any] = ()) -> list[Any]:
    """Return what the operations machine makes of a dialogue and of `more` records."""
    context = bare_context(rate)
    collector = Collector(context)
    network = Network([I2cBootloader(context, BUS), BootOperations(context, BUS), collector])
    stream = [*loader.transfers, *levels(loader), *more]
    for record in sorted(stream, key=lambda one: one.end):
        network.publish(record)
    network.finish(loader.length)
    return collector.seen


def windows(
    loader: Loader, kind: str, rate: float | None = RATE, more: Iterable[Any] = ()
) -> list[Window]:
    """The windows of one kind as they stand in the end: a later record replaces the earlier one."""
    last = {one.key: one for one in happened(loader, rate, more) if isinstance(one, Window)}
    return [window for window in last.values() if window.kind == kind]


def operations(loader: Loader) -> list[FlashOperation]:
    return [one for one in happened(loader) if isinstance(one, FlashOperation)]


def operation(
    kind: str, opcode: int, start: int, end: int, outcome: str = DONE, **fields: Any
) -> FlashOperation:
    return FlashOperation(start, end, BUS, kind, opcode, None, None, (), b'', outcome)._replace(
        **fields
    )


def falls(loader: Loader) -> list[int]:
    return [change.start for change in levels(loader) if not change.value]


# Operations.


def test_an_erase_lasts_from_the_page_list_to_the_final_status() -> None:
    loader = Loader().erase_pages([3, 4], busy=2)
    said = loader.transfers
    ordered, ended = said[4].end, said[7].end
    window = Window(
        ordered, ordered, BUS, ERASE_PENDING, OPEN, 0x45, 'No-Stretch Extended Erase ordered'
    )
    assert happened(loader) == [
        window,
        operation(PAGE_ERASE, 0x45, ordered, ended, pages=(3, 4)),
        window._replace(
            end=ended, state=CLOSED, text='No-Stretch Extended Erase ordered; final ACK'
        ),
    ]


def test_the_window_opens_with_the_first_busy_and_not_with_the_end() -> None:
    loader = Loader().erase_pages([3], busy=2)
    machine, context = I2cBootloader(bare_context(RATE), BUS), bare_context(RATE)
    network_until = [product for t in loader.transfers[:6] for product in machine.feed(t)]
    made = [
        one
        for record in network_until
        if type(record) in BootOperations.consumes
        for one in BootOperations(context, BUS).feed(record)
    ]
    assert [(one.state, one.start) for one in made if isinstance(one, Window)] == [
        (OPEN, loader.transfers[4].end)
    ]


def test_an_erase_that_stretches_has_the_same_window() -> None:
    loader = Loader().erase_pages([3], busy=10, no_stretch=False)
    said = loader.transfers
    (window,) = windows(loader, ERASE_PENDING)
    assert (window.start, window.end, window.state) == (said[4].end, said[5].end, CLOSED)


@pytest.mark.parametrize(
    ('code', 'kind'), [(0xFFFF, MASS_ERASE), (0xFFFE, BANK_ERASE), (0xFFFD, BANK_ERASE)]
)
def test_special_codes_erase_all_or_a_bank(code: int, kind: str) -> None:
    loader = Loader().mass_erase(busy=1, code=code)
    said = loader.transfers
    assert operations(loader) == [operation(kind, 0x45, said[2].end, said[4].end)]


def test_a_write_is_pending_from_its_data_to_the_final_status() -> None:
    loader = Loader().write_memory(FLASH, b'\x01\x02\x03\x04', busy=1)
    said = loader.transfers
    fields: dict[str, Any] = {'address': FLASH, 'length': 4, 'data': b'\x01\x02\x03\x04'}
    assert operations(loader) == [operation(PROGRAM, 0x32, said[4].end, said[6].end, **fields)]
    (window,) = windows(loader, PROGRAM_PENDING)
    assert (window.start, window.end, window.state) == (said[4].end, said[6].end, CLOSED)


def test_a_read_has_its_data_and_no_window() -> None:
    loader = Loader().read_memory(FLASH, b'\x79\x1f')
    said = loader.transfers
    fields: dict[str, Any] = {'address': FLASH, 'length': 2, 'data': b'\x79\x1f'}
    assert happened(loader) == [operation(READ, 0x11, said[4].end, said[6].end, **fields)]


def test_go_expects_the_part_to_vanish() -> None:
    loader = Loader().go(FLASH)
    said = loader.transfers
    ended = said[3].end
    expected = Window(ended, ended, BUS, RESTART_EXPECTED, OPEN, 0x21, 'final ACK of Go')
    assert happened(loader) == [
        operation(GO, 0x21, said[2].end, ended, address=FLASH),
        expected,
        expected._replace(end=ended + RESTART, state=CLOSED),
    ]


def test_commands_that_only_ask_do_nothing() -> None:
    assert happened(Loader().get().get_version().get_id()) == []


def test_a_command_refused_at_its_opcode_orders_nothing() -> None:
    loader = Loader().get_id()
    for opcode in (0x11, 0x32, 0x45, 0x83):
        loader.refused(opcode)
    assert happened(loader) == []


def test_an_erase_that_fails_was_tried() -> None:
    loader = Loader().get_id().mass_erase(busy=1, final=0x1F)
    assert [one.outcome for one in operations(loader)] == [FAILED]
    (window,) = windows(loader, ERASE_PENDING)
    assert (window.state, window.text) == (CLOSED, 'No-Stretch Extended Erase ordered; refused')


def test_a_frame_with_a_bad_checksum_orders_nothing() -> None:
    loader = Loader().get_id().write_memory(FLASH, bytes(4), checksum=0x55, busy=0, final=0x1F)
    assert happened(loader) == []


def test_an_erase_that_a_reset_cuts() -> None:
    loader = Loader(nrst=1).erase_pages([0, 1], busy=3, final=None).pulse('nrst', 2e-3)
    said = loader.transfers
    (fell,) = falls(loader)
    assert operations(loader) == [
        operation(PAGE_ERASE, 0x45, said[4].end, fell, INTERRUPTED, pages=(0, 1))
    ]
    (window,) = windows(loader, ERASE_PENDING)
    assert (window.start, window.end, window.state) == (said[4].end, fell, CUT)


def test_an_erase_that_nobody_polled_is_cut_as_well() -> None:
    loader = Loader(nrst=1).get_id().erase_pages([0], busy=0, final=None).pulse('nrst', 2e-3)
    (window,) = windows(loader, ERASE_PENDING)
    assert (window.state, window.end) == (CUT, falls(loader)[0])


def test_an_erase_without_an_end_stays_open() -> None:
    loader = Loader().get_id().erase_pages([0], busy=3, final=None)
    (window,) = windows(loader, ERASE_PENDING)
    assert (window.state, window.end) == (OPEN, loader.length)
    assert [one.outcome for one in operations(loader)] == [UNKNOWN]


def test_a_window_that_the_host_left_open_ends_when_another_command_is_served() -> None:
    loader = Loader(nrst=1).get_id().erase_pages([0], busy=3, final=None)
    again = len(loader.transfers)
    loader.get_id().idle(1e-3).pulse('nrst', 120e-3)
    (window,) = windows(loader, ERASE_PENDING)
    assert (window.state, window.end) == (CLOSED, loader.transfers[again].start)


def test_each_command_that_is_accepted_retires_what_the_host_left_open() -> None:
    """Two writes without an end, one that goes on."""
    loader = Loader().get_id()
    starts = []
    for address in (FLASH, FLASH + 16, FLASH + 32):
        starts.append(len(loader.transfers))
        loader.write_memory(address, bytes(16), busy=3, final=None)
    ends = [loader.transfers[start].start for start in starts[1:]]
    told = windows(loader, PROGRAM_PENDING)
    assert [(one.state, one.end) for one in told] == [
        (CLOSED, ends[0]),
        (CLOSED, ends[1]),
        (OPEN, loader.length),
    ]


@pytest.mark.parametrize('address', [0x20001000, 0x1FFF0000])
def test_a_write_outside_flash_and_options_opens_no_window(address: int) -> None:
    loader = Loader().get_id().write_memory(address, bytes(16))
    assert windows(loader, PROGRAM_PENDING) == []


def test_a_gap_ends_what_can_be_said_of_a_window() -> None:
    loader = Loader().get_id().erase_pages([0], busy=3, final=None)
    gap = CaptureGap(loader.length + 10, loader.length + 20, '', 'samples missing')
    (window,) = windows(loader, ERASE_PENDING, more=[gap])
    assert (window.state, window.end) == (OPEN, gap.start)


# Option bytes.


def test_options_are_being_programmed_from_the_opcodes_ack_on() -> None:
    loader = Loader().get_id().readout_unprotect(busy=2, own_reset=False)
    said = loader.transfers[4:]
    accepted, ended = said[1].end, said[4].end
    text = 'No-Stretch Readout Unprotect accepted'
    window = Window(accepted, accepted, BUS, OPTION_PROGRAMMING, OPEN, 0x93, text)
    restart = Window(
        ended, ended, BUS, RESTART_EXPECTED, OPEN, 0x93, 'final ACK of No-Stretch Readout Unprotect'
    )
    assert happened(loader) == [
        window,
        operation(MASS_ERASE, 0x93, accepted, ended),
        operation(OPTION_PROGRAM, 0x93, accepted, ended),
        OptionChange(said[0].start, ended, BUS, 'RDP', '', 'level 0'),
        window._replace(end=ended, state=CLOSED, text=text + '; final ACK'),
        restart,
        restart._replace(end=ended + RESTART, state=CLOSED),
    ]


@pytest.mark.parametrize('no_stretch', [True, False])
@pytest.mark.parametrize(
    ('verb', 'change'),
    [
        ('readout_protect', ('RDP', 'level 1')),
        ('readout_unprotect', ('RDP', 'level 0')),
        ('write_unprotect', ('WRP', 'none')),
    ],
)
def test_every_protection_command_has_its_window_and_its_change(
    verb: str, change: tuple[str, str], no_stretch: bool
) -> None:
    loader = Loader().get_id()
    getattr(loader, verb)(no_stretch=no_stretch, own_reset=False)
    made = happened(loader)
    assert [(one.name, one.new) for one in made if isinstance(one, OptionChange)] == [change]
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.start, window.state) == (loader.transfers[5].end, CLOSED)
    assert window.end == loader.transfers[-1].end


@pytest.mark.parametrize('no_stretch', [True, False])
def test_write_protect_counts_from_its_opcode_but_works_from_its_list(no_stretch: bool) -> None:
    loader = Loader().get_id().write_protect([2, 4], no_stretch=no_stretch, own_reset=False)
    said = loader.transfers[4:]
    (work,) = operations(loader)
    assert (work.start, work.end, work.pages) == (said[4].end, said[-1].end, (2, 4))
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert window.start == said[1].end
    changes = [one for one in happened(loader) if isinstance(one, OptionChange)]
    assert [(one.name, one.new) for one in changes] == [('WRP', 'sectors 2, 4')]


def test_a_second_change_knows_the_value_asked_for_before() -> None:
    loader = Loader().get_id().readout_protect(own_reset=False).readout_unprotect(own_reset=False)
    changes = [one for one in happened(loader) if isinstance(one, OptionChange)]
    assert [(one.old, one.new) for one in changes] == [('', 'level 1'), ('level 1', 'level 0')]


def test_a_write_into_option_memory_programs_options() -> None:
    loader = Loader().get_id().write_memory(OPTION_MEMORY, bytes(4), busy=2)
    said = loader.transfers[4:]
    made = happened(loader)
    assert [one.kind for one in made if isinstance(one, FlashOperation)] == [OPTION_PROGRAM]
    (change,) = [one for one in made if isinstance(one, OptionChange)]
    assert (change.name, change.new) == ('0x1FFF7800', '00000000')
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.start, window.end, window.state) == (said[4].end, said[-1].end, CLOSED)
    (restart,) = windows(loader, RESTART_EXPECTED)
    assert restart.start == said[-1].end


def test_the_part_itself_says_where_its_option_memory_is() -> None:
    elsewhere = 0x1FFF7880  # beyond that of a G0
    loader = Loader().get_id(0x460).write_memory(elsewhere, bytes(4))
    assert [one.kind for one in operations(loader)] == [PROGRAM]


def test_options_refused_are_not_being_programmed() -> None:
    loader = Loader().get_id().write_unprotect(busy=1, final=0x1F)
    made = happened(loader)
    assert [one for one in made if isinstance(one, OptionChange)] == []
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.text) == (CLOSED, 'No-Stretch Write Unprotect accepted; refused')
    assert windows(loader, RESTART_EXPECTED) == []


@pytest.mark.parametrize('role', ['nrst', 'vdd'])
def test_a_reset_or_a_loss_of_supply_before_the_final_ack_cuts_the_window(role: str) -> None:
    loader = Loader(nrst=1, vdd=1).get_id().readout_unprotect(busy=3, final=None)
    loader.idle(0.4).pulse(role, 120e-3)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (CUT, falls(loader)[0])
    assert [one.outcome for one in operations(loader)] == [INTERRUPTED, INTERRUPTED]


def test_boot0_cuts_nothing() -> None:
    loader = Loader(boot0=1).get_id().readout_unprotect(busy=3, final=None).pulse('boot0', 1e-3)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert window.state == OPEN


def test_a_host_that_stops_polling_leaves_the_window_open() -> None:
    loader = Loader().get_id().readout_unprotect(busy=3, final=None).idle(0.2)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (OPEN, loader.length)


def test_a_part_that_vanishes_leaves_the_window_open_for_a_reset_to_cut() -> None:
    loader = Loader(nrst=1).get_id().readout_unprotect(busy=3, final=None).absent(3)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (OPEN, loader.length)
    loader.pulse('nrst', 120e-3)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (CUT, falls(loader)[0])


def test_the_parts_own_reset_is_the_normal_end() -> None:
    loader = Loader(nrst=1).get_id().readout_unprotect(busy=3)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    rose = [change.start for change in levels(loader) if change.value]
    assert (window.state, window.end) == (CLOSED, rose[0])
    assert window.text == 'No-Stretch Readout Unprotect accepted; the part restarted'


@pytest.mark.parametrize('width', [5e-6, 120e-3], ids=['shorter', 'longer'])
def test_another_reset_after_the_final_ack_changes_nothing(width: float) -> None:
    loader = Loader(nrst=1).get_id().readout_unprotect(busy=3, own_reset=False)
    ended = loader.transfers[-1].end
    loader.idle(1e-3).pulse('nrst', width)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (CLOSED, ended)


def test_a_reset_long_after_the_final_ack_is_not_the_parts_own() -> None:
    loader = Loader(nrst=1).get_id().readout_unprotect(busy=3, own_reset=False)
    ended = loader.transfers[-1].end
    loader.idle(0.2).pulse('nrst', 1e-3)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (CLOSED, ended)


# Open Bootloader: both ACKs, then the work.


def acknowledged_first(nrst: int | None = 1) -> Loader:
    """Readout Unprotect whose second ACK comes at once."""
    return Loader(nrst=nrst).get_id().command(READOUT_UNPROTECT_NS).status(0x79)


def test_a_final_ack_that_comes_at_once_does_not_end_the_window() -> None:
    loader = acknowledged_first().idle(50e-3)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (OPEN, loader.length)
    assert windows(loader, RESTART_EXPECTED)[0].start == loader.transfers[-1].end


def test_the_parts_own_reset_ends_that_window() -> None:
    loader = acknowledged_first().idle(50e-3).pulse('nrst', 25e-6)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert window.state == CLOSED


def test_a_reset_from_outside_cuts_that_window() -> None:
    loader = acknowledged_first().idle(50e-3).pulse('nrst', 20e-3)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (CUT, falls(loader)[0])


def test_busy_after_the_final_ack_opens_the_window_again() -> None:
    loader = Loader().get_id().command(READOUT_UNPROTECT_NS).idle(10e-3).status(0x79)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert window.state == CLOSED
    loader.status(BUSY).status(BUSY)
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (OPEN, loader.length)


def test_a_loader_that_serves_again_has_ended_its_work() -> None:
    loader = acknowledged_first().idle(50e-3)
    again = len(loader.transfers)
    loader.get_id()
    (window,) = windows(loader, OPTION_PROGRAMMING)
    assert (window.state, window.end) == (CLOSED, loader.transfers[again].start)


# Without a sample rate no time is judged.


def test_without_a_sample_rate_the_restart_has_no_known_end() -> None:
    loader = Loader().get_id().readout_protect(own_reset=False)
    (restart,) = windows(loader, RESTART_EXPECTED, rate=None)
    assert (restart.state, restart.end) == (OPEN, loader.length)
    loader.get_id()
    (restart,) = windows(loader, RESTART_EXPECTED, rate=None)
    assert restart.state == CLOSED


def test_without_a_sample_rate_any_pulse_after_the_final_ack_is_a_restart() -> None:
    loader = Loader(nrst=1).get_id().readout_protect(own_reset=False).pulse('nrst', 50e-3)
    (window,) = windows(loader, OPTION_PROGRAMMING, rate=None)
    assert window.state == CLOSED
    assert window.text.endswith('the part restarted')


# A command whose statuses were not seen: the whole command is enough.


def test_a_window_is_told_even_if_only_the_whole_command_is_known() -> None:
    step = Step(0, 20, COMMAND, b'\x93\x6c', 'ack', 0x79, b'', 10)
    command = BootCommand(
        0, 500, BUS, I2C, 0x51, 0x93, COMMANDS[0x93].name, (step,), None, None, b'', (), None, 0, 0, 0, 'none',
        'reset',
    )  # fmt: skip
    machine = BootOperations(bare_context(RATE), BUS)
    made = [one for one in machine.feed(command) if isinstance(one, Window)]
    assert [(one.state, one.start, one.end) for one in made] == [(OPEN, 20, 20), (CUT, 20, 500)]
    assert list(machine.feed(LevelChange(500, 501, '', 'nrst', 0))) == []
