"""Decoders run by sigrok-cli. Seen with sigrok-cli 0.7.2 and libsigrokdecode 0.5.3."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import IO

from stm32trace.capture import CaptureReader
from stm32trace.capture.changes import Changes
from stm32trace.capture.sr_writer import write_sr
from stm32trace.errors import PluginError
from stm32trace.sigrok import command
from stm32trace.sigrok.host import Annotation, Description, Wired

_SEARCH = 'SIGROKDECODE_DIR'  # a further folder of decoders
_LOUD = '4'  # the log level at which annotations come with their class and in quotes
_LIST = 'Supported protocol decoders:\n'
_ITEM = re.compile(r'^- ([\w.-]+)', re.MULTILINE)
_ANNOTATION = re.compile(r'(\d+)-(\d+) ([\w.-]+)-\d+: ([\w.-]+): "(.*)"')
_FAILED = re.compile(r'^(?:srd|cli): .*(?:exception|error|failed)', re.IGNORECASE)


class CliHost:
    """sigrok-cli with the decoders it finds, and with those of one more folder."""

    name = command.NAME

    def __init__(self, folder: Path | None = None) -> None:
        self._environment = {**os.environ, 'PYTHONDONTWRITEBYTECODE': '1'}
        if folder is not None:
            self._environment.setdefault(_SEARCH, str(folder))

    def decoders(self) -> frozenset[str]:
        """Return the ids of all decoders; none where sigrok-cli is not installed."""
        return self._decoders

    @cached_property
    def _decoders(self) -> frozenset[str]:
        try:
            listing = command.output(['--list-supported'], self._environment)
        except PluginError:
            return frozenset()
        section = listing.partition(_LIST)[2].split('\n\n')[0]
        return frozenset(line.split()[0] for line in section.splitlines() if line.strip())

    def describe(self, decoder: str) -> Description:
        """Return what one of them can be given."""
        shown = command.output(['--protocol-decoders', decoder, '--show'], self._environment)
        return Description(
            required=_listed(shown, 'Required channels'),
            optional=_listed(shown, 'Optional channels'),
            options=_listed(shown, 'Options'),
        )

    def run(self, wired: Wired, capture: CaptureReader) -> Iterator[Annotation]:
        """Yield what the top decoder says of a capture. Raises PluginError where sigrok-cli or a decoder fails."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, 'channels.sr')
            names = {channel: f'c{channel}' for channel in wired.used}
            offset = _write(file, capture, names)
            if offset is None:
                return
            arguments = [
                '--loglevel', _LOUD, '--input-file', str(file), '--protocol-decoders', _stack(wired, names),
                '--protocol-decoder-annotations', wired.stack.top, '--protocol-decoder-samplenum',
            ]  # fmt: skip
            for line in self._lines(arguments):
                yield from _annotation(line, wired.stack.top, offset)

    def _lines(self, arguments: list[str]) -> Iterator[str]:
        with (
            tempfile.TemporaryFile() as log,
            subprocess.Popen(
                [command.program(), *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding='utf-8',
                errors='replace',
            ) as process,
        ):
            assert process.stdout is not None
            try:
                yield from process.stdout
            finally:
                process.stdout.close()  # who does not read on ends the program
            process.wait()
            _check(process.returncode, log)


def _listed(shown: str, section: str) -> tuple[str, ...]:
    """Return the ids in one section of what `--show` writes."""
    body = shown.partition(f'\n{section}:\n')[2]
    end = re.search(r'^\S[^-].*:$', body, re.MULTILINE)
    return tuple(_ITEM.findall(body[: end.start()] if end else body))


def _write(file: Path, capture: CaptureReader, names: Mapping[int, str]) -> int | None:
    """Write the channels in use as a session file; return the number of its first sample, None for no samples."""
    blocks = _continued(capture.blocks(list(names)))
    first = next(blocks, None)
    if first is None:
        return None

    def all_blocks() -> Iterator[Changes]:
        yield first
        yield from blocks

    write_sr(file, all_blocks(), list(names.values()), capture.info.sample_rate)
    return first.start


def _continued(blocks: Iterable[Changes]) -> Iterator[Changes]:
    """Yield the blocks, and in each gap the last level, so that samples keep their numbers."""
    stop: int | None = None
    for block in blocks:
        if stop is not None and block.start > stop:
            yield Changes(stop, block.start, block.index[:0], block.state[:0])
        yield block
        stop = block.stop


def _stack(wired: Wired, names: Mapping[int, str]) -> str:
    """Return the stack in the words of sigrok-cli."""
    layers = zip(wired.stack.layers, wired.channels, wired.options, strict=True)
    return ','.join(
        ':'.join(
            [
                layer.decoder,
                *(f'{pin}={names[channel]}' for pin, channel in pins.items()),
                *(f'{name}={value}' for name, value in options.items()),
            ]
        )
        for layer, pins, options in layers
    )


def _annotation(line: str, decoder: str, offset: int) -> Iterator[Annotation]:
    """Yield the annotation on one line of the program's output, if there is one."""
    match = _ANNOTATION.fullmatch(line.rstrip('\n'))
    if match is not None and match[3] == decoder:
        text = match[5].split('" "')[0]
        yield Annotation(int(match[1]) + offset, int(match[2]) + offset, decoder, match[4], text)


def _check(status: int, log: IO[bytes]) -> None:
    """Raise PluginError where sigrok-cli failed, or a decoder did, of which only the log tells."""
    log.seek(0)
    lines = log.read().decode('utf-8', 'replace').splitlines()
    failed = [line for line in lines if _FAILED.match(line)]
    if status:
        raise command.failure(command.reason('\n'.join(lines)) or f'exit status {status}')
    if failed:
        raise command.failure(failed[0])
