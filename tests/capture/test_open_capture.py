"""A capture is opened by its content; what is no capture is told in one line."""

import os
from pathlib import Path

import pytest

from capture.sr_files import HEAD, archive, chunks
from stm32trace import capture
from stm32trace.capture import formats, open_capture, unavailable_formats
from stm32trace.errors import CaptureError, FormatError, OptionError
from stm32trace.registry import Plugin

SESSION = archive([*HEAD, *chunks(b'\1\0')])


def refusal(path: Path) -> CaptureError:
    with pytest.raises(CaptureError) as caught:
        open_capture(path)
    assert caught.value.exit_status == 3
    assert caught.value.path == path
    assert str(caught.value).startswith(f'{path}: expected ')
    assert '\n' not in str(caught.value)
    return caught.value


def test_no_such_file(tmp_path: Path) -> None:
    assert 'found no such file; check the path' in str(refusal(tmp_path / 'none.sr'))


def test_a_folder(tmp_path: Path) -> None:
    assert 'found a folder; name a file in it' in str(refusal(tmp_path))


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / 'empty.sr'
    path.touch()
    assert 'found an empty one; record or copy it again' in str(refusal(path))


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / 'secret.sr'
    path.write_bytes(SESSION)

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, 'Permission denied', str(path))

    monkeypatch.setattr(Path, 'open', deny)  # root, who runs the tests in a container, may read all
    assert 'found no permission to read it; change its mode or owner' in str(refusal(path))


def test_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / 'pipe.sr'
    os.mkfifo(path)
    assert 'found a pipe or device; save it to a file first' in str(refusal(path))


def test_an_impossible_path() -> None:
    with pytest.raises(CaptureError, match='found one that cannot be read'):
        open_capture('a\0b.sr')


def test_a_file_of_no_known_format(tmp_path: Path) -> None:
    path = tmp_path / 'notes.txt'
    path.write_text('nothing to see here')
    error = refusal(path)
    assert isinstance(error, FormatError)
    assert "found a file that begins with b'nothing '" in str(error)
    assert 'or name its format with --input-format' in str(error)


def test_a_name_tells_who_explains_a_content_that_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / 'notes.SR'
    path.write_text('nothing to see here')
    assert 'expected a sigrok session, which is a zip archive' in str(refusal(path))


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / 'capture.zip'
    path.write_bytes(SESSION)
    assert open_capture(path).info.format == 'sr'
    assert open_capture(str(path)).info.path == path


def test_the_format_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / 'capture.bin'
    path.write_bytes(b'some bytes before' + SESSION)
    assert open_capture(path, input_format='sr').info.length == 2


def test_a_format_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="expected one of .*sr.*, found 'srr'; see") as caught:
        open_capture(tmp_path / 'capture.sr', input_format='srr')
    assert (caught.value.option, caught.value.exit_status) == ('--input-format', 2)


@pytest.mark.parametrize('rate', [0, -1.0, float('nan'), float('inf')])
def test_a_sample_rate_that_is_none(tmp_path: Path, rate: float) -> None:
    with pytest.raises(OptionError, match='expected a rate above 0'):
        open_capture(tmp_path / 'capture.sr', sample_rate=rate)


def test_the_sr_format_is_found() -> None:
    assert 'sr' in [one.name for one in formats()]
    assert unavailable_formats() == ()


def test_a_plug_in_that_is_no_format_is_listed_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capture, '_plugins', lambda: (Plugin('odd', 42),))
    assert formats() == ()
    (error,) = unavailable_formats()
    assert error.name == 'odd'
    assert 'expected an object with name, description, suffixes' in str(error)
