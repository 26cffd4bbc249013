"""UART007: the host's own bytes come back on the line that it listens on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from rules.uart_talk import BUS, Talk, judged
from rules_harness import above_note, findings, result
from stm32trace_core.bootloader.records import LocalEcho
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Severity
from stm32trace_core.rules.uart.uart007_local_echo import LocalEchoes


class Echoing(Talk):
    """An adapter that sends every byte of the host back, half a bit late."""

    def host(self, data: Iterable[int], **how: Any) -> Self:
        sent = list(data)
        begun = self.now
        self.tx(sent)
        self.now = begun + 0.5 / 115_200
        return self.rx(sent).idle(self.turn)


def test_an_echo_is_told_as_a_note() -> None:
    (found,) = findings(Echoing().sync().program(), 'UART007')
    assert (found.severity, found.suspect) == (Severity.NOTE, 'wiring')
    assert found.message.endswith(' bytes of the host came back on RX')
    assert found.message.startswith(f'{found.count} of {found.count} bytes')
    assert found.count > 200


def test_nothing_graver_is_said_of_it() -> None:
    assert above_note(Echoing().sync().program()) == []


def test_a_session_without_echo_is_clean() -> None:
    assert result(Talk().sync().program(), 'UART007').state == CLEAN


def test_a_few_bytes_that_are_alike_are_none() -> None:
    few = LocalEcho(0, 900, BUS, 'rx', 7, 7, 4)
    assert judged(LocalEchoes, [few], end=1000) == ([], [])
    part = LocalEcho(0, 900, BUS, 'rx', 100, 94, 4)
    assert judged(LocalEchoes, [part], end=1000) == ([], [])
    assert len(judged(LocalEchoes, [part._replace(echoed=95)], end=1000)[0]) == 1


def test_a_line_with_nothing_but_echoes_is_told_so() -> None:
    mute = LocalEcho(0, 900, BUS, 'rx', 9, 9, 0)
    ((found,), _) = judged(LocalEchoes, [mute], end=1000)
    assert found.message == (
        '9 of 9 bytes of the host came back on RX, and nothing else: no answer of the loader'
    )
