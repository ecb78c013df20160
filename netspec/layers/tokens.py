"""Sequences of tokens: `patches` makes one of a map, `classtoken` and `position` add to it, `taketoken` ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, final

from netspec.layers.arguments import COUNT, FLAG, SIZE, WHOLE, PerAxis, argument, per_axis
from netspec.layers.base import (
    Call,
    Example,
    Layer,
    Misuse,
    Shapes,
    Step,
    Weight,
    call,
    keeps_input,
    keeps_nothing,
    no_count,
    no_steps,
    no_weights,
    one_per_output,
    pointwise,
    trained_count,
)
from netspec.layers.inputs import need_map
from netspec.layers.kernels import plain, with_bias
from netspec.layers.steps import figure, times
from netspec.layers.windows import Axes, Reach, Window
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape, as_dim, product


def need_tokens(layer: Layer, inputs: Shapes) -> tuple[Dim, Shape]:
    """The number of tokens and the shape. Raises Misuse E201 on a map or a vector."""
    shape = inputs[0]
    if shape.tokens is not None:
        return shape.tokens, shape
    raise Misuse(
        "E201",
        f"`{layer.name}` needs a sequence of tokens, but {'a map' if shape.is_map else 'a vector'} flows in",
        here=f"input here is {shape}",
        notes=("`patches(16, 768)` makes tokens of a map",) if shape.is_map else (),
    )


@final
@frozen
class Patches(Layer):
    """Cuts a map into patches and makes each a token of so many features (Dosovitskiy et al. 2021).

    `(C, H, W) -> (T, features)` with `T = ⌊H/size⌋·⌊W/size⌋`, row by row: a convolution with the stride of its kernel,
    `size·size·C·features` weights and a bias per feature. What doesn't fill a patch is left out.
    """

    name: ClassVar[str] = "patches"
    family: ClassVar[str] = "tokens"

    size: int | PerAxis = argument(SIZE, "size of a patch, height x width")
    features: int = argument(COUNT, "features of each token")
    bias: bool = argument(FLAG, "a trained constant per feature", True)

    keeps = keeps_input

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        size = PerAxis(per_axis(self.size, shape.rank, "size"))
        if any(isinstance(n, int) and patch > n for n, patch in zip(shape.sizes, size, strict=True)):
            sizes = "x".join(map(str, shape.sizes))
            what = f"a patch of {size} does not fit an input of {sizes}"
            raise Misuse("E203", what, at="size", here=f"{shape} flows in")
        return Shape(self.features, tokens=as_dim(product(self._grid(shape))), rows=shape.rows)

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        shape = inputs[0]
        size = per_axis(self.size, shape.rank, "size")
        return with_bias(Weight((self.features, shape.channels, *size)), self.features, self.bias)

    def macs(self, inputs: Shapes, output: Shape) -> Count:
        # not by T, which has no closed form where both sizes have letters
        return product(self._places(inputs)) * product(self.weights(inputs)["weight"].shape)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return product(self._places(inputs)) * self.features if self.bias else 0

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (Axes(tuple(Window(patch, patch) for patch in per_axis(self.size, inputs[0].rank, "size"))),)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        shape = inputs[0]
        size = per_axis(self.size, shape.rank, "size")
        tokens = times([_patches_along(n, patch) for n, patch in zip(shape.sizes, size, strict=True)])
        fan_in, letters = times((*size, shape.channels)), times(("k",) * shape.rank + ("C",))
        one, one_letters = (f"({fan_in} + 1)", f"({letters} + 1)") if self.bias else (fan_in, letters)
        macs, places = self.macs(inputs, output), ("⌊L/k⌋", "⌊H/k⌋·⌊W/k⌋", "⌊D/k⌋·⌊H/k⌋·⌊W/k⌋")[shape.rank - 1]
        return (
            Step("tokens", places, tokens, str(output.tokens)),
            Step(
                "parameters", f"{one_letters}·F", f"{one}·{self.features}", figure(trained_count(self.weights(inputs)))
            ),
            Step(
                "macs",
                f"T·({letters})·F",
                f"{times((*self._places(inputs),))}·({fan_in})·{self.features}",
                figure(macs),
            ),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        shape = inputs[0]
        size = plain(per_axis(self.size, shape.rank, "size"))
        arguments = {"in_channels": shape.channels, "out_channels": self.features, "kernel_size": size, "stride": size}
        more = {} if self.bias else {"bias": False}
        conv = Call(f"nn.Conv{shape.rank}d", {**arguments, **more})
        return conv, call("torch.flatten", start_dim=2), call("torch.transpose", dim0=1, dim1=2)

    def _grid(self, shape: Shape) -> tuple[Dim, ...]:
        size = per_axis(self.size, shape.rank, "size")
        return tuple(n // patch for n, patch in zip(shape.sizes, size, strict=True))

    def _places(self, inputs: Shapes) -> tuple[Dim, ...]:
        """How many patches there are along each axis, after the number of regions if there is one."""
        shape = inputs[0]
        return self._grid(shape) if shape.rows is None else (shape.rows, *self._grid(shape))

    examples: ClassVar[tuple[Example, ...]] = (
        Example("patches(16, 768)", "3x224x224", "196 tokens x 768", 590_592, 115_605_504, "ViT-B/16"),
        Example("patches(32, 768)", "3x224x224", "49 tokens x 768", 2_360_064, 115_605_504, "ViT-B/32"),
        Example("patches(2x4, 8, bias=false)", "1x8x9", "8 tokens x 8", 64, 512, "a column is left out"),
        Example("patches(4, 8)", "2x16", "4 tokens x 8", 72, 256, "a signal"),
    )


def _patches_along(size: Dim, patch: int) -> str:
    """`(224/16)`, or `⌊225/16⌋` where the division may leave something."""
    exact = isinstance(size, int) and size % patch == 0
    return f"({size}/{patch})" if exact else f"⌊{times((size,))}/{patch}⌋"


@final
@frozen
class ClassToken(Layer):
    """Puts one trained token before the others: `(T, F) -> (T + 1, F)`. F parameters."""

    name: ClassVar[str] = "classtoken"
    family: ClassVar[str] = "tokens"

    macs = no_count
    ops = no_count
    window = pointwise
    keeps = keeps_nothing

    def out_shape(self, inputs: Shapes) -> Shape:
        tokens, shape = need_tokens(self, inputs)
        return Shape(shape.channels, tokens=as_dim(tokens + 1), rows=shape.rows)

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return {"cls_token": Weight((1, 1, inputs[0].channels))}

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        features = inputs[0].channels
        return (
            Step("tokens", "T + 1", f"{inputs[0].tokens} + 1", str(output.tokens)),
            Step("parameters", "1·F", times((1, features)), figure(features)),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("ours.ClassToken", features=inputs[0].channels),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("classtoken", "196 tokens x 768", "197 tokens x 768", 768, note="ViT-B/16"),
        Example("classtoken", "256 tokens x 1024", "257 tokens x 1024", 1_024, note="ViT-L/14"),
    )


@final
@frozen
class Position(Layer):
    """Adds a trained vector for each position: `(T, F) -> (T, F)`. T·F parameters; 1 operation an element."""

    name: ClassVar[str] = "position"
    family: ClassVar[str] = "tokens"

    macs = no_count
    ops = one_per_output
    window = pointwise
    keeps = keeps_nothing

    def out_shape(self, inputs: Shapes) -> Shape:
        return need_tokens(self, inputs)[1]

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        tokens, shape = need_tokens(self, inputs)
        return {"pos_embed": Weight((1, tokens, shape.channels))}

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        tokens, shape = need_tokens(self, inputs)
        count = trained_count(self.weights(inputs))
        return (Step("parameters", "T·F", times((tokens, shape.channels)), figure(count)),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("ours.Position", tokens=inputs[0].tokens, features=inputs[0].channels),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("position", "197 tokens x 768", "197 tokens x 768", 151_296, note="ViT-B/16"),
        Example("position", "50 tokens x 768", "50 tokens x 768", 38_400, note="ViT-B/32"),
    )


@final
@frozen
class TakeToken(Layer):
    """One token as a vector: `(T, F) -> (F)`."""

    name: ClassVar[str] = "taketoken"
    family: ClassVar[str] = "tokens"

    index: int = argument(WHOLE, "which token, from 0", 0)

    weights = no_weights
    macs = no_count
    ops = no_count
    window = pointwise
    keeps = keeps_nothing
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        tokens, shape = need_tokens(self, inputs)
        if isinstance(tokens, int) and self.index >= tokens:
            raise Misuse(
                "E206",
                f"there is no token {self.index}: they are numbered 0 to {tokens - 1}",
                at="index",
                here=f"{shape} flows in",
            )
        return Shape(shape.channels, rows=shape.rows)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("torch.select", dim=1, index=self.index),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("taketoken", "197 tokens x 768", "768", note="the class token, where ViT's head begins"),
        Example("taketoken(1)", "198 tokens x 192", "192", note="DeiT's distillation token"),
    )
