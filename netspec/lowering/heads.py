"""The last layers of a network, which say the classes: what other images with other classes need anew."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.graph import Graph, Node
from netspec.layers.base import no_count


def heads(graph: Graph, outputs: Iterable[str]) -> tuple[Node, ...]:
    """The layers with weights that follow the last kernel or matrix before these outputs, and those themselves.

    In `… - 84N - relu - 10N - scale - softmax` these are `10N` and `scale`. In the network's order, each once.
    """
    found: set[int] = set()
    seen: set[int] = set()
    left = [graph.outputs[name] for name in outputs]
    while left:
        node = graph.nodes[left.pop()]
        if node.number in seen:
            continue
        seen.add(node.number)
        weights = graph.weights_of(node)
        if weights:
            found.add(node.number)
        if not (weights and type(node.layer).macs is not no_count):
            left += node.inputs
    return tuple(graph.nodes[number] for number in sorted(found))
