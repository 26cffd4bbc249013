"""The `metadata` member of a sigrok session file: what a device recorded.

Source: libsigrok src/session_file.c and src/output/srzip.c.
A GLib key file; version 1 puts spaces around `=`. `probe1` is bit 0 of a sample.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stm32trace.model import Channel, parse_sample_rate

MOST_UNIT_SIZE = 8  # bytes a sample
_DEFAULT_CAPTURE_FILE = 'logic-1'
_DEVICE = re.compile(r'device \d+', re.ASCII)
_NUMBER = re.compile(r'\d{1,9}', re.ASCII)
_PROBE = re.compile(r'probe([1-9]\d{0,4})', re.ASCII)
_ANALOG = re.compile(r'analog([1-9]\d{0,4})', re.ASCII)
_ESCAPE = re.compile(r'\\([sntr\\])')
_ESCAPED = {'s': ' ', 'n': '\n', 't': '\t', 'r': '\r', '\\': '\\'}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What one device recorded.

    capture_file: name of the member with the samples, or the first part of the names of several.
    unit_size: bytes a sample. problems: what was missing or wrong, and what was assumed.
    """

    capture_file: str
    unit_size: int
    sample_rate: float | None
    channels: tuple[Channel, ...]
    analog: tuple[str, ...]
    problems: tuple[str, ...]


def parse_metadata(text: str) -> Metadata | None:
    """The first device with logic channels, None if there is no device.

    Channels that a sample has no bit for are left out: old drivers announce all 32 of the hardware
    and store those in use. A device with analog channels alone has no `channels`.
    """
    sections = _sections(text)
    devices = [section for name, section in sections.items() if _DEVICE.fullmatch(name)]
    if not devices:
        return None
    recorded = [device for device in devices if 'capturefile' in device] or devices
    problems = []
    if len(recorded) > 1:
        problems.append(f'{len(recorded)} devices are described; only the first is read')
    return _device(recorded[0], problems)


def _device(section: Mapping[str, str], problems: list[str]) -> Metadata:
    probes = _numbered(section, _PROBE)
    total = _number(section, 'total probes', problems)
    unit_size = _unit_size(section, probes, problems)
    count = max(total or 0, *probes, 0)
    if total is None and 'capturefile' in section:
        count = max(count, 8 * unit_size)
    channels = (
        Channel(index, probes.get(index + 1) or str(index))
        for index in range(min(count, 8 * unit_size))
    )
    return Metadata(
        capture_file=section.get('capturefile') or _DEFAULT_CAPTURE_FILE,
        unit_size=unit_size,
        sample_rate=_sample_rate(section, problems),
        channels=tuple(channels),
        analog=tuple(_numbered(section, _ANALOG).values()),
        problems=tuple(problems),
    )


def _unit_size(section: Mapping[str, str], probes: Mapping[int, str], problems: list[str]) -> int:
    """Bytes a sample; if that is not told, as many as the named channels need.

    libsigrok would drop the samples. `total probes` is no guide: see `parse_metadata`.
    """
    unit_size = _number(section, 'unitsize', problems)
    if unit_size:
        return unit_size
    guess = min((max(probes, default=1) + 7) // 8, MOST_UNIT_SIZE)
    if 'capturefile' in section:
        problems.append(f'no unitsize is given; {guess} is assumed from the channel names')
    return guess


def _sample_rate(section: Mapping[str, str], problems: list[str]) -> float | None:
    text = section.get('samplerate', '0')
    try:
        return parse_sample_rate(text)
    except ValueError:
        problems.append(
            f'samplerate is {text!r}, which is no sample rate; give one with --samplerate'
        )
        return None


def _number(section: Mapping[str, str], key: str, problems: list[str]) -> int | None:
    text = section.get(key)
    if text is None:
        return None
    if _NUMBER.fullmatch(text):
        return int(text)
    problems.append(f'{key} is {text!r}, which is no number; it is ignored')
    return None


def _numbered(section: Mapping[str, str], key: re.Pattern[str]) -> dict[int, str]:
    """number: name, in order of the numbers."""
    found = ((key.fullmatch(name), value) for name, value in section.items())
    return dict(sorted((int(match[1]), value) for match, value in found if match))


def _sections(text: str) -> dict[str, dict[str, str]]:
    """The groups of a key file; lines that are neither a group nor a key are skipped."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text.removeprefix('\ufeff').split('\n'):
        line = line.strip()
        if line.startswith('[') and line.endswith(']'):
            section = sections.setdefault(line[1:-1], {})
        elif not line.startswith('#') and '=' in line:
            key, value = line.split('=', 1)
            section[key.rstrip()] = _ESCAPE.sub(lambda m: _ESCAPED[m[1]], value.lstrip())
    return sections
