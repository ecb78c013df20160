"""How values lie in memory, where that decides which of them torch copies.

Torch turns a value (permute, transpose) and cuts one (narrow, select) by its strides alone. What comes of that is no
longer in one piece and in order; a layer that wants it so, as flatten does, makes a copy, and keeps that. Other layers
hand the order on: activations any order, convolutions and pools of maps one with the channels last.

What is said here of a layer was measured on torch's CPU kernels. Where a size is unknown, values are taken to lie in
order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

from netspec.analysis.memory import VIEWS
from netspec.graph import Graph, Node
from netspec.layers.base import Call, Keeps
from netspec.records import frozen, replace
from netspec.shape import Shape, total

Sizes: TypeAlias = tuple[int, ...]

BATCH = 2
"""The images that strides are worked out for; of one image, the batch could lie anywhere."""


@frozen
class Laid:
    """A tensor by its sizes and strides, in elements."""

    sizes: Sizes
    strides: Sizes

    @property
    def in_order(self) -> bool:
        """Whether it is in one piece, the last axis running fastest."""
        return _same(self, laid(self.sizes))

    @property
    def channels_last(self) -> bool:
        """Whether its channels run fastest and then its last axis; pieces may lie apart."""
        step = 0
        for axis in reversed(_channels_last(len(self.sizes))):
            if self.strides[axis] < step:
                return False
            step = self.strides[axis] * self.sizes[axis]
        return not self.in_order


def laid(sizes: Sizes, order: Sequence[int] | None = None) -> Laid:
    """A tensor in one piece, its axes from the slowest to the fastest in this order; else in their own."""
    strides, step = [0] * len(sizes), 1
    for axis in reversed(range(len(sizes)) if order is None else order):
        strides[axis] = step
        step *= sizes[axis]
    return Laid(sizes, tuple(strides))


def _channels_last(rank: int) -> Sizes:
    return (0, *range(2, rank), 1)


def _same(one: Laid, other: Laid) -> bool:
    """Whether two tensors of the same sizes lie alike; the stride of an axis of size 1 does not matter."""
    pairs = zip(one.sizes, one.strides, other.strides, strict=True)
    return all(mine == theirs for size, mine, theirs in pairs if size != 1)


# Views


def view(call: Call, value: Laid) -> tuple[Laid, bool]:
    """What a call of `netspec.analysis.memory.VIEWS` gives, and whether it had to copy the value for that."""
    kind = call.target.partition(".")[2]
    if kind in ("permute", "transpose", "movedim"):
        order = _order(kind, call.arguments, len(value.sizes))
        return Laid(tuple(value.sizes[axis] for axis in order), tuple(value.strides[axis] for axis in order)), False
    if kind in ("narrow", "select"):
        return _cut(kind, call.arguments, value), False
    sizes = _reshaped(kind, call.arguments, value.sizes)
    strides = _strides_of_view(value, sizes)
    return (laid(sizes), True) if strides is None else (Laid(sizes, strides), False)


def _order(kind: str, arguments: Mapping[str, Any], rank: int) -> list[int]:
    """The axes of what flows in, as they follow one another in what comes out."""
    if kind == "permute":
        return list(arguments["dims"])
    order = list(range(rank))
    if kind == "transpose":
        one, other = arguments["dim0"], arguments["dim1"]
        order[one], order[other] = order[other], order[one]
    else:
        order.insert(arguments["destination"] % rank, order.pop(arguments["source"] % rank))
    return order


def _cut(kind: str, arguments: Mapping[str, Any], value: Laid) -> Laid:
    axis = arguments["dim"] % len(value.sizes)
    length = (arguments["length"],) if kind == "narrow" else ()
    stride = value.strides[axis : axis + len(length)]
    return Laid(
        value.sizes[:axis] + length + value.sizes[axis + 1 :],
        value.strides[:axis] + stride + value.strides[axis + 1 :],
    )


def _reshaped(kind: str, arguments: Mapping[str, Any], sizes: Sizes) -> Sizes:
    if kind in ("Flatten", "flatten"):
        first = arguments.get("start_dim", 1)
        return (*sizes[:first], prod(sizes[first:]))
    if kind == "unflatten":
        axis = arguments["dim"]
        return (*sizes[:axis], *arguments["sizes"], *sizes[axis + 1 :])
    if kind == "reshape":
        wanted: Sizes = arguments["shape"]
        rest = prod(sizes) // prod(size for size in wanted if size > 0)
        return tuple(rest if size < 0 else size for size in wanted)
    return sizes  # nn.Identity


def _strides_of_view(value: Laid, sizes: Sizes) -> Sizes | None:
    """The strides with which the same numbers have these sizes; None if they have to be copied for that.

    Axes that follow one another in memory without a gap are as good as one; each such run has to give whole axes.
    """
    runs: list[tuple[int, int]] = []  # elements and the stride of the fastest, from the last axis to the first
    for size, stride in reversed([*zip(value.sizes, value.strides, strict=True)]):
        if size != 1:
            joined = bool(runs) and stride == runs[-1][0] * runs[-1][1]
            runs = [*runs[:-1], (runs[-1][0] * size, runs[-1][1])] if joined else [*runs, (size, stride)]
    strides, left = [], iter(runs)
    elements, step = next(left, (1, 1))
    for size in reversed(sizes):
        if elements == 1 and size != 1:
            elements, step = next(left)
        if elements % size:
            return None
        strides.append(step)
        elements, step = elements // size, step * size
    return tuple(reversed(strides))


# Layers

ANY_ORDER = frozenset({
    "nn.ReLU", "nn.ReLU6", "nn.Hardtanh", "nn.LeakyReLU", "nn.PReLU", "nn.ELU", "nn.SELU", "nn.GELU", "nn.SiLU",
    "nn.Hardswish", "nn.Hardsigmoid", "nn.Sigmoid", "nn.Tanh", "nn.LocalResponseNorm", "nn.Dropout",
    "operator.add", "operator.sub", "operator.mul", "torch.maximum", "torch.mul", "torch.div", "torch.tanh",
    "ours.Multiply", "ours.Scale", "ours.Position", "ours.DropPath", "ours.Noise", "F.normalize",
})  # fmt: skip
"""The torch calls whose result has its axes in memory as its first input does."""

CHANNELS_LAST = {
    3: frozenset({"nn.MaxPool1d", "nn.AvgPool1d", "nn.AdaptiveAvgPool1d", "nn.AdaptiveMaxPool1d", "ours.Subsample"}),
    4: frozenset({
        "nn.Conv2d", "nn.ConvTranspose2d", "nn.MaxPool2d", "nn.AvgPool2d", "nn.AdaptiveAvgPool2d", "nn.GroupNorm",
        "nn.AdaptiveMaxPool2d", "nn.BatchNorm2d", "nn.Upsample", "nn.ChannelShuffle", "F.pad", "torch.cat",
        "ours.AvgPool", "ours.Subsample",
    }),
}  # fmt: skip
"""Those whose result has its channels last if all inputs do, and is in order otherwise; by the axes with the batch."""

IN_ORDER = frozenset({"nn.Linear", "nn.GroupNorm", *(f"nn.InstanceNorm{rank}d" for rank in (1, 2, 3))})
"""Those that copy what does not lie in order."""

TURNING = frozenset({"torch.permute", "torch.transpose", "torch.movedim", "torch.narrow", "torch.select"})


def copies(graph: Graph, calls: Sequence[tuple[Call, ...]]) -> frozenset[int]:
    """The nodes that copy their first input because a torch call of theirs wants it in order; `calls` are by node."""
    if not any(call.target in TURNING for made in calls for call in made):
        return frozenset()
    found: set[int] = set()
    lie = [_in_order(node.shape) for node in graph.nodes]
    for node in graph.nodes:
        given = [each for each in (lie[number] for number in node.inputs) if each is not None]
        made, output = calls[node.number], lie[node.number]
        if made and output is not None and len(given) == len(node.inputs):
            lie[node.number], copied = _through(made, given, output)
            if copied:
                found.add(node.number)
    return frozenset(found)


def with_copies(
    graph: Graph, calls: Sequence[tuple[Call, ...]], views: Sequence[bool], keeps: Sequence[Keeps]
) -> tuple[list[bool], list[Keeps]]:
    """Which nodes make views, and what all keep, where some copy what flows in: then they keep the copy instead."""
    own_views, own_keeps = [*views], [*keeps]
    for number in copies(graph, calls):
        own_views[number] = False
        own_keeps[number] = _of_copy(graph, graph.nodes[number], keeps[number])
    return own_views, own_keeps


def _of_copy(graph: Graph, node: Node, keeps: Keeps) -> Keeps:
    if 0 not in keeps.inputs:
        return keeps
    others = tuple(position for position in keeps.inputs if position != 0)
    return replace(keeps, inputs=others, extra=total([keeps.extra, graph.inputs_of(node)[0].elements]))


def _in_order(shape: Shape) -> Laid | None:
    """A value in one piece; None where a size is not known."""
    sizes = tuple(size for size in shape.dims if isinstance(size, int))
    if len(sizes) < len(shape.dims):
        return None
    return laid(sizes if shape.rows is not None else (BATCH, *sizes))


def _through(calls: Sequence[Call], given: Sequence[Laid], output: Laid) -> tuple[Laid, bool]:
    """How a layer's value lies, and whether the layer copied its first input; `output` has the sizes."""
    value, copied = given[0], False
    for first, call in enumerate(calls):
        if call.target not in VIEWS:
            copied = copied or not _takes(call, value)
            return _worked([*calls[first:]], [value, *given[1:]], output), copied
        value, again = view(call, value)
        copied = copied or again
    return value, copied


def _worked(calls: list[Call], given: Sequence[Laid], output: Laid) -> Laid:
    """How the value of a layer lies whose first call is no view; views may end it."""
    views: list[Call] = []
    while calls[-1].target in VIEWS:
        views.insert(0, calls.pop())
    sizes = _before(views, output.sizes)
    made = laid(sizes, _order_of([call.target for call in calls], given, len(sizes)))
    for call in views:
        if call.target != "torch.flatten":  # whose axes are merged already
            made, _ = view(call, made)
    return made


def _takes(call: Call, value: Laid) -> bool:
    """Whether a call works on the value as it lies."""
    if call.target == "nn.Linear":
        return _strides_of_view(value, (prod(value.sizes[:-1]), value.sizes[-1])) is not None
    in_one_piece = value.in_order or _same(value, laid(value.sizes, _channels_last(len(value.sizes))))
    return call.target not in IN_ORDER or in_one_piece


def _order_of(targets: Sequence[str], given: Sequence[Laid], rank: int) -> Sequence[int] | None:
    """The order of the axes that these calls give, None for their own."""
    value = given[0]
    if len(value.sizes) == rank and all(target in ANY_ORDER for target in targets):
        return sorted(range(rank), key=lambda axis: -value.strides[axis])
    through = all(target in ANY_ORDER | CHANNELS_LAST.get(rank, frozenset()) for target in targets)
    return _channels_last(rank) if through and all(each.channels_last for each in given) else None


def _before(calls: Sequence[Call], sizes: Sizes) -> Sizes:
    """The sizes of what these views, which end a layer, are made of; axes that they merge are left merged."""
    for call in reversed(calls):
        kind = call.target.partition(".")[2]
        if kind != "flatten":
            order = _order(kind, call.arguments, len(sizes))
            sizes = tuple(sizes[order.index(axis)] for axis in range(len(sizes)))
    return sizes
