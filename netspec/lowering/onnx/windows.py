"""Convolutions and pools in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TypeAlias

import numpy as np

from netspec.lowering.onnx.writer import Dims, Value, Writer, with_channels

Sizes: TypeAlias = int | tuple[int, ...]


def by_axis(sizes: Sizes, rank: int) -> list[int]:
    """One number an axis."""
    return [sizes] * rank if isinstance(sizes, int) else list(sizes)


def conv(
    w: Writer,
    x: Value,
    in_channels: int,
    out_channels: int,
    kernel_size: Sizes,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    bias: bool = True,
) -> Value:
    """`nn.ConvNd`."""
    weights = w.weight("weight"), w.weight("bias") if bias else None
    return convolved(w, x, *weights, out_channels, kernel_size, stride, padding, dilation, groups)


def convolved(
    w: Writer,
    x: Value,
    weight: Value,
    bias: Value | None,
    out_channels: int,
    kernel_size: Sizes,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Value:
    """A convolution with these weights."""
    rank = x.rank - 2
    return w.op(
        "Conv",
        x,
        weight,
        *(() if bias is None else (bias,)),
        dims=with_channels(x, out_channels, (None,) * rank),
        kernel_shape=by_axis(kernel_size, rank),
        strides=by_axis(stride, rank),
        pads=by_axis(padding, rank) * 2,
        dilations=by_axis(dilation, rank),
        group=groups,
    )


def connected(
    w: Writer,
    x: Value,
    out_channels: int,
    kernel_size: tuple[int, ...],
    connect: tuple[tuple[int, ...], ...],
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    bias: bool = True,
) -> Value:
    """`ours.ConnectedConv`: as one convolution, with kernels of zeros where the table has no connection."""
    kernels = w.given("weight")
    dense = np.zeros((out_channels, x.dims[1], *kernels.shape[1:]), kernels.dtype)
    targets = [row for row, channels in enumerate(connect) for _ in channels]
    dense[targets, [channel for channels in connect for channel in channels]] = kernels
    constants = w.weight("bias") if bias else None
    sizes = tuple(kernels.shape[1:])
    return convolved(w, x, w.own("weight", dense), constants, out_channels, sizes, stride, padding, dilation)


def conv_transpose(
    w: Writer,
    x: Value,
    in_channels: int,
    out_channels: int,
    kernel_size: Sizes,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    bias: bool = True,
    dilation: Sizes = 1,
) -> Value:
    """`nn.ConvTransposeNd`. Places put at the end beyond a stride, which runtimes refuse, hold the bias alone."""
    rank = x.rank - 2
    steps, ends = by_axis(stride, rank), by_axis(output_padding, rank)
    beyond = any(end >= step for end, step in zip(ends, steps, strict=True))
    weights = (w.weight("weight"), *((w.weight("bias"),) if bias and not beyond else ()))
    out = w.op(
        "ConvTranspose",
        x,
        *weights,
        dims=with_channels(x, out_channels, (None,) * rank),
        kernel_shape=by_axis(kernel_size, rank),
        strides=steps,
        pads=by_axis(0 if beyond else padding, rank) * 2,
        output_padding=[0] * rank if beyond else ends,
        dilations=by_axis(dilation, rank),
        group=groups,
    )
    if not beyond:
        return out
    out = pad(w, out, [n for p, e in reversed([*zip(by_axis(padding, rank), ends, strict=True)]) for n in (-p, e - p)])
    return w.like("Add", out, w.weight("bias", (out_channels, *(1,) * rank))) if bias else out


def pad(w: Writer, x: Value, pad: Sequence[int], value: float = 0) -> Value:
    """`F.pad`: (before, after) of each axis, the last first; a negative amount cuts."""
    before, after = [0] * x.rank, [0] * x.rank
    for place in range(len(pad) // 2):
        before[x.rank - 1 - place], after[x.rank - 1 - place] = pad[2 * place], pad[2 * place + 1]
    dims = tuple(
        None if size is None else size + first + last for size, first, last in zip(x.dims, before, after, strict=True)
    )
    return w.op("Pad", x, w.whole([*before, *after]), w.number(value), dims=dims, mode="constant")


def pad_same(w: Writer, x: Value, kernel_size: Sizes, stride: Sizes, value: float = 0) -> Value:
    """`ours.PadSame`: the amounts are worked out when the size is there."""
    rank = x.rank - 2
    kernels, strides = w.whole(by_axis(kernel_size, rank)), w.whole(by_axis(stride, rank))
    size = w.op("Shape", x, dims=(rank,), start=2)
    one, nought = w.whole([1]), w.whole([0] * 2)
    steps = w.like("Div", w.like("Sub", size, one), strides)  # ⌈n/s⌉ − 1, for n from 1
    spanned = w.like("Add", w.like("Mul", steps, strides), kernels)
    total = w.like("Max", w.like("Sub", spanned, size), w.whole([0]))
    before = w.like("Div", total, w.whole([2]))
    after = w.like("Sub", total, before)
    pads = w.op("Concat", nought, before, nought, after, dims=(2 * x.rank,), axis=0)
    return w.op("Pad", x, pads, w.number(value), dims=(*x.dims[:2], *(None,) * rank), mode="constant")


def max_pool(
    w: Writer,
    x: Value,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Value:
    """`nn.MaxPoolNd`. Where the size is known, rounding up is padding at the end: runtimes differ in their own."""
    rank = x.rank - 2
    steps = by_axis(kernel_size if stride is None else stride, rank)
    spans = [d * (k - 1) + 1 for k, d in zip(by_axis(kernel_size, rank), by_axis(dilation, rank), strict=True)]
    if ceil_mode and None not in x.dims[2:]:
        more = missing(x.known(), spans, steps, by_axis(padding, rank))
        x = pad(w, x, _after(more), float("-inf")) if any(more) else x
        ceil_mode = False
    return w.op(
        "MaxPool",
        x,
        dims=(*x.dims[:2], *(None,) * rank),
        kernel_shape=by_axis(kernel_size, rank),
        strides=steps,
        pads=by_axis(padding, rank) * 2,
        dilations=by_axis(dilation, rank),
        ceil_mode=int(ceil_mode),
    )


def _after(amounts: Sequence[int]) -> tuple[int, ...]:
    return tuple(amount for each in reversed(amounts) for amount in (0, each))


def missing(sizes: Sequence[int], spans: Sequence[int], strides: Sequence[int], pads: Sequence[int]) -> list[int]:
    """What lacks at the end of each axis for the last window of a pool that rounds up; 0 if that is not there."""
    found = []
    for size, span, stride, padding in zip(sizes, spans, strides, pads, strict=True):
        windows = -(-(size + 2 * padding - span) // stride) + 1
        if (windows - 1) * stride >= size + padding:
            windows -= 1  # it would begin in the padding
        found.append(max(0, (windows - 1) * stride + span - size - 2 * padding))
    return found


def avg_pool(
    w: Writer,
    x: Value,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Value:
    """`nn.AvgPoolNd`. Where the size is known, rounding up is padding at the end, which is taken out of the mean."""
    rank = x.rank - 2
    kernels, pads = by_axis(kernel_size, rank), by_axis(padding, rank)
    steps = kernels if stride is None else by_axis(stride, rank)
    attributes = {"kernel_shape": kernels, "strides": steps}
    dims: Dims = (*x.dims[:2], *(None,) * rank)
    if ceil_mode and None not in x.dims[2:]:
        more = missing(x.known(), kernels, steps, pads)
        if any(more):
            counted = pads if count_include_pad else [0] * rank
            shares = _shares(x.known(), kernels, steps, pads, more, counted)
            around = [amount for p, extra in reversed([*zip(pads, more, strict=True)]) for amount in (p, p + extra)]
            sums = w.op("AveragePool", pad(w, x, around), dims=dims, **attributes)
            return w.like("Mul", sums, w.constant(shares, "shares"))
        ceil_mode = False
    return w.op(
        "AveragePool",
        x,
        dims=dims,
        pads=pads * 2,
        ceil_mode=int(ceil_mode),
        count_include_pad=int(count_include_pad),
        **attributes,
    )


def _shares(
    sizes: Sequence[int],
    kernels: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    more: Sequence[int],
    counted: Sequence[int],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """For each window, all its places by those that count: `(1, 1, H', W')`."""
    counts = np.ones((1, 1), np.float32)
    for size, kernel, stride, padding, extra, beside in zip(sizes, kernels, strides, pads, more, counted, strict=True):
        starts = np.arange((size + 2 * padding + extra - kernel) // stride + 1) * stride - padding
        inside = np.minimum(starts + kernel, size + beside) - np.maximum(starts, -beside)
        counts = counts[..., None] * inside.astype(np.float32)
    return (prod(kernels) / counts).astype(np.float32)


def avg_pool_uncounted(
    w: Writer,
    x: Value,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    pad: str | tuple[int, ...] = "same",
) -> Value:
    """`ours.AvgPool`: the mean without the padding, which may differ before and after."""
    rank = x.rank - 2
    kernels = by_axis(kernel_size, rank)
    if isinstance(pad, str):
        padding: dict[str, str | list[int]] = {"auto_pad": "SAME_UPPER"}
    else:
        padding = {"pads": [*reversed(pad[0::2]), *reversed(pad[1::2])]}
    return w.op(
        "AveragePool",
        x,
        dims=(*x.dims[:2], *(None,) * rank),
        kernel_shape=kernels,
        strides=kernels if stride is None else by_axis(stride, rank),
        count_include_pad=0,
        **padding,
    )


def subsample(w: Writer, x: Value, channels: int, kernel_size: Sizes, stride: Sizes | None = None) -> Value:
    """`ours.Subsample`: the sum of each window, times a coefficient per map, plus a bias per map."""
    rank = x.rank - 2
    means = avg_pool(w, x, kernel_size, stride)
    sums = w.like("Mul", means, w.number(prod(by_axis(kernel_size, rank))))
    per_map = (channels, *(1,) * rank)
    return w.like("Add", w.like("Mul", sums, w.weight("weight", per_map)), w.weight("bias", per_map))


POOLS: Mapping[str, Callable[..., Value]] = {f"nn.{kind}{rank}d": write for rank in (1, 2, 3) for kind, write in (
    ("Conv", conv), ("ConvTranspose", conv_transpose), ("MaxPool", max_pool), ("AvgPool", avg_pool),
)}  # fmt: skip

TARGETS: Mapping[str, Callable[..., Value]] = {
    **POOLS,
    "F.pad": pad,
    "ours.PadSame": pad_same,
    "ours.AvgPool": avg_pool_uncounted,
    "ours.ConnectedConv": connected,
    "ours.Subsample": subsample,
}
"""How each torch call is written."""
