"""A network up to one of its layers."""

from __future__ import annotations

from netspec.graph import Graph
from netspec.records import replace


def until(graph: Graph, number: int) -> Graph:
    """The network whose one output is what this node gives: what leads there, under the names that it has.

    A layer that uses the weights of another keeps that one, with what leads to it.
    """
    needed: set[int] = set()
    waiting = [number]
    while waiting:
        at = waiting.pop()
        if at not in needed:
            needed.add(at)
            node = graph.nodes[at]
            waiting += [*node.inputs, node.owner]
    kept = [node for node in graph.nodes if node.number in needed or node.number in graph.inputs.values()]
    place = {node.number: new for new, node in enumerate(kept)}
    nodes = tuple(
        replace(
            node,
            number=place[node.number],
            inputs=tuple(place[each] for each in node.inputs),
            owner=place[node.owner],
        )
        for node in kept
    )
    inputs = {name: place[each] for name, each in graph.inputs.items()}
    return replace(graph, nodes=nodes, inputs=inputs, outputs={"main": place[number]}, train={})
