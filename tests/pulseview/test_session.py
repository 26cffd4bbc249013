"""The session file of a capture: channels, decoders, markers, view."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from pulseview.sessions import (
    Sections,
    brick,
    locked_erase,
    markers,
    parsed,
    renamed,
    seconds,
)
from stm32trace.analysis import Analysis
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace.pulseview.session import LEFT, RIGHT, WIDTH, is_untouched, session
from stm32trace.settings import Settings
from stm32trace.sigrok.decoder_options import Facts
from stm32trace_core.rules.rule import Severity
from waves.loader import Loader


@pytest.fixture(scope='module')
def lost(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return brick(tmp_path_factory.mktemp('captures') / 'lost.sr')


def analysed(path: Path, **settings: object) -> Analysis:
    return analyze(open_capture(path), replace(Settings(), **settings))  # type: ignore[arg-type]


def made(analysis: Analysis, lowest: Severity = Severity.NOTE) -> Sections:
    result = session(analysis, Facts(analysis.context), lowest)
    assert result.problems == ()
    return parsed(result.text)


def test_an_i2c_bus_gets_the_stock_decoder_and_the_bootloader_on_it(lost: Path) -> None:
    sections = made(analysed(lost))
    assert sections['General']['decode_signals'] == '1'
    assert sections['decode_signal0'] == {
        'name': 'I2C bootloader', 'enabled': 'true', 'decoders': '2', 'channels': '2',
        r'decoder0\id': 'i2c', r'decoder0\visible': 'true', r'decoder0\options': '0',
        r'decoder0\row0\visible': 'false',
        r'decoder1\id': 'stm32_boot_i2c', r'decoder1\visible': 'true', r'decoder1\options': '0',
        r'channel0\initial_pin_state': '2', r'channel0\assigned_signal_name': 'SCL',
        r'channel1\initial_pin_state': '2', r'channel1\assigned_signal_name': 'SDA',
    }  # fmt: skip


def test_swd_gets_our_three_decoders(tmp_path: Path) -> None:
    sections = made(analysed(locked_erase(tmp_path / 'locked.sr')))
    signal = sections['decode_signal0']
    assert [signal[rf'decoder{number}\id'] for number in range(3)] == [
        'stm32_swd', 'stm32_adi', 'stm32_flash'
    ]  # fmt: skip
    assert [signal[rf'channel{number}\assigned_signal_name'] for number in range(2)] == [
        'SWCLK',
        'SWDIO',
    ]


def test_what_the_user_said_of_the_part_becomes_options(lost: Path) -> None:
    signal = made(analysed(lost, family='G0', address=0x51))['decode_signal0']
    assert signal[r'decoder1\options'] == '2'
    assert {key: value for key, value in signal.items() if 'option' in key and 'options' not in key} == {
        r'decoder1\option0\name': 'family', r'decoder1\option0\type': 's',
        r'decoder1\option0\value': r'@ByteArray(G0\x0)',
        r'decoder1\option1\name': 'address', r'decoder1\option1\type': 's',
        r'decoder1\option1\value': r'@ByteArray(0x51\x0)',
    }  # fmt: skip


def test_a_marker_stands_at_each_finding_in_the_order_of_time(lost: Path) -> None:
    analysis = analysed(lost)
    rate = analysis.info.sample_rate
    assert rate is not None
    expected: dict[float, set[str]] = {}
    for judged in analysis.findings:
        expected.setdefault(judged.finding.start / rate, set()).add(judged.finding.rule)
    found = markers(made(analysis))
    assert [time for time, _ in found] == sorted(expected)
    for time, text in found:
        assert expected[time] <= set(text.split())


def test_of_flags_that_cover_each_other_the_last_names_all(lost: Path) -> None:
    texts = [text for _, text in markers(made(analysed(lost)))]
    assert texts == [
        'DIA001 BLS001', 'BLS004', 'DIA001 BLS001 | BLS004 | BLP013', 'I2C002', 'I2C001'
    ]  # fmt: skip


def test_findings_that_are_not_asked_for_get_no_marker(lost: Path) -> None:
    analysis = analysed(lost)
    found = {
        rule for _, text in markers(made(analysis, Severity.CRITICAL)) for rule in text.split()
    }
    assert found - {'|'} == {
        judged.finding.rule
        for judged in analysis.findings
        if judged.finding.severity == Severity.CRITICAL
    }


def view(sections: Sections) -> tuple[Fraction, Fraction]:
    start = seconds(sections['view0']['offset'])
    return start, start + Fraction(sections['view0']['scale']) * WIDTH


def test_the_view_shows_the_worst_finding_right_of_the_names_of_rows(lost: Path) -> None:
    analysis = analysed(lost)
    worst = analysis.findings[0].finding
    assert analysis.verdict is not None
    assert worst.rule == analysis.verdict.rule
    start, end = view(made(analysis))
    rate = Fraction(analysis.info.sample_rate or 0)
    assert abs(start + LEFT * (end - start) - worst.start / rate) < Fraction(1, 10**9)
    assert abs(end - RIGHT * (end - start) - worst.end / rate) < Fraction(1, 10**9)


def test_a_short_finding_is_shown_among_its_neighbours(tmp_path: Path) -> None:
    analysis = analysed(locked_erase(tmp_path / 'locked.sr'))
    worst = analysis.findings[0].finding
    start, end = view(made(analysis))
    rate = Fraction(analysis.info.sample_rate or 0)
    assert start < worst.start / rate < worst.end / rate < end
    assert end - start > 8 * (worst.end - worst.start) / rate


def test_without_a_finding_the_view_shows_the_whole_capture(tmp_path: Path) -> None:
    path = tmp_path / 'healthy.sr'
    Loader(rate=2_000_000).idle(0.01).get().get_id().idle(0.01).write_sr(path)
    analysis = analysed(path)
    assert analysis.findings == ()
    sections = made(analysis)
    assert sections['General']['meta_objs'] == '0'
    start, end = view(sections)
    assert start < 0
    assert end > Fraction(analysis.stop) / 2_000_000


def test_a_mere_note_is_no_reason_to_leave_the_rest_out(tmp_path: Path) -> None:
    path = tmp_path / 'cut.sr'
    Loader(rate=2_000_000).idle(0.01).get().get_id().start().write_sr(path)
    analysis = analysed(path)
    assert [judged.finding.severity for judged in analysis.findings] == [Severity.NOTE]
    sections = made(analysis)
    assert len(markers(sections)) == 1
    start, end = view(sections)
    assert start < 0
    assert end > Fraction(analysis.stop) / 2_000_000


def test_channels_bear_their_roles_beside_names_that_do_not_tell(
    lost: Path, tmp_path: Path
) -> None:
    path = renamed(lost, tmp_path / 'renamed.sr', 'D0', 'my SDA', 'x/y', 'µ[1]')
    sections = made(
        analysed(path, channels={'scl': 'D0', 'sda': 'my SDA', 'nrst': 'x/y', 'boot0': 'µ[1]'})
    )
    assert sections['D0'] == {'name': 'SCL (D0)'}
    assert 'my%20SDA' not in sections
    assert sections['x'] == {r'y\name': 'NRST (x/y)'}
    assert sections['%B5%5B1%5D'] == {'name': r'BOOT0 (\xb5[1])'}
    signal = sections['decode_signal0']
    assert signal[r'channel0\assigned_signal_name'] == 'SCL (D0)'
    assert signal[r'channel1\assigned_signal_name'] == 'my SDA'


def test_a_bus_on_channels_that_share_a_name_is_left_out_and_told(
    lost: Path, tmp_path: Path
) -> None:
    path = renamed(lost, tmp_path / 'renamed.sr', 'D', 'D', 'NRST', 'BOOT0')
    analysis = analysed(path, channels={'scl': '0', 'sda': '1'})
    result = session(analysis, Facts(analysis.context))
    assert result.problems == (
        "i2c0 is left out: PulseView tells channels apart by their names alone, and 'D' is the name of several",
    )
    assert parsed(result.text)['General']['decode_signals'] == '0'


def test_without_a_sample_rate_times_are_sample_numbers(
    tmp_path: Path, shared_captures: Path
) -> None:
    analysis = analysed(shared_captures / 'i2c' / 'rtc_ds1307_200khz_no_samplerate.sr')
    found = markers(made(analysis))
    assert [time for time, _ in found] == sorted(
        {judged.finding.start for judged in analysis.findings}
    )


def test_a_session_is_known_as_ours_until_somebody_changes_it(lost: Path) -> None:
    analysis = analysed(lost)
    text = session(analysis, Facts(analysis.context)).text
    assert text.isascii()
    assert is_untouched(text)
    assert not is_untouched(text.replace('name="I2C', 'name="My I2C'))
    assert not is_untouched(text.partition('\n')[2])  # Qt drops comments when it saves
    assert not is_untouched('')
    assert not is_untouched(
        '; stm32trace 0.1.0 wrote this for what it found; sha256 0\n[General]\nµ'
    )


def test_every_shared_capture_gets_a_session(shared_captures: Path) -> None:
    files = sorted(shared_captures.rglob('*.sr'))
    assert files
    for file in files:
        if file.stat().st_size < 50_000:
            analysis = analysed(file)
            sections = parsed(session(analysis, Facts(analysis.context)).text)
            assert int(sections['General']['decode_signals']) == len(analysis.assignment.buses)
