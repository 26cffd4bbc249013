"""What PulseView loads: `decoders/` holds what libsigrokdecode can take, and runs on the Python it embeds.

Source: libsigrokdecode, decoder.c and srd.c: every entry of a search path is tried as a decoder, and the path is put
before the stock one on sys.path, so that a folder of ours can hide a stock decoder or the package `common`.
"""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import parso
import pytest

from prerequisites import PROJECT, require_tool

FLOOR = '3.4'  # the Python that PulseView's Windows builds embed

DECODERS = PROJECT / 'decoders'
CORE = 'stm32trace_core'

# The standard library that decoders may use: small, and the same on all of PulseView's platforms.
MODULES = frozenset(
    """
    abc binascii bisect collections enum functools heapq importlib itertools math operator os pkgutil re string
    struct sys textwrap zlib
    """.split()
)

# The decoders of libsigrokdecode 0.5.3, for machines without it; where it is, its own list is asked as well.
STOCK = frozenset(
    """
    ac97 ade77xx adf435x adns5020 am230x amulet_ascii arm_etmv3 arm_itm arm_tpiu atsha204a aud
    avr_isp avr_pdi can cc1101 cec cfp counter dali dcf77 dmx512 ds1307 ds2408 ds243x ds28ea00
    dsi edid eeprom24xx eeprom93xx em4100 em4305 enc28j60 flexray gpib graycode guess_bitrate
    hdcp i2c i2cdemux i2cfilter i2s iec ieee488 ir_nec ir_rc5 ir_rc6 jitter jtag jtag_ejtag
    jtag_stm32 lin lm75 lpc maple_bus max7219 mcs48 mdio microwire midi miller mlx90614 modbus
    morse mrf24j40 mxc6225xu nes_gamepad nrf24l01 nunchuk onewire_link onewire_network ook
    ook_oregon ook_vis pan1321 parallel pca9571 ps2 pwm qi rc_encode rfm12 rgb_led_spi
    rgb_led_ws281x rtc8564 sda2506 sdcard_sd sdcard_spi seven_segment signature spdif spi
    spiflash ssi32 st7735 stepper_motor swd swim t55xx tca6408a tdm_audio timing tlc5620 uart
    usb_packet usb_power_delivery usb_request usb_signalling wiegand x2444m xfp z80
    """.split()
)

folders = sorted(
    path.name for path in DECODERS.iterdir() if path.is_dir() and path.name[0] not in '._'
)
own_ids = [name for name in folders if name != CORE]
sources = sorted(path for folder in folders for path in (DECODERS / folder).rglob('*.py'))
each_source = pytest.mark.parametrize(
    'source', sources, ids=lambda path: str(path.relative_to(DECODERS).as_posix())
)


def test_decoders_holds_nothing_but_folders() -> None:
    assert [path.name for path in DECODERS.iterdir() if not path.is_dir()] == []


def test_the_core_is_there() -> None:
    assert CORE in folders


def test_no_folder_hides_a_stock_decoder_or_their_common_package() -> None:
    assert not set(folders) & (STOCK | {'common'})


def test_decoders_are_named_stm32_something() -> None:
    assert [name for name in own_ids if not re.fullmatch('stm32_[a-z0-9_]+', name)] == []


def test_each_folder_but_the_core_is_a_decoder_of_that_id_and_the_third_interface() -> None:
    decoders = [importlib.import_module(name).Decoder for name in own_ids]
    assert [(decoder.id, decoder.api_version) for decoder in decoders] == [
        (name, 3) for name in own_ids
    ]


@pytest.mark.parametrize('name', own_ids)
def test_decoder_is_thin(name: str) -> None:
    """It says what it is, and hands on: no branch, no loop but over what it hands on, no number."""
    tree = ast.parse((DECODERS / name / 'pd.py').read_text(encoding='utf-8'))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [one.name for one in functions if len(one.body) > 5] == []
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.While | ast.Try)]
    loops = [node for one in functions for node in ast.walk(one) if isinstance(node, ast.For)]
    assert len(loops) <= 1


@each_source
def test_source_parses_at_the_floor(source: Path) -> None:
    assert syntax_errors(source.read_text(encoding='utf-8')) == []


def test_standard_library_names_exist_at_the_floor() -> None:
    result = vermin(DECODERS)
    assert result.returncode == 0, result.stdout


@each_source
def test_imports_are_few_and_known(source: Path) -> None:
    assert foreign_imports(source.read_text(encoding='utf-8')) == []


@each_source
def test_every_imported_name_is_used(source: Path) -> None:
    """Ruff's own check is off here: it does not count a use in a `# type:` comment."""
    if source.name != '__init__.py':
        assert unused_imports(source.read_text(encoding='utf-8')) == []


def syntax_errors(source: str) -> list[str]:
    """Return what the grammar of the floor has against `source`; `ast.parse` takes newer syntax too."""
    try:
        grammar = parso.load_grammar(version=FLOOR)
    except NotImplementedError:
        pytest.fail(
            f'parso {parso.__version__} knows no Python {FLOOR}; pip install -e ".[dev]" brings one that does'
        )
    errors = grammar.iter_errors(grammar.parse(source))
    return [f'line {error.start_pos[0]}: {error.message}' for error in errors]


def vermin(path: Path) -> subprocess.CompletedProcess[str]:
    """Run vermin on the sources below `path`: status 1 where they need more than the floor, and what does."""
    main = [
        sys.executable,
        '-c',
        'from vermin import main; main()',
    ]  # it has no __main__ for -m
    options = [
        '--no-config-file',
        '--processes=1',
        '--violations',
        '--no-tips',
        f'--target={FLOOR}-',
    ]
    return subprocess.run([*main, *options, str(path)], capture_output=True, text=True, check=False)


def imported(source: str) -> Iterator[tuple[str, str, bool]]:
    """Yield module, local name, and whether only a type checker sees it, of each import; relative ones as '.x'."""
    tree = ast.parse(source)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == 'TYPE_CHECKING'
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, alias.asname or alias.name.split('.')[0], id(node) in for_types
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield (
                    '.' * node.level + (node.module or ''),
                    alias.asname or alias.name,
                    id(node) in for_types,
                )


def foreign_imports(source: str) -> list[str]:
    """Return the modules imported that are neither ours, nor the host's, nor in MODULES."""
    allowed = MODULES | {'', CORE, 'sigrokdecode'}  # '': relative, within the folder
    return [
        module
        for module, _, for_types in imported(source)
        if module.split('.')[0] not in allowed and not (for_types and module == 'typing')
    ]


def unused_imports(source: str) -> list[str]:
    return [
        name
        for _, name, _ in imported(source)
        if len(re.findall(rf'\b{re.escape(name)}\b', source)) < 2
    ]


@pytest.mark.parametrize(
    'source',
    [
        'f(*args,)',
        'def f(*args,): pass',
        'x: int = 1',
        "f'{x}'",
        '1_000',
        '[*a, *b]',
        'async def f(): pass',
        '(x := 1)',
        'def f(a, /): pass',
    ],
)
def test_syntax_newer_than_the_floor_is_found(source: str) -> None:
    assert syntax_errors(source + '\n') != []


@pytest.mark.parametrize(
    'source',
    [
        "def f(a: 'int', *, b: 'str' = '') -> 'None':\n    x = {}  # type: Dict[str, int]\n    return f(*a, b=x)\n",
        'TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from typing import Tuple  # novm\n',
    ],
)
def test_the_idioms_of_the_core_pass(source: str, tmp_path: Path) -> None:
    (tmp_path / 'source.py').write_text(source, encoding='utf-8')
    assert (syntax_errors(source), foreign_imports(source), vermin(tmp_path).returncode) == (
        [],
        [],
        0,
    )


def test_a_library_name_newer_than_the_floor_is_found(tmp_path: Path) -> None:
    (tmp_path / 'source.py').write_text('import math\nmath.isclose(1, 2)\n', encoding='utf-8')
    result = vermin(tmp_path)
    assert result.returncode == 1
    assert 'math.isclose' in result.stdout


@pytest.mark.parametrize(
    ('source', 'found'),
    [
        ('import numpy as np', ['numpy']),
        ('from typing import List', ['typing']),
        ('import stm32_swd.pd', ['stm32_swd.pd']),
        ('from common.srdhelper import bitpack', ['common.srdhelper']),
        (
            'from ..record import NamedTuple\nfrom stm32trace_core import bits\nimport sigrokdecode as srd',
            [],
        ),
    ],
)
def test_a_foreign_import_is_found(source: str, found: list[str]) -> None:
    assert foreign_imports(source) == found


def test_an_unused_import_is_found() -> None:
    source = 'from typing import Dict, List\nx = {}  # type: Dict[str, int]\n'
    assert unused_imports(source) == ['List']


@pytest.fixture(scope='module')
def clean_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`decoders/` as git would give it: caches are entries of the search path too, and each logs an error."""
    copy = tmp_path_factory.mktemp('pulseview') / 'decoders'
    return Path(shutil.copytree(DECODERS, copy, ignore=shutil.ignore_patterns('.*', '__pycache__')))


def listing(tmp_path: Path, decoders: Path | None) -> tuple[set[str], str]:
    """Return the decoder ids that sigrok-cli lists, and what it logs; the user's own decoders are left out."""
    environment = {name: value for name, value in os.environ.items() if name != 'SIGROKDECODE_DIR'}
    environment['XDG_DATA_HOME'] = str(tmp_path)
    environment['PYTHONDONTWRITEBYTECODE'] = '1'
    if decoders is not None:
        environment['SIGROKDECODE_DIR'] = str(decoders)
    result = subprocess.run(
        [require_tool('sigrok-cli'), '-L'],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    _, _, section = result.stdout.partition('Supported protocol decoders:\n')
    return {line.split()[0] for line in section.split('\n\n')[0].splitlines()}, result.stderr


def test_sigrok_lists_our_decoders_and_still_all_of_its_own(
    tmp_path: Path, clean_copy: Path
) -> None:
    stock, stock_log = listing(tmp_path, None)
    both, both_log = listing(tmp_path, clean_copy)
    assert not stock & set(own_ids)
    assert both == stock | set(own_ids)
    new_errors = set(both_log.splitlines()) - set(stock_log.splitlines())
    failed = [line for line in new_errors if 'Failed to load decoder' in line]
    assert [line for line in failed if f'decoder {CORE}:' not in line] == []
    assert len(new_errors) <= 2  # the line above about the core, and its cause
