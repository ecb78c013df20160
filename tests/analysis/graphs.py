"""Small graphs built by hand, so that these tests need nothing of the language."""

from __future__ import annotations

from typing import Any

from netspec.graph import Graph, Node, Origin
from netspec.layers import layer_class
from netspec.layers.arguments import bind
from netspec.layers.base import Layer
from netspec.layers.input import Input
from netspec.shape import Dim, Shape, letter
from netspec.source import Source, Span

NOWHERE = Origin(Span(Source("net"), 0, 3))


def layer(name: str, *positional: Any, **named: Any) -> Layer:
    """`layer("conv", 8, 3, stride=2, pad=(1, 0))`."""
    return bind(layer_class(name), positional, named)


def shape(text: str) -> Shape:
    """`3x32x32`, `3xHxW`, `10`."""
    dims: list[Dim] = [int(word) if word.isdigit() else letter(word) for word in text.split("x")]
    return Shape(dims[0], tuple(dims[1:]))


class Net:
    """A graph in the making: each method gives the number of the node that it adds."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.inputs: dict[str, int] = {}

    def input(self, text: str, name: str = "input") -> int:
        self.inputs[name] = self._place(Input(shape(text)), (), name, None)
        return self.inputs[name]

    def add(self, layer: Layer, *inputs: int, name: str = "", owner: int | None = None) -> int:
        return self._place(layer, inputs, name, owner)

    def chain(self, start: int, *layers: Layer) -> int:
        for each in layers:
            start = self.add(each, start)
        return start

    def graph(self, **outputs: int) -> Graph:
        return Graph("net", tuple(self.nodes), self.inputs, outputs or {"main": len(self.nodes) - 1})

    def _place(self, layer: Layer, inputs: tuple[int, ...], name: str, owner: int | None) -> int:
        number = len(self.nodes)
        out = layer.out_shape(tuple(self.nodes[each].shape for each in inputs))
        place = number if owner is None else owner
        self.nodes.append(Node(number, name or f"{layer.name}{number}", layer.name, layer, inputs, out, NOWHERE, place))
        return number


def chain(given: str, *layers: Layer) -> Graph:
    """A network of one chain."""
    net = Net()
    net.chain(net.input(given), *layers)
    return net.graph()
