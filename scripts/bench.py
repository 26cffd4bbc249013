#!/usr/bin/env python3
"""Compares the speed of `stm32trace decode` with that of sigrok-cli, on the same files in the same run.

    python scripts/bench.py [--runs 3]        make bench

    dense   SWD without a pause, 50 million samples: a 4 MHz clock at 24 MHz, made by the tests' waveform builder
    real    stm32f429zit6_erase_bank1.sr of the shared captures; left out, with the reason, where it is not there

Whole processes, from start to exit; the lowest of several runs counts. Seconds are those of the clock on the
wall and those of the processor: where other programs run as well, only the latter tell anything. The ratio is
sigrok-cli's time over ours; memory is the most that was resident.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
PATH = [str(PROJECT / part) for part in ('analyzer', 'decoders', 'tests')]

PACKETS = 173_700  # of 48 clocks with 6 samples each: 50 025 720 samples
SAMPLE_RATE = 24_000_000
CAPTURES = PROJECT.parent / 'shared' / 'captures'  # STM32TRACE_CAPTURES names another place
REAL = 'swd/stm32f429zit6_erase_bank1.sr'
KIBIBYTES = 1 if sys.platform == 'darwin' else 1024  # bytes in a unit of ru_maxrss
MEGABYTE = 1_000_000
HEADER = ('', 'program', 'wall s', 'CPU s', 'peak MB', 'ratio wall', 'ratio CPU')
ROW = '{:6} {:11} {:>8} {:>8} {:>8} {:>11} {:>10}'


class Cost(NamedTuple):
    """What one process took."""

    wall: float  # seconds
    cpu: float  # seconds, of user and system
    memory: float  # megabytes


def main() -> int:
    """Print the table; return 0, or 1 where there is nothing to compare with."""
    parser = argparse.ArgumentParser(description='stm32trace decode against sigrok-cli')
    parser.add_argument(
        '--runs', type=int, default=3, help='of each, the lowest counts (default: 3)'
    )
    runs: int = parser.parse_args().runs
    if shutil.which('sigrok-cli') is None:
        print('sigrok-cli is not installed: nothing to compare with', file=sys.stderr)
        return 1
    print(ROW.format(*HEADER), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        compare('dense', make_dense(Path(folder) / 'dense.sr'), Path(folder), runs)
        real = Path(os.environ.get('STM32TRACE_CAPTURES') or CAPTURES) / REAL
        if real.is_file():
            compare('real', real, Path(folder), runs)
        else:
            print(f'real   left out: {real} is not there')
    return 0


def make_dense(file: Path) -> Path:
    """Write the dense capture.

    In a process of its own, as all that needs memory here: what a process holds when it starts another one
    counts as memory of that, too.
    """
    child = os.fork()
    if not child:
        sys.path[:0] = PATH
        from stm32trace.capture.sr_writer import write_sr
        from waves.swd import dense

        write_sr(file, [dense(PACKETS).changes()], ['SWCLK', 'SWDIO'], SAMPLE_RATE)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit('the dense capture could not be made')
    return file


def compare(name: str, file: Path, folder: Path, runs: int) -> None:
    """Print the two lines of one capture."""
    theirs = lowest(['sigrok-cli', '-i', str(file), '-P', 'swd', '-A', 'swd'], folder, runs)
    ours = lowest(
        [
            sys.executable, '-m', 'stm32trace', 'decode', str(file), '--level', 'transaction',
            '--format', 'csv', '-o', str(folder / 'rows.csv'), '--fail-on', 'never',
        ],
        folder,
        runs,
    )  # fmt: skip
    print(line(name, 'sigrok-cli', theirs))
    print(line(name, 'stm32trace', ours, theirs), flush=True)


def line(name: str, program: str, cost: Cost, reference: Cost | None = None) -> str:
    """Return one line of the table."""
    figures = [f'{cost.wall:.2f}', f'{cost.cpu:.2f}', f'{cost.memory:.0f}']
    ratios = ['', '']
    if reference is not None:
        ratios = [f'{reference.wall / cost.wall:.1f}', f'{reference.cpu / cost.cpu:.1f}']
    return ROW.format(name, program, *figures, *ratios)


def lowest(command: Sequence[str], folder: Path, runs: int) -> Cost:
    """Return the lowest figures of several runs."""
    costs = [run(command, folder) for _ in range(runs)]
    return Cost(
        min(cost.wall for cost in costs),
        min(cost.cpu for cost in costs),
        min(cost.memory for cost in costs),
    )


def run(command: Sequence[str], folder: Path) -> Cost:
    """Run a program to its end, its output in a file of `folder`, as that of ours is."""
    program = shutil.which(command[0])
    assert program is not None, command[0]
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(PATH)}
    begun = time.perf_counter()
    output = (
        os.POSIX_SPAWN_OPEN,
        1,
        folder / 'output',
        os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
        0o600,
    )
    child = os.posix_spawn(program, list(command), environment, file_actions=[output])
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - begun
    if status:
        raise SystemExit(f'{" ".join(command)}: ended with {os.waitstatus_to_exitcode(status)}')
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * KIBIBYTES / MEGABYTE)


if __name__ == '__main__':
    sys.exit(main())
