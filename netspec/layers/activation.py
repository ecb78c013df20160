"""Activations with a corner or a branch at nought: `relu`, `leaky`, `prelu`, `elu`, `selu`.

What holds for all activations: each element is taken by itself. `ops` counts one for every add, multiply, divide,
compare and elementary function (exp, tanh, erf): a sigmoid is four, negate, exp, add, divide. What autograd keeps is
what torch is seen to keep, which is not always what the formula needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, final

from netspec.layers.arguments import FLAG, NUMBER, POSITIVE, argument
from netspec.layers.base import (
    Call,
    Example,
    Keeps,
    Layer,
    Shapes,
    Step,
    Weight,
    call,
    keeps_input,
    no_count,
    no_steps,
    no_weights,
    pointwise,
    same_shape,
)
from netspec.layers.features import features_first, number
from netspec.layers.steps import figure, times
from netspec.records import frozen
from netspec.shape import Count, Shape


@final
@frozen
class Relu(Layer):
    """Rectifier `max(0, x)`, with a limit `min(max(0, x), limit)` (MobileNet's ReLU6). Any shape.

    1 operation an element, 2 with a limit. The backward pass needs the output; with a limit torch keeps the input.
    """

    name: ClassVar[str] = "relu"
    family: ClassVar[str] = "activation"

    limit: Fraction | int | None = argument(POSITIVE, "the largest value that comes out (none if not given)", None)

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements if self.limit is None else 2 * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(output=True) if self.limit is None else Keeps(inputs=(0,))

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        if self.limit is None:
            return (call("nn.ReLU"),)
        if self.limit == 6:
            return (call("nn.ReLU6"),)
        return (call("nn.Hardtanh", min_val=0, max_val=number(self.limit)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("relu", "96x55x55", "96x55x55", note="after AlexNet's first layer"),
        Example("relu", "4096", "4096"),
        Example("relu(limit=6)", "32x112x112", "32x112x112", note="MobileNet v2's ReLU6"),
        Example("relu(20)", "16x100", "16x100", note="Deep Speech's clipped rectifier, on a signal"),
    )


@final
@frozen
class Leaky(Layer):
    """Leaky rectifier: x where x > 0, else `slope·x` (Maas et al. 2013). Any shape; 2 operations an element."""

    name: ClassVar[str] = "leaky"
    family: ClassVar[str] = "activation"

    slope: Fraction | int = argument(NUMBER, "factor of negative values", Fraction(1, 100))

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_input
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 2 * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.LeakyReLU", negative_slope=number(self.slope)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("leaky(0.1)", "32x416x416", "32x416x416", note="darknet's"),
        Example("leaky(slope=0.2)", "64x32x32", "64x32x32", note="DCGAN's discriminator"),
        Example("leaky", "100", "100"),
    )


@final
@frozen
class PRelu(Layer):
    """Rectifier with a trained slope a for negative values: `max(0, x) + a·min(0, x)`. Any shape.

    One slope per channel (He et al. 2015, section 2.1), or one for all with `shared=true`, which is what torch's
    `nn.PReLU()` has by default. 2 operations an element.
    """

    name: ClassVar[str] = "prelu"
    family: ClassVar[str] = "activation"

    shared: bool = argument(FLAG, "one slope for all channels", False)

    out_shape = same_shape
    macs = no_count
    window = pointwise
    keeps = keeps_input

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return {"weight": Weight((1 if self.shared else inputs[0].channels,))}

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 2 * output.elements

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        if self.shared:
            return (Step("parameters", "1", "1", "1"),)
        channels = inputs[0].channels
        return (Step("parameters", "1·C", times((1, channels)), figure(channels)),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        if self.shared:
            return (call("nn.PReLU"),)
        return features_first(inputs[0], call("nn.PReLU", num_parameters=inputs[0].channels))

    examples: ClassVar[tuple[Example, ...]] = (
        Example("prelu", "64x112x112", "64x112x112", 64, note="He et al. 2015: a slope per channel"),
        Example("prelu(shared=true)", "64x112x112", "64x112x112", 1),
        Example("prelu", "512", "512", 512),
        Example("prelu", "5 tokens x 8", "5 tokens x 8", 8, note="a slope per feature"),
    )


@final
@frozen
class Elu(Layer):
    """Exponential linear unit: x where x > 0, else `alpha·(exp(x) − 1)` (Clevert et al. 2016). Any shape.

    4 operations an element: compare, exp, subtract, multiply.
    """

    name: ClassVar[str] = "elu"
    family: ClassVar[str] = "activation"

    alpha: Fraction | int = argument(POSITIVE, "minus the limit for very negative values", 1)

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_input
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 4 * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.ELU", alpha=number(self.alpha)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("elu", "384x32x32", "384x32x32", note="Clevert et al.'s network for CIFAR-100"),
        Example("elu(0.5)", "16x8", "16x8"),
    )


@final
@frozen
class Selu(Layer):
    """Scaled exponential linear unit: λx where x > 0, else `λα·(exp(x) − 1)` (Klambauer et al. 2017). Any shape.

    λ = 1.0507…, α = 1.6732…; 4 operations an element: compare, exp, subtract, multiply.
    """

    name: ClassVar[str] = "selu"
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
        return (call("nn.SELU"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("selu", "784", "784", note="a self-normalising network"),
        Example("selu", "64x28x28", "64x28x28"),
    )
