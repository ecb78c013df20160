"""Packages that netspec can do without: what to say where one is needed and isn't there."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class MissingPackage(ModuleNotFoundError):
    """A package of an extra is not installed; the message says which extra to install."""


def need(package: str, extra: str) -> ModuleType:
    """The package, imported.

    Raises:
        MissingPackage: if it is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.partition(".")[0]:
            raise
        text = f"this needs {package}, which is not installed: pip install 'netspec-compiler[{extra}]'"
        raise MissingPackage(text, name=error.name) from None
