"""netspec: a compiler for convolutional networks written as their papers write them.

    >>> import netspec
    >>> netspec.analyze("1x29x29-20C4-MP2-40C5-MP3-150N-10N").totals.parameters
    76040

Names load when they are first used: importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.analysis.facts import Analysis
    from netspec.compiler import analyze, check, compile, explain, parse
    from netspec.diagnostics import Diagnostic, SpecError
    from netspec.graph import Graph
    from netspec.language.format import format
    from netspec.library import networks
    from netspec.lowering.build import build
    from netspec.training.from_python import train
    from netspec.training.run import Run

__all__ = [
    "Analysis",
    "Diagnostic",
    "Graph",
    "Run",
    "SpecError",
    "__version__",
    "analyze",
    "build",
    "check",
    "compile",
    "explain",
    "format",
    "networks",
    "parse",
    "train",
]

_HOMES = {
    "parse": "netspec.compiler",
    "compile": "netspec.compiler",
    "check": "netspec.compiler",
    "analyze": "netspec.compiler",
    "explain": "netspec.compiler",
    "build": "netspec.lowering.build",
    "train": "netspec.training.from_python",
    "format": "netspec.language.format",
    "networks": "netspec.library",
    "Graph": "netspec.graph",
    "Analysis": "netspec.analysis.facts",
    "Run": "netspec.training.run",
    "Diagnostic": "netspec.diagnostics",
    "SpecError": "netspec.diagnostics",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("netspec-compiler")
        except PackageNotFoundError:  # run from a checkout
            return "0+unknown"
    if name not in _HOMES:
        raise AttributeError(f"module 'netspec' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
