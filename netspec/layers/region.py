"""Pooling of regions: `spp` over a pyramid of grids, `roipool` and `roialign` over boxes that flow in."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar, final

from netspec.layers.adaptive import pooled_along
from netspec.layers.agreement import need_branches
from netspec.layers.arguments import COUNTS, POSITIVE, SIZE, WHOLE, PerAxis, argument, one_of, per_axis
from netspec.layers.base import Call, Example, Keeps, Layer, Misuse, Shapes, Step, call, no_count, no_weights
from netspec.layers.inputs import need_map
from netspec.layers.kernels import plain
from netspec.layers.pool import INDEX_BYTES
from netspec.layers.steps import figure, times
from netspec.layers.windows import Reach, everything
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape, Unknown, as_dim, product, total


@final
@frozen
class SpatialPyramid(Layer):
    """Spatial pyramid pooling: a map pooled to grids of several sizes, all cells in one vector (He 2014, SPP-net).

    `(C, H, W) -> (C·Σ level²,)`, each grid as `adaptivepool` makes it, in the order given.
    """

    name: ClassVar[str] = "spp"
    family: ClassVar[str] = "pooling"

    levels: tuple[int, ...] = argument(COUNTS, "cells along each side of the grids, such as `[4, 2, 1]`")
    mode: str = argument(one_of("max", "avg"), "maximum or mean", "max")

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        return Shape(as_dim(shape.channels * self._cells(shape.rank)), rows=shape.rows)

    weights = no_weights
    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        shape = inputs[0]
        covered = total(product(pooled_along(size, level) for size in shape.sizes) for level in self.levels)
        rows = () if shape.rows is None else (shape.rows,)
        pooled = product((*rows, shape.channels, covered))
        return pooled if self.mode == "avg" else total((pooled, output.elements * -1))

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (everything,)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        if self.mode == "max":
            return Keeps(inputs=(0,), extra_bytes=output.elements * INDEX_BYTES)
        return Keeps(inputs=(0,) if max(self.levels) > 1 else ())

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        shape = inputs[0]
        power = "" if shape.rank == 1 else "²³"[shape.rank - 2]
        cells = " + ".join(f"{level}{power}" for level in self.levels)
        return (Step("size", f"C·Σ level{power}", f"{times((shape.channels,))}·({cells})", figure(output.channels)),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("ours.SpatialPyramid", levels=self.levels, mode=str(self.mode)),)

    def _cells(self, rank: int) -> int:
        return sum(level**rank for level in self.levels)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("spp([6, 3, 2, 1])", "256x13x13", "12800", note="SPP-net's four levels: 50 cells"),
        Example("spp([4, 2, 1])", "256x13x13", "5376", note="three levels: 21 cells"),
        Example("spp([3, 1], mode=avg)", "64x10x7", "640"),
    )


@final
@frozen
class RoiPool(Layer):
    """The maximum in each cell of a grid over each box: two branches, a map and its boxes (Fast R-CNN, Girshick 2015).

    `(C, H, W), (R, 4) -> R x (C, size, size)`; a box is x1, y1, x2, y2 in the image's pixels, and `scale` turns those
    into the map's (1/16 after four poolings by 2).
    """

    name: ClassVar[str] = "roipool"
    family: ClassVar[str] = "pooling"
    merges: ClassVar[bool] = True

    size: int | PerAxis = argument(SIZE, "size of the grid, height x width")
    scale: Fraction | int = argument(POSITIVE, "pixels of the map per pixel of the image", 1)

    def out_shape(self, inputs: Shapes) -> Shape:
        return _regions(self, inputs, self.size)

    weights = no_weights
    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return Unknown("how many values a cell holds depends on its box")

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (everything, everything)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        empty = output.positions  # a byte for each cell: whether it lies outside the map
        return Keeps(inputs=(0,), extra_bytes=output.elements * INDEX_BYTES + empty)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return (_region_step(output),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("ours.RoiPool", **_grid(self.size, self.scale)),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("roipool(7, scale=1/16)", ("512x38x63", "2000x4"), "2000x512x7x7", note="Fast R-CNN on VGG-16"),
        Example("roipool(6, scale=1/16)", ("256x37x37", "64x4"), "64x256x6x6", note="on AlexNet"),
        Example("roipool(3x5)", ("8x32x32", "1x4"), "1x8x3x5", note="boxes in pixels of the map"),
    )


@final
@frozen
class RoiAlign(Layer):
    """The mean of `samples` x `samples` interpolated points in each cell of a grid over each box (Mask R-CNN, He 2017).

    `(C, H, W), (R, 4) -> R x (C, size, size)`; boxes and `scale` as for `roipool`. With `samples=0`, a cell takes as
    many points as it has pixels, which only the boxes decide.
    """

    name: ClassVar[str] = "roialign"
    family: ClassVar[str] = "pooling"
    merges: ClassVar[bool] = True

    size: int | PerAxis = argument(SIZE, "size of the grid, height x width")
    scale: Fraction | int = argument(POSITIVE, "pixels of the map per pixel of the image", 1)
    samples: int = argument(WHOLE, "points along each side of a cell; 0: one for each pixel", 2)

    def out_shape(self, inputs: Shapes) -> Shape:
        return _regions(self, inputs, self.size)

    weights = no_weights
    macs = no_count

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        # A point takes 4 multiplications and 3 additions and is added to the sum, which is divided in the end.
        return output.elements * (8 * self.samples**2) if self.samples else UNSAMPLED

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (everything, everything)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        if not self.samples:
            return Keeps(inputs=(0,), extra=UNSAMPLED)
        return Keeps(inputs=(0,), extra=output.positions * (2 * self.samples**2))  # x and y of each point

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return (_region_step(output),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("ours.RoiAlign", **_grid(self.size, self.scale), samples=self.samples),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("roialign(7, scale=1/16)", ("256x50x68", "1000x4"), "1000x256x7x7", note="Mask R-CNN's box head"),
        Example("roialign(14, scale=1/4)", ("256x200x272", "100x4"), "100x256x14x14", note="its mask head"),
        Example("roialign(2x4, samples=0)", ("8x32x32", "3x4"), "3x8x2x4"),
    )


UNSAMPLED = Unknown("how many points a cell takes depends on its box")


def _regions(layer: Layer, inputs: Shapes, size: int | PerAxis) -> Shape:
    """A grid for each box.

    Raises:
        Misuse: E303 unless there are two branches, E201 unless they are a map and boxes, E202 unless the map has two
            axes.
    """
    need_branches(layer, inputs, exactly=2)
    shape, boxes = need_map(layer, inputs), inputs[1]
    if shape.rank != 2:
        raise Misuse("E202", f"`{layer.name}` needs a map with height and width, but {shape} flows in", branch=0)
    count = _box_count(boxes)
    if count is None:
        raise Misuse(
            "E201",
            f"the second branch of `{layer.name}` must be boxes, but {boxes} flows in",
            here="boxes are an input of their own, such as `input boxes Rx4`: x1, y1, x2, y2 of each",
            branch=1,
        )
    return Shape(shape.channels, per_axis(size, 2, "size"), rows=count)


def _box_count(boxes: Shape) -> Dim | None:
    """How many boxes of four numbers these are, whether they were written as `Rx4` or `2000x4`; None if they aren't."""
    if boxes.rows is not None and boxes.channels == 4 and boxes.is_vector:
        return boxes.rows
    return boxes.channels if boxes.rows is None and boxes.sizes == (4,) else None


def _region_step(output: Shape) -> Step:
    """One grid of cells a box: regions, channels and cells."""
    return Step("elements", "R·C·h·w", times(output.dims), figure(output.elements))


def _grid(size: int | PerAxis, scale: Fraction | int) -> dict[str, Any]:
    """The arguments that the two share."""
    return {"size": plain(per_axis(size, 2, "size")), "scale": float(scale)}
