"""DAP006: the debug port answers, the access port behind it is closed."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import AP, DP, FAULT, SwdWave

RAM = 0x20000000
ENABLED, DISABLED = 0x23000052, 0x23000012
ADVICE = (
    'Connect under reset and read CSW again: that tells a sleeping part from a closed one, and'
    ' changes nothing.',
    'See whether the bootloader still answers (BOOT0 high at reset), and read the option bytes'
    ' through it.',
    'Do not let a tool unlock the part to find out: that erases all of it, and level 2 cannot be'
    ' undone.',
)


def session() -> Probe:
    return Probe().connect().power_up()


def csw(wave: Probe, value: int, ap: int = 0) -> Probe:
    """Read CSW, which is `value`."""
    wave.select(ap, 0).read(AP, 0, 0).read(DP, 0xC, value)
    return wave


def told(wave: SwdWave) -> list[tuple[Severity, str, int, str]]:
    return [(one.severity, one.key, one.count, one.message) for one in findings(wave, 'DAP006')]


def message(ap: int, what: str) -> str:
    return (
        f'The debug port answers, but access port {ap} is closed ({what}): no access to memory,'
        ' core or flash'
    )


def test_csw_without_device_en_is_told() -> None:
    wave = csw(session(), DISABLED)
    start, end = wave.transfers[-2].start, wave.transfers[-1].end
    assert findings(wave, 'DAP006') == [
        Finding(
            start,
            end,
            'swd0',
            'DAP006',
            'access-port-disabled',
            Severity.ERROR,
            Confidence.HIGH,
            'target',
            '',
            1,
            message(0, 'CSW.DeviceEn = 0'),
            ADVICE,
            (
                Evidence(
                    start,
                    end,
                    'CSW of access port 0 reads 0x23000012: DeviceEn = 0, expected 1 (IHI 0031'
                    ' C2.6)',
                ),
            ),
            (),
            '',
        )
    ]


def test_csw_with_device_en_is_not() -> None:
    wave = csw(session(), ENABLED)
    assert told(wave) == []
    assert result(wave, 'DAP006').state == CLEAN


def test_no_identity_of_access_port_0_is_told() -> None:
    assert told(session().identify_ap(0)) == [(Severity.ERROR, '', 1, message(0, 'IDR reads 0'))]


def test_an_identity_and_nothing_is_told() -> None:
    assert told(session().identify_ap()) == []


def test_a_scan_of_access_ports_that_are_not_there_is_not_told() -> None:
    wave = session().identify_ap()
    for ap in range(1, 5):
        wave.select(ap, 0xF).identify_ap(0)
    assert told(wave.select(0, 0).mem_read(RAM)) == []


def test_another_access_port_counts_once_the_host_uses_it() -> None:
    wave = csw(session().identify_ap(), DISABLED, ap=1)
    assert told(wave) == []
    assert told(wave.read(AP, 0xC, ack=FAULT)) == [
        (Severity.ERROR, 'AP 1', 1, message(1, 'CSW.DeviceEn = 0'))
    ]


def test_one_that_opens_later_is_a_note() -> None:
    wave = csw(session(), DISABLED).mem_read(RAM, 0x1234)
    assert told(wave) == [
        (
            Severity.NOTE,
            '',
            1,
            'Access port 0 was closed for a moment, and gave access to memory later',
        )
    ]


def test_reading_it_again_is_counted() -> None:
    assert [count for _, _, count, _ in told(csw(csw(session(), DISABLED), DISABLED))] == [2]
