"""Pools to a grid of given size, of maps and of boxes, in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from netspec.lowering.onnx.windows import Sizes, by_axis
from netspec.lowering.onnx.writer import Array, Axis, Value, Writer


def cells(size: int, count: int) -> list[tuple[int, int]]:
    """The first place of each of so many cells of an axis and the one after its last: torch's adaptive pools."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def adaptive_avg_pool(w: Writer, x: Value, output_size: Sizes) -> Value:
    """`nn.AdaptiveAvgPoolNd`: a product with a matrix of shares for each axis, as ONNX has no such pool."""
    if output_size == 1:
        return w.op("GlobalAveragePool", x, dims=(*x.dims[:2], *(1,) * (x.rank - 2)))
    for axis, (size, count) in enumerate(zip(x.known(), by_axis(output_size, x.rank - 2), strict=True), 2):
        x = _along(w, x, axis, _shares(size, count))
    return x


def _shares(size: int, count: int) -> Array:
    """(places, cells): what each place is of each cell."""
    shares = np.zeros((size, count), np.float32)
    for cell, (start, stop) in enumerate(cells(size, count)):
        shares[start:stop, cell] = 1 / (stop - start)
    return shares


def _along(w: Writer, x: Value, axis: int, matrix: Array) -> Value:
    """The product with a matrix along an axis, which the matrix has first."""
    order = [*(each for each in range(x.rank) if each != axis), axis]
    moved = w.transpose(x, order) if axis < x.rank - 1 else x
    dims = (*moved.dims[:-1], matrix.shape[1])
    out = w.op("MatMul", moved, w.constant(matrix, "shares"), dims=dims)
    return w.transpose(out, [order.index(each) for each in range(x.rank)]) if axis < x.rank - 1 else out


def adaptive_max_pool(w: Writer, x: Value, output_size: Sizes) -> Value:
    """`nn.AdaptiveMaxPoolNd`: along each axis the places of all cells are gathered, shorter cells' last one again."""
    if output_size == 1:
        return w.op("GlobalMaxPool", x, dims=(*x.dims[:2], *(1,) * (x.rank - 2)))
    for axis, (size, count) in enumerate(zip(x.known(), by_axis(output_size, x.rank - 2), strict=True), 2):
        ranges = cells(size, count)
        longest = max(stop - start for start, stop in ranges)
        places = np.array([[min(start + step, stop - 1) for step in range(longest)] for start, stop in ranges])
        dims = (*x.dims[:axis], count, longest, *x.dims[axis + 1 :])
        taken = w.op("Gather", x, w.constant(places, "places"), dims=dims, axis=axis)
        kept = (*x.dims[:axis], count, *x.dims[axis + 1 :])
        x = w.op("ReduceMax", taken, w.whole([axis + 1]), dims=kept, keepdims=0)
    return x


def spatial_pyramid(w: Writer, x: Value, levels: Sequence[int], mode: str = "max") -> Value:
    """`ours.SpatialPyramid`: grids of several sizes side by side in a vector."""
    pool = adaptive_max_pool if mode == "max" else adaptive_avg_pool
    parts = [w.reshape(pool(w, x, level), [Axis(0), -1]) for level in levels]
    return w.op("Concat", *parts, dims=(x.dims[0], None), axis=1)


def roi_pool(w: Writer, x: Value, boxes: Value, size: Sizes, scale: float = 1) -> Value:
    """`ours.RoiPool`: ONNX's takes the number of the image, here 0, before the corners of each box."""
    image = w.like("Mul", w.cut(boxes, 1, 0, 1), w.number(0))
    numbered = w.op("Concat", image, boxes, dims=(None, 5), axis=1)
    grid = by_axis(size, 2)
    dims = (None, x.dims[1], *grid)
    return w.op("MaxRoiPool", x, numbered, dims=dims, pooled_shape=grid, spatial_scale=float(scale))


def roi_align(w: Writer, x: Value, boxes: Value, size: Sizes, scale: float = 1, samples: int = 2) -> Value:
    """`ours.RoiAlign`: pixels stand at whole coordinates, and a box is at least one pixel wide and high."""
    nought = w.whole([0])
    images = w.op("Expand", nought, w.op("Shape", boxes, dims=(1,), end=1), dims=(None,))
    height, width = by_axis(size, 2)
    return w.op(
        "RoiAlign",
        x,
        boxes,
        images,
        dims=(None, x.dims[1], height, width),
        output_height=height,
        output_width=width,
        sampling_ratio=samples,
        spatial_scale=float(scale),
        coordinate_transformation_mode="output_half_pixel",
        mode="avg",
    )


TARGETS: Mapping[str, Callable[..., Value]] = {
    **{f"nn.AdaptiveAvgPool{rank}d": adaptive_avg_pool for rank in (1, 2, 3)},
    **{f"nn.AdaptiveMaxPool{rank}d": adaptive_max_pool for rank in (1, 2, 3)},
    "ours.SpatialPyramid": spatial_pyramid,
    "ours.RoiPool": roi_pool,
    "ours.RoiAlign": roi_align,
}
"""How each torch call is written."""
