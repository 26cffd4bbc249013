#!/usr/bin/env python3
"""Makes the picture of PulseView that the README shows.

    python scripts/make-pictures.py

Starts the real PulseView on a virtual screen, with our decoders installed for a user that exists for it alone, on a
capture that tests look at as well (an STM32G071 is lost in its own firmware update, in four seconds) and the session
file that `stm32trace pulseview open --write-only` writes. Needs what scripts/install-debian-packages.sh installs.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / part) for part in ('analyzer', 'decoders', 'tests')]

from pulseview.screen import environment, install, save, show  # noqa: E402
from pulseview.sessions import brick  # noqa: E402
from stm32trace.capture import open_capture  # noqa: E402 - found through the path set above

NAME = 'g071-lost.sr'
PICTURE = PROJECT / 'docs' / 'pulseview.png'
SHOWN = slice(
    20, 616
)  # lines of the screen: without what is above the window, and empty ones below the rows


def main() -> int:
    """Make the picture; return 0."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        install(home)
        capture = brick(home / NAME)
        program = [sys.executable, '-m', 'stm32trace', 'pulseview', 'open', '--write-only']
        subprocess.run([*program, str(capture)], env=environment(home), check=True)
        samples = open_capture(capture).info.length
        assert samples is not None
        picture = show(capture, home, samples, loud=False).picture
    PICTURE.parent.mkdir(exist_ok=True)
    save(picture[SHOWN], PICTURE)
    print(f'{PICTURE.relative_to(PROJECT)}: {PICTURE.stat().st_size} bytes')
    return 0


if __name__ == '__main__':
    sys.exit(main())
