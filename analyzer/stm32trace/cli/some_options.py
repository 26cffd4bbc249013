"""A part of the shared options, for commands that have no use for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from stm32trace.cli.options import Callback, Options, shared


def some(*names: str) -> Callable[[Callback], Callback]:
    """Return a decorator that gives a command the shared options of these names, in the usual order."""
    known = _shared()
    assert set(names) <= set(known), set(names) - set(known)

    def decorate(function: Callback) -> Callback:
        own = [option for name, option in known.items() if name in names]
        held: list[click.Parameter] = getattr(function, '__click_params__', [])
        function.__click_params__ = [*reversed(own), *held]  # type: ignore[attr-defined]  # click keeps them there
        return function

    return decorate


def completed(given: dict[str, Any]) -> Options:
    """Return the shared options as given, the others with their defaults."""
    usual = _everything.make_context('all', []).params
    return Options(**{name: given.get(name, value) for name, value in usual.items()})


def _shared() -> dict[str, click.Option]:
    """Return all shared options by name, in the order of the help."""
    return {
        option.name: option
        for option in _everything.params
        if isinstance(option, click.Option) and option.name
    }


@click.command(name='all')
@shared
def _everything(**given: Any) -> None:
    """Hold them."""
