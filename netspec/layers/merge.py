"""Merging element by element: `add`, `sub`, `mul`, `max`, `mean`. Branches have one shape, only `mul` broadcasts."""

from __future__ import annotations

from itertools import accumulate
from typing import ClassVar, final

from netspec.layers.agreement import find_clash, from_dims, merged, need_branches, refuse, simplest
from netspec.layers.base import (
    Call,
    Example,
    Keeps,
    Layer,
    Shapes,
    call,
    keeps_nothing,
    no_count,
    no_steps,
    no_weights,
    pointwise,
)
from netspec.layers.features import feature_axis
from netspec.layers.windows import Reach, carry, everything
from netspec.records import frozen, replace
from netspec.shape import Count, Dim, Shape, agreement, total


def of_one_shape(layer: Layer, inputs: Shapes, cannot: str, exactly: int | None = None) -> Shape:
    """The shape that all branches have. Raises Misuse E301, E303 or E304."""
    need_branches(layer, inputs, exactly)
    clash = find_clash(inputs)
    if clash:
        raise refuse(layer, clash, inputs, "needs inputs of one shape", cannot)
    return merged(inputs)


@final
@frozen
class Add(Layer):
    """The sum of its branches, element by element: `n x (C, …) -> (C, …)`. n − 1 operations an element."""

    name: ClassVar[str] = "add"
    family: ClassVar[str] = "merging"
    merges: ClassVar[bool] = True

    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_nothing
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        return of_one_shape(self, inputs, "add {} to {}")

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (len(inputs) - 1) * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("operator.add"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("add", ("64x56x56", "64x56x56"), "64x56x56", note="ResNet-18's first block"),
        Example("add", ("197 tokens x 768", "197 tokens x 768"), "197 tokens x 768", note="ViT-B/16"),
        Example("add", ("64x8x8", "64x8x8", "64x8x8"), "64x8x8", note="three branches"),
    )


@final
@frozen
class Sub(Layer):
    """The first branch minus the second, element by element: `2 x (C, …) -> (C, …)`. 1 operation an element."""

    name: ClassVar[str] = "sub"
    family: ClassVar[str] = "merging"
    merges: ClassVar[bool] = True

    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_nothing
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        return of_one_shape(self, inputs, "subtract {1} from {0}", exactly=2)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("operator.sub"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("sub", ("3x96x96", "3x96x96"), "3x96x96", note="an image minus the noise that was found in it"),
        Example("sub", ("128", "128"), "128", note="the two sides of a siamese network"),
    )


@final
@frozen
class Mul(Layer):
    """The product of its branches, element by element: `n x (C, …) -> (C, …)`.

    A vector is broadcast over a map or tokens, a size of 1 over any: `(C, H, W), (C) -> (C, H, W)` is the gate of
    squeeze-and-excitation, `(C, H, W), (1, H, W) -> (C, H, W)` spatial attention. n − 1 operations an element. The
    backward pass needs the branches and, past two, the products on the way.
    """

    name: ClassVar[str] = "mul"
    family: ClassVar[str] = "merging"
    merges: ClassVar[bool] = True

    weights = no_weights
    macs = no_count
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        need_branches(self, inputs)
        lifted = _lifted(inputs)
        clash = find_clash(lifted, same=_broadcast)
        if clash:
            error = refuse(self, clash, inputs, "needs inputs of one shape", "multiply {} by {}")
            error.notes = ("a vector is broadcast over a map or tokens, and a size of 1 over any",)
            raise error
        return _product(lifted)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return total(product.elements for product in _products(inputs)[1:])

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return tuple(
            everything if shape.sizes != output.sizes and (1 in shape.sizes or shape.is_vector) else carry
            for shape in inputs
        )

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        on_the_way = total(product.elements for product in _products(inputs)[1:-1])
        return Keeps(inputs=tuple(range(len(inputs))), extra=on_the_way)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        if any(shape.is_vector for shape in inputs) and not output.is_vector:
            return (call("ours.Multiply", axis=feature_axis(output)),)
        return (call("operator.mul"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("mul", ("256x56x56", "256"), "256x56x56", note="squeeze-and-excitation's gate"),
        Example("mul", ("512x14x14", "1x14x14"), "512x14x14", note="spatial attention (CBAM)"),
        Example("mul", ("32x112x112", "32x1x1"), "32x112x112", note="EfficientNet's gate, kept as a map"),
        Example("mul", ("8", "8", "8"), "8", note="three branches"),
    )


def _lifted(inputs: Shapes) -> Shapes:
    """Vectors as maps of one place, or as one token, where others are maps or tokens."""
    like = next((shape for shape in inputs if not shape.is_vector), None)
    if like is None:
        return inputs
    sizes, tokens = (1,) * like.rank, None if like.tokens is None else 1
    return tuple(replace(shape, sizes=sizes, tokens=tokens) if shape.is_vector else shape for shape in inputs)


def _broadcast(a: Dim, b: Dim) -> bool | None:
    return True if a == 1 or b == 1 else agreement(a, b)


def _product(lifted: Shapes) -> Shape:
    axes = zip(*(shape.dims for shape in lifted), strict=True)
    return from_dims(lifted[0], tuple(simplest([size for size in axis if size != 1] or [1]) for axis in axes))


def _products(inputs: Shapes) -> list[Shape]:
    """The shapes of the products from the left: the first branch, of the first two, …, of all."""
    return list(accumulate(_lifted(inputs), lambda a, b: _product((a, b))))


@final
@frozen
class Max(Layer):
    """The largest of its branches, element by element: `n x (C, …) -> (C, …)`. n − 1 operations an element.

    The backward pass needs the branches and, past two, the maxima on the way.
    """

    name: ClassVar[str] = "max"
    family: ClassVar[str] = "merging"
    merges: ClassVar[bool] = True

    weights = no_weights
    macs = no_count
    window = pointwise
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        return of_one_shape(self, inputs, "compare {} with {}")

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (len(inputs) - 1) * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=tuple(range(len(inputs))), extra=(len(inputs) - 2) * output.elements)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("torch.maximum"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("max", ("96x28x28", "96x28x28"), "96x28x28", note="maxout over two convolutions"),
        Example("max", ("10", "10", "10"), "10", note="three branches"),
    )


@final
@frozen
class Mean(Layer):
    """The mean of its branches, element by element: `n x (C, …) -> (C, …)`. n operations an element."""

    name: ClassVar[str] = "mean"
    family: ClassVar[str] = "merging"
    merges: ClassVar[bool] = True

    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_nothing
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        return of_one_shape(self, inputs, "average {} and {}")

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return len(inputs) * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return call("operator.add"), call("torch.div", other=len(inputs))

    examples: ClassVar[tuple[Example, ...]] = (
        Example("mean", ("10", "10", "10", "10", "10"), "10", note="the columns of a committee averaged (MCDNN)"),
        Example("mean", ("64x8x8", "64x8x8"), "64x8x8"),
    )
