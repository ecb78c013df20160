"""Merging that joins or compares: `concat`, `distance`, `dot`."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar, final

from netspec.layers.agreement import axis_words, find_clash, merged, need_branches, refuse, smallest
from netspec.layers.arguments import FLAG, POSITIVE, argument
from netspec.layers.base import (
    Call,
    Example,
    Fix,
    Keeps,
    Layer,
    Misuse,
    Shapes,
    Step,
    call,
    keeps_nothing,
    no_count,
    no_steps,
    no_weights,
)
from netspec.layers.features import feature_axis, feature_word, number, with_features
from netspec.layers.merge import of_one_shape
from netspec.layers.steps import figure
from netspec.layers.windows import Axes, Reach, Window, carry, everything
from netspec.records import frozen, replace
from netspec.shape import Count, Dim, Shape, as_dim, total


@final
@frozen
class Concat(Layer):
    """Joins its branches along the channels (features of tokens and vectors): `(A, …), (B, …) -> (A + B, …)`.

    With `crop`, maps are first cut to the smallest height and width, `⌊(n − m)/2⌋` before (U-Net's copy and crop).
    """

    name: ClassVar[str] = "concat"
    family: ClassVar[str] = "merging"
    merges: ClassVar[bool] = True

    crop: bool = argument(FLAG, "cut maps about their centre to the smallest", False)

    weights = no_weights
    macs = no_count
    ops = no_count
    keeps = keeps_nothing

    def out_shape(self, inputs: Shapes) -> Shape:
        need_branches(self, inputs)
        joined = feature_word(inputs[0])
        places = axis_words(inputs[0])[-inputs[0].rank :] if inputs[0].is_map else ()
        clash = find_clash(inputs, {joined, *(places if self.crop else ())})
        if clash:
            needs = f"joins {joined}, so all other sizes must agree" if clash.words else "joins values of one kind"
            error = refuse(self, clash, inputs, needs, "join {} and {}", code="E302")
            if clash.words and set(clash.words) <= set(places):
                error.fixes = (Fix("cut the larger maps about their centre", {"crop": "true"}),)
            raise error
        features = as_dim(total(shape.channels for shape in inputs))
        alike = tuple(replace(shape, channels=features) for shape in inputs)
        if self.crop:
            sizes = tuple(map(smallest, zip(*(shape.sizes for shape in inputs), strict=True)))
            alike = tuple(replace(shape, sizes=sizes) for shape in alike)
        return merged(alike)

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return tuple(cut_window(shape.sizes, output.sizes) for shape in inputs)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        letters = " + ".join(f"C{str(number).translate(_SUBSCRIPTS)}" for number in range(1, len(inputs) + 1))
        if len(inputs) > 4:
            letters = f"C₁ + … + C{str(len(inputs)).translate(_SUBSCRIPTS)}"
        worked = " + ".join(str(shape.channels) for shape in inputs)
        return (Step(feature_word(output), letters, worked, figure(output.channels)),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        if self.crop and any(shape.sizes != inputs[0].sizes for shape in inputs):
            return (call("ours.CropConcat"),)
        return (call("torch.cat", dim=feature_axis(output)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "concat", ("64x28x28", "128x28x28", "32x28x28", "32x28x28"), "256x28x28", note="GoogLeNet's inception 3a"
        ),
        Example("concat", ("64x56x56", "32x56x56"), "96x56x56", note="DenseNet-121's first layer"),
        Example("concat(crop=true)", ("64x568x568", "64x392x392"), "128x392x392", note="U-Net's copy and crop"),
        Example("concat", ("120", "40"), "160", note="vectors"),
        Example("concat", ("49 tokens x 96", "49 tokens x 32"), "49 tokens x 128", note="features of tokens"),
    )


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def cut_window(sizes: tuple[Dim, ...], kept: tuple[Dim, ...]) -> Reach:
    """What a place sees of a map that is cut about its centre: output o is input o + ⌊(n − m)/2⌋."""
    if sizes == kept:
        return carry
    cut = (as_dim(n + -1 * m) for n, m in zip(sizes, kept, strict=True))
    return Axes(tuple(Window(before=-(c // 2) if isinstance(c, int) else None) for c in cut))


def _need_vectors(layer: Layer, inputs: Shapes) -> None:
    """Both branches must be vectors. Raises Misuse E201 or E303."""
    need_branches(layer, inputs, exactly=2)
    for branch, shape in enumerate(inputs):
        if not shape.is_vector:
            kind = "a map" if shape.is_map else "a sequence of tokens"
            note = "`flatten` makes a vector of a map" if shape.is_map else "`taketoken` takes one token as a vector"
            raise Misuse(
                "E201",
                f"`{layer.name}` needs vectors, but {kind} flows in",
                here=f"branch {branch + 1} is {shape}",
                notes=(note,),
                branch=branch,
            )


def _both(self: Layer, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
    """The one value that comes out sees all of both vectors."""
    return everything, everything


@final
@frozen
class Distance(Layer):
    """The distance of two vectors, `(Σ |a_i − b_i|^norm)^(1/norm)`: `(C), (C) -> (1)`.

    3 operations an entry (subtract, square or absolute value, add) and a root; a norm that is not 1 or 2 takes 4. The
    backward pass needs the difference and the result.
    """

    name: ClassVar[str] = "distance"
    family: ClassVar[str] = "merging"
    merges: ClassVar[bool] = True

    norm: Fraction | int = argument(POSITIVE, "2 for Euclid's, 1 for city blocks", 2)

    weights = no_weights
    macs = no_count
    window = _both
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        _need_vectors(self, inputs)
        return with_features(of_one_shape(self, inputs, "measure from {} to {}"), 1)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        root = 0 if self.norm == 1 else output.elements
        return (3 if self.norm in (1, 2) else 4) * inputs[0].elements + root

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(output=True, extra=inputs[0].elements)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("F.pairwise_distance", p=number(self.norm), keepdim=True),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("distance", ("150", "150"), "1", note="a siamese network"),
        Example("distance(norm=1)", ("4096", "4096"), "1"),
    )


@final
@frozen
class Dot(Layer):
    """The inner product of two vectors, `Σ a_i·b_i`: `(C), (C) -> (1)`. 2 operations an entry: multiply, add."""

    name: ClassVar[str] = "dot"
    family: ClassVar[str] = "merging"
    merges: ClassVar[bool] = True

    weights = no_weights
    macs = no_count
    window = _both
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        _need_vectors(self, inputs)
        return with_features(of_one_shape(self, inputs, "multiply {} by {}"), 1)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 2 * inputs[0].elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0, 1))

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return call("operator.mul"), call("torch.sum", dim=1, keepdim=True)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("dot", ("128", "128"), "1", note="how alike two embeddings are"),
        Example("dot", ("2048", "2048"), "1"),
    )
