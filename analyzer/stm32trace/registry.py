"""Finds plug-ins: modules of a package, and entry points of other distributions.

A plug-in is a module with a certain attribute (`READER`, `REPORTER`, `command`, ...). In-tree, a
module that cannot be imported is our defect and raises; a broken plug-in of someone else is listed
with its reason and the program goes on. No other file imports `pkgutil` or `importlib.metadata`.
"""

import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from stm32trace.errors import PluginError


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plug-in that was found: its `value`, or the `error` that keeps it from being used."""

    name: str
    value: object = None
    error: PluginError | None = None


def plugins(package_name: str, attribute: str, group: str | None = None) -> Iterator[Plugin]:
    """All plug-ins of a package, by module name, then those of the entry point `group`.

    They are imported one by one, as they are asked for.
    """
    yield from scan(package_name, attribute)
    if group is not None:
        yield from entry_points(group)


def scan(package_name: str, attribute: str) -> Iterator[Plugin]:
    """The modules below a package that have `attribute`, at any depth, in order of their names.

    Those in whose code the name does not occur are not imported. Raises PluginError if one of the
    others cannot be.
    """
    for module in _modules(_imported(package_name), attribute):
        if hasattr(module, attribute):
            yield Plugin(module.__name__, getattr(module, attribute))


def named(package_name: str, name: str, attribute: str) -> Plugin | None:
    """The module `name` of a package, without looking at the others; None where there is none with `attribute`.

    Raises PluginError if it cannot be imported.
    """
    if name not in {entry.name for entry in pkgutil.iter_modules(_imported(package_name).__path__)}:
        return None
    module = _imported(f'{package_name}.{name}')
    return (
        Plugin(module.__name__, getattr(module, attribute)) if hasattr(module, attribute) else None
    )


def entry_points(group: str) -> Iterator[Plugin]:
    """What other distributions registered under `group`, in order of their names."""
    from importlib import metadata  # here, as it takes longer to load than a small capture to read

    for point in sorted(metadata.entry_points(group=group), key=lambda point: point.name):
        try:
            yield Plugin(point.name, point.load())
        except Exception as cause:  # a stranger's module may raise anything while it is imported
            yield Plugin(point.name, error=_failure(point.value, cause))


def _modules(package: ModuleType, attribute: str) -> Iterator[ModuleType]:
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        name = f'{package.__name__}.{entry.name}'
        if entry.ispkg:
            module = _imported(name)
            yield module
            yield from _modules(module, attribute)
        elif name in sys.modules or _may_have(name, attribute):
            yield _imported(name)


def _may_have(name: str, attribute: str) -> bool:
    """Whether a module can have an attribute, by the names in its code; True where that cannot be told."""
    spec = importlib.util.find_spec(name)
    get_code = getattr(spec and spec.loader, 'get_code', None)
    if get_code is None:
        return True
    try:
        code = get_code(name)
    except (ImportError, SyntaxError):
        return True  # what is wrong with it is told when it is imported
    return code is None or attribute in code.co_names


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as cause:  # whatever it is, the message must name the module
        raise _failure(name, cause) from cause


def _failure(name: str, cause: Exception) -> PluginError:
    reason = f'{type(cause).__name__}: {cause}'
    return PluginError(
        f'plug-in {name}: expected a module that can be imported, found {reason};'
        ' install what it needs, or remove it',
        name=name,
        cause=cause,
    )
