"""Nothing imports against the arrow: the table of allowed imports, and the test that holds the sources to it.

Every module belongs to the longest entry of TABLE that its name begins with. It may import the standard library,
its own entry, and what the entry lists: a module or package with all below it, or a single name ('stm32trace.
__version__'). Imports for type checkers count as well. A new module that fits no entry needs one: decide there
where in the flow it stands.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prerequisites import PROJECT

SOURCE_ROOTS = (PROJECT / 'analyzer', PROJECT / 'decoders')

CORE = 'stm32trace_core'
ANALYZER = 'stm32trace'
ROOTS = (CORE, ANALYZER)  # as entries: the packages' own __init__, not what is below


def core(*names: str) -> tuple[str, ...]:
    return tuple(f'{CORE}.{name}' for name in names)


def analyzer(*names: str) -> tuple[str, ...]:
    return tuple(f'{ANALYZER}.{name}' for name in names)


# Finding plug-ins is the business of one module on each side.
FINDERS = ('importlib', 'pkgutil')
STANDARD_LIBRARY = sys.stdlib_module_names - set(FINDERS)
RESOURCES = ('importlib.resources',)  # files shipped inside the package

BASE = core('record', 'bits', 'register', 'machine', 'context', 'scan', 'interest')
WIRE = (*BASE, *core('lines', 'wire'))
TRANSACTIONS = core('adi.records', 'adi.registers', 'bootloader.records', 'bootloader.commands')
OPERATIONS = core(
    'flash.records',
    'flash.contents',
    'flash.lock',
    'flash.options',
    'flash.orders',
    'cortex.records',
    'cortex.registers',
)
DEVICES = core('devices')

CAPTURE = analyzer('capture', 'model', 'errors')
RESULT = (CORE, *analyzer('analysis', 'summary', 'verdict', 'model', 'errors', '__version__'))

TABLE: dict[str, tuple[str, ...]] = {
    # Shared with PulseView: the standard library and what is here.
    **dict.fromkeys(BASE, BASE),
    'stm32trace_core.scan': FINDERS,
    'stm32trace_core.network': BASE,
    'stm32trace_core.lines': BASE,
    'stm32trace_core.resets': WIRE,
    'stm32trace_core.wire': WIRE,
    'stm32trace_core.adi': WIRE,
    'stm32trace_core.bootloader': (*WIRE, *DEVICES),
    'stm32trace_core.devices': BASE,
    'stm32trace_core.cortex': (*WIRE, *TRANSACTIONS),
    'stm32trace_core.flash': (*WIRE, *TRANSACTIONS, *DEVICES, *core('cortex.registers')),
    'stm32trace_core.rules': (*WIRE, *TRANSACTIONS, *OPERATIONS, *DEVICES),
    'stm32trace_core.describe': (CORE,),
    'stm32trace_core.sigrok': (CORE,),
    'stm32trace_core': (),
    'stm32_': ('sigrokdecode', CORE),
    # The analyzer.
    'stm32trace.errors': (),
    'stm32trace.model': (),
    'stm32trace.settings': (),
    'stm32trace.registry': (*analyzer('errors'), *FINDERS),
    'stm32trace.capture': (*analyzer('model', 'errors', 'registry'), 'numpy', 'zlib_ng', 'vcd'),
    'stm32trace.signal': (*analyzer('capture.changes'), 'numpy'),
    'stm32trace.line': (
        *analyzer('signal', 'capture.changes', 'errors', 'registry'),
        *WIRE,
        'numpy',
    ),
    'stm32trace.detect': (*CAPTURE, *analyzer('line', 'signal', 'settings'), CORE, 'numpy'),
    # What a simulated part really did must not come from the tables that judge it: no core here.
    'stm32trace.simulator': (*CAPTURE, *RESOURCES, 'numpy', 'unicorn'),
    'stm32trace.merge': (*BASE, *analyzer('line'), 'numpy'),
    # The same as core machines do record by record, for whole columns.
    'stm32trace.access': (CORE, *analyzer('line', 'merge'), 'numpy'),
    'stm32trace.publisher': (CORE, *analyzer('access', 'line', 'merge', 'report'), 'numpy'),
    # pysigrok asks for a module of each decoder, wherever it lies.
    'stm32trace.pysigrok_decoders': (*FINDERS, *analyzer('pulseview'), 'sigrokdecode'),
    'stm32trace.image': (),
    'stm32trace.windows': (CORE,),
    'stm32trace.debugging': (CORE,),
    'stm32trace.summary': (CORE, *analyzer('debugging', 'image', 'windows')),
    'stm32trace.verdict': (CORE, *analyzer('summary')),
    'stm32trace.analysis': (*RESULT, *analyzer('detect')),
    'stm32trace.report': (
        *RESULT,
        *analyzer('access', 'detect', 'line', 'registry'),
        *RESOURCES,
        'numpy',
        'rich',
        'vcd',
    ),
    'stm32trace.pipeline': (
        *RESULT,
        *analyzer(
            'access',
            'capture',
            'signal',
            'line',
            'detect',
            'merge',
            'publisher',
            'report',
            'registry',
            'settings',
        ),
        'numpy',
    ),
    # Programs and libraries of sigrok.
    'stm32trace.sigrok': (*CAPTURE, *analyzer('detect', 'registry'), CORE, 'sigrokdecode'),
    'stm32trace.pulseview': (*RESULT, *analyzer('detect', 'sigrok'), *RESOURCES),
    'stm32trace.cli': (
        *RESULT,
        *analyzer(
            'capture',
            'detect',
            'line',
            'pipeline',
            'pulseview',
            'report',
            'simulator',
            'sigrok',
            'registry',
            'settings',
        ),
        *RESOURCES,
        'click',
        'rich',
    ),
    'stm32trace.__main__': analyzer('cli'),
    'stm32trace': analyzer('capture', 'pipeline'),
}


def entry(module: str) -> str | None:
    """Return the entry of TABLE for `module`, None if it has none; all PulseView decoders share 'stm32_'."""
    if module.startswith('stm32_'):
        return 'stm32_'
    if module in ROOTS:
        return module
    return max(
        (key for key in TABLE if key not in ROOTS and is_below(module, key)), key=len, default=None
    )


def is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(package + '.')


def imports(source: str, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Yield line and absolute dotted name of all that `source` imports; `from a import b` is 'a.b'."""
    parts = module.split('.') if is_package else module.split('.')[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = parts[: len(parts) + 1 - node.level] if node.level else []
            origin = [*start, *(node.module.split('.') if node.module else [])]
            yield from ((node.lineno, '.'.join([*origin, alias.name])) for alias in node.names)


def is_allowed(module: str, imported: str) -> bool:
    """Tell whether TABLE lets `module` import `imported`; a decoder's own folder counts as its entry."""
    key = entry(module)
    if key is None:
        return False
    own = module.split('.')[0] if key == 'stm32_' else key
    allowed = TABLE[key] if module in ROOTS else (own, *TABLE[key])
    return imported.split('.')[0] in STANDARD_LIBRARY or any(
        is_below(imported, name) for name in allowed
    )


def violations(roots: tuple[Path, ...]) -> list[str]:
    """Return one line for each import that TABLE does not allow in the sources below `roots`."""
    found = []
    for root in roots:
        for path in sorted(root.rglob('*.py')):
            names = path.relative_to(root).with_suffix('').parts
            is_package = names[-1] == '__init__'
            module = '.'.join(names[:-1] if is_package else names)
            for line, imported in imports(path.read_text(encoding='utf-8'), module, is_package):
                if not is_allowed(module, imported):
                    found.append(
                        f'{path.relative_to(root.parent)}:{line}: {module} imports {imported}'
                    )
    return found


def test_imports_follow_the_table() -> None:
    assert violations(SOURCE_ROOTS) == []


@pytest.mark.parametrize(
    ('file', 'source', 'imported'),
    [
        ('stm32trace/capture/sr.py', 'from stm32trace.line import i2c', 'stm32trace.line.i2c'),
        ('stm32trace/capture/sr.py', 'from ..line.i2c import X', 'stm32trace.line.i2c.X'),
        ('stm32trace/capture/__init__.py', 'from .. import cli', 'stm32trace.cli'),
        ('stm32trace/signal/edges.py', 'import stm32trace', 'stm32trace'),
        ('stm32trace/report/html.py', 'import stm32trace.simulator.sr', 'stm32trace.simulator.sr'),
        ('stm32trace/report/html.py', 'import pkgutil', 'pkgutil'),
        ('stm32trace/cli/formats.py', 'from importlib import metadata', 'importlib.metadata'),
        (
            'stm32trace/simulator/f1.py',
            'from stm32trace_core.devices import f1',
            f'{CORE}.devices.f1',
        ),
        ('stm32trace/unheard_of.py', 'import os', 'os'),
        ('stm32trace/__init__.py', 'from stm32trace.cli import main', 'stm32trace.cli.main'),
        ('stm32trace_core/rules/rule.py', 'import numpy as np', 'numpy'),
        (
            'stm32trace_core/rules/rule.py',
            'from ..flash.machine import X',
            f'{CORE}.flash.machine.X',
        ),
        ('stm32trace_core/record.py', 'from . import wire', f'{CORE}.wire'),
        ('stm32_adi/pd.py', 'from stm32_swd import pd', 'stm32_swd.pd'),
        ('stm32_adi/pd.py', 'from common.srdhelper import bitpack', 'common.srdhelper.bitpack'),
        ('stm32_adi/pd.py', 'def f():\n    import stm32trace', 'stm32trace'),
    ],
)
def test_an_import_against_the_table_is_found(
    tmp_path: Path, file: str, source: str, imported: str
) -> None:
    path = tmp_path / 'root' / file
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding='utf-8')
    module = file.removesuffix('.py').removesuffix('/__init__').replace('/', '.')
    line = source.count('\n') + 1
    expected = f'{Path("root", file)}:{line}: {module} imports {imported}'
    assert violations((tmp_path / 'root',)) == [expected]


@pytest.mark.parametrize(
    ('file', 'source'),
    [
        ('stm32trace/capture/sr.py', 'import os\nimport numpy as np\nfrom . import changes'),
        ('stm32trace/line/i2c.py', 'from stm32trace_core.wire.i2c import I2cTransfer'),
        ('stm32trace/report/html.py', 'from stm32trace import __version__'),
        ('stm32trace/registry.py', 'import pkgutil\nfrom importlib import metadata'),
        ('stm32trace_core/devices/__init__.py', 'from ..scan import scan\nfrom .family import X'),
        ('stm32trace_core/rules/i2c/i2c001_x.py', 'from ...flash.records import X'),
        ('stm32_adi/__init__.py', 'from .pd import Decoder'),
        (
            'stm32_adi/pd.py',
            'import sigrokdecode as srd\nfrom stm32trace_core.adi.machine import X',
        ),
    ],
)
def test_an_import_along_the_arrow_is_allowed(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding='utf-8')
    assert violations((tmp_path,)) == []
