"""Pooling over sliding windows: `maxpool`, `avgpool` and LeNet-5's trainable `subsample`."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, ClassVar, final

from netspec.layers.arguments import FLAG, PADDING, SIZE, Padding, PerAxis, argument
from netspec.layers.base import (
    Call,
    Example,
    Fix,
    Keeps,
    Layer,
    Misuse,
    Shapes,
    Step,
    Weight,
    call,
    no_count,
    no_weights,
    trained_count,
)
from netspec.layers.inputs import need_map
from netspec.layers.kernels import (
    KERNEL_LETTERS,
    NO_PADDING,
    PLACE_LETTERS,
    even,
    padded_elements,
    padding_calls,
    plain,
    torch_padding,
    unusual,
    windows_of,
    with_rows,
    written,
)
from netspec.layers.lengths import Extent, article, by, extents, lengths
from netspec.layers.steps import figure, times, window_steps
from netspec.layers.windows import Reach
from netspec.records import frozen, replace
from netspec.shape import Count, Dim, Shape, product


@final
@frozen
class MaxPool(Layer):
    """The largest value in each window, channel by channel.

    `(C, H, W) -> (C, H', W')` with `H' = ⌊(H + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1`; with `ceil`
    the division rounds up, and a last window that would start in the padding is dropped, as in Caffe and PyTorch.
    """

    name: ClassVar[str] = "maxpool"
    family: ClassVar[str] = "pooling"

    kernel: int | PerAxis = argument(SIZE, "size of the window, height x width; a bare word is VGG's 2x2", 2)
    stride: int | PerAxis | None = argument(SIZE, "step of the window; its size unless given", None)
    pad: Padding = argument(PADDING, "border around the input, never the largest", NO_PADDING)
    dilation: int | PerAxis = argument(SIZE, "distance of the window's taps", 1)
    ceil: bool = argument(FLAG, "round the size up instead of down", False)

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        return Shape(shape.channels, _pooled(shape, self._extents(inputs)), rows=shape.rows)

    weights = no_weights
    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements * (_taps(self._extents(inputs)) - 1)

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (windows_of(self._extents(inputs)),)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        axes = self._extents(inputs)
        indices = output.elements * INDEX_BYTES
        if _fits_torch(axes):
            return Keeps(inputs=(0,), extra_bytes=indices)
        return Keeps(extra=padded_elements(inputs[0], axes), extra_bytes=indices)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        axes = self._extents(inputs)
        return (*window_steps(axes, output.sizes), _ops_step(axes, output, " − 1", self.ops(inputs, output)))

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axes = self._extents(inputs)
        padding = () if _fits_torch(axes) else padding_calls(axes, value=float("-inf"))
        arguments = _window_arguments(axes, bool(padding))
        arguments |= unusual("dilation", [axis.dilation for axis in axes], 1)
        return (*padding, Call(f"nn.MaxPool{len(axes)}d", arguments))

    def _extents(self, inputs: Shapes) -> tuple[Extent, ...]:
        return extents(inputs[0], self.kernel, self.stride or self.kernel, self.pad, self.dilation, ceil=self.ceil)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("MP3s2", "96x55x55", "96x27x27", note="AlexNet's overlapping pools"),
        Example("MP2", "64x224x224", "64x112x112", note="VGG; the stride is the kernel's size unless written"),
        Example("MP3s2p1", "64x112x112", "64x56x56", note="ResNet"),
        Example("maxpool(3, stride=2, ceil=true)", "64x112x112", "64x56x56", note="GoogLeNet, as Caffe rounds"),
        Example("maxpool(2, pad=same)", "16x5x5", "16x3x3", note="TensorFlow's SAME"),
        Example("maxpool(3, stride=1, pad=same, dilation=2)", "8x16x16", "8x16x16", note="dilated"),
        Example("MP4", "32x3998", "32x999", note="a signal"),
        Example("MP1x2x2", "64x16x112x112", "64x16x56x56", note="C3D's first pool keeps the frames apart"),
    )


@final
@frozen
class AvgPool(Layer):
    """The mean of each window, channel by channel.

    `(C, H, W) -> (C, H', W')`, sizes as those of `maxpool`. Zeros of explicit padding count as values unless
    `count_pad=false`; with `pad=same` they never do, as in TensorFlow.
    """

    name: ClassVar[str] = "avgpool"
    family: ClassVar[str] = "pooling"

    kernel: int | PerAxis = argument(SIZE, "size of the window, height x width; a bare word is VGG's 2x2", 2)
    stride: int | PerAxis | None = argument(SIZE, "step of the window; its size unless given", None)
    pad: Padding = argument(PADDING, "zeros around the input", NO_PADDING)
    ceil: bool = argument(FLAG, "round the size up instead of down", False)
    count_pad: bool = argument(FLAG, "whether explicit padding counts in the mean", True)

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        return Shape(shape.channels, _pooled(shape, self._extents(inputs)), rows=shape.rows)

    weights = no_weights
    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements * _taps(self._extents(inputs))

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (windows_of(self._extents(inputs)),)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        axes = self._extents(inputs)
        if self._is_torchs(axes):
            return Keeps(inputs=(0,))
        keeps = Keeps(extra=padded_elements(inputs[0], _to_whole_windows(axes)))
        if not _has_padding(self._uncounted(axes)):
            return keeps
        return replace(keeps, once=product(output.sizes))  # of each window the share that is not padding

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        axes = self._extents(inputs)
        return (*window_steps(axes, output.sizes), _ops_step(axes, output, "", self.ops(inputs, output)))

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axes = self._extents(inputs)
        torchs, counted = f"nn.AvgPool{len(axes)}d", self.count_pad and not axes[0].same
        if self._is_torchs(axes):
            count = {"count_include_pad": False} if not counted and _has_padding(axes) else {}
            return (Call(torchs, {**_window_arguments(axes), **count}),)
        before = padding_calls(axes) if counted and _has_padding(axes) else ()
        uncounted, arguments = self._uncounted(axes), _window_arguments(_to_whole_windows(axes), padded=True)
        if not _has_padding(uncounted):
            return (*before, Call(torchs, arguments))
        pad = "same" if any(axis.before is None for axis in axes) else torch_padding(uncounted)
        return (*before, Call("ours.AvgPool", {**arguments, "pad": pad}))

    def _is_torchs(self, axes: tuple[Extent, ...]) -> bool:
        """Whether one call of torch does it: not over clips, however padded, that are smaller than the window."""
        known = [(axis.size, axis.kernel) for axis in axes if isinstance(axis.size, int)]
        return even(axes) and not (len(known) == 3 and any(size < kernel for size, kernel in known))

    def _uncounted(self, axes: tuple[Extent, ...]) -> tuple[Extent, ...]:
        """The padding that is left out of the mean; torch can do so with its own, not with one put on before."""
        whole = _to_whole_windows(axes)
        return whole if axes[0].same or not self.count_pad else tuple(map(_unpadded, whole, axes))

    def _extents(self, inputs: Shapes) -> tuple[Extent, ...]:
        return extents(inputs[0], self.kernel, self.stride or self.kernel, self.pad, ceil=self.ceil)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("AP2", "128x56x56", "128x28x28", note="DenseNet's transition"),
        Example("AP5s3", "512x14x14", "512x4x4", note="GoogLeNet's auxiliary heads"),
        Example("AP3s1p1", "192x35x35", "192x35x35", note="Inception v3"),
        Example("avgpool(3, stride=2, pad=1, ceil=true, count_pad=false)", "8x14x14", "8x8x8"),
        Example("AP3s1p", "256x28x28", "256x28x28", note="TensorFlow's SAME leaves the padding out of the mean"),
        Example("avgpool(3, stride=2, pad=[0, 1])", "8x8x8", "8x4x4", note="one after, none before"),
        Example("AP4", "32x3998", "32x999", note="a signal"),
    )


@final
@frozen
class Subsample(Layer):
    """LeNet-5's trainable pooling: the sum of each window, times a trained coefficient per map, plus a bias per map.

    `(C, H, W) -> (C, H', W')` with `H' = ⌊(H − kernel) / stride⌋ + 1` (LeCun et al. 1998, section II.B).
    """

    name: ClassVar[str] = "subsample"
    family: ClassVar[str] = "pooling"

    kernel: int | PerAxis = argument(SIZE, "size of the window, height x width")
    stride: int | PerAxis | None = argument(SIZE, "step of the window; its size unless given", None)

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        return Shape(shape.channels, lengths("window", shape, self._extents(inputs), fixes=False), rows=shape.rows)

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return {"weight": Weight((inputs[0].channels,)), "bias": Weight((inputs[0].channels,))}

    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements * (_taps(self._extents(inputs)) + 1)

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (windows_of(self._extents(inputs)),)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0,), extra=output.elements)  # the sums, for the gradient of the coefficients

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        axes = self._extents(inputs)
        parameters = figure(trained_count(self.weights(inputs)))
        return (
            *window_steps(axes, output.sizes),
            Step("parameters", "2·C", times((2, output.channels)), parameters),
            # A sum of k·k values takes one addition less; the coefficient and the bias take one operation each.
            _ops_step(axes, output, " + 1", self.ops(inputs, output)),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axes = self._extents(inputs)
        return (call("ours.Subsample", channels=inputs[0].channels, **_window_arguments(axes)),)

    def _extents(self, inputs: Shapes) -> tuple[Extent, ...]:
        return extents(inputs[0], self.kernel, self.stride or self.kernel, NO_PADDING)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("subsample(2)", "6x28x28", "6x14x14", 12, note="LeNet-5's S2: 5,880 connections"),
        Example("subsample(2)", "16x10x10", "16x5x5", 32, note="LeNet-5's S4"),
        Example("subsample(3, stride=2)", "8x9x9", "8x4x4", 16, note="overlapping"),
    )


INDEX_BYTES = 8
"""Torch keeps the place of each window's maximum as an int64."""


def _pooled(shape: Shape, axes: tuple[Extent, ...]) -> tuple[Dim, ...]:
    """The sizes that come out.

    Raises:
        Misuse: E203 if the window does not fit, E205 if a window could lie wholly in the padding, or where `ceil`
            meets padding that differs before and after.
    """
    for axis in axes:
        if axis.before is not None and axis.after is not None and not axis.same:
            _check_padding(axis, axis.before, axis.after, axes)
    return lengths("pool", shape, axes)


def _check_padding(axis: Extent, before: int, after: int, axes: tuple[Extent, ...]) -> None:
    """Padding that torch takes as well. Raises Misuse E205."""
    if axis.ceil and before != after:
        raise Misuse(
            "E205",
            f"`ceil=true` needs the same padding before and after, not {before} and {after}",
            at="pad",
            here="which windows start in the padding would be unclear",
        )
    most = axis.kernel // 2 if before == after else axis.reach - 1
    if max(before, after) <= most:
        return
    kernel = by(each.kernel for each in axes)
    pool = f"a pool of {kernel}" if len(axes) == 1 else f"{article(kernel)} {kernel} pool"
    share = "more than half of" if before == after else "too much for"
    raise Misuse(
        "E205",
        f"padding of {max(before, after)} is {share} {pool}",
        at="pad",
        here=f"at most {most} here",
        notes=("a window must not lie wholly in the padding; PyTorch's limit is half of the pool",),
        fixes=(Fix("pad as far as the pool allows", {"pad": written([each.kernel // 2 for each in axes])}),),
    )


def _fits_torch(axes: tuple[Extent, ...]) -> bool:
    """Whether torch's own argument can express the padding: even, and at most half the kernel."""
    return even(axes) and all((axis.before or 0) <= axis.kernel // 2 for axis in axes)


def _has_padding(axes: tuple[Extent, ...]) -> bool:
    return any(axis.before != 0 or axis.after != 0 for axis in axes)


def _to_whole_windows(axes: tuple[Extent, ...]) -> tuple[Extent, ...]:
    """The same windows, with padding at the end where rounding up cuts the last one off; of known sizes."""
    return tuple(_to_whole_window(axis) if axis.ceil else axis for axis in axes)


def _to_whole_window(axis: Extent) -> Extent:
    size, windows, before, after = axis.size, axis.length, axis.before or 0, axis.after or 0
    assert isinstance(size, int) and isinstance(windows, int)
    end = (windows - 1) * axis.stride + axis.kernel - before
    return replace(axis, after=max(after, end - size), ceil=False)


def _unpadded(whole: Extent, axis: Extent) -> Extent:
    """What padding is left to do once that of `axis` is done."""
    return replace(whole, before=0, after=(whole.after or 0) - (axis.after or 0))


def _taps(axes: tuple[Extent, ...]) -> int:
    return prod(axis.kernel for axis in axes)


def _ops_step(axes: tuple[Extent, ...], output: Shape, more: str, ops: Count) -> Step:
    """Element operations: so many a window (its elements and `more`), for each output."""
    rank = len(axes)
    taps, worked = times(KERNEL_LETTERS[rank]) + more, times([axis.kernel for axis in axes]) + more
    rows, rows_worked = with_rows(output)
    places = times((*rows, *PLACE_LETTERS[rank], "C")), times((*rows_worked, *output.sizes, output.channels))
    return Step("ops", f"{places[0]}·({taps})", f"{places[1]}·({worked})", figure(ops))


def _window_arguments(axes: tuple[Extent, ...], padded: bool = False) -> dict[str, Any]:
    """The arguments that torch's pools share; no padding where it is `padded` already."""
    arguments: dict[str, Any] = {"kernel_size": plain([axis.kernel for axis in axes])}
    if any(axis.stride != axis.kernel for axis in axes):
        arguments["stride"] = plain([axis.stride for axis in axes])
    if not padded:
        arguments |= unusual("padding", [axis.before or 0 for axis in axes], 0)
    if any(axis.ceil for axis in axes):
        arguments["ceil_mode"] = True
    return arguments
