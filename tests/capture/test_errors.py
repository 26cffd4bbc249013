"""Errors carry what they are about, fit on one line, and know the exit status they lead to."""

from pathlib import Path

import pytest

from stm32trace.errors import (
    CaptureError,
    ChannelError,
    FormatError,
    OptionError,
    PluginError,
    ReportError,
    Stm32TraceError,
    TruncatedError,
)


@pytest.mark.parametrize(
    ('error', 'status'),
    [
        (CaptureError('x'), 3),
        (FormatError('x'), 3),
        (TruncatedError('x'), 3),
        (ChannelError('x'), 2),
        (OptionError('x'), 2),
        (PluginError('x', name='x'), 2),
        (ReportError('x'), 4),
    ],
)
def test_each_error_has_the_exit_status_of_the_interface(
    error: Stm32TraceError, status: int
) -> None:
    assert error.exit_status == status
    assert str(error) == 'x'


def test_an_error_is_one_line_that_begins_with_its_path() -> None:
    error = CaptureError('expected a,\nfound b', path='two  words.sr', offset=7)
    assert str(error) == 'two  words.sr: expected a, found b'
    assert (error.path, error.offset) == (Path('two  words.sr'), 7)


def test_a_channel_error_lists_the_names_that_exist() -> None:
    error = ChannelError('expected', names=['CLK'], known=['SCL', 'SDA'])
    assert (error.names, error.known) == (('CLK',), ('SCL', 'SDA'))
    assert isinstance(error, CaptureError)
