"""pysigrok finds all of our decoders, in a wheel and in a checkout alike, and runs them by itself."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import sigrokdecode as srd

from decoders.hosts import DECODERS, Layer, Notes, Wires, lines_of
from prerequisites import PROJECT
from stm32trace import pysigrok_decoders

GROUP = 'pysigrok.decoders'
FOLDERS = sorted(path.parent.name for path in DECODERS.glob('stm32_*/pd.py'))


def entry_points() -> dict[str, str]:
    project = tomllib.loads((PROJECT / 'pyproject.toml').read_text('utf-8'))['project']
    return dict(project['entry-points'][GROUP])


def test_every_decoder_has_its_entry_point() -> None:
    assert entry_points() == {name: f'stm32trace.pysigrok_decoders:{name}' for name in FOLDERS}


@pytest.mark.parametrize('name', FOLDERS)
def test_an_entry_point_gives_the_decoder_of_that_id(name: str) -> None:
    decoder = getattr(pysigrok_decoders, name)
    assert decoder.id == name
    assert issubclass(decoder, srd.Decoder)


@pytest.mark.parametrize('name', ['stm32_nothing', 'uart', '__path__'])
def test_there_is_no_other_attribute(name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(pysigrok_decoders, name)


@pytest.mark.parametrize('installed', ['wheel', 'editable'])
def test_decoders_are_found_however_the_package_is_installed(
    tmp_path: Path, installed: str
) -> None:
    """In a wheel they are data of the package; the core beside them must be the one on the path."""
    analyzer, core = PROJECT / 'analyzer', DECODERS
    if installed == 'wheel':
        ignored = shutil.ignore_patterns('__pycache__')
        analyzer = core = tmp_path / 'lib' / 'python' / 'site-packages'
        shutil.copytree(
            PROJECT / 'analyzer' / 'stm32trace', analyzer / 'stm32trace', ignore=ignored
        )
        shutil.copytree(DECODERS, analyzer / 'stm32trace' / '_pulseview', ignore=ignored)
        shutil.copytree(DECODERS / 'stm32trace_core', core / 'stm32trace_core', ignore=ignored)
    script = (
        'import sys\n'
        f'sys.path[:0] = [{str(analyzer)!r}, {str(core)!r}]\n'
        'from stm32trace import pysigrok_decoders as ours\n'
        f'for name in {FOLDERS!r}: print(sys.modules[getattr(ours, name).__module__].__file__)\n'
        'import stm32trace_core; print(stm32trace_core.__file__)\n'
    )
    result = subprocess.run(
        [sys.executable, '-I', '-c', script], capture_output=True, text=True, check=True
    )
    folder = analyzer / 'stm32trace' / '_pulseview' if installed == 'wheel' else DECODERS
    assert [Path(line) for line in result.stdout.splitlines()] == [
        *(folder / name / 'pd.py' for name in FOLDERS),
        core / 'stm32trace_core' / '__init__.py',
    ]


class Uppermost(Notes):
    """Keeps what the topmost decoder shows; pysigrok's runner hands over what those below pass on, too."""

    def __init__(self, decoder: str) -> None:
        super().__init__()
        self._decoder = decoder

    def output(self, source: Any, start: int, end: int, data: Any) -> None:
        if getattr(source, 'id', None) == self._decoder:
            super().output(source, start, end, data)


def run_decoders(wires: Wires, notes: Notes, infos: list[dict[str, Any]]) -> None:
    """Call pysigrok's own runner: two releases call themselves 0.4.2, and one wants the output first."""
    names = list(inspect.signature(srd.run_decoders).parameters)
    arguments = {'input_': wires, 'output': notes, 'decoders': infos}
    srd.run_decoders(*(arguments[name] for name in names[:3]))


def info(layer: Layer) -> dict[str, Any]:
    kind = srd.get_decoder(layer.decoder)
    options = {one['id']: one['default'] for one in kind.options}
    pins = {role: number for number, role in enumerate(layer.channels)}
    return {
        'id': layer.decoder,
        'cls': kind,
        'options': {**options, **layer.options},
        'pin_mapping': pins,
    }


def test_pysigrok_runs_a_stack_of_ours(
    shared_captures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(srd, 'get_decoder', lambda name: getattr(pysigrok_decoders, name))
    path = shared_captures / 'swd' / 'nrf51_ftdi_init_write_0xabbabeeb.sr'
    lines, rate = lines_of(path, ['swclk', 'swdio'])
    stack = [
        Layer('stm32_swd', {'swclk': 'swclk', 'swdio': 'swdio'}),
        Layer('stm32_adi', {}, {'samplerate': int(rate or 0)}),
    ]
    notes = Uppermost('stm32_adi')
    run_decoders(Wires(lines, rate), notes, [info(layer) for layer in stack])
    written = [one.text for one in notes.annotations if one.text.startswith('write 0x20000')]
    assert written == [f'write 0x{0x20000000 + 4 * word:08X} = 0xABBABEEB' for word in range(20)]
