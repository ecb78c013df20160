"""How it is said that a network and data don't fit: both sides, and the ways out."""

from __future__ import annotations

from netspec.data.dataset import DataError, Dataset
from netspec.graph import Graph
from netspec.records import frozen


@frozen
class Sides:
    """The two that are to fit."""

    dataset: Dataset
    graph: Graph

    @property
    def network(self) -> str:
        """What the network is called."""
        return self.graph.name or "the spec"


def misfit(what: str, sides: Sides, *ways: str) -> DataError:
    """What to raise: a line on what doesn't fit, what each side is, and what can be done."""
    dataset, graph = sides.dataset, sides.graph
    takes = ", ".join(str(graph.nodes[number].shape) for number in graph.inputs.values())
    gives = ", ".join(str(graph.nodes[number].shape) for number in graph.outputs.values())
    lines = [
        f"`{sides.network}` does not fit `{dataset.name}`: {what}",
        f"  the data: {dataset.size}, {len(dataset.classes)} classes",
        f"  the spec: takes {takes}, gives {gives}",
    ]
    return DataError("\n".join((*lines, *(f"  {way}" for way in ways))))
