"""Reads session files back, and makes captures for them."""

from __future__ import annotations

from configparser import ConfigParser
from fractions import Fraction
from pathlib import Path

from stm32trace.capture import open_capture
from stm32trace.capture.sr_writer import write_sr
from waves.loader import READOUT_UNPROTECT_NS, Loader
from waves.probe import Probe

HEAD = '22 serialization::archive 18 0 0 0 0 '
FLASH = 0x08000000
FLASH_KEYR, FLASH_CR = 0x40022008, 0x40022014  # of an STM32G0: RM0444, FLASH registers
STRT_MASS_ERASE = 1 << 16 | 1 << 2

Sections = dict[str, dict[str, str]]


def parsed(text: str) -> Sections:
    """The values of a session file by section and key, text without its quotes."""
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    parser.read_string(text)
    return {
        name: {key: value.strip('"') for key, value in parser.items(name)}
        for name in parser.sections()
    }


def seconds(archive: str) -> Fraction:
    """The time in an archive."""
    *limbs, exponent, sign, _, _ = map(int, archive.removeprefix(HEAD).split())
    size = sum(
        (Fraction(10) ** (exponent - 8 * place) * limb for place, limb in enumerate(limbs)),
        start=Fraction(0),
    )
    return -size if sign else size


def markers(sections: Sections) -> list[tuple[float, str]]:
    """Time and text of each marker, in the order of the file."""
    found = [section for name, section in sections.items() if name.startswith('meta_obj')]
    assert len(found) == int(sections['General']['meta_objs'])
    return [(float(seconds(one['time'])), one['text']) for one in found]


def brick(path: Path) -> Path:
    """A G071 is lost: read-out protection is taken off, BUSY lasts, NRST is pulled, nobody answers any more."""
    wave = Loader(rate=1_000_000, nrst=1, boot0=1).idle(0.02)
    wave.get().get_id().read_memory(FLASH, bytes(16))
    wave.command(READOUT_UNPROTECT_NS).poll_busy(3.0, every=0.05)
    wave.idle(0.2).pulse('nrst', 0.1).idle(0.2).absent(20, every=0.02).idle(0.05).write_sr(path)
    return path


def locked_erase(path: Path) -> Path:
    """A mass erase over SWD of a G0 whose flash was not unlocked."""
    probe = Probe(rate=8_000_000, clock=1_000_000)
    probe.connect().power_up().identify_ap().mem_read(0x40015800, 0x20006460)
    probe.mem_read(FLASH_CR, 0xC0000000).mem_write(FLASH_CR, STRT_MASS_ERASE)
    for _ in range(4):
        probe.mem_read(FLASH_CR, 0xC0000000)
    probe.pause(1e-3).write_sr(path)
    return path


def renamed(source: Path, target: Path, *names: str) -> Path:
    """A copy of a capture whose channels have other names."""
    reader = open_capture(source)
    write_sr(target, reader.blocks(range(len(names))), names, reader.info.sample_rate)
    return target
