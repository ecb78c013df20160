"""Dense layers, layers of unshared weights, tokens and attention, in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from math import prod

import numpy as np

from netspec.lowering.onnx.windows import Sizes, by_axis, pad
from netspec.lowering.onnx.writer import Array, Axis, Value, Writer, pointwise_dims


def linear(w: Writer, x: Value, in_features: int, out_features: int, bias: bool = True) -> Value:
    """`nn.Linear`."""
    return through(w, x, w.weight("weight"), w.weight("bias") if bias else None)


def through(w: Writer, x: Value, weight: Value, bias: Value | None) -> Value:
    """x·Wᵀ + b over the last axis."""
    dims = (*x.dims[:-1], weight.dims[0])
    if x.rank == 2:
        return w.op("Gemm", x, weight, *(() if bias is None else (bias,)), dims=dims, transB=1)
    out = w.op("MatMul", x, w.transpose(weight, (1, 0)), dims=dims)
    return out if bias is None else w.like("Add", out, bias)


def low_rank(w: Writer, x: Value, in_features: int, out_features: int, rank: int) -> Value:
    """`ours.LowRank`."""
    return through(w, through(w, x, w.weight("v"), None), w.weight("u"), w.weight("bias"))


def rbf(w: Writer, x: Value, in_features: int, out_features: int) -> Value:
    """`ours.Rbf`: squared distances to prototypes."""
    lifted = w.op("Unsqueeze", x, w.whole([x.rank - 1]), dims=(*x.dims[:-1], 1, x.dims[-1]))
    prototypes = w.weight("weight")
    apart = w.op("Sub", lifted, prototypes, dims=pointwise_dims(lifted, prototypes))
    squares = w.like("Mul", apart, apart)
    return w.op("ReduceSum", squares, w.whole([x.rank]), dims=squares.dims[:-1], keepdims=0)


def local(
    w: Writer,
    x: Value,
    in_channels: int,
    out_channels: int,
    kernel_size: Sizes,
    output_size: tuple[int, ...],
    stride: Sizes = 1,
    share: Sizes = 1,
    bias: bool = True,
) -> Value:
    """`ours.Local`: the windows of all places are gathered, and each place has a matrix of its own."""
    rank = len(output_size)
    windows = _windows(x.known(), by_axis(kernel_size, rank), by_axis(stride, rank), output_size)
    places, taps = windows.shape
    flat = w.reshape(x, [Axis(0), in_channels, -1])
    taken = w.op("Gather", flat, w.constant(windows, "windows"), dims=(None, in_channels, places, taps), axis=2)
    rows = w.transpose(taken, (2, 0, 1, 3))  # (places, N, C, taps)
    rows = w.reshape(rows, [places, Axis(1), in_channels * taps])
    blocks = _blocks(output_size, by_axis(share, rank))
    count = int(blocks.max()) + 1
    kernels = w.reshape(w.weight("weight"), [count, out_channels, in_channels * taps])
    kernels = w.transpose(_at(w, kernels, blocks), (0, 2, 1))
    out = w.op("MatMul", rows, kernels, dims=(places, None, out_channels))
    if bias:
        out = w.like("Add", out, _at(w, w.reshape(w.weight("bias"), [count, 1, out_channels]), blocks))
    return w.reshape(w.transpose(out, (1, 2, 0)), [Axis(0), out_channels, *output_size])


def _windows(sizes: tuple[int, ...], kernels: list[int], strides: list[int], output: tuple[int, ...]) -> Array:
    """(places, taps): where each tap of each place's window lies in the map as a row."""
    steps = [prod(sizes[axis + 1 :]) for axis in range(len(sizes))]
    places = list(product(*(range(0, size * stride, stride) for size, stride in zip(output, strides, strict=True))))
    taps = list(product(*map(range, kernels)))
    found: Array = np.array(places) @ np.array(steps)[:, None] + np.array(taps) @ np.array(steps)
    return found


def _blocks(output: tuple[int, ...], shares: list[int]) -> Array:
    """(places,): the block of weights of each place."""
    counts = [-(-size // share) for size, share in zip(output, shares, strict=True)]
    grid = np.indices(output).reshape(len(output), -1) // np.array(shares)[:, None]
    found: Array = np.ravel_multi_index(tuple(grid), tuple(counts))
    return found


def _at(w: Writer, x: Value, places: Array) -> Value:
    """Rows of a value by their numbers; the value itself if these are all in order."""
    if np.array_equal(places, np.arange(x.dims[0] or 0)):
        return x
    return w.op("Gather", x, w.constant(places, "blocks"), dims=(len(places), *x.dims[1:]), axis=0)


# Tokens


def class_token(w: Writer, x: Value, features: int) -> Value:
    """`ours.ClassToken`."""
    batch = w.op("Concat", w.op("Shape", x, dims=(1,), end=1), w.whole([1, features]), dims=(3,), axis=0)
    token = w.op("Expand", w.weight("cls_token"), batch, dims=(None, 1, features))
    tokens = None if x.dims[1] is None else x.dims[1] + 1
    return w.op("Concat", token, x, dims=(x.dims[0], tokens, features), axis=1)


def position(w: Writer, x: Value, tokens: int, features: int) -> Value:
    """`ours.Position`."""
    return w.like("Add", x, w.weight("pos_embed"))


def self_attention(w: Writer, x: Value, features: int, heads: int, bias: bool = True) -> Value:
    """`ours.SelfAttention`."""
    projected = through(w, x, w.weight("in_proj_weight"), w.weight("in_proj_bias") if bias else None)
    means = attended(w, projected, heads, None)
    return through(w, means, w.weight("out_proj.weight"), w.weight("out_proj.bias") if bias else None)


def attended(w: Writer, projected: Value, heads: int, added: Value | None) -> Value:
    """The means of the values by the scores of queries and keys: `(…, T, 3F) -> (…, T, F)`; `added` goes to scores."""
    rank, width = projected.rank, projected.dims[-1]
    assert width is not None
    own = width // 3 // heads
    lead = rank - 2
    table = w.reshape(projected, [*map(Axis, range(rank - 1)), 3, heads, own])
    order = [lead + 1, *range(lead), lead + 2, lead, lead + 3]
    parts = w.transpose(table, order)  # (3, …, heads, T, F / heads)
    queries, keys, values = (_part(w, parts, number) for number in range(3))
    scaled = w.like("Mul", queries, w.number(own**-0.5))
    turned = w.transpose(keys, [*range(lead + 1), lead + 2, lead + 1])
    scores = w.op("MatMul", scaled, turned, dims=(*scaled.dims[:-1], turned.dims[-1]))
    if added is not None:
        scores = w.like("Add", scores, added)
    means = w.op("MatMul", w.like("Softmax", scores, axis=-1), values, dims=queries.dims)
    back = w.transpose(means, [*range(lead), lead + 1, lead, lead + 2])
    return w.reshape(back, [*map(Axis, range(rank - 1)), width // 3])


def _part(w: Writer, parts: Value, number: int) -> Value:
    return w.op("Squeeze", w.cut(parts, 0, number, 1), w.whole([0]), dims=parts.dims[1:])


def window_attention(
    w: Writer, x: Value, features: int, heads: int, window: int, shift: int = 0, bias: bool = True,
    relative: bool = True,
) -> Value:  # fmt: skip
    """`ours.WindowAttention`."""
    height, width = x.known()
    more = -height % window, -width % window
    if any(more):
        x = pad(w, x, (0, more[1], 0, more[0]))
    rows, columns = (height + more[0]) // window, (width + more[1]) // window
    shifts = shift if rows > 1 else 0, shift if columns > 1 else 0
    x = _rolled(w, x, (-shifts[0], -shifts[1]))
    cut = w.reshape(x, [Axis(0), features, rows, window, columns, window])
    tokens = w.reshape(w.transpose(cut, (0, 2, 4, 3, 5, 1)), [Axis(0), rows * columns, window**2, features])
    projected = through(w, tokens, w.weight("qkv.weight"), w.weight("qkv.bias") if bias else None)
    out = attended(w, projected, heads, _added(w, window, relative, (rows, columns), shifts))
    out = through(w, out, w.weight("proj.weight"), w.weight("proj.bias") if bias else None)
    grid = w.transpose(w.reshape(out, [Axis(0), rows, columns, window, window, features]), (0, 5, 1, 3, 2, 4))
    whole = _rolled(w, w.reshape(grid, [Axis(0), features, rows * window, columns * window]), shifts)
    for axis, size in enumerate((height, width)):
        whole = w.cut(whole, 2 + axis, 0, size) if more[axis] else whole
    return whole


def _rolled(w: Writer, x: Value, shifts: tuple[int, int]) -> Value:
    """The map rolled down and right."""
    for axis, shift in enumerate(shifts, 2):
        if shift:
            size = x.known()[axis - 2]
            x = w.op("Gather", x, w.constant((np.arange(size) - shift) % size, "places"), dims=x.dims, axis=axis)
    return x


def _added(w: Writer, window: int, relative: bool, grid: tuple[int, int], shifts: tuple[int, int]) -> Value | None:
    """What goes to the scores: the trained bias of each pair of places, and −∞ for pairs that the shift brought."""
    bias: Value | None = None
    if relative:
        place = np.indices((window, window)).reshape(2, -1)
        apart = place[:, :, None] - place[:, None, :] + window - 1
        numbers = w.constant(apart[0] * (2 * window - 1) + apart[1], "pairs")
        table = w.weight("relative_position_bias_table")
        pairs = w.op("Gather", table, numbers, dims=(window**2, window**2, table.dims[1]), axis=0)
        bias = w.transpose(pairs, (2, 0, 1))
    if not any(shifts):
        return bias
    mask = w.constant(_mask(window, grid, shifts), "mask")
    return mask if bias is None else w.op("Add", bias, mask, dims=pointwise_dims(bias, mask))


def _mask(window: int, grid: tuple[int, int], shifts: tuple[int, int]) -> Array:
    """(windows, 1, T, T): −∞ where two places of a window were on other sides of an end before the shift."""
    around = [np.arange(count * window) >= count * window - shift for count, shift in zip(grid, shifts, strict=True)]
    region = around[0][:, None] * 1 + around[1][None, :] * 2
    rows, columns = grid
    cut = region.reshape(rows, window, columns, window).swapaxes(1, 2).reshape(rows * columns, window**2)
    return np.where(cut[:, None, :, None] != cut[:, None, None, :], -np.inf, 0).astype(np.float32)


TARGETS: Mapping[str, Callable[..., Value]] = {
    "nn.Linear": linear,
    "ours.LowRank": low_rank,
    "ours.Rbf": rbf,
    "ours.Local": local,
    "ours.ClassToken": class_token,
    "ours.Position": position,
    "ours.SelfAttention": self_attention,
    "ours.WindowAttention": window_attention,
}
"""How each torch call is written."""
