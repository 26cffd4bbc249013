"""Finds the modules of a package of this core: how a new table or rule is discovered with no second edit."""

import importlib
import pkgutil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Container, Iterator, List  # novm


def modules(package_name: 'str', beside: 'Container[str]' = ()) -> 'Iterator[Any]':
    """Import and yield every module below the package `package_name`, sub-packages included, by name.

    beside: full names of modules and packages that are left out.
    A module that fails to import raises: a broken table is never skipped.
    """
    package = importlib.import_module(package_name)
    for _, name, is_package in sorted(
        pkgutil.iter_modules(package.__path__), key=lambda found: found[1]
    ):
        full_name = package_name + '.' + name
        if full_name in beside:
            continue
        yield importlib.import_module(full_name)
        if is_package:
            for module in modules(full_name, beside):
                yield module


def scan(package_name: 'str', attribute: 'str', beside: 'Container[str]' = ()) -> 'List[Any]':
    """Return the attribute `attribute` of every module below `package_name` that defines it."""
    return [
        getattr(module, attribute)
        for module in modules(package_name, beside)
        if hasattr(module, attribute)
    ]
