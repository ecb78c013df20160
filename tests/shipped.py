"""The shipped networks, compiled and analysed once for all tests."""

from __future__ import annotations

from functools import cache

import netspec
from netspec.analysis.facts import Analysis
from netspec.library import find, networks

NAMES = tuple(network.name for network in networks())


@cache
def analysed(name: str, input: str = "", **params: object) -> Analysis:
    """The figures of a shipped network with these parameters, at this input."""
    return netspec.analyze(netspec.compile(find(name), inputs=input or None, **params))
