"""Activations over the features of each place: `softmax`, `logsoftmax`, `maxout`."""

from __future__ import annotations

from typing import ClassVar, final

from netspec.layers.arguments import COUNT, argument
from netspec.layers.base import (
    Call,
    Example,
    Keeps,
    Layer,
    Misuse,
    Shapes,
    Step,
    call,
    keeps_output,
    no_count,
    no_steps,
    no_weights,
    pointwise,
    same_shape,
)
from netspec.layers.features import feature_axis, feature_word, with_features
from netspec.layers.steps import figure
from netspec.records import frozen
from netspec.shape import Count, Shape, as_dim


@final
@frozen
class Softmax(Layer):
    """`exp(x_i) / Σ exp(x_j)` over the entries of a vector, or the channels (features) of each place.

    Any shape; 5 operations an element: compare (for the largest), subtract it, exp, add, divide.
    """

    name: ClassVar[str] = "softmax"
    family: ClassVar[str] = "activation"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_output
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 5 * output.elements

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.Softmax", dim=feature_axis(inputs[0])),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("softmax", "1000", "1000", note="class probabilities"),
        Example("softmax", "21x500x500", "21x500x500", note="FCN: at every pixel"),
        Example("softmax", "5 tokens x 10", "5 tokens x 10", note="over the features of each token"),
    )


@final
@frozen
class LogSoftmax(Layer):
    """`x_i − log Σ exp(x_j)` over the entries of a vector, or the channels (features) of each place.

    Any shape; 5 operations an element (compare, subtract, exp, add, subtract) and a logarithm a place.
    """

    name: ClassVar[str] = "logsoftmax"
    family: ClassVar[str] = "activation"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    window = pointwise
    keeps = keeps_output
    explain = no_steps

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 5 * output.elements + output.positions

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.LogSoftmax", dim=feature_axis(inputs[0])),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("logsoftmax", "10", "10"),
        Example("logsoftmax", "21x64x64", "21x64x64", note="at every pixel"),
    )


@final
@frozen
class Maxout(Layer):
    """The largest of each `pieces` neighbouring channels (Goodfellow et al. 2013).

    `(C, …) -> (C/pieces, …)`, likewise for vectors and tokens; `pieces − 1` comparisons an output. The backward pass
    needs input and output.
    """

    name: ClassVar[str] = "maxout"
    family: ClassVar[str] = "activation"

    pieces: int = argument(COUNT, "how many channels compete for one output")

    weights = no_weights
    macs = no_count
    window = pointwise

    def out_shape(self, inputs: Shapes) -> Shape:
        shape, channels = inputs[0], inputs[0].channels
        if isinstance(channels, int) and channels % self.pieces:
            raise Misuse(
                "E209",
                f"{channels} {feature_word(shape)} can't be divided into pieces of {self.pieces}",
                at="pieces",
                here=f"{shape} flows in",
            )
        return with_features(shape, as_dim(channels // self.pieces))

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (self.pieces - 1) * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0,), output=True)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        worked = f"{inputs[0].channels}/{self.pieces}"
        return (Step(feature_word(output), "C/pieces", worked, figure(output.channels)),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axis = feature_axis(inputs[0])
        parts = call("torch.unflatten", dim=axis, sizes=(output.channels, self.pieces))
        return parts, call("torch.amax", dim=axis + 1)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("maxout(2)", "96x28x28", "48x28x28", note="Goodfellow et al.'s first layer for MNIST"),
        Example("maxout(5)", "1200", "240", note="their network without convolutions"),
        Example("maxout(2)", "4 tokens x 8", "4 tokens x 4"),
    )
