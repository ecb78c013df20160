"""What training keeps by netspec's word, node by node, as it is measured."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.analysis.cost import figures, views_and_keeps
from netspec.analysis.memory import storages
from netspec.graph import Graph
from netspec.shape import Count

ITEM_BYTES = 4
"""The module's numbers are float32."""


def kept_by_node(graph: Graph, batch: int) -> Mapping[int, int]:
    """Bytes kept for the backward pass of a batch, by the node whose value or work they are.

    The same sum as `netspec.analysis.memory.training_bytes`, not yet added up.
    """
    rows = [figures(node.layer, graph.inputs_of(node), node.shape) for node in graph.nodes]
    views, keeps_of = views_and_keeps(graph, rows)
    storage = storages(graph, views)
    kept: set[int] = set()
    sizes: dict[int, int] = {}
    for node, keeps in zip(graph.nodes, keeps_of, strict=True):
        kept.update(storage[node.inputs[position]] for position in keeps.inputs)
        if keeps.output:
            kept.add(storage[node.number])
        an_image = _known(keeps.extra) * ITEM_BYTES + _known(keeps.extra_bytes)
        sizes[node.number] = an_image * batch + _known(keeps.once) * ITEM_BYTES
    for number in kept:
        sizes[number] += _known(rows[number].activations) * ITEM_BYTES * batch
    return {number: size for number, size in sizes.items() if size}


def _known(count: Count) -> int:
    assert isinstance(count, int)
    return count
