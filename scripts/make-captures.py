#!/usr/bin/env python3
"""Makes the captures in captures/ again.

    python scripts/make-captures.py            all of them

Each is a dialogue in which every transfer is written out with the timing of a real bus; it is not a
recording. What happens in it, and how that is known, stands in the README beside it.
"""

import sys
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / part) for part in ('analyzer', 'decoders', 'tests')]

from waves.i2c import I2cWave  # noqa: E402
from waves.stories import STORIES  # noqa: E402 - found through the path set above


def main() -> int:
    """Write every story's capture; return 0."""
    for name, story in STORIES.items():
        write(name, story)
    return 0


def write(name: str, story: Callable[[], I2cWave]) -> None:
    """Write one story's capture."""
    file = PROJECT / 'captures' / name / f'{name}.sr'
    file.parent.mkdir(parents=True, exist_ok=True)
    samples = story().write_sr(file)
    print(f'{file.relative_to(PROJECT)}: {samples} samples, {file.stat().st_size} bytes')


if __name__ == '__main__':
    sys.exit(main())
