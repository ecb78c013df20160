"""Merging, moving and cutting values, and means and maxima along axes, in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from netspec.lowering.onnx.writer import Axis, Dims, Value, Writer, pointwise_dims


def of_two(kind: str, w: Writer, first: Value, second: Value) -> Value:
    """`operator.add` and the like."""
    return w.op(kind, first, second, dims=pointwise_dims(first, second))


def pairwise_distance(
    w: Writer, first: Value, second: Value, p: int = 2, eps: float = 1e-6, keepdim: bool = False
) -> Value:
    """`F.pairwise_distance`: the length of the difference, to whose entries torch adds `eps`."""
    apart = w.like("Add", w.like("Sub", first, second), w.number(eps))
    return _reduced(f"ReduceL{p}", w, apart, (apart.rank - 1,), keepdim)


def concat(w: Writer, *values: Value, dim: int) -> Value:
    """`torch.cat`."""
    sizes = [each.dims[dim] for each in values]
    joined = None if None in sizes else sum(size for size in sizes if size is not None)
    first = values[0].dims
    return w.op("Concat", *values, dims=(*first[:dim], joined, *first[dim + 1 :]), axis=dim)


def multiply(w: Writer, *values: Value, axis: int = 1) -> Value:
    """`ours.Multiply`: vectors are broadcast over the places of maps or tokens."""
    rank = max(each.rank for each in values)
    product: Value | None = None
    for each in values:
        if each.rank == 2 < rank:
            around = [place for place in range(1, rank) if place != axis]
            dims = (each.dims[0], *(each.dims[1] if place == axis else 1 for place in range(1, rank)))
            each = w.op("Unsqueeze", each, w.whole(around), dims=dims)
        product = each if product is None else of_two("Mul", w, product, each)
    assert product is not None
    return product


def crop_concat(w: Writer, *values: Value) -> Value:
    """`ours.CropConcat`: each cut about its centre to the smallest of each axis."""
    cut = list(values)
    for axis in range(2, cut[0].rank):
        sizes = [each.dims[axis] for each in cut]
        known = [size for size in sizes if size is not None]
        if len(known) == len(sizes):
            cut = [centred(w, each, axis, min(known)) for each in cut]
        else:
            least = w.op("Min", *(w.size(each, axis) for each in cut), dims=(1,))
            cut = [_centred_to(w, each, axis, least) for each in cut]
    return concat(w, *cut, dim=1)


def center_crop(w: Writer, x: Value, size: Sequence[int]) -> Value:
    """`ours.CenterCrop`."""
    for axis, each in enumerate(size, 2):
        x = centred(w, x, axis, each)
    return x


def centred(w: Writer, x: Value, axis: int, size: int) -> Value:
    """So many places about the middle of an axis, `⌊(n − m)/2⌋` before."""
    known = x.dims[axis]
    if known is None:
        return _centred_to(w, x, axis, w.whole([size]))
    return x if known == size else w.cut(x, axis, (known - size) // 2, size)


def _centred_to(w: Writer, x: Value, axis: int, size: Value) -> Value:
    start = w.like("Div", w.like("Sub", w.size(x, axis), size), w.whole([2]))
    dims = (*x.dims[:axis], None, *x.dims[axis + 1 :])
    return w.op("Slice", x, start, w.like("Add", start, size), w.whole([axis]), dims=dims)


def flatten(w: Writer, x: Value, start_dim: int = 1) -> Value:
    """`nn.Flatten` and `torch.flatten`."""
    if start_dim == x.rank - 1:
        return x
    rest = x.dims[start_dim:]
    flat = w.reshape(x, [*map(Axis, range(start_dim)), -1])
    size = None if None in rest else prod(each for each in rest if each is not None)
    return Value(flat.name, (*x.dims[:start_dim], size))


def reshape(w: Writer, x: Value, shape: Sequence[int]) -> Value:
    """`torch.reshape`, the batch first."""
    return w.reshape(x, [Axis(0), *shape[1:]])


def unflatten(w: Writer, x: Value, dim: int, sizes: Sequence[int]) -> Value:
    """`torch.unflatten`."""
    return w.reshape(x, [*map(Axis, range(dim)), *sizes, *map(Axis, range(dim + 1, x.rank))])


def transpose(w: Writer, x: Value, dim0: int, dim1: int) -> Value:
    """`torch.transpose`."""
    order = list(range(x.rank))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return w.transpose(x, order)


def movedim(w: Writer, x: Value, source: int, destination: int) -> Value:
    """`torch.movedim`."""
    order = [axis for axis in range(x.rank) if axis != source % x.rank]
    order.insert(destination % x.rank, source % x.rank)
    return w.transpose(x, order)


def permute(w: Writer, x: Value, dims: Sequence[int]) -> Value:
    """`torch.permute`."""
    return w.transpose(x, dims)


def narrow(w: Writer, x: Value, dim: int, start: int, length: int) -> Value:
    """`torch.narrow`."""
    return w.cut(x, dim, start, length)


def select(w: Writer, x: Value, dim: int, index: int) -> Value:
    """`torch.select`."""
    part = w.cut(x, dim, index, 1)
    return w.op("Squeeze", part, w.whole([dim]), dims=(*x.dims[:dim], *x.dims[dim + 1 :]))


def reduce(kind: str, w: Writer, x: Value, dim: int | Sequence[int], keepdim: bool = False) -> Value:
    """`torch.mean`, `torch.amax`, `torch.sum`."""
    return _reduced(kind, w, x, (dim,) if isinstance(dim, int) else tuple(dim), keepdim)


def _reduced(kind: str, w: Writer, x: Value, axes: tuple[int, ...], keepdim: bool) -> Value:
    gone = {axis % x.rank for axis in axes}
    dims: Dims = tuple(1 if axis in gone else size for axis, size in enumerate(x.dims) if keepdim or axis not in gone)
    return w.op(kind, x, w.whole(sorted(gone)), dims=dims, keepdims=int(keepdim))


def pixel_shuffle(w: Writer, x: Value, upscale_factor: int) -> Value:
    """`nn.PixelShuffle`."""
    return w.op("DepthToSpace", x, dims=(x.dims[0], None, None, None), blocksize=upscale_factor, mode="CRD")


def channel_shuffle(w: Writer, x: Value, groups: int) -> Value:
    """`nn.ChannelShuffle`: channels as a table of groups, turned."""
    (channels, *_) = x.dims[1:]
    assert channels is not None
    places = [Axis(axis) for axis in range(2, x.rank)]
    table = w.reshape(x, [Axis(0), groups, channels // groups, *places])
    turned = w.transpose(table, [0, 2, 1, *range(3, table.rank)])
    return w.reshape(turned, [Axis(0), channels, *(Axis(axis) for axis in range(3, table.rank))])


def upsample(
    w: Writer,
    x: Value,
    scale_factor: float | tuple[float, ...],
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Value:
    """`nn.Upsample`."""
    more: dict[str, Any]
    factors = scale_factor if isinstance(scale_factor, tuple) else (scale_factor,) * (x.rank - 2)
    if mode == "nearest":
        more = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        kind = "align_corners" if align_corners else "half_pixel"
        more = {"mode": "linear", "coordinate_transformation_mode": kind}
    scales = w.constant(np.array((1, 1, *factors), np.float32), "scales")
    dims = tuple(None if size is None else int(size * f) for size, f in zip(x.dims[2:], factors, strict=True))
    return w.op("Resize", x, None, scales, dims=(*x.dims[:2], *dims), **more)


TARGETS: Mapping[str, Callable[..., Value]] = {
    "operator.add": partial(of_two, "Add"),
    "operator.sub": partial(of_two, "Sub"),
    "operator.mul": partial(of_two, "Mul"),
    "torch.maximum": partial(of_two, "Max"),
    "F.pairwise_distance": pairwise_distance,
    "torch.cat": concat,
    "ours.Multiply": multiply,
    "ours.CropConcat": crop_concat,
    "ours.CenterCrop": center_crop,
    "nn.Flatten": flatten,
    "torch.flatten": flatten,
    "torch.reshape": reshape,
    "torch.unflatten": unflatten,
    "torch.transpose": transpose,
    "torch.movedim": movedim,
    "torch.permute": permute,
    "torch.narrow": narrow,
    "torch.select": select,
    "torch.mean": partial(reduce, "ReduceMean"),
    "torch.amax": partial(reduce, "ReduceMax"),
    "torch.sum": partial(reduce, "ReduceSum"),
    "nn.PixelShuffle": pixel_shuffle,
    "nn.ChannelShuffle": channel_shuffle,
    "nn.Upsample": upsample,
}
"""How each torch call is written."""
