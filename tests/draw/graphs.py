"""Graphs for the laws of the drawings: random ones, and what their trunk leads to."""

from __future__ import annotations

from hypothesis import reject
from hypothesis import strategies as st

import netspec
from netspec.diagnostics import SpecError
from netspec.graph import Graph, Node
from netspec.source import Source
from tests.lowering.networks import networks


def compiled(text: str) -> Graph:
    """The graph; an illegal spec, of which the writer makes one in thousands, is not counted."""
    try:
        return netspec.compile(Source(text))
    except SpecError:
        reject()


graphs: st.SearchStrategy[Graph] = networks().map(compiled)


def first(graph: Graph) -> Node:
    """Where the trunk begins."""
    return graph.nodes[next(iter(graph.inputs.values()))]


def last(graph: Graph) -> Node:
    """Where it ends."""
    return graph.nodes[graph.outputs.get("main", max(graph.outputs.values()))]
