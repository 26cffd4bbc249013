"""A recording under way: sigrok-cli writes samples, a thread takes them in, whoever wants reads them.

sigrok-cli ends a recording without a limit at any key, with the device left in order; one with a limit does not
listen, and has to be terminated.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO, Any

from stm32trace.capture.live import LiveReader, Spool
from stm32trace.errors import CaptureError, ReportError
from stm32trace.model import CaptureInfo
from stm32trace.sigrok import command
from stm32trace.sigrok.device import Device, Offer

_AT_ONCE = 1 << 20  # bytes taken from the pipe, at most
_ANY_KEY = b'\n'
_PATIENCE_S = 5.0  # for sigrok-cli to end when told to


class Recording:
    """Samples on their way from a device to a spool; a context that ends the recording."""

    def __init__(self, device: Device, limits: Sequence[str], offer: Offer, spool: Spool) -> None:
        """Start to record.

        limits: sigrok-cli's options that end it: --samples, --time; none: until `stop`.
        Raises PluginError where sigrok-cli cannot be started.
        """
        self.spool = spool
        self._offer = offer
        self._limited = bool(limits)
        self._stopped = False
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the recording
        arguments = [
            *device.arguments(),
            *(limits or ['--continuous']),
            '--output-format',
            'binary',
        ]
        if device.triggers:
            arguments += ['--triggers', device.triggers, '--wait-trigger']
        self._process = _started(arguments, self._log)
        self._broken: OSError | None = None  # why samples could not be kept
        self._thread = Thread(target=self._take_in, name='recording', daemon=True)
        self._thread.start()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        self.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._log.close()

    @property
    def running(self) -> bool:
        """Whether samples may still come."""
        return not self.spool.closed

    @property
    def samples(self) -> int:
        """How many samples there are by now."""
        return self.spool.size // self._offer.unit_size

    def reader(self) -> LiveReader:
        """Return a reader of the recording, from its first sample to the last one that will come."""
        offer = self._offer
        info = CaptureInfo(self.spool.path, 'live', offer.channels, offer.sample_rate, None)
        return LiveReader(self.spool, info, offer.unit_size, offer.bits)

    def stop(self) -> None:
        """Ask the device to stop; what it has sent by then is kept. One that does not is terminated."""
        if self._stopped or self._process.poll() is not None:
            return
        self._stopped = True
        if self._limited:
            self._process.terminate()
        elif self._process.stdin is not None:
            with suppress(OSError):  # it has just ended by itself
                self._process.stdin.write(_ANY_KEY)
                self._process.stdin.flush()
            Thread(target=self._insist, name='end of recording', daemon=True).start()

    def wait(self, seconds: float | None = None) -> None:
        """Return when the recording has ended, or after some time."""
        self._thread.join(seconds)

    def complaint(self) -> str | None:
        """Return what went wrong, None if nothing did; for after the end. Raises ReportError for a full disk."""
        if self._broken is not None:
            raise ReportError(
                f'expected a file that can be written, found: {self._broken.strerror or self._broken};'
                ' free some space or name another file with -o',
                path=self.spool.path,
            )
        if self._stopped or not self._process.returncode:
            return None
        self._log.seek(0)
        said = command.reason(self._log.read().decode('utf-8', 'replace'))
        return said or f'exit status {self._process.returncode}'

    def check_not_empty(self) -> None:
        """Raise CaptureError if not one sample came."""
        if not self.samples:
            raise CaptureError(
                f'expected samples from the device, found none: {self.complaint() or "it sent nothing"};'
                ' see `stm32trace capture --scan`'
            )

    def _insist(self) -> None:
        """Terminate what does not listen."""
        self._thread.join(_PATIENCE_S)
        if self._thread.is_alive():
            self._process.terminate()

    def _take_in(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        try:
            while data := pipe.read1(_AT_ONCE):  # type: ignore[attr-defined]  # a BufferedReader
                self.spool.append(data)
        except OSError as error:
            self._broken = error
        finally:
            self._end()

    def _end(self) -> None:
        """Wait until sigrok-cli has ended, and say so to those who read."""
        if self._broken is not None:
            self.stop()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self.spool.close()


def spooled(target: Path) -> Spool:
    """Return a spool beside the file that will be made of it. Raises ReportError."""
    path = target.with_name(f'.{target.name}.recording')
    try:
        return Spool(path)
    except OSError as error:
        raise ReportError(
            f'expected a folder to record into, found: {error.strerror or error}; name another file with -o',
            path=path,
        ) from error


def _started(arguments: Sequence[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start sigrok-cli out of the reach of the terminal's Ctrl-C, which is for us to answer."""
    apart: dict[str, Any] = (
        {'creationflags': 0x200}  # CREATE_NEW_PROCESS_GROUP
        if sys.platform == 'win32'
        else {'start_new_session': True}
    )
    try:
        return subprocess.Popen(
            [command.program(), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            **apart,
        )
    except OSError as error:
        raise command.failure(error.strerror or str(error)) from error
