"""Normalisation across channels at each place: `lrn`, `l2norm`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, final

from netspec.layers.arguments import COUNT, NUMBER, POSITIVE, argument
from netspec.layers.base import (
    Call,
    Example,
    Keeps,
    Layer,
    Shapes,
    Step,
    Weight,
    call,
    no_count,
    no_steps,
    no_weights,
    pointwise,
    same_shape,
)
from netspec.layers.features import feature_axis, number
from netspec.layers.inputs import need_map
from netspec.layers.norm import per_channel
from netspec.records import frozen
from netspec.shape import Count, Shape, as_dim


@final
@frozen
class LocalResponseNorm(Layer):
    """`x / (k + alpha/size · Σ x²)^beta`, the sum over `size` neighbouring channels (Krizhevsky et al. 2012).

    Maps, the shape kept. Caffe and torch divide alpha by the size; the paper's k = 2, alpha = 1e-4 for n = 5 is
    `lrn(5, 5e-4, 0.75, 2)` here. `size + 4` operations an element: square, size − 1 adds, multiply, add k, power,
    divide.
    """

    name: ClassVar[str] = "lrn"
    family: ClassVar[str] = "normalisation"

    size: int = argument(COUNT, "how many channels are summed over", 5)
    alpha: Fraction | int = argument(POSITIVE, "factor of the sum, divided by the size", Fraction(1, 10_000))
    beta: Fraction | int = argument(POSITIVE, "exponent", Fraction(3, 4))
    k: Fraction | int = argument(NUMBER, "added to the sum", 1)

    weights = no_weights
    macs = no_count
    window = pointwise
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        return need_map(self, inputs)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (self.size + 4) * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        padded = as_dim(output.channels + (self.size - 1))
        squares = padded * output.positions
        return Keeps(inputs=(0,), extra=squares + 2 * output.elements)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        named = {"alpha": self.alpha, "beta": self.beta, "k": self.k}
        given = {name: number(value) for name, value in named.items()}
        return (call("nn.LocalResponseNorm", size=self.size, **given),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("lrn", "96x55x55", "96x55x55", note="AlexNet in Caffe, after the first layer"),
        Example("lrn(5)", "64x56x56", "64x56x56", note="GoogLeNet"),
        Example("lrn(size=4, k=2)", "8x6x6", "8x6x6"),
    )


@final
@frozen
class L2Norm(Layer):
    """Divides the features of each place by their Euclidean length. Any shape.

    `scale` gives a trained factor per channel that starts from this value: 20 in SSD, 10 in ParseNet. 3 operations an
    element (square, add, divide) and a root a place; one more an element with `scale`.
    """

    name: ClassVar[str] = "l2norm"
    family: ClassVar[str] = "normalisation"

    scale: Fraction | int | None = argument(POSITIVE, "where a trained factor per channel starts (if any)", None)

    out_shape = same_shape
    macs = no_count
    window = pointwise

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return {} if self.scale is None else {"weight": Weight((inputs[0].channels,))}

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (3 if self.scale is None else 4) * output.elements + output.positions

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        lengths = 2 * output.positions  # as measured, and cut off from below before the division
        return Keeps(inputs=(0,), extra=lengths if self.scale is None else lengths + output.elements)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return per_channel(self.weights(inputs), inputs[0].channels)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        shape = inputs[0]
        lengths = call("F.normalize", dim=feature_axis(shape))
        if self.scale is None:
            return (lengths,)
        trailing = {"places": shape.rank} if shape.rank else {}
        return lengths, call("ours.Scale", features=shape.channels, init=number(self.scale), **trailing)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("l2norm(scale=20)", "512x38x38", "512x38x38", 512, note="SSD300 on conv4_3"),
        Example("l2norm(10)", "256x64x64", "256x64x64", 256, note="ParseNet"),
        Example("l2norm", "128", "128", note="FaceNet's embedding"),
    )
