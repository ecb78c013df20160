"""What should happen when a network runs: which layers, by which torch calls, in which order.

Worked out from the Graph, not from the plan of its module, so that a module that is followed step by step has
something to differ from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netspec.graph import Graph, Node
from netspec.layers.base import OF_TWO, Call
from netspec.lowering.calls import calls_of
from netspec.lowering.roles import EVALUATION, TRAINING, roles
from netspec.records import frozen

OF_BOXES = ("roipool", "roialign")
"""Layers whose second branch are boxes."""


@frozen
class Step:
    """One torch call: the node that it is of, what is called, and whether it gives the node's value."""

    node: int
    call: Call
    ends: bool

    @property
    def name(self) -> str:
        """The class of the module, or the function, that is called."""
        return self.call.target.rpartition(".")[2]


def steps(graph: Graph, *, training: bool) -> tuple[Step, ...]:
    """The torch calls of one run, in order."""
    runs, calls = running(graph, training=training), calls_of(graph)
    return tuple(step for node in graph.nodes if node.number in runs for step in _of_node(node, calls[node.number]))


def running(graph: Graph, *, training: bool) -> frozenset[int]:
    """The nodes that a run computes: see `netspec.lowering.roles`."""
    part = roles(graph)
    idle = {*graph.inputs.values(), *part.never}
    skipped = EVALUATION if training else TRAINING
    return frozenset(number for number, when in enumerate(part.when) if number not in idle and when != skipped)


def left_to_the_loss(graph: Graph) -> frozenset[int]:
    """The nodes that training leaves out: a softmax that ends an output."""
    part = roles(graph)
    return part.never | {number for number, when in enumerate(part.when) if when == EVALUATION}


def torch_shape(graph: Graph, number: int, batch: int) -> tuple[int, ...]:
    """The shape of a node's tensor for a batch of images; boxes, and regions of one image, are a batch themselves."""
    shape = graph.nodes[number].shape
    sizes = tuple(size for size in shape.dims if isinstance(size, int))
    assert len(sizes) == len(shape.dims)
    return sizes if shape.rows is not None or number in boxes(graph) else (batch, *sizes)


def boxes(graph: Graph) -> frozenset[int]:
    """The inputs that are boxes of one image, whether they were written as `Rx4` or as `300x4`."""
    flowing = {node.inputs[1] for node in graph.nodes if node.layer.name in OF_BOXES}
    inputs = graph.inputs.values()
    return frozenset(number for number in inputs if number in flowing or graph.nodes[number].shape.rows is not None)


def _of_node(node: Node, calls: Sequence[Call]) -> Iterable[Step]:
    made: list[Call] = []
    for position, call in enumerate(calls):
        # A function of two values is applied from the left to all that flow in.
        folds = node.layer.merges and position == 0 and call.target in OF_TWO
        made += [call] * (len(node.inputs) - 1 if folds else 1)
    return (Step(node.number, call, at == len(made)) for at, call in enumerate(made, 1))
