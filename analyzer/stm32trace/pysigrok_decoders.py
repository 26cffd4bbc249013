"""Our decoders as pysigrok asks for them: one attribute for each folder of `decoders/`.

pysigrok finds decoders by the entry points `pysigrok.decoders`, which name attributes of this module. The folders
themselves are no modules of an installed package: a wheel carries them as data, a checkout has them beside it.
"""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from stm32trace.pulseview.shipment import decoder_folder


def __getattr__(name: str) -> type:
    """Return the decoder with the id `name`. Raises AttributeError where there is none."""
    if not name.startswith('stm32_'):
        raise AttributeError(name)
    folder = decoder_folder() / name
    if not (folder / '__init__.py').is_file():
        raise AttributeError(f'no decoder {name} in {folder.parent}')
    decoder: type = _package(name, folder).Decoder
    return decoder


def _package(name: str, folder: Path) -> ModuleType:
    """Import the package in `folder` by its own name, as libsigrokdecode does."""
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_loader(name, SourceFileLoader(name, str(folder / '__init__.py')))
    assert spec is not None
    assert spec.loader is not None
    package = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(package)
    return package
