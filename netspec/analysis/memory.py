"""Memory of activations: the peak of inference, and what training keeps for the backward pass.

A layer that torch computes by views only (flatten, reshape, slice, identity) makes no tensor of its own: its value
lies in the tensor that flows in and keeps it alive. At inference, so do the layers that act in training only (dropout,
noise). No layer is taken to work in place.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.graph import Graph
from netspec.layers.base import Call, Keeps
from netspec.records import frozen
from netspec.shape import Count, Unknown, total

VIEWS = frozenset(
    {
        "nn.Flatten",
        "nn.Identity",
        "torch.flatten",
        "torch.movedim",
        "torch.narrow",
        "torch.permute",
        "torch.reshape",
        "torch.select",
        "torch.transpose",
        "torch.unflatten",
    }
)
"""The torch calls that give the same storage under another shape."""


def is_view(calls: tuple[Call, ...]) -> bool:
    """Whether a layer that torch computes so makes no tensor; the input layer, computed by nothing, makes its own."""
    return bool(calls) and all(call.target in VIEWS for call in calls)


@frozen
class Peak:
    """The most elements that are alive at once, and the number of the node that is computed then."""

    elements: Count
    node: int


def storages(graph: Graph, views: Sequence[bool]) -> list[int]:
    """For each node, the number of the node that made the tensor in which its value lies."""
    storage: list[int] = []
    for node, is_view in zip(graph.nodes, views, strict=True):
        storage.append(storage[node.inputs[0]] if is_view else node.number)
    return storage


def inference_peak(graph: Graph, elements: Sequence[Count], views: Sequence[bool]) -> Peak:
    """Every value lives from its making to its last use; inputs are there from the start, outputs stay to the end.

    `elements` and `views` say for each node how many elements it makes and whether these are a view. Linear.
    """
    counts = [count for count in elements if isinstance(count, int)]
    if len(counts) != len(elements):
        return Peak(Unknown("it depends on the size of the input"), 0)
    storage = storages(graph, views)
    ends = _last_uses(graph, storage)
    alive = sum(counts[number] for number in graph.inputs.values())
    given = set(graph.inputs.values())
    peak = Peak(alive, 0)
    for node in graph.nodes:
        number = node.number
        if storage[number] == number and number not in given:
            alive += counts[number]
        if alive > peak.elements:  # type: ignore[operator]
            peak = Peak(alive, number)
        alive -= sum(counts[freed] for freed in ends[number])
    return peak


def _last_uses(graph: Graph, storage: Sequence[int]) -> list[list[int]]:
    """For each node, the tensors that are not needed after it."""
    last = list(range(len(graph.nodes)))
    for node in graph.nodes:
        for number in node.inputs:
            last[storage[number]] = node.number
    kept = {storage[number] for number in graph.outputs.values()}
    ends: list[list[int]] = [[] for _ in graph.nodes]
    for number, end in enumerate(last):
        if storage[number] == number and number not in kept:
            ends[end].append(number)
    return ends


def training_bytes(
    graph: Graph, elements: Sequence[Count], views: Sequence[bool], keeps: Sequence[Keeps], item: int, batch: int
) -> Count:
    """Bytes that autograd keeps for a batch: each tensor once, however many layers keep it, and the layers' extras.

    `item` is the size of one element in bytes; `views` those of training, where dropout makes a new tensor.
    """
    storage = storages(graph, views)
    kept: set[int] = set()
    for node, keep in zip(graph.nodes, keeps, strict=True):
        kept.update(storage[node.inputs[position]] for position in keep.inputs)
        if keep.output:
            kept.add(storage[node.number])
    an_image = total(elements[number] for number in sorted(kept)) + total(keep.extra for keep in keeps)
    once = total(keep.once for keep in keeps) * item
    return (an_image * item + total(keep.extra_bytes for keep in keeps)) * batch + once
