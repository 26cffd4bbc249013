"""UART sessions of tools and adapters: what goes well raises nothing above a note, and a cause heads its story."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import pytest

from rules.uart_talk import FLASH, Talk
from rules_harness import above_note
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.rules.rule import Severity
from waves.loader import ACK, NACK
from waves.uart import UartWave

BLOCKS = tuple(bytes((number * 5 + place * 3) & 0xFF for place in range(32)) for number in range(3))
# baud, sample rate
RATES = ((9600, 1e5), (57_600, 1e6), (115_200, 2e6), (921_600, 8e6), (1_000_000, 1e7))
USUAL = ((921_600, 8e6),)

each_rate = pytest.mark.parametrize(('baud', 'rate'), RATES)
usual_rates = pytest.mark.parametrize(('baud', 'rate'), USUAL)


def stm32flash(wave: Talk) -> Talk:
    """`stm32flash -w -v -g`: each block is written and read back."""
    wave.sync().get_version().get().get_id().erase_pages(range(3))
    for number, block in enumerate(BLOCKS):
        wave.write(block, FLASH + 256 * number).read(block, FLASH + 256 * number)
    return wave.go(FLASH).idle(0.2)


def stm32loader(wave: Talk) -> Talk:
    """`stm32loader -e -w -v`: everything is written, then everything read."""
    wave.sync().get().get_id().read(bytes(range(12)), 0x1FFF7590).mass_erase(40e-3)
    for number, block in enumerate(BLOCKS):
        wave.write(block, FLASH + 256 * number)
    for number, block in enumerate(BLOCKS):
        wave.read(block, FLASH + 256 * number)
    return wave.idle(0.2)


def vendor_tool(wave: Talk) -> Talk:
    """Get ID over and over, options read, pages erased and written, polls twice a second."""
    wave.sync()
    for _ in range(6):
        wave.get_id()
    wave.get().get_version().read(bytes(4), 0x1FFF7800).erase_pages([0, 1])
    for number, block in enumerate(BLOCKS):
        wave.write(block, FLASH + 256 * number)
    for _ in range(3):
        wave.idle(0.5).get_id()
    return wave.go(FLASH).idle(0.2)


class Echoing(Talk):
    """An adapter that sends every byte of the host back, a third of a bit late."""

    def host(self, data: Iterable[int], **how: Any) -> Self:
        sent = list(data)
        begun = self.now
        self.tx(sent)
        self.now = begun + 0.3 / self.frames['tx'].baud
        return self.rx(sent).idle(self.turn)


@each_rate
@pytest.mark.parametrize('tool', [stm32flash, stm32loader, vendor_tool])
def test_tools_at_any_rate(tool: Any, baud: float, rate: float) -> None:
    assert above_note(tool(Talk(baud=baud, rate=rate))) == []


@usual_rates
def test_hosts_with_pauses_and_slow_adapters(baud: float, rate: float) -> None:
    assert above_note(stm32flash(Talk(baud=baud, rate=rate, gap=4))) == []
    assert above_note(stm32flash(Talk(baud=baud, rate=rate, turn=2e-3, pause=16e-3))) == []
    assert above_note(stm32flash(Talk(baud=baud, rate=rate).use('tx', stop_bits=2))) == []


@usual_rates
def test_other_wiring(baud: float, rate: float) -> None:
    how = {'baud': baud, 'rate': rate}
    assert above_note(stm32flash(Echoing(**how))) == []
    assert above_note(stm32flash(Talk(one_wire=True, lines=('tx',), **how))) == []
    assert above_note(stm32flash(Talk(swapped=True, **how))) == []
    assert above_note(stm32flash(Talk(lines=('tx',), **how))) == []
    assert above_note(stm32flash(Talk(lines=('rx',), **how))) == []


@pytest.mark.parametrize('skew', [-0.02, 0.02])
def test_clocks_that_differ_by_what_uarts_stand(skew: float) -> None:
    assert above_note(stm32flash(Talk(skew={'rx': skew}, jitter=0.05))) == []


@pytest.mark.parametrize('samples', [3, 4, 5, 6, 8])
def test_few_samples_a_bit(samples: int) -> None:
    assert above_note(stm32flash(Talk(rate=115_200 * samples))) == []


@usual_rates
def test_reset_and_boot0_driven_by_the_host(baud: float, rate: float) -> None:
    how = {'baud': baud, 'rate': rate, 'nrst': 1}
    wave = stm32flash(Talk(boot0=1, **how).reset()).level('boot0', 0).idle(0.01).reset()
    assert above_note(wave.rx(b'Hello from the application\r\n' * 3).idle(0.3)) == []
    wave = stm32flash(Talk(boot0=1, **how).reset()).reset()
    assert above_note(stm32loader(stm32flash(wave).reset()).reset().idle(0.3)) == []
    assert above_note(stm32flash(Talk(boot0=0, **how).reset())) == [], 'a blank flash'


def test_hosts_that_attach_to_a_loader_in_sync() -> None:
    assert above_note(Talk().sync(NACK).get().get_id().read()) == []
    assert above_note(Talk().call(1, 0.5).sync(NACK).get().get_id().read()) == []
    wave = stm32loader(Talk()).call(1, 0.1).sync(NACK).get().get_id()
    assert above_note(wave) == []
    wave = stm32loader(Talk()).use(baud=9600).sync(NACK).get().get_id().idle(0.05)
    assert above_note(wave.use(baud=115_200).sync(NACK).get().get_id()) == []


@usual_rates
def test_hosts_that_call_until_the_part_is_reset(baud: float, rate: float) -> None:
    how = {'baud': baud, 'rate': rate, 'nrst': 1}
    assert above_note(stm32flash(Talk(boot0=1, **how).call(5, 0.3).reset())) == []
    wave = Talk(boot0=0, **how).reset().call(3, 0.3).level('boot0', 1).idle(0.05).reset()
    assert above_note(stm32flash(wave)) == []


@pytest.mark.parametrize(
    ('line', 'levels'),
    [('tx', '0'), ('tx', '000'), ('tx', '0' * 9), ('tx', '010110'), ('rx', '0'), ('rx', '0' * 40)],
)
def test_adapters_that_are_opened(line: str, levels: str) -> None:
    assert above_note(stm32flash(Talk().raw(line, levels).idle(0.02))) == []


def test_lines_that_are_low_while_the_part_has_no_supply_or_is_in_reset() -> None:
    wave = Talk(vdd=0, nrst=0, boot0=1).level('rx', 0).idle(5e-3).level('vdd', 1).idle(1e-3)
    assert above_note(stm32flash(wave.level('rx', 1).level('nrst', 1).idle(0.05))) == []
    wave = Talk(nrst=1, boot0=1).level('nrst', 0).idle(2e-3).level('rx', 0).idle(3e-3)
    assert above_note(stm32flash(wave.level('rx', 1).level('nrst', 1).idle(0.02))) == []


def test_captures_that_begin_within_a_session() -> None:
    wave = Talk().tx(bytes(range(40, 90)) + b'\x11').idle(20e-6).rx([ACK]).idle(5e-4)
    assert above_note(wave.write(BLOCKS[0]).write(BLOCKS[1], FLASH + 256).get_id()) == []
    wave = Talk().rx(bytes(range(40, 90))).idle(5e-4)
    assert above_note(wave.read(BLOCKS[0]).read(BLOCKS[1], FLASH + 256).get_id()) == []


def test_uarts_that_are_no_bootloaders() -> None:
    shell = UartWave(parity='none')
    for _ in range(20):
        shell.tx(b'\x7f').idle(1e-4).rx(b'\x08 \x08').idle(0.2)
    assert above_note(shell) == []
    lin = UartWave(parity='none', baud=19_200)
    for _ in range(20):
        lin.break_('tx', 13).tx(b'\x55\x3c\x01\x02\x03').idle(0.01)
    assert above_note(lin) == []


# Real tools on a simulated part.


@pytest.mark.parametrize(
    ('name', 'rule', 'suspect', 'recoverable'),
    [
        ('uart_wrong_parity_8n1', 'UART001', 'host', 'yes'),
        ('uart_erase_host_timeout', 'DIA010', 'host', 'yes'),
    ],
)
def test_the_cause_heads_the_verdict(
    shared_captures: Path, name: str, rule: str, suspect: str, recoverable: str
) -> None:
    verdict = analyze(open_capture(shared_captures / 'simulated' / f'{name}.sr')).verdict
    assert verdict is not None
    assert (verdict.rule, verdict.suspect, verdict.recoverable) == (rule, suspect, recoverable)
    assert verdict.severity == Severity.ERROR


@pytest.mark.parametrize('name', ['get_id', 'stm32flash_write_verify', 'stm32loader_ewv'])
def test_sessions_of_real_tools_that_go_well(shared_captures: Path, name: str) -> None:
    analysis = analyze(open_capture(shared_captures / 'simulated' / f'uart_healthy_{name}.sr'))
    assert [one.finding.rule for one in analysis.findings if one.finding.severity] == []


def test_public_captures_hold_no_loader_and_no_trouble(shared_captures: Path) -> None:
    files = sorted((shared_captures / 'uart').glob('*.sr'))
    assert files
    for file in files:
        analysis = analyze(open_capture(file))
        above = {one.finding.rule for one in analysis.findings if one.finding.severity}
        assert above <= ({'UART003'} if 'frame_errors' in file.name else set()), file.name
        assert analysis.summary.loader is None, file.name
