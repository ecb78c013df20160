"""The ONNX graph in the making: operators, weights and constants, under the names of the spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from netspec.records import frozen

Array: TypeAlias = NDArray[Any]

Dims: TypeAlias = tuple[int | None, ...]
"""The sizes of a value, the batch first; None where a size is not known before the network runs, as the batch."""


class SizeNeeded(Exception):
    """A layer can't be written unless the size of what flows in is known."""


@frozen
class Value:
    """A value of the ONNX graph by its name."""

    name: str
    dims: Dims

    @property
    def rank(self) -> int:
        """How many axes, the batch among them."""
        return len(self.dims)

    def known(self, first: int = 2) -> tuple[int, ...]:
        """The sizes from an axis on. Raises SizeNeeded if one is not known."""
        sizes = tuple(size for size in self.dims[first:] if size is not None)
        if len(sizes) < self.rank - first:
            raise SizeNeeded
        return sizes


@frozen
class Axis:
    """In the sizes of a reshape: that of this axis of what is reshaped."""

    number: int


class Writer:
    """Collects nodes and initialisers. `weights` are the arrays of the layer that is being written, by their names."""

    def __init__(self, taken: Sequence[str]) -> None:
        self.nodes: list[NodeProto] = []
        self.initialisers: list[TensorProto] = []
        self._names = set(taken)
        self._known: dict[tuple[str, tuple[int, ...]], Value] = {}
        self._layer = ""
        self._begun = 0
        self._owner = ""
        self._weights: Mapping[str, Array] = {}

    def unique(self, name: str) -> str:
        """The name, with what makes it unlike all others behind it."""
        found, number = name, 1
        while found in self._names:
            number += 1
            found = f"{name}_{number}"
        self._names.add(found)
        return found

    # Layers

    def begin(self, layer: str, owner: str, weights: Mapping[str, Array]) -> None:
        """From here on operators belong to this layer; `owner` begins the names of its weights."""
        self._layer, self._begun = layer, len(self.nodes)
        self._owner, self._weights = owner, weights

    def end(self, value: Value, name: str, dims: Dims, title: str) -> Value:
        """The layer's value under its own name: that of its last operator."""
        if len(self.nodes) == self._begun or value.name not in self.nodes[-1].output:
            value = self.op("Identity", value, dims=dims)
        last = self.nodes[-1]
        last.name, last.output[0], last.doc_string = self._layer, name, title
        return Value(name, dims)

    # Operators

    def op(self, kind: str, *inputs: Value | None, dims: Dims, **attributes: Any) -> Value:
        """One operator with one output; an input that is left out is None."""
        name = self.unique(f"{self._layer}/{kind}")
        names = ["" if each is None else each.name for each in inputs]
        self.nodes.append(helper.make_node(kind, names, [name], name=name, **attributes))
        return Value(name, dims)

    def like(self, kind: str, x: Value, *others: Value | None, **attributes: Any) -> Value:
        """An operator whose output has the sizes of its first input."""
        return self.op(kind, x, *others, dims=x.dims, **attributes)

    def reshape(self, x: Value, sizes: Sequence[int | Axis]) -> Value:
        """Other sizes for the same elements: a number, -1 once, or that of an axis of `x`."""
        dims = tuple(self._size(x, each) for each in sizes)
        kept = tuple(0 if each == Axis(place) else dims[place] for place, each in enumerate(sizes))
        if None not in kept:
            shape = self.constant(np.array(kept, np.int64), "shape")
        else:
            parts = [self.size(x, e.number) if isinstance(e, Axis) else self.whole([e]) for e in sizes]
            shape = self.op("Concat", *parts, dims=(len(parts),), axis=0)
        return self.op("Reshape", x, shape, dims=tuple(None if size == -1 else size for size in dims))

    def reshape_as(self, x: Value, like: Value) -> Value:
        """The elements of `x` in the shape of another value."""
        if None not in like.dims[1:]:
            return self.reshape(x, [Axis(0), *like.known(1)])
        return self.op("Reshape", x, self.op("Shape", like, dims=(like.rank,)), dims=like.dims)

    def _size(self, x: Value, size: int | Axis) -> int | None:
        return x.dims[size.number] if isinstance(size, Axis) else size

    def size(self, x: Value, axis: int) -> Value:
        """The size of an axis as a value of one entry, measured where it isn't known."""
        known = x.dims[axis]
        if known is not None:
            return self.whole([known])
        return self.op("Shape", x, dims=(1,), start=axis, end=axis + 1)

    def transpose(self, x: Value, order: Sequence[int]) -> Value:
        """The axes in another order."""
        return self.op("Transpose", x, dims=tuple(x.dims[axis] for axis in order), perm=list(order))

    def cut(self, x: Value, axis: int, start: int, length: int) -> Value:
        """A part along an axis."""
        dims = (*x.dims[:axis], length, *x.dims[axis + 1 :])
        ends = self.whole([start]), self.whole([start + length]), self.whole([axis])
        return self.op("Slice", x, *ends, dims=dims)

    # Numbers

    def weight(self, name: str, shape: tuple[int, ...] | None = None) -> Value:
        """A weight of the layer, in another shape if one is given: an initialiser under the spec's name for it."""
        array = self._weights[name]
        return self.own(name, array if shape is None else array.reshape(shape))

    def given(self, name: str) -> Array:
        """The numbers of a weight."""
        return self._weights[name]

    def own(self, name: str, array: Array) -> Value:
        """Numbers made of a weight of the layer, once for all layers that share it."""
        key = f"{self._owner}.{name}", array.shape
        if key not in self._known:
            self._known[key] = self._initialiser(array, self.unique(key[0]))
        return self._known[key]

    def constant(self, array: Array, name: str) -> Value:
        """Numbers that are no weight."""
        return self._initialiser(array, self.unique(f"{self._layer}/{name}"))

    def whole(self, numbers: Sequence[int]) -> Value:
        """Whole numbers: axes, starts, sizes."""
        return self.constant(np.array(numbers, np.int64), "numbers")

    def number(self, value: float) -> Value:
        """One decimal, to be broadcast."""
        return self.constant(np.array(value, np.float32), "number")

    def _initialiser(self, array: Array, name: str) -> Value:
        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return Value(name, array.shape)


def with_channels(x: Value, channels: int, sizes: Sequence[int | None]) -> Dims:
    """The sizes of a map of other channels and places."""
    return (x.dims[0], channels, *sizes)


def pointwise_dims(first: Value, second: Value) -> Dims:
    """The sizes of two values broadcast over each other."""
    if second.rank > first.rank:
        first, second = second, first
    lead = first.rank - second.rank
    pairs = zip(first.dims[lead:], second.dims, strict=True)
    return (*first.dims[:lead], *(b if a == 1 else a for a, b in pairs))
