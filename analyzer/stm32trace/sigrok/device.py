"""Which devices sigrok-cli finds, and what one of them would record.

What it would record is asked of the device itself, by a recording of a few samples with the same settings: sigrok's
session file names the channels, the rate and the size of a sample, which its raw output does not.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stm32trace.capture.sr_metadata import parse_metadata
from stm32trace.errors import CaptureError, PluginError
from stm32trace.model import Channel
from stm32trace.sigrok import command

_FEW = 1000  # samples
_PROBE = re.compile(
    r'^probe(\d+)\s*=', re.MULTILINE
)  # a logic channel that is recorded: its bit, from 1


@dataclass(frozen=True, slots=True)
class Offer:
    """What a device would record: its channels, the bit of a sample that each is, and how samples come."""

    names: tuple[str, ...]
    bits: tuple[int, ...]
    unit_size: int  # bytes a sample
    sample_rate: float | None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels as a capture numbers them."""
        return tuple(Channel(index, name) for index, name in enumerate(self.names))


@dataclass(frozen=True, slots=True)
class Device:
    """A device, and how it is to record, in the words of sigrok-cli's options."""

    driver: str  # -d: 'fx2lafw', or with a connection: 'fx2lafw:conn=1.7'
    config: tuple[str, ...] = ()  # -c: 'samplerate=24m'
    channels: str | None = None  # -C: 'D0=SCL,D1=SDA'
    triggers: str | None = None  # -t: 'D0=f'

    def arguments(self) -> list[str]:
        """Return the options that choose and set the device, without the trigger."""
        arguments = ['--driver', self.driver]
        if self.config:
            arguments += ['--config', ':'.join(self.config)]
        if self.channels:
            arguments += ['--channels', self.channels]
        return arguments

    def offer(self) -> Offer:
        """Record a few samples, and return what the session file says of them.

        Raises PluginError where sigrok-cli fails, CaptureError for a device without logic channels.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, 'trial.sr')
            command.output([*self.arguments(), '--samples', str(_FEW), '--output-file', file])
            text = _metadata(file)
        metadata = parse_metadata(text)
        recorded = {int(number) - 1 for number in _PROBE.findall(text)}
        logic = [one for one in metadata.channels if one.index in recorded] if metadata else []
        if metadata is None or not logic:
            raise CaptureError(
                f'{self.driver}: expected a device with logic channels, found none on it; choose another one,'
                ' see `stm32trace capture --scan`'
            )
        return Offer(
            names=tuple(one.name for one in logic),
            bits=tuple(one.index for one in logic),
            unit_size=metadata.unit_size,
            sample_rate=metadata.sample_rate,
        )

    def logic_only(self, offer: Offer) -> Device:
        """Return the device with its logic channels chosen: analog ones would be mixed into the raw samples."""
        return self if self.channels else replace(self, channels=','.join(offer.names))


def scan(driver: str | None) -> Sequence[str]:
    """Return one line for each device that is found, of one driver or of all. Raises PluginError."""
    arguments = ['--scan'] if driver is None else ['--driver', driver, '--scan']
    try:
        lines = command.output(arguments).splitlines()
    except PluginError as error:
        if 'No devices found' in str(error):
            return ()
        raise
    return [line for line in lines if ' - ' in line]


def _metadata(file: Path) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.read('metadata').decode('utf-8', 'replace')
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise command.failure(f'no session file that can be read ({error})') from error
