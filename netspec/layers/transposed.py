"""Transposed convolution, `tconv`, in one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, final

from netspec.layers.arguments import (
    AMOUNT,
    COUNT,
    FLAG,
    PADDING,
    SIZE,
    Padding,
    PerAxis,
    argument,
    padding_along,
    per_axis,
)
from netspec.layers.base import Call, Example, Layer, Misuse, Shapes, Step, Weight, keeps_input, trained_count
from netspec.layers.inputs import need_map
from netspec.layers.kernels import (
    INPUT_LETTERS,
    KERNEL_LETTERS,
    NO_PADDING,
    check_groups,
    plain,
    unusual,
    with_bias,
    with_rows,
)
from netspec.layers.lengths import split
from netspec.layers.steps import AXIS_NAMES, figure, times
from netspec.layers.windows import Axes, Reach, Spread
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape, as_dim, product


@frozen
class TransposedExtent:
    """One axis of a transposed convolution: each of `size` inputs writes a kernel, `stride` outputs apart.

    `before` and `after` are cropped from the two ends, `extra` outputs are added at the end.
    """

    size: Dim
    kernel: int
    stride: int
    before: int
    after: int
    dilation: int
    extra: int
    same: bool = False

    @property
    def reach(self) -> int:
        """How many outputs the kernel spans: dilation·(kernel − 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def length(self) -> Dim:
        """How many outputs there are: `(n − 1)·stride − before − after + reach + extra`."""
        return as_dim(as_dim(self.size + -1) * self.stride + (self.reach + self.extra - self.before - self.after))


def transposed_extents(
    shape: Shape,
    kernel: int | PerAxis,
    stride: int | PerAxis,
    pad: Padding,
    output_pad: int | PerAxis,
    dilation: int | PerAxis,
) -> tuple[TransposedExtent, ...]:
    """The axes of a transposed convolution; `pad=same` makes n·stride of n, as TensorFlow does.

    Raises:
        Misuse: E202 on arguments of another rank.
    """
    rank = shape.rank
    kernels, strides = per_axis(kernel, rank, "kernel"), per_axis(stride, rank, "stride")
    dilations, extras = per_axis(dilation, rank, "dilation"), per_axis(output_pad, rank, "output_pad")
    rows = zip(shape.sizes, kernels, strides, dilations, strict=True)
    if isinstance(pad, str):
        # n·s = (n − 1)·s − crop + reach + extra: one of crop and extra makes up for reach − s.
        surplus = ((n, k, s, d, d * (k - 1) + 1 - s) for n, k, s, d in rows)
        return tuple(
            TransposedExtent(n, k, s, *split(max(over, 0)), d, max(-over, 0), same=True) for n, k, s, d, over in surplus
        )
    pads = padding_along(pad, rank)
    return tuple(
        TransposedExtent(n, k, s, before, after, d, extra)
        for (n, k, s, d), (before, after), extra in zip(rows, pads, extras, strict=True)
    )


@final
@frozen
class TransposedConv(Layer):
    """Transposed convolution: every input writes a kernel into the output, `stride` apart, and overlaps add up.

    `(C, H, W) -> (maps, H', W')` with `H' = (H − 1)·stride − before − after + dilation·(kernel − 1) + output_pad + 1`;
    `pad=same` makes H·stride of H, as TensorFlow does.
    """

    name: ClassVar[str] = "tconv"
    family: ClassVar[str] = "convolution"

    maps: int = argument(COUNT, "how many maps come out")
    kernel: int | PerAxis = argument(SIZE, "size of the kernel, height x width")
    stride: int | PerAxis = argument(SIZE, "how far apart inputs write", 1)
    pad: Padding = argument(PADDING, "what is cropped from the edges of the output", NO_PADDING)
    output_pad: int | PerAxis = argument(AMOUNT, "what is added at the end of the output", 0)
    dilation: int | PerAxis = argument(SIZE, "distance of the kernel's taps", 1)
    groups: int = argument(COUNT, "parts into which channels and maps are divided, each seeing its own", 1)
    bias: bool = argument(FLAG, "a trained constant per map", True)

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        check_groups(shape, self.groups, self.maps)
        axes = self._extents(inputs)
        _check_transposed(axes, shape)
        return Shape(self.maps, tuple(axis.length for axis in axes), rows=shape.rows)

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        kernel = tuple(axis.kernel for axis in self._extents(inputs))
        return with_bias(Weight((inputs[0].channels, self.maps // self.groups, *kernel)), self.maps, self.bias)

    def macs(self, inputs: Shapes, output: Shape) -> Count:
        return inputs[0].positions * product(self.weights(inputs)["weight"].shape)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements if self.bias else 0

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        axes = self._extents(inputs)
        return (Axes(tuple(Spread(axis.kernel, axis.stride, axis.before, axis.dilation) for axis in axes)),)

    keeps = keeps_input

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        shape, axes = inputs[0], self._extents(inputs)
        letters, kernel = KERNEL_LETTERS[len(axes)], tuple(axis.kernel for axis in axes)
        maps, maps_worked = ("K", self.maps) if self.groups == 1 else ("K/g", f"{self.maps}/{self.groups}")
        weight, weight_worked = times(("C", maps, *letters)), times((shape.channels, maps_worked, *kernel))
        bias, bias_worked = (" + K", f" + {self.maps}") if self.bias else ("", "")
        rows, rows_worked = with_rows(shape)
        places, worked = times((*rows, *INPUT_LETTERS[len(axes)])), times((*rows_worked, *shape.sizes))
        parameters, macs = figure(trained_count(self.weights(inputs))), figure(self.macs(inputs, output))
        return (
            *_size_steps(axes),
            Step("parameters", weight + bias, weight_worked + bias_worked, parameters),
            Step("macs", f"{places}·({weight})", f"{worked}·({weight_worked})", macs),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axes = self._extents(inputs)
        arguments: dict[str, Any] = {"in_channels": inputs[0].channels, "out_channels": self.maps}
        arguments["kernel_size"] = plain([axis.kernel for axis in axes])
        # What torch's `padding` can't crop, because it is uneven, is cropped afterwards.
        cropped = [min(axis.before, axis.after) for axis in axes]
        rest = [
            -(amount - crop) for axis, crop in zip(axes, cropped, strict=True) for amount in (axis.before, axis.after)
        ]
        for name, values, default in (
            ("stride", [axis.stride for axis in axes], 1),
            ("padding", cropped, 0),
            ("output_padding", [axis.extra for axis in axes], 0),
            ("groups", [self.groups], 1),
            ("dilation", [axis.dilation for axis in axes], 1),
        ):
            arguments |= unusual(name, values, default)
        if not self.bias:
            arguments["bias"] = False
        crop = (Call("F.pad", {"pad": _last_axis_first(rest)}),) if any(rest) else ()
        return (Call(f"nn.ConvTranspose{len(axes)}d", arguments), *crop)

    def _extents(self, inputs: Shapes) -> tuple[TransposedExtent, ...]:
        return transposed_extents(inputs[0], self.kernel, self.stride, self.pad, self.output_pad, self.dilation)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("tconv(512, 4, bias=false)", "100x1x1", "512x4x4", 819_200, 819_200, "DCGAN's generator begins"),
        Example(
            "tconv(256, 4, stride=2, pad=1, bias=false)", "512x4x4", "256x8x8", 2_097_152, 33_554_432, "and goes on"
        ),
        Example("512TC2s2", "1024x28x28", "512x56x56", 2_097_664, 1_644_167_168, "U-Net's up-convolution"),
        Example("tconv(21, 64, stride=32, bias=false)", "21x16x16", "21x544x544", 1_806_336, 462_422_016, "FCN-32s"),
        Example(
            "tconv(64, 3, stride=2, pad=1, output_pad=1)", "128x64x64", "64x128x128", 73_792, 301_989_888, "CycleGAN"
        ),
        Example("64TC3s2p", "128x8x8", "64x16x16", 73_792, 4_718_592, "TensorFlow's SAME: twice the size"),
        Example("tconv(8, 3, stride=2, dilation=2, groups=4)", "16x5x7", "8x13x17", 296, 10_080),
        Example("tconv(1, 16, stride=8, pad=4)", "8x100", "1x800", 129, 12_800, "a signal"),
    )


def _check_transposed(axes: tuple[TransposedExtent, ...], shape: Shape) -> None:
    """Something must be left after cropping, and only what no kernel writes may be added. Raises Misuse E205."""
    for axis in axes:
        if not axis.same and axis.extra >= max(axis.stride, axis.dilation):
            raise Misuse(
                "E205",
                f"`output_pad` of {axis.extra} must be smaller than the stride, which is {axis.stride}",
                at="output_pad",
                notes=("it chooses between the sizes that a convolution of this stride maps to one size",),
            )
        if isinstance(axis.length, int) and axis.length < 1:
            whole = axis.length + axis.before + axis.after
            amount = f"{axis.before}" if axis.before == axis.after else f"{axis.before} and {axis.after}"
            raise Misuse(
                "E205",
                f"padding of {amount} on the two sides crops away all {whole} outputs",
                at="pad",
                here=f"input here is {shape}",
            )


def _last_axis_first(amounts: list[int]) -> tuple[int, ...]:
    """(before, after) of each axis, first to last, as `F.pad` takes them."""
    pairs = [amounts[at : at + 2] for at in range(0, len(amounts), 2)]
    return tuple(amount for pair in reversed(pairs) for amount in pair)


def _size_steps(axes: tuple[TransposedExtent, ...]) -> tuple[Step, ...]:
    """The size along each axis; axes that are alike share one calculation."""
    names = AXIS_NAMES[len(axes)]
    if len(set(axes)) == 1:
        names, axes = (" and ".join(names) if len(names) < 3 else "each axis",), axes[:1]
    return tuple(_size_step(name, axis) for name, axis in zip(names, axes, strict=True))


def _size_step(name: str, axis: TransposedExtent) -> Step:
    n, k, s, d = (times((each,)) for each in (axis.size, axis.kernel, axis.stride, axis.dilation))
    if axis.same:
        return Step(name, "n·s", f"{n}·{s}", figure(axis.length))
    formula, worked = "(n − 1)·s", f"({n} − 1)·{s}"
    if axis.before == axis.after:
        formula, worked = f"{formula} − 2p", f"{worked} − 2·{axis.before}"
    else:
        formula, worked = f"{formula} − before − after", f"{worked} − {axis.before} − {axis.after}"
    if axis.dilation == 1:
        formula, worked = f"{formula} + k", f"{worked} + {k}"
    else:
        formula, worked = f"{formula} + d·(k − 1) + 1", f"{worked} + {d}·({k} − 1) + 1"
    if axis.extra:
        formula, worked = f"{formula} + output_pad", f"{worked} + {axis.extra}"
    return Step(name, formula, worked, figure(axis.length))
