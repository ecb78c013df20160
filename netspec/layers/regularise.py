"""Regularisation: `dropout`, `droppath`, `noise`. They act in training only, so a forward pass counts no operations."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, final

from netspec.layers.arguments import POSITIVE, SHARE, argument
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
    same_shape,
)
from netspec.layers.features import number
from netspec.records import frozen
from netspec.shape import Shape


@final
@frozen
class Dropout(Layer):
    """In training, each element is zeroed with probability `rate` and the rest divided by `1 − rate`. Any shape.

    Srivastava et al. 2014, scaled while training as every framework does. The backward pass needs the mask, which
    torch makes in the network's number type.
    """

    name: ClassVar[str] = "dropout"
    family: ClassVar[str] = "regularisation"

    rate: Fraction | int = argument(SHARE, "probability with which an element is zeroed", Fraction(1, 2))

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    ops = no_count
    window = pointwise
    explain = no_steps

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(extra=output.elements) if self.rate else Keeps()

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.Dropout", p=number(self.rate)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("dropout", "4096", "4096", note="AlexNet's fc6: half of the neurons"),
        Example("dropout(0.4)", "1024", "1024", note="GoogLeNet"),
        Example("dropout(0.1)", "197 tokens x 768", "197 tokens x 768"),
    )


@final
@frozen
class DropPath(Layer):
    """In training, the whole value is zeroed with probability `rate`, else divided by `1 − rate`. Any shape.

    Stochastic depth (Huang et al. 2016): on the residual branch of an `add`. The backward pass needs one factor an
    image.
    """

    name: ClassVar[str] = "droppath"
    family: ClassVar[str] = "regularisation"

    rate: Fraction | int = argument(SHARE, "probability with which the value is zeroed")

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    ops = no_count
    window = pointwise
    explain = no_steps

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        images = 1 if output.rows is None else output.rows  # each region is dropped for itself
        return Keeps(extra=images) if self.rate else Keeps()

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("ours.DropPath", rate=number(self.rate)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("droppath(0.1)", "768x7x7", "768x7x7", note="the last block of ConvNeXt-T"),
        Example("droppath(0.2)", "49 tokens x 768", "49 tokens x 768"),
    )


@final
@frozen
class Noise(Layer):
    """In training, adds noise of mean 0 and deviation `std` to each element. Any shape."""

    name: ClassVar[str] = "noise"
    family: ClassVar[str] = "regularisation"

    std: Fraction | int = argument(POSITIVE, "standard deviation of the noise", Fraction(1, 10))

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    ops = no_count
    window = pointwise
    keeps = keeps_nothing
    explain = no_steps

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("ours.Noise", std=number(self.std)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("noise", "784", "784", note="a denoising autoencoder"),
        Example("noise(0.3)", "1x28x28", "1x28x28"),
    )
