"""Reads captures of STM32 programming and tells what happened, what is wrong, and who is to blame.

    >>> import stm32trace
    >>> analysis = stm32trace.analyze(stm32trace.open_capture('brick.sr'))  # doctest: +SKIP
    >>> analysis.verdict.headline                                           # doctest: +SKIP

Importing the package loads nothing else: a reader of one station does not pay for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stm32trace.capture import open_capture
    from stm32trace.pipeline import analyze

__all__ = ['__version__', 'analyze', 'open_capture']

__version__ = '0.1.0'


def __getattr__(name: str) -> object:
    """Load a public function when it is first asked for."""
    if name == 'open_capture':
        from stm32trace.capture import open_capture

        return open_capture
    if name == 'analyze':
        from stm32trace.pipeline import analyze

        return analyze
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
