"""BLP021 response-length."""

import pytest

from rules_harness import findings
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import ACK as YES
from waves.loader import Loader
from waves.uart_loader import UartLoader


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def test_an_answer_that_is_too_short_fires() -> None:
    wave = session().command(0x02).loader([1, 4]).idle(0.1).get_version()
    [found] = findings(wave, 'BLP021')
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        '0x02',
    )
    assert found.message == 'Get ID (0x02) was answered with 2 bytes where 3 are due: 01 04'


def test_an_answer_that_is_too_long_fires() -> None:
    wave = session().command(0x02).loader([1, 4, 0x60, 0x55, 0x56, YES]).get_version()
    [found] = findings(wave, 'BLP021')
    assert found.message == 'Get ID (0x02) was answered with 4 bytes where 3 are due: 01 04 60 55'


def test_a_byte_after_the_final_status_is_none_of_the_answer() -> None:
    wave = session().command(0x02).loader([1, 4, 0x60, YES, 0x56]).get_version()
    assert findings(wave, 'BLP021') == []


def test_a_checksum_that_is_too_short_fires() -> None:
    wave = session().command(0xA1).frame((0x08000000).to_bytes(4)).status(YES)
    wave.frame((1024).to_bytes(4)).status(YES).loader([YES, 1, 2, 3]).idle(0.1).get_version()
    [found] = findings(wave, 'BLP021')
    assert found.key == '0xA1'


@pytest.mark.parametrize('wave', [session(), session().checksum(0x08000000, 256, 0x12345678)])
def test_an_answer_as_long_as_it_says_is_clean(wave: UartLoader) -> None:
    assert findings(wave, 'BLP021') == []


def test_an_answer_that_the_end_of_the_data_cuts_is_clean() -> None:
    assert findings(session().command(0x02).loader([1, 4]), 'BLP021') == []


def test_over_i2c_a_read_of_another_length_fires() -> None:
    wave = Loader().get_id().command(0x02).answer([1, 4]).get_id()
    [found] = findings(wave, 'BLP021')
    assert found.key == '0x02@0x51'
