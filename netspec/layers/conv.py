"""Convolutions: `conv` and `dwconv`, in one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, final

from netspec.layers.arguments import COUNT, FLAG, PADDING, SIZE, TABLE, Padding, PerAxis, argument
from netspec.layers.base import (
    Call,
    Example,
    Keeps,
    Layer,
    Misuse,
    Shapes,
    Step,
    Weight,
    trained_count,
)
from netspec.layers.inputs import need_map
from netspec.layers.kernels import (
    KERNEL_LETTERS,
    NO_PADDING,
    PLACE_LETTERS,
    check_groups,
    even,
    keeps_padded,
    kernel_steps,
    padded_calls,
    padded_elements,
    windows_of,
    with_bias,
    with_rows,
)
from netspec.layers.lengths import Extent, extents, lengths
from netspec.layers.steps import figure, times, window_steps
from netspec.layers.windows import Reach
from netspec.records import frozen, replace
from netspec.shape import Count, Shape, as_dim, product


@final
@frozen
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
        check_groups(shape, self.groups, self.maps)
        if self.connect is not None:
            _check_connections(self.connect, self.maps, self.groups, shape)
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
        axes = self._extents(inputs)
        if self.connect is None:
            return keeps_padded(inputs[0], axes)
        copies = replace(inputs[0], channels=sum(map(len, self.connect)))  # of each connection the channel
        return Keeps(extra=copies.elements if even(axes) else padded_elements(copies, axes))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        axes, channels = self._extents(inputs), inputs[0].channels
        sizes, letters = window_steps(axes, output.sizes), KERNEL_LETTERS[len(axes)]
        kernel = tuple(axis.kernel for axis in axes)
        parameters, macs = trained_count(self.weights(inputs)), self.macs(inputs, output)
        if self.connect is not None:
            return (*sizes, *_connection_steps(kernel, self.connect, output, self.bias, parameters, macs))
        seen, seen_worked = ("C", channels) if self.groups == 1 else ("C/g", f"{channels}/{self.groups}")
        fan_in = times((*letters, seen)), times((*kernel, seen_worked))
        maps = ("K", self.maps)
        return (*sizes, *kernel_steps(fan_in, maps, output, bias=self.bias, parameters=parameters, macs=macs))

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axes = self._extents(inputs)
        more: dict[str, Any] = {} if self.bias else {"bias": False}
        if self.connect is not None:
            kernel = {"kernel_size": tuple(axis.kernel for axis in axes)}  # says as well how many axes there are
            table = {**kernel, "connect": self.connect, **more}
            return padded_calls(axes, "ours.ConnectedConv", {"out_channels": self.maps}, table)
        groups = {"groups": self.groups} if self.groups > 1 else {}
        channels = {"in_channels": inputs[0].channels, "out_channels": self.maps}
        return padded_calls(axes, f"nn.Conv{len(axes)}d", channels, {**groups, **more})

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


@final
@frozen
class DepthwiseConv(Layer):
    """Depthwise convolution: each channel is convolved on its own, with `multiplier` kernels.

    `(C, H, W) -> (C·multiplier, H', W')`, sizes as those of `conv`; half of a depthwise-separable convolution
    (Howard et al. 2017), of which the other half is a 1x1 `conv`.
    """

    name: ClassVar[str] = "dwconv"
    family: ClassVar[str] = "convolution"

    kernel: int | PerAxis = argument(SIZE, "size of the kernels, height x width")
    stride: int | PerAxis = argument(SIZE, "step of the kernels", 1)
    pad: Padding = argument(PADDING, "zeros around the input", NO_PADDING)
    dilation: int | PerAxis = argument(SIZE, "distance of the kernels' taps", 1)
    multiplier: int = argument(COUNT, "how many kernels each channel has", 1)
    bias: bool = argument(FLAG, "a trained constant per map", True)

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        maps = as_dim(shape.channels * self.multiplier)
        return Shape(maps, lengths("kernel", shape, self._extents(inputs)), rows=shape.rows)

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        maps = as_dim(inputs[0].channels * self.multiplier)
        kernel = tuple(axis.kernel for axis in self._extents(inputs))
        return with_bias(Weight((maps, 1, *kernel)), maps, self.bias)

    def macs(self, inputs: Shapes, output: Shape) -> Count:
        return output.positions * product(self.weights(inputs)["weight"].shape)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements if self.bias else 0

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (windows_of(self._extents(inputs)),)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return keeps_padded(inputs[0], self._extents(inputs))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        axes, channels = self._extents(inputs), inputs[0].channels
        fan_in = times(KERNEL_LETTERS[len(axes)]), times([axis.kernel for axis in axes])
        maps = ("C", channels) if self.multiplier == 1 else ("C·m", times((channels, self.multiplier)))
        parameters, macs = trained_count(self.weights(inputs)), self.macs(inputs, output)
        return (
            *window_steps(axes, output.sizes),
            *kernel_steps(fan_in, maps, output, bias=self.bias, parameters=parameters, macs=macs),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axes, channels = self._extents(inputs), inputs[0].channels
        more: dict[str, Any] = {"groups": channels, **({} if self.bias else {"bias": False})}
        maps = {"in_channels": channels, "out_channels": output.channels}
        return padded_calls(axes, f"nn.Conv{len(axes)}d", maps, more)

    def _extents(self, inputs: Shapes) -> tuple[Extent, ...]:
        return extents(inputs[0], self.kernel, self.stride, self.pad, self.dilation)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("DW3p1", "512x14x14", "512x14x14", 5_120, 903_168),
        Example("dwconv(3, pad=1, bias=false)", "32x112x112", "32x112x112", 288, 3_612_672, "MobileNet's first"),
        Example("dwconv(3, stride=2, pad=1, bias=false)", "64x112x112", "64x56x56", 576, 1_806_336, "its second"),
        Example("DW7p3", "96x56x56", "96x56x56", 4_800, 14_751_744, "ConvNeXt-T's first block"),
        Example("DW3s2p", "32x8x8", "32x4x4", 320, 4_608, "TensorFlow's SAME: the odd pixel after"),
        Example("dwconv(5, multiplier=2)", "3x32x32", "6x28x28", 156, 117_600, "two kernels for each channel"),
    )


def _check_connections(connect: tuple[tuple[int, ...], ...], maps: int, groups: int, shape: Shape) -> None:
    """A row for each map, of channels that exist, none twice, and no groups beside it. Raises Misuse E207."""
    if groups != 1:
        what = "a connection table and groups both say which channels a map sees"
        raise Misuse("E207", what, at="groups", here="leave out one of the two")
    if len(connect) != maps:
        rows = f"{len(connect)} row{'s' * (len(connect) != 1)}"
        here = f"one row for each map: {maps}"
        raise Misuse("E207", f"the connection table has {rows} for {maps} maps", at="connect", here=here)
    for number, row in enumerate(connect):
        if not row:
            raise Misuse(
                "E207", f"row {number} of the connection table is empty", at="connect", here="a map sees nothing"
            )
        twice = next((channel for channel in row if row.count(channel) > 1), None)
        if twice is not None:
            raise Misuse("E207", f"row {number} of the connection table names channel {twice} twice", at="connect")
        if isinstance(shape.channels, int) and max(row) >= shape.channels:
            raise Misuse(
                "E207",
                f"row {number} of the connection table names channel {max(row)}, but there are {shape.channels}",
                at="connect",
                here=f"{shape} flows in: channels 0 to {shape.channels - 1}",
            )


def _connection_steps(
    kernel: tuple[int, ...],
    connect: tuple[tuple[int, ...], ...],
    output: Shape,
    bias: bool,
    parameters: Count,
    macs: Count,
) -> tuple[Step, ...]:
    """A kernel for each connection: `5·5·60 + 16 = 1,516` in LeNet-5."""
    connections = sum(map(len, connect))
    taps, worked = times((*KERNEL_LETTERS[len(kernel)], "connections")), times((*kernel, connections))
    rows, rows_worked = with_rows(output)
    places = times((*rows, *PLACE_LETTERS[len(kernel)])), times((*rows_worked, *output.sizes))
    plus, plus_worked = (" + K", f" + {len(connect)}") if bias else ("", "")
    return (
        Step("parameters", taps + plus, worked + plus_worked, figure(parameters)),
        Step("macs", f"{places[0]}·({taps})", f"{places[1]}·({worked})", figure(macs)),
    )
