"""The same elements in another shape: `flatten` and `reshape`."""

from __future__ import annotations

from typing import ClassVar, final

from netspec.layers.arguments import SHAPE, PerAxis, argument
from netspec.layers.base import (
    Call,
    Example,
    Layer,
    Misuse,
    Shapes,
    Step,
    call,
    keeps_nothing,
    no_count,
    no_weights,
    pointwise,
)
from netspec.layers.kernels import INPUT_LETTERS
from netspec.layers.steps import figure, times
from netspec.layers.windows import Reach, carry, everything
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape, Unknown, agreement, as_dim, product


@final
@frozen
class Flatten(Layer):
    """A map as a vector, channel after channel: `(C, H, W) -> (C·H·W,)`; a sequence likewise, `(T, C) -> (T·C,)`."""

    name: ClassVar[str] = "flatten"
    family: ClassVar[str] = "dense"

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        size = flattened(shape) if shape.tokens is None else _known(product((shape.tokens, shape.channels)), shape)
        return Shape(size, rows=shape.rows)

    weights = no_weights
    macs = no_count
    ops = no_count

    window = pointwise

    keeps = keeps_nothing

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return flatten_steps(inputs[0])

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.Flatten"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("flatten", "256x6x6", "9216", note="AlexNet, before its dense layers"),
        Example("flatten", "16x5x5", "400", note="LeNet-5"),
        Example("flatten", "49 tokens x 32", "1568", note="all tokens one after the other"),
    )


@final
@frozen
class Reshape(Layer):
    """The same elements in another shape: `(400,) -> (16, 5, 5)`."""

    name: ClassVar[str] = "reshape"
    family: ClassVar[str] = "dense"

    shape: PerAxis = argument(SHAPE, "the shape that comes out: channels first, as for an input")

    def out_shape(self, inputs: Shapes) -> Shape:
        channels, *sizes = self.shape
        shape, result = inputs[0], Shape(channels, tuple(sizes), rows=inputs[0].rows)
        held, wanted = product(_one(shape).dims), product(self.shape)
        if isinstance(wanted, int) and agreement(as_dim(held), wanted) is False:
            raise Misuse(
                "E208",
                f"{_one(shape)} can't be reshaped to {self.shape}: {figure(held)} elements are not {wanted:,}",
                at="shape",
                here=f"this holds {wanted:,} elements",
            )
        return result

    weights = no_weights
    macs = no_count
    ops = no_count

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (carry if output.is_vector or output.sizes == inputs[0].sizes else everything,)

    keeps = keeps_nothing

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        before, after = times(_one(inputs[0]).dims), times(self.shape)
        return (Step("elements", "before = after", f"{before} = {after}", figure(product(self.shape))),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("torch.reshape", shape=(-1, *self.shape)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("reshape(1024x4x4)", "16384", "1024x4x4", note="DCGAN's first map"),
        Example("reshape(400)", "16x5x5", "400"),
        Example("reshape([16, 25])", "16x5x5", "16x25", note="rows of a map one after the other"),
    )


def flattened(shape: Shape) -> Dim:
    """What a dense layer sees at once: all of a map, an entry of a vector, a token's features."""
    return shape.channels if not shape.is_map else _known(product((shape.channels, *shape.sizes)), shape)


def flatten_steps(shape: Shape) -> tuple[Step, ...]:
    """How many elements a map has when it is flattened."""
    if not shape.is_map:
        return ()
    formula, worked = times(("C", *INPUT_LETTERS[shape.rank])), times((shape.channels, *shape.sizes))
    return (Step("n", formula, worked, figure(flattened(shape))),)


def flatten_calls(shape: Shape) -> tuple[Call, ...]:
    """The torch call that flattens a map; vectors and tokens are left as they are."""
    return (call("nn.Flatten"),) if shape.is_map else ()


def _one(shape: Shape) -> Shape:
    """The shape of one region."""
    return Shape(shape.channels, shape.sizes, shape.tokens)


def _known(size: Count, shape: Shape) -> Dim:
    """A size that weights can have: not one that follows the input's."""
    return size if isinstance(size, int) else Unknown(f"flattens {_one(shape)}")
