"""Sigmoids and what is gated by one: `sigmoid`, `tanh`, `scaledtanh`, `hardsigmoid`, `gelu`, `silu`, `hardswish`."""

from __future__ import annotations

from typing import ClassVar, final

from netspec.layers.arguments import FLAG, argument
from netspec.layers.base import (
    Call,
    Example,
    Keeps,
    Layer,
    Shapes,
    call,
    keeps_input,
    keeps_output,
    no_count,
    no_steps,
    no_weights,
    one_per_output,
    pointwise,
    same_shape,
)
from netspec.records import frozen
from netspec.shape import Count, Shape


@final
@frozen
class Sigmoid(Layer):
    """Logistic function `1/(1 + exp(−x))`. Any shape; 4 operations an element: negate, exp, add, divide."""

    name: ClassVar[str] = "sigmoid"
    family: ClassVar[str] = "activation"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_output
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 4 * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.Sigmoid"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("sigmoid", "6x14x14", "6x14x14", note="after LeNet-5's S2"),
        Example("sigmoid", "64", "64", note="the gate of squeeze-and-excitation"),
    )


@final
@frozen
class Tanh(Layer):
    """Hyperbolic tangent. Any shape; 1 operation an element."""

    name: ClassVar[str] = "tanh"
    family: ClassVar[str] = "activation"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    ops = one_per_output
    window = pointwise
    keeps = keeps_output
    explain = no_steps

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.Tanh"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("tanh", "20x26x26", "20x26x26", note="a column of MCDNN"),
        Example("tanh", "150", "150"),
    )


@final
@frozen
class ScaledTanh(Layer):
    """`1.7159·tanh(2x/3)`, for which ±1 goes to ±1 (LeCun et al. 1998, appendix A). Any shape.

    3 operations an element. The backward pass needs the tanh before the last factor: a tensor of its own.
    """

    name: ClassVar[str] = "scaledtanh"
    family: ClassVar[str] = "activation"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 3 * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(extra=output.elements)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return call("torch.mul", other=2 / 3), call("torch.tanh"), call("torch.mul", other=1.7159)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("scaledtanh", "120x1x1", "120x1x1", note="LeNet-5's C5"),
        Example("scaledtanh", "84", "84", note="LeNet-5's F6"),
    )


@final
@frozen
class HardSigmoid(Layer):
    """`min(max(0, x + 3), 6)/6`, a sigmoid of straight lines (MobileNet v3). Any shape; 4 operations an element."""

    name: ClassVar[str] = "hardsigmoid"
    family: ClassVar[str] = "activation"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_input
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 4 * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.Hardsigmoid"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("hardsigmoid", "72", "72", note="the gate of MobileNet v3's squeeze-and-excitation"),
        Example("hardsigmoid", "16x7x7", "16x7x7"),
    )


@final
@frozen
class Gelu(Layer):
    """Gaussian error linear unit: `x·Φ(x) = x/2·(1 + erf(x/√2))` (Hendrycks and Gimpel 2016). Any shape.

    5 operations an element. With `approximate`, `x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))`: 9.
    """

    name: ClassVar[str] = "gelu"
    family: ClassVar[str] = "activation"

    approximate: bool = argument(FLAG, "by tanh instead of erf, as BERT and GPT-2 do", False)

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_input
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (9 if self.approximate else 5) * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.GELU", approximate="tanh") if self.approximate else call("nn.GELU"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("gelu", "197 tokens x 3072", "197 tokens x 3072", note="inside a block of ViT-B/16"),
        Example("gelu", "384x56x56", "384x56x56", note="inside a block of ConvNeXt-T"),
        Example("gelu(approximate=true)", "128 tokens x 3072", "128 tokens x 3072"),
    )


@final
@frozen
class Silu(Layer):
    """Sigmoid linear unit, or swish: `x·sigmoid(x)` (Ramachandran et al. 2017). Any shape; 5 operations an element."""

    name: ClassVar[str] = "silu"
    family: ClassVar[str] = "activation"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_input
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 5 * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.SiLU"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("silu", "32x112x112", "32x112x112", note="EfficientNet's stem"),
        Example("silu", "8", "8"),
    )


@final
@frozen
class HardSwish(Layer):
    """`x·min(max(0, x + 3), 6)/6`, a swish of straight lines (MobileNet v3). Any shape; 5 operations an element."""

    name: ClassVar[str] = "hardswish"
    family: ClassVar[str] = "activation"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_input
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 5 * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.Hardswish"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("hardswish", "16x112x112", "16x112x112", note="MobileNet v3's first layer"),
        Example("hardswish", "1280", "1280"),
    )
