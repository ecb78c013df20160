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


def of_known_size(name: str) -> bool:
    """Whether a network says how large its inputs are; those of detectors are as large as the image."""
    graph = analysed(name).graph
    return all(isinstance(size, int) for number in graph.inputs.values() for size in graph.nodes[number].shape.dims)


def is_small(name: str, *, parameters: float = 8e6, macs: float = 4e8) -> bool:
    """Whether a network has no more of these: so that it runs on an image in a moment, and in little memory."""
    totals = analysed(name).totals
    figures = ((totals.parameters, parameters), (totals.macs, macs))
    return all(not isinstance(count, int) or count <= most for count, most in figures)
