"""The facts of each layer and the totals of a network: `analyze`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from netspec.analysis.facts import Analysis, LayerFacts, Totals
from netspec.analysis.memory import inference_peak, is_view, training_bytes
from netspec.analysis.receptive_field import Fields, receptive_fields
from netspec.analysis.strides import with_copies
from netspec.graph import Graph, Node
from netspec.layers.base import Call, Keeps, Layer, Shapes, Weight, trained_count
from netspec.layers.windows import Reach
from netspec.records import frozen
from netspec.shape import Count, Shape, product, total

ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""Bytes of one number of each type."""


@frozen
class Figures:
    """All that a layer says for itself about the shapes that flow in.

    `is_view` tells whether what comes out lies in the tensor that flows in (`netspec.analysis.memory`).
    """

    weights: Mapping[str, Weight]
    parameters: Count
    buffers: Count
    macs: Count
    ops: Count
    activations: Count
    reach: tuple[Reach, ...]
    calls: tuple[Call, ...]
    keeps: Keeps
    is_view: bool
    is_view_at_inference: bool


@lru_cache(maxsize=16_384)
def figures(layer: Layer, inputs: Shapes, output: Shape) -> Figures:
    """The layer's figures per image; repeated layers are asked once."""
    weights = layer.weights(inputs)
    ops = layer.ops(inputs, output)
    calls = layer.torch(inputs, output)
    view = ops == 0 and not weights and is_view(calls)
    return Figures(
        weights=weights,
        parameters=trained_count(weights),
        buffers=total(product(weight.shape) for weight in weights.values() if not weight.trained),
        macs=layer.macs(inputs, output),
        ops=ops,
        activations=output.elements,
        reach=layer.window(inputs, output),
        calls=calls,
        keeps=layer.keeps(inputs, output),
        is_view=view,
        is_view_at_inference=view or layer.family == "regularisation",
    )


def analyze(graph: Graph, *, dtype: str = "float32", batch: int = 1) -> Analysis:
    """All figures of a network: of each layer per image, and in all for `batch` images of numbers of type `dtype`.

    Raises:
        ValueError: a number type that is not in `ITEM_BYTES`, or a batch below 1.
    """
    if dtype not in ITEM_BYTES:
        raise ValueError(f"there is no number type `{dtype}`; known are {', '.join(ITEM_BYTES)}")
    if batch < 1:
        raise ValueError(f"a batch of {batch} images is too small; it starts at 1")
    inputs = [graph.inputs_of(node) for node in graph.nodes]
    rows = [figures(node.layer, given, node.shape) for node, given in zip(graph.nodes, inputs, strict=True)]
    fields = receptive_fields(graph, [row.reach for row in rows])
    layers = tuple(map(_facts, graph.nodes, inputs, rows, fields))
    return Analysis(graph, layers, _totals(graph, layers, rows, ITEM_BYTES[dtype], batch), dtype, batch)


def parameters_and_macs(graph: Graph) -> tuple[Count, Count]:
    """The two figures by which networks are compared, as `analyze` gives them: for lists, which show nothing else."""
    rows = [figures(node.layer, graph.inputs_of(node), node.shape) for node in graph.nodes]
    owned = (row.parameters for row, node in zip(rows, graph.nodes, strict=True) if not node.shares)
    return total(owned), total(row.macs for row in rows)


def views_and_keeps(graph: Graph, rows: Sequence[Figures]) -> tuple[list[bool], list[Keeps]]:
    """For each node, whether training makes no tensor of its own there, and what it keeps for the backward pass."""
    return with_copies(graph, [row.calls for row in rows], [row.is_view for row in rows], [row.keeps for row in rows])


_NO_WEIGHTS: Mapping[str, Weight] = {}


def _facts(node: Node, inputs: Shapes, row: Figures, fields: Fields) -> LayerFacts:
    """What the layer says, in its place: weights that another node owns are counted there."""
    own = not node.shares
    return LayerFacts(
        node=node,
        inputs=inputs,
        weights=row.weights if own else _NO_WEIGHTS,
        parameters=row.parameters if own else 0,
        buffers=row.buffers if own else 0,
        macs=row.macs,
        ops=row.ops,
        activations=row.activations,
        fields=fields,
    )


def _totals(graph: Graph, layers: Sequence[LayerFacts], rows: Sequence[Figures], item: int, batch: int) -> Totals:
    elements = [row.activations for row in rows]
    peak = inference_peak(graph, elements, [row.is_view_at_inference for row in rows])
    views, keeps = views_and_keeps(graph, rows)
    parameters, buffers = total(facts.parameters for facts in layers), total(facts.buffers for facts in layers)
    return Totals(
        parameters=parameters,
        buffers=buffers,
        macs=total(facts.macs for facts in layers) * batch,
        ops=total(facts.ops for facts in layers) * batch,
        weight_bytes=parameters * item,
        activation_bytes=peak.elements * (item * batch),
        training_bytes=training_bytes(graph, elements, views, keeps, item, batch),
    )
