"""`decode --fail-on never`: nothing is judged, and the rows are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import Run
from stm32trace.report.rows import LAYERS
from stm32trace_core.rules import engine
from waves.swd import AP, DP, SwdWave


@pytest.fixture(scope='module')
def swd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Memory read through an access port."""
    path = tmp_path_factory.mktemp('swd') / 'swd.sr'
    wave = SwdWave().line_reset().read(DP, 0x0, 0x2BA01477).write(DP, 0x8, 0)
    wave.write(AP, 0x0, 0x23000012).write(AP, 0x4, 0x08000000)
    wave.read(AP, 0xC).read(AP, 0xC, 0x20020000).read(DP, 0xC, 0x080001C1).idle(8).write_sr(path)
    return path


@pytest.mark.parametrize('capture', ['brick', 'healthy', 'swd'])
@pytest.mark.parametrize('layer', LAYERS)
def test_rows_do_not_depend_on_judging(
    run: Run, request: pytest.FixtureRequest, capture: str, layer: str
) -> None:
    file = request.getfixturevalue(capture)
    arguments = ('decode', file, '--level', layer, '--format', 'csv')
    assert run(*arguments, '--fail-on', 'never').stdout == run(*arguments).stdout


def test_no_rule_is_made(run: Run, swd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, 'instances', None)
    assert run('decode', swd, '--fail-on', 'never').exit_code == 0


def test_ids_of_rules_are_checked_all_the_same(run: Run, swd: Path) -> None:
    found = run('decode', swd, '--fail-on', 'never', '--select', 'NONE999')
    assert found.exit_code == 2
    assert '--select' in found.stderr
