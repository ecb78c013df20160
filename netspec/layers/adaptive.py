"""Pooling to a size that is given instead of a window: `gap`, `gmp`, `adaptivepool`."""

from __future__ import annotations

from math import gcd, prod
from typing import ClassVar, final

from netspec.layers.arguments import SIZE, PerAxis, argument, one_of, per_axis
from netspec.layers.base import Call, Example, Keeps, Layer, Shapes, Step, call, keeps_nothing, no_count, no_weights
from netspec.layers.inputs import need_map
from netspec.layers.kernels import INPUT_LETTERS, plain, with_rows
from netspec.layers.pool import INDEX_BYTES
from netspec.layers.steps import AXIS_NAMES, figure, times
from netspec.layers.windows import Axes, Reach, Stretch, everything
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape, Unknown, product, total


@final
@frozen
class GlobalAvgPool(Layer):
    """The mean of each whole map: `(C, H, W) -> (C,)`; of a sequence, the mean of its tokens: `(T, C) -> (C,)`."""

    name: ClassVar[str] = "gap"
    family: ClassVar[str] = "pooling"

    def out_shape(self, inputs: Shapes) -> Shape:
        return _whole(self, inputs)

    weights = no_weights
    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return inputs[0].elements  # additions, one less than there are elements, and a division

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (everything,)

    keeps = keeps_nothing

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return (_whole_step(inputs[0], "", self.ops(inputs, output)),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("torch.mean", dim=_pooled_axes(inputs[0])),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("GAP", "1024x7x7", "1024", note="GoogLeNet"),
        Example("GAP", "2048x7x7", "2048", note="ResNet-50"),
        Example("GAP", "64x250", "64", note="a signal"),
        Example("GAP", "196 tokens x 768", "768", note="the mean of all tokens"),
    )


@final
@frozen
class GlobalMaxPool(Layer):
    """The largest value of each whole map: `(C, H, W) -> (C,)`; of a sequence, over its tokens: `(T, C) -> (C,)`."""

    name: ClassVar[str] = "gmp"
    family: ClassVar[str] = "pooling"

    def out_shape(self, inputs: Shapes) -> Shape:
        return _whole(self, inputs)

    weights = no_weights
    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return total((inputs[0].elements, output.elements * -1))

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (everything,)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0,), output=True)  # compared with each other to find where the maximum was

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return (_whole_step(inputs[0], " − 1", self.ops(inputs, output)),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("torch.amax", dim=_pooled_axes(inputs[0])),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("GMP", "512x7x7", "512"),
        Example("GMP", "64x250", "64", note="a signal"),
        Example("GMP", "196 tokens x 768", "768", note="the largest of all tokens"),
    )


@final
@frozen
class AdaptivePool(Layer):
    """Pooling to a given size, whatever flows in: output o pools inputs ⌊o·n/size⌋ up to ⌈(o + 1)·n/size⌉.

    `(C, H, W) -> (C, size, size)`.
    """

    name: ClassVar[str] = "adaptivepool"
    family: ClassVar[str] = "pooling"

    size: int | PerAxis = argument(SIZE, "size of what comes out, height x width")
    mode: str = argument(one_of("avg", "max"), "mean or maximum", "avg")

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        return Shape(shape.channels, per_axis(self.size, shape.rank, "size"), rows=shape.rows)

    weights = no_weights
    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        shape = inputs[0]
        covered = product(pooled_along(n, m) for n, m in zip(shape.sizes, self._sizes(shape), strict=True))
        pooled = product((*with_rows(shape)[1], shape.channels, covered))
        return pooled if self.mode == "avg" else total((pooled, output.elements * -1))

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        shape = inputs[0]
        return (Axes(tuple(Stretch(n, m) for n, m in zip(shape.sizes, self._sizes(shape), strict=True))),)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        if self.mode == "max":
            return Keeps(inputs=(0,), extra_bytes=output.elements * INDEX_BYTES)
        # Torch takes the plain mean where one value comes out, and that keeps nothing.
        return Keeps() if prod(self._sizes(inputs[0])) == 1 else Keeps(inputs=(0,))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        shape = inputs[0]
        return tuple(
            Step(
                f"{name} of output o",
                "⌊o·n/m⌋ … ⌈(o + 1)·n/m⌉ − 1",
                f"⌊{times(('o', n))}/{m}⌋ … ⌈{times(('o + 1', n))}/{m}⌉ − 1",
                f"{m}",
            )
            for name, n, m in zip(AXIS_NAMES[shape.rank], shape.sizes, self._sizes(shape), strict=True)
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        target = f"nn.Adaptive{self.mode.capitalize()}Pool{inputs[0].rank}d"
        return (call(target, output_size=plain(self._sizes(inputs[0]))),)

    def _sizes(self, shape: Shape) -> tuple[int, ...]:
        return per_axis(self.size, shape.rank, "size")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("adaptivepool(7)", "512x14x20", "512x7x7", note="torchvision's VGG, before its dense layers"),
        Example("adaptivepool(6)", "256x13x13", "256x6x6", note="windows of 3 and 4, some of which overlap"),
        Example("adaptivepool(1x1)", "1280x7x7", "1280x1x1", note="MobileNet v2: a map still, unlike `gap`"),
        Example("adaptivepool(2x3, mode=max)", "16x5x9", "16x2x3"),
        Example("adaptivepool(10)", "32x250", "32x10", note="a signal"),
    )


def pooled_along(size: Dim, outputs: int) -> Count:
    """How many inputs all windows of adaptive pooling have together, along an axis: `n + m − gcd(n, m)`.

    Windows touch where m divides o·n and else share one input: n inputs, and m − gcd(n, m) of them twice.
    """
    if outputs == 1:
        return size
    if not isinstance(size, int):
        return Unknown(f"how the {outputs} windows of adaptive pooling overlap depends on the input size")
    return size + outputs - gcd(size, outputs)


def _whole(layer: Layer, inputs: Shapes) -> Shape:
    """A vector of what each channel comes to. Raises Misuse E201 on a vector."""
    shape = inputs[0] if inputs[0].tokens is not None else need_map(layer, inputs)
    return Shape(shape.channels, rows=shape.rows)


def _pooled_axes(shape: Shape) -> int | tuple[int, ...]:
    """Torch's numbers of the axes that are pooled: of (…, C, H, W) the last ones, of (…, T, C) the tokens."""
    return -2 if shape.tokens is not None else tuple(range(-shape.rank, 0))


def _whole_step(shape: Shape, less: str, ops: Count) -> Step:
    """Operations: as many as there are elements in a map, or one less, for each channel."""
    letters, sizes = (INPUT_LETTERS[shape.rank], shape.sizes) if shape.tokens is None else (("T",), (shape.tokens,))
    rows, rows_worked = with_rows(shape)
    formula, worked = times(letters) + less, times(sizes) + less
    if less:
        formula, worked = f"({formula})", f"({worked})"
    return Step(
        "ops", times((*rows, "C")) + "·" + formula, times((*rows_worked, shape.channels)) + "·" + worked, figure(ops)
    )
