"""Networks of one layer."""

from __future__ import annotations

from netspec.graph import Graph, Node, Origin
from netspec.layers.base import Layer
from netspec.layers.input import Input
from netspec.shape import Shape
from netspec.source import Source, Span

NOWHERE = Origin(Span(Source("net"), 0, 3))


def network_of(layer: Layer, inputs: tuple[Shape, ...]) -> Graph:
    """A layer behind an input for each value that it takes."""
    nodes = [
        Node(number, f"in{number}", str(shape), Input(shape), (), shape, NOWHERE, number)
        for number, shape in enumerate(inputs)
    ]
    last = len(inputs)
    output = layer.out_shape(inputs)
    nodes.append(Node(last, f"{layer.name}1", layer.name, layer, tuple(range(last)), output, NOWHERE, last))
    return Graph("net", tuple(nodes), {node.name: node.number for node in nodes[:last]}, {"main": last})
