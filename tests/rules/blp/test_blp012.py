"""BLP012 status-timeout."""

from rules_harness import findings, result
from stm32trace_core.bootloader.commands import COMMANDS, EXTENDED_ERASE, READOUT_UNPROTECT
from stm32trace_core.bootloader.records import (
    ABANDONED,
    ACK,
    COMMAND,
    DATA,
    NONE,
    OK,
    UART,
    BootCommand,
    DeviceIdentified,
    Step,
)
from stm32trace_core.context import bare_context
from stm32trace_core.rules.blp.blp012_status_timeout import StatusTimeout
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import TARGET, Confidence, Evidence, Finding, Severity
from waves.loader import GET_ID, Loader

FLASH = 0x08000000
RATE = 1000  # samples per second of the records made here


def asked_after(seconds: float) -> Loader:
    """A block is written, the host leaves the loader alone, then asks, and nobody is there."""
    wave = Loader(nrst=1).get_id().write_memory(FLASH, bytes(8), busy=0, final=None)
    return wave.idle(seconds).absent(1)


def test_over_i2c_a_loader_that_is_gone_when_asked_after_the_limit_is_told() -> None:
    wave = asked_after(1.5)
    [found] = findings(wave, 'BLP012')
    frame, attempt = wave.transfers[-2:]
    told = (
        'No-Stretch Write Memory (0x32) to 0x08000000: no status 1.5 s'
        " after step 'data'; the limit is 1 s"
    )
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        '0x32@0x51',
        1,
    )
    assert found.message == told
    source = ' (stm32flash stm32.c; data sheet where longer)'
    assert found.evidence == (Evidence(frame.end, attempt.end, told + source),)


def test_over_i2c_one_that_is_gone_within_the_limit_is_none_of_this() -> None:
    assert result(asked_after(0.9), 'BLP012').state == CLEAN


def test_over_i2c_a_host_that_polls_gets_busy_and_is_left_to_blp013() -> None:
    wave = Loader().get_id().write_memory(FLASH, bytes(8), busy=3, poll=0.6, final=None).absent(1)
    assert result(wave, 'BLP012').state == CLEAN


def test_over_i2c_a_loader_that_holds_scl_is_left_to_i2c006() -> None:
    wave = Loader().get_id().write_memory(FLASH, bytes(8), False, busy=0, final=None)
    wave.stretch(2.0).read(wave.address, ack=False)
    assert result(wave, 'BLP012').state == CLEAN


def test_over_i2c_a_host_that_never_asks_has_not_waited_for_an_answer() -> None:
    wave = Loader().get_id().write_memory(FLASH, bytes(8), busy=0, final=None).idle(3).get_id()
    assert result(wave, 'BLP012').state == CLEAN


def test_over_i2c_a_part_that_restarts_unasked_is_left_to_bls005() -> None:
    wave = Loader().get_id().readout_unprotect(busy=0, final=None).idle(40).absent(1)
    assert result(wave, 'BLP012').state == CLEAN


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    state = result(asked_after(1.5), 'BLP012', sample_rate=None)
    assert (state.state, state.missing) == (NOT_EVALUATED, ('sample_rate',))


def test_the_limit_can_be_set() -> None:
    assert len(findings(asked_after(0.9), 'BLP012', limits={'STATUS_S': 0.5})) == 1


def uart(
    opcode: int, frame: bytes = b'', special: int | None = None, pages: int = 0
) -> BootCommand:
    """A command over UART: opcode acknowledged at 10, `frame` sent up to 20, no answer."""
    steps = [Step(0, 10, COMMAND, bytes([opcode, opcode ^ 0xFF]), ACK, 0x79, b'', 9)]
    if frame:
        steps.append(Step(10, 20, DATA, frame, NONE, -1, b'', 20))
    return BootCommand(
        0, steps[-1].end, 'uart0', UART, -1, opcode, COMMANDS[opcode].name, tuple(steps),
        None, None, b'', tuple(range(pages)), special, 0, 0, 0, NONE, ABANDONED,
    )  # fmt: skip


def get_id(start: int) -> BootCommand:
    step = Step(start, start + 5, COMMAND, b'\x02\xfd', ACK, 0x79, b'', start + 4)
    return BootCommand(
        start, start + 10, 'uart0', UART, -1, GET_ID, 'Get ID', (step,),
        None, None, b'', (), None, 0, 0, 0, ACK, OK,
    )  # fmt: skip


def told(command: BootCommand, next_at: int, dev_id: int | None = None) -> list[Finding]:
    """What is said when the next command begins at `next_at`."""
    rule = StatusTimeout(bare_context(RATE), 'uart0')
    if dev_id is not None:
        list(rule.feed(DeviceIdentified(0, 0, 'uart0', dev_id, 'Get ID')))
    return [*rule.feed(command), *rule.feed(get_id(next_at))]


def test_over_uart_the_wait_lasts_until_the_host_goes_on() -> None:
    command = uart(EXTENDED_ERASE, b'\xff\xff\x00', special=0xFFFF)
    [found] = told(command, 20 + 35_001)
    assert found.message == (
        "Extended Erase (0x44) of the whole flash: no status 35 s after step 'data'; the"
        ' limit is 35 s'
    )
    assert (found.start, found.end) == (20, 20 + 35_001)
    assert told(command, 20 + 35_000) == []


def test_over_uart_the_wait_may_last_until_the_data_ends() -> None:
    rule = StatusTimeout(bare_context(RATE), 'uart0')
    command = uart(EXTENDED_ERASE, b'\xff\xff\x00', special=0xFFFF)
    assert [*rule.feed(command), *rule.finish(20 + 35_000)] == []
    assert len([*rule.feed(command), *rule.finish(20 + 35_001)]) == 1


def test_each_page_of_an_erase_has_its_own_time() -> None:
    command = uart(EXTENDED_ERASE, b'\x00\x01\x00\x00\x00\x01\x00', pages=2)
    assert told(command, 20 + 10_000) == []
    assert len(told(command, 20 + 10_001)) == 1


def test_a_last_status_that_no_frame_precedes_is_waited_for_as_well() -> None:
    command = uart(READOUT_UNPROTECT)
    [found] = told(command, 10 + 35_001)
    assert found.message == (
        "Readout Unprotect (0x92): no status 35 s after step 'command'; the limit is 35 s"
    )


def test_a_known_part_never_makes_the_limit_shorter() -> None:
    command = uart(EXTENDED_ERASE, b'\xff\xff\x00', special=0xFFFF)
    assert told(command, 20 + 34_000, dev_id=0x460) == []


def test_an_answered_command_is_clean() -> None:
    assert told(get_id(0), 100_000) == []
