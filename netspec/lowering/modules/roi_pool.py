"""Pooling of boxes to a grid, by the largest value of each cell."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RoiPool(nn.Module):
    """The maximum in each cell of a grid over each box (Fast R-CNN, Girshick 2015).

    `(1, C, H, W), (R, 4) -> (R, C, *size)`: a map of one image and its boxes, x1, y1, x2, y2 in pixels of the image. As
    in its Caffe layer: corners are multiplied by `scale` and rounded to pixels of the map, halves away from zero; the
    last pixel belongs to the box, which has at least one; of n pixels, cell i of m has `⌊i·n/m⌋` up to
    `⌈(i + 1)·n/m⌉`, so that cells may share pixels; a cell without a pixel of the map is 0. Of equal values the first,
    row by row, gets the gradient.
    """

    # The maximum over any rectangle is that of four overlapping ones whose sides are powers of two. Those are made
    # once for the map (a sparse table), so that the work does not depend on how large the boxes are.

    def __init__(self, size: int | tuple[int, int], scale: float = 1) -> None:
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size
        self.scale = scale

    def forward(self, x: Tensor, boxes: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        if batch != 1:
            raise ValueError(f"boxes are of one image, but {batch} maps flow in")
        with torch.no_grad():
            scaled = boxes.to(torch.promote_types(boxes.dtype, torch.float32)) * self.scale
            corners = (scaled.sign() * (scaled.abs() + 0.5).floor()).long()
            rows = self.cells(corners[:, 1], corners[:, 3], self.size[0], height)
            columns = self.cells(corners[:, 0], corners[:, 2], self.size[1], width)
            places = self.largest(x[0], rows, columns)  # (C, R·cells)
            empty = (rows[0] >= rows[1]).unsqueeze(2) | (columns[0] >= columns[1]).unsqueeze(1)
        taken = x[0].flatten(1).gather(1, places).view(x.shape[1], *empty.shape)
        return taken.transpose(0, 1).masked_fill(empty.unsqueeze(1), 0)

    def cells(self, first: Tensor, last: Tensor, cells: int, length: int) -> tuple[Tensor, Tensor]:
        """The first pixel of each cell of each box and the one after its last, cut to the map: twice `(R, cells)`."""
        pixels = (last - first + 1).clamp(min=1).unsqueeze(1)
        cell = torch.arange(cells, device=first.device)
        starts = torch.div(cell * pixels, cells, rounding_mode="floor")
        ends = -torch.div(-(cell + 1) * pixels, cells, rounding_mode="floor")
        return (starts + first.unsqueeze(1)).clamp(0, length), (ends + first.unsqueeze(1)).clamp(0, length)

    def largest(self, x: Tensor, rows: tuple[Tensor, Tensor], columns: tuple[Tensor, Tensor]) -> Tensor:
        """Where each cell of each box has its largest value, in a map `(C, H, W)` as rows of H·W: `(C, R·h·w)`."""
        height, width = x.shape[1:]
        values, places, wide = self.table(x)
        tall_level, *tops = self.halves(*rows, height)
        wide_level, *lefts = self.halves(*columns, width)
        level = tall_level.unsqueeze(2) * wide + wide_level.unsqueeze(1)  # (R, h, w)
        best, at = x, x
        for number, (top, left) in enumerate((top, left) for top in tops for left in lefts):
            entry = ((level * height + top.unsqueeze(2)) * width + left.unsqueeze(1)).flatten()
            value, place = values.index_select(1, entry), places.index_select(1, entry)
            if number:
                first = (value > best) | ((value == best) & (place < at))
                value, place = torch.where(first, value, best), torch.where(first, place, at)
            best, at = value, place
        return at.long()

    def halves(self, start: Tensor, end: Tensor, length: int) -> tuple[Tensor, Tensor, Tensor]:
        """The level of the table whose rectangles cover a range together, and where the two begin."""
        start = start.clamp(max=length - 1)
        pixels = (end - start).clamp(min=1)
        level, span = torch.zeros_like(pixels), torch.ones_like(pixels)
        side = 2
        while side <= length:
            fits = pixels >= side
            level, span = level + fits, torch.where(fits, side, span)
            side *= 2
        return level, start, start + pixels - span

    def table(self, x: Tensor) -> tuple[Tensor, Tensor, int]:
        """The largest value of the rectangle that begins at each pixel, and its place, for all sides that fit.

        `(C, H, W) -> (C, levels·H·W)` twice, and the number of levels along the width, which vary faster. Level k has
        a side of 2^k. What would reach beyond the map is never looked up.
        """
        channels, height, width = x.shape
        numbers = torch.arange(height * width, device=x.device, dtype=torch.int32)
        levels = [(x, numbers.view(height, width).expand(channels, -1, -1))]
        wide = self.doubled(levels, 2, width)
        tall = [self.doubled([each], 1, height) for each in wide]
        ordered = [column[level] for level in range(len(tall[0])) for column in tall]
        values, places = (torch.stack([each[part] for each in ordered], 1).flatten(1) for part in (0, 1))
        return values, places, len(wide)

    def doubled(self, levels: list[tuple[Tensor, Tensor]], axis: int, length: int) -> list[tuple[Tensor, Tensor]]:
        """The levels along an axis: each from two rectangles of the one before, side by side."""
        side = 1
        while 2 * side <= length:
            value, place = levels[-1]
            next_value, next_place = value.roll(-side, axis), place.roll(-side, axis)
            larger = next_value > value
            levels = [*levels, (torch.where(larger, next_value, value), torch.where(larger, next_place, place))]
            side *= 2
        return levels
