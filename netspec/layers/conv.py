"""Convolutions: `conv`, `tconv`, `dwconv`, `local`, in one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

from netspec.layers.arguments import (
    COUNT,
    FLAG,
    PADDING,
    SIZE,
    TABLE,
    Padding,
    PerAxis,
    argument,
)
from netspec.layers.base import Call, Example, Keeps, Layer, Misuse, Shapes, Step, Weight, call, trained_count
from netspec.layers.inputs import need_map
from netspec.layers.lengths import Extent, extents, lengths
from netspec.layers.steps import figure, times, window_steps
from netspec.layers.windows import Axes, Reach, Window
from netspec.shape import Count, Shape, as_dim, product

NO_PADDING: Padding = ((0, 0),)


@final
@dataclass(frozen=True, slots=True)
class Conv(Layer):
    """Convolution (cross-correlation, as every framework computes it) with a bias per map.

    `(C, H, W) -> (maps, H', W')` with `H' = ⌊(H + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1`, per axis.
    """

    name: ClassVar[str] = "conv"
    family: ClassVar[str] = "convolution"

    maps: int = argument(COUNT, "how many kernels, so channels out")
    kernel: int | PerAxis = argument(SIZE, "size of the kernel, height x width")
    stride: int | PerAxis = argument(SIZE, "step of the kernel", 1)
    pad: Padding = argument(PADDING, "zeros around the input", NO_PADDING)
    dilation: int | PerAxis = argument(SIZE, "distance of the kernel's taps", 1)
    groups: int = argument(COUNT, "parts into which channels and maps are divided, each seeing its own", 1)
    bias: bool = argument(FLAG, "a trained constant per map", True)
    connect: tuple[tuple[int, ...], ...] | None = argument(TABLE, "for each map, the channels that it sees", None)

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        _check_groups(shape, self.groups, self.maps)
        if self.connect is not None:
            _check_connections(self.connect, self.maps, shape)
        return Shape(self.maps, lengths("kernel", shape, self._extents(inputs)), rows=shape.rows)

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        kernel = tuple(axis.kernel for axis in self._extents(inputs))
        if self.connect is not None:
            weight = Weight((sum(map(len, self.connect)), *kernel))
        else:
            weight = Weight((self.maps, as_dim(inputs[0].channels // self.groups), *kernel))
        return with_bias(weight, self.maps, self.bias)

    def macs(self, inputs: Shapes, output: Shape) -> Count:
        return output.positions * product(self.weights(inputs)["weight"].shape)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements if self.bias else 0

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (windows_of(self._extents(inputs)),)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return keeps_padded(inputs[0], self._extents(inputs))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        sizes = window_steps(self._extents(inputs), output.sizes)
        weights = self.weights(inputs)
        kernel = tuple(axis.kernel for axis in self._extents(inputs))
        if self.connect is not None:
            taps, letters = times((*kernel, sum(map(len, self.connect)))), "kh·kw·connections"
            worked = f"{taps} + {self.maps}" if self.bias else taps
            parameters = Step(
                "parameters", letters + (" + maps" if self.bias else ""), worked, figure(trained_count(weights))
            )
            macs = Step(
                "macs", f"H'·W'·({letters})", times((*output.sizes, f"({taps})")), figure(self.macs(inputs, output))
            )
            return (*sizes, parameters, macs)
        return (
            *sizes,
            *kernel_steps(kernel, inputs[0], output, self.groups, self.bias, weights, self.macs(inputs, output)),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axes = self._extents(inputs)
        more: dict[str, Any]
        if self.connect is not None:
            target, more = "ours.ConnectedConv2d", {"connect": self.connect}
        else:
            target, more = f"nn.Conv{len(axes)}d", {"groups": self.groups} if self.groups > 1 else {}
        return padded_calls(axes, target, inputs[0], self.maps, {**more, **({} if self.bias else {"bias": False})})

    def _extents(self, inputs: Shapes) -> tuple[Extent, ...]:
        return extents(inputs[0], self.kernel, self.stride, self.pad, self.dilation)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("96C11s4", "3x227x227", "96x55x55", 34_944, 105_415_200, "AlexNet's first layer"),
        Example("256C5p2g2", "96x27x27", "256x27x27", 307_456, 223_948_800, "AlexNet's second, on two GPUs"),
        Example("conv(64, 7, stride=2, pad=3, bias=false)", "3x224x224", "64x112x112", 9_408, 118_013_952),
        Example("192C1x7p", "128x17x17", "192x17x17", 172_224, 49_717_248, "a kernel of height 1 and width 7"),
        Example("64C3pd2", "32x56x56", "64x56x56", 18_496, 57_802_752, "dilated: spans 5x5"),
        Example(
            "conv(8, 3, stride=2, pad=same)", "3x8x8", "8x4x4", 224, 3_456, "TensorFlow's SAME: the odd pixel after"
        ),
        Example("conv(8, 3, pad=[1, 0])", "3x8x8", "8x7x7", 224, 10_584, "one before, none after"),
        Example(
            "conv(3, 5, connect=[[0, 1], [1, 2], [0, 1, 2]])", "3x14x14", "3x10x10", 178, 17_500, "LeNet-5's table"
        ),
        Example("32C9s4", "1x16000", "32x3998", 320, 1_151_424, "a signal"),
        Example("64C3p1", "3x16x112x112", "64x16x112x112", 5_248, 1_040_449_536, "a clip: frames, height, width"),
    )


def _check_groups(shape: Shape, groups: int, maps: int) -> None:
    """Channels and maps must divide by the groups. Raises Misuse E204."""
    for what, count in (("channels", shape.channels), ("maps", maps)):
        if isinstance(count, int) and count % groups:
            raise Misuse(
                "E204",
                f"{count} {what} can't be divided into {groups} groups",
                at="groups",
                here=f"{shape} flows in, {maps} maps come out",
            )


def _check_connections(connect: tuple[tuple[int, ...], ...], maps: int, shape: Shape) -> None:
    """A row for each map, of channels that exist, none twice. Raises Misuse E207."""
    if len(connect) != maps:
        raise Misuse("E207", f"the connection table has {len(connect)} rows for {maps} maps", at="connect")
    for number, row in enumerate(connect):
        if not row or len(set(row)) != len(row):
            raise Misuse(
                "E207", f"row {number} of the connection table is empty or names a channel twice", at="connect"
            )
        if isinstance(shape.channels, int) and max(row) >= shape.channels:
            raise Misuse(
                "E207",
                f"row {number} of the connection table names channel {max(row)}, but there are {shape.channels}",
                at="connect",
                here=f"{shape} flows in: channels 0 to {shape.channels - 1}",
            )


def with_bias(weight: Weight, maps: int, bias: bool) -> dict[str, Weight]:
    """A kernel and, if wanted, a bias per map."""
    return {"weight": weight, "bias": Weight((maps,))} if bias else {"weight": weight}


def windows_of(axes: tuple[Extent, ...]) -> Axes:
    """The windows of a convolution or pool as the receptive-field analysis wants them."""
    return Axes(tuple(Window(axis.kernel, axis.stride, axis.before, axis.dilation) for axis in axes))


def keeps_padded(shape: Shape, axes: tuple[Extent, ...]) -> Keeps:
    """A convolution keeps its input; where padding is put on by a step of its own, the padded copy instead."""
    if all(axis.before == axis.after for axis in axes):
        return Keeps(inputs=(0,))
    padded = tuple(as_dim(axis.size + (axis.before or 0) + (axis.after or 0)) for axis in axes)
    return Keeps(extra=Shape(shape.channels, padded, rows=shape.rows).elements)


def kernel_steps(
    kernel: tuple[int, ...],
    shape: Shape,
    output: Shape,
    groups: int,
    bias: bool,
    weights: Mapping[str, Weight],
    macs: Count,
) -> tuple[Step, Step]:
    """Parameters and MACs of a convolution: `(11·11·3 + 1)·96 = 34,944` and `55·55·96·(11·11·3) = 105,415,200`."""
    letters = ("k",) if len(kernel) == 1 else ("kh", "kw") if len(kernel) == 2 else ("kd", "kh", "kw")
    per_group = as_dim(shape.channels // groups)
    channels, channels_worked = ("C", str(per_group)) if groups == 1 else ("C/g", f"{shape.channels}/{groups}")
    fan_in, fan_in_worked = times((*letters, channels)), times((*kernel, channels_worked))
    one, one_worked = (f"({fan_in} + 1)", f"({fan_in_worked} + 1)") if bias else (fan_in, fan_in_worked)
    places = ("H'", "W'") if len(kernel) == 2 else ("L'",) if len(kernel) == 1 else ("D'", "H'", "W'")
    rows, rows_worked = ((), ()) if output.rows is None else (("R",), (output.rows,))
    return (
        Step("parameters", f"{one}·K", f"{one_worked}·{output.channels}", figure(trained_count(weights))),
        Step(
            "macs",
            f"{times((*rows, *places, 'K'))}·({fan_in})",
            f"{times((*rows_worked, *output.sizes, output.channels))}·({fan_in_worked})",
            figure(macs),
        ),
    )


def padded_calls(
    axes: tuple[Extent, ...], target: str, shape: Shape, maps: int, more: dict[str, Any]
) -> tuple[Call, ...]:
    """The torch call of a convolution; padding that torch's own argument can't express is put on by `F.pad` first."""
    arguments: dict[str, Any] = {"in_channels": shape.channels, "out_channels": maps}
    arguments["kernel_size"] = plain(tuple(axis.kernel for axis in axes))
    for name, values, default in (
        ("stride", tuple(axis.stride for axis in axes), 1),
        ("padding", tuple(axis.before or 0 for axis in axes), 0),
        ("dilation", tuple(axis.dilation for axis in axes), 1),
    ):
        if plain(values) != default:
            arguments[name] = plain(values)
    if all(axis.before == axis.after for axis in axes):
        return (Call(target, {**arguments, **more}),)
    arguments.pop("padding", None)
    pad = tuple(amount for axis in reversed(axes) for amount in (axis.before, axis.after))
    return (call("F.pad", pad=pad), Call(target, {**arguments, **more}))


def plain(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number where all axes have the same, as people write it."""
    return values[0] if len(set(values)) == 1 else values
