"""Under sigrok-cli ours are no slower than the stock decoder on the same wires."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import pytest

from decoders.hosts import DECODERS
from prerequisites import require_tool

WIRES = ':swclk=SWCLK:swdio=SWDIO'
STOCK, ALONE = f'swd{WIRES}', f'stm32_swd{WIRES}'
WHOLE = f'{ALONE},stm32_adi,stm32_flash'
RUNS = 3
SLACK = (
    1.1  # the fastest of a few runs still varies so much on a machine that does other things, too
)


def seconds(path: Path, stack: str) -> float:
    """Return the processor time that sigrok-cli needs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [require_tool('sigrok-cli'), '-i', str(path), '-P', stack],
        env={**os.environ, 'SIGROKDECODE_DIR': str(DECODERS)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.slow
def test_packets_take_no_longer_than_the_stock_decoder_and_the_whole_stack_twice_as_long(
    shared_captures: Path,
) -> None:
    path = shared_captures / 'swd' / 'stm32f429zit6_connect.sr'
    taken = {
        stack: min(seconds(path, stack) for _ in range(RUNS)) for stack in (STOCK, ALONE, WHOLE)
    }
    assert taken[ALONE] <= SLACK * taken[STOCK]
    assert taken[WHOLE] <= 2 * SLACK * taken[STOCK]
