"""Larger maps without weights: `upsample`, `pixelshuffle`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, final

from netspec.layers.arguments import COUNT, FLAG, SIZE, PerAxis, Word, argument, one_of, per_axis
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
)
from netspec.layers.features import check_axes, with_features
from netspec.layers.inputs import need_map
from netspec.layers.kernels import plain
from netspec.layers.steps import AXIS_NAMES, figure, times
from netspec.layers.windows import Axes, Axis, Enlarge, Reach, Stretch
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape, as_dim

NEAREST = Word("nearest")
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""What torch calls linear interpolation along 1, 2 and 3 axes."""


def _enlarged(shape: Shape, factors: tuple[int, ...]) -> Shape:
    sizes = tuple(as_dim(n * factor) for n, factor in zip(shape.sizes, factors, strict=True))
    return Shape(shape.channels, sizes, rows=shape.rows)


def axis_steps(formula: str, worked: Iterable[str], results: tuple[Dim, ...], of: str = "") -> tuple[Step, ...]:
    """The size along each axis (or what it is `of`) by one formula; axes that are alike share one calculation."""
    names = AXIS_NAMES[len(results)]
    rows = list(zip(worked, map(figure, results), strict=True))
    if len(set(rows)) == 1:
        rows, names = rows[:1], (" and ".join(names) if len(names) < 3 else "each axis",)
    return tuple(Step(of + name, formula, filled, result) for name, (filled, result) in zip(names, rows, strict=True))


def _size_steps(shape: Shape, factors: tuple[int, ...], output: Shape) -> tuple[Step, ...]:
    worked = (times((n, factor)) for n, factor in zip(shape.sizes, factors, strict=True))
    return axis_steps("n·factor", worked, output.sizes)


@final
@frozen
class Upsample(Layer):
    """Enlarges a map by whole factors: `(C, H, W) -> (C, factor·H, factor·W)`.

    `nearest` repeats each place; `linear` (also `bilinear`, `trilinear`, by the number of axes) interpolates: an output
    is a weighted sum of the 2^axes places around it, 2·2^axes − 1 operations. With `corners` the corners of input and
    output coincide, else their edges do.
    """

    name: ClassVar[str] = "upsample"
    family: ClassVar[str] = "shape"

    factor: int | PerAxis = argument(SIZE, "how many times larger", 2)
    mode: Word = argument(one_of("nearest", "linear", "bilinear", "trilinear"), "how new places are filled", NEAREST)
    corners: bool = argument(FLAG, "whether interpolation lines up the corners", False)

    weights = no_weights
    macs = no_count
    keeps = keeps_nothing

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        if self.mode in ("bilinear", "trilinear"):
            axes = 2 if self.mode == "bilinear" else 3
            check_axes(f"`{self.mode}`", axes, shape, "mode", "`linear` works along any number of axes")
        if self.corners and not self._linear:
            raise Misuse("E106", "`corners` is for linear upsampling, and the mode is `nearest`", at="corners")
        return _enlarged(shape, per_axis(self.factor, shape.rank, "factor"))

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (2 * 2**output.rank - 1) * output.elements if self._linear else 0

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        factors = per_axis(self.factor, output.rank, "factor")
        axes: tuple[Axis, ...]
        if self.corners:
            axes = tuple(Stretch(n, m, corners=True) for n, m in zip(inputs[0].sizes, output.sizes, strict=True))
        else:
            axes = tuple(Enlarge(factor, self._linear) for factor in factors)
        return (Axes(axes),)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return _size_steps(inputs[0], per_axis(self.factor, output.rank, "factor"), output)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        arguments: dict[str, Any] = {"scale_factor": plain(per_axis(self.factor, output.rank, "factor"))}
        if self._linear:
            arguments["mode"] = LINEAR[output.rank]
        if self.corners:
            arguments["align_corners"] = True
        return (Call("nn.Upsample", arguments),)

    @property
    def _linear(self) -> bool:
        return self.mode != "nearest"

    examples: ClassVar[tuple[Example, ...]] = (
        Example("upsample(2)", "256x13x13", "256x26x26", note="YOLO v3's and a feature pyramid's"),
        Example("upsample(2, mode=bilinear, corners=true)", "64x28x28", "64x56x56", note="a U-Net without tconv"),
        Example("upsample(8, mode=linear)", "21x60x60", "21x480x480", note="DeepLab's last step"),
        Example("upsample(1x2)", "8x10x10", "8x10x20"),
        Example("upsample(4, mode=linear)", "16x50", "16x200", note="a signal"),
    )


@final
@frozen
class PixelShuffle(Layer):
    """Lays factor² channels out as a square of places: `(C, H, W) -> (C/factor², factor·H, factor·W)`.

    Sub-pixel convolution (Shi et al. 2016) is `conv(3 * 4, 3, pad=1) - pixelshuffle(2)`.
    """

    name: ClassVar[str] = "pixelshuffle"
    family: ClassVar[str] = "shape"

    factor: int = argument(COUNT, "how many times larger")

    weights = no_weights
    macs = no_count
    ops = no_count
    keeps = keeps_nothing

    def out_shape(self, inputs: Shapes) -> Shape:
        shape, square = need_map(self, inputs), self.factor**2
        check_axes("`pixelshuffle`", 2, shape)
        if isinstance(shape.channels, int) and shape.channels % square:
            raise Misuse(
                "E209",
                f"{shape.channels} channels can't be divided by {self.factor}² = {square}",
                at="factor",
                here=f"{shape} flows in",
            )
        return with_features(_enlarged(shape, (self.factor,) * 2), as_dim(shape.channels // square))

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (Axes((Enlarge(self.factor),) * 2),)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        channels = Step("channels", "C/r²", f"{inputs[0].channels}/{self.factor}²", figure(output.channels))
        return (channels, *_size_steps(inputs[0], (self.factor,) * 2, output))

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.PixelShuffle", upscale_factor=self.factor),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("pixelshuffle(3)", "9x85x85", "1x255x255", note="ESPCN, three times larger"),
        Example("pixelshuffle(2)", "256x24x24", "64x48x48", note="SRGAN"),
    )
