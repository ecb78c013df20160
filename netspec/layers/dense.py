"""Layers whose every neuron sees all that flows in: `dense`, `lowrank`, and LeNet-5's `rbf`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, final

from netspec.layers.arguments import COUNT, FLAG, argument
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
    trained_count,
)
from netspec.layers.flatten import flatten_calls, flatten_steps, flattened
from netspec.layers.kernels import with_bias
from netspec.layers.steps import figure, times
from netspec.layers.windows import Reach, carry, everything
from netspec.records import frozen
from netspec.shape import Count, Shape, product


@final
@frozen
class Dense(Layer):
    """Fully connected neurons: `(n,) -> (units,)`, y = W·x + b.

    A map is flattened first, `(C, H, W) -> (units,)`; on a sequence the neurons see each token's features,
    `(T, C) -> (T, units)`.
    """

    name: ClassVar[str] = "dense"
    family: ClassVar[str] = "dense"

    units: int = argument(COUNT, "how many neurons")
    bias: bool = argument(FLAG, "a trained constant per neuron", True)

    def out_shape(self, inputs: Shapes) -> Shape:
        return _neurons(self.units, inputs[0])

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return with_bias(Weight((self.units, flattened(inputs[0]))), self.units, self.bias)

    def macs(self, inputs: Shapes, output: Shape) -> Count:
        return product((output.positions, flattened(inputs[0]), self.units))

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements if self.bias else 0

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (everything if output.is_vector else carry,)

    keeps = keeps_input

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        n = flattened(inputs[0])
        product_, worked = "n·units", times((n, self.units))
        bias, bias_worked = (" + units", f" + {self.units}") if self.bias else ("", "")
        return (
            *flatten_steps(inputs[0]),
            Step("parameters", product_ + bias, worked + bias_worked, figure(trained_count(self.weights(inputs)))),
            places_step("macs", output, product_, worked, self.macs(inputs, output)),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        bias = {} if self.bias else {"bias": False}
        linear = call("nn.Linear", in_features=flattened(inputs[0]), out_features=self.units, **bias)
        return (*flatten_calls(inputs[0]), linear)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("4096N", "256x6x6", "4096", 37_752_832, 37_748_736, "AlexNet's fc6: a map is flattened first"),
        Example("4096N", "512x7x7", "4096", 102_764_544, 102_760_448, "VGG's fc6"),
        Example("1000N", "4096", "1000", 4_097_000, 4_096_000, "AlexNet's fc8"),
        Example("dense(10, bias=false)", "64", "10", 640, 640),
        Example("3072N", "197 tokens x 768", "197 tokens x 3072", 2_362_368, 464_781_312, "ViT-B/16: each token alone"),
    )


@final
@frozen
class LowRank(Layer):
    """A dense layer whose weight matrix has rank t: W = U·V with V of t x n and U of units x t.

    `(n,) -> (units,)` with t·(n + units) weights and a bias per neuron, instead of n·units (truncated SVD, Fast R-CNN,
    Girshick 2015, section 3.1). Maps and sequences as for `dense`.
    """

    name: ClassVar[str] = "lowrank"
    family: ClassVar[str] = "dense"

    units: int = argument(COUNT, "how many neurons")
    rank: int = argument(COUNT, "rank of the weight matrix, t")

    def out_shape(self, inputs: Shapes) -> Shape:
        return _neurons(self.units, inputs[0])

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return {
            "v": Weight((self.rank, flattened(inputs[0]))),
            "u": Weight((self.units, self.rank)),
            "bias": Weight((self.units,)),
        }

    def macs(self, inputs: Shapes, output: Shape) -> Count:
        return product((output.positions, self.rank, flattened(inputs[0]) + self.units))

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (everything if output.is_vector else carry,)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0,), extra=product((output.positions, self.rank)))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        weights, worked = "t·(n + units)", f"{self.rank}·({flattened(inputs[0])} + {self.units})"
        parameters = figure(trained_count(self.weights(inputs)))
        return (
            *flatten_steps(inputs[0]),
            Step("parameters", f"{weights} + units", f"{worked} + {self.units}", parameters),
            places_step("macs", output, weights, worked, self.macs(inputs, output)),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        n = flattened(inputs[0])
        low = call("ours.LowRank", in_features=n, out_features=self.units, rank=self.rank)
        return (*flatten_calls(inputs[0]), low)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("lowrank(4096, rank=1024)", "512x7x7", "4096", 29_888_512, 29_884_416, "Fast R-CNN's fc6 after SVD"),
        Example("lowrank(4096, rank=256)", "4096", "4096", 2_101_248, 2_097_152, "its fc7"),
        Example("lowrank(100, 10)", "200", "100", 3_100, 3_000),
    )


@final
@frozen
class Rbf(Layer):
    """LeNet-5's output: the squared distance to a fixed prototype per class, y_i = Σ_j (x_j − w_ij)².

    `(n,) -> (units,)`; the prototypes, 7x12 pictures of the characters, are not trained (LeCun, Bottou, Bengio, Haffner
    1998, section II.B), so they are buffers.
    """

    name: ClassVar[str] = "rbf"
    family: ClassVar[str] = "dense"

    units: int = argument(COUNT, "how many prototypes")

    def out_shape(self, inputs: Shapes) -> Shape:
        return _neurons(self.units, inputs[0])

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return {"weight": Weight((self.units, flattened(inputs[0])), trained=False)}

    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return product((3, output.positions, self.units, flattened(inputs[0])))  # subtract, square, add

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (everything if output.is_vector else carry,)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(extra=product((output.positions, self.units, flattened(inputs[0]))))  # the differences

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        n = flattened(inputs[0])
        return (
            *flatten_steps(inputs[0]),
            Step("connections", "n·units", times((n, self.units)), figure(product((n, self.units)))),
            places_step("ops", output, "3·n·units", times((3, n, self.units)), self.ops(inputs, output)),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        rbf = call("ours.Rbf", in_features=flattened(inputs[0]), out_features=self.units)
        return (*flatten_calls(inputs[0]), rbf)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("rbf(10)", "84", "10", note="LeNet-5: 840 connections, none trained"),
        Example("rbf(26)", "84", "26", note="letters instead of digits"),
        Example("rbf(4)", "2x3x3", "4", note="a map is flattened first"),
    )


def places_step(what: str, output: Shape, formula: str, worked: str, result: Count) -> Step:
    """A calculation that is repeated for each token and each region."""
    places = [("R", output.rows), ("T", output.tokens)]
    letters = [letter for letter, size in places if size is not None]
    sizes = [size for _, size in places if size is not None]
    return Step(what, "·".join((*letters, formula)), times((*sizes, "")) + worked, figure(result))


def _neurons(units: int, shape: Shape) -> Shape:
    return Shape(units, tokens=shape.tokens, rows=shape.rows)
