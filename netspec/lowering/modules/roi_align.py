"""Pooling of boxes with interpolation."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RoiAlign(nn.Module):
    """The mean of interpolated points in each cell of a grid over each box (Mask R-CNN, He et al. 2017).

    `(1, C, H, W), (R, 4) -> (R, C, *size)`: a map of one image and its boxes, x1, y1, x2, y2 in pixels of the image,
    which `scale` turns into those of the map. Nothing is rounded. As in the paper's code, pixel i of the map stands at
    coordinate i (not i + ½), and a box is at least one pixel wide and high; a point up to one pixel outside takes the
    border's value, and one further outside is 0. Each cell has `samples` x `samples` points, evenly spaced; with 0, as
    many as it has pixels of the map, rounded up, and never more than if the box were as large as the map. Boxes are
    constants to the gradient.
    """

    def __init__(self, size: int | tuple[int, int], scale: float = 1, samples: int = 2) -> None:
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size
        self.scale = scale
        self.samples = samples

    def forward(self, x: Tensor, boxes: Tensor) -> Tensor:
        if x.shape[0] != 1:
            raise ValueError(f"boxes are of one image, but {x.shape[0]} maps flow in")
        number = torch.promote_types(x.dtype, torch.float32)  # in 16 bits, coordinates are too coarse
        corners = boxes.detach().to(number) * self.scale
        down, high = self.points(corners[:, 1], corners[:, 3], self.size[0], x.shape[2])
        along, wide = self.points(corners[:, 0], corners[:, 2], self.size[1], x.shape[3])
        grid = torch.stack(
            [
                along.flatten(1).unsqueeze(1).expand(-1, down.shape[1] * down.shape[2], -1),
                down.flatten(1).unsqueeze(2).expand(-1, -1, along.shape[1] * along.shape[2]),
            ],
            3,
        )
        # The points of all boxes are one tall image of points.
        taken = nn.functional.grid_sample(x.to(number), grid.flatten(0, 1).unsqueeze(0), align_corners=False)
        cells = taken.view(x.shape[1], *down.shape, *along.shape[1:])  # (C, R, cells, points, cells, points)
        sums = cells.sum((3, 5)).transpose(0, 1)
        share = 1 / self.samples**2 if self.samples else (1 / (high * wide)).view(-1, 1, 1, 1)
        return (sums * share).to(x.dtype)

    def points(self, first: Tensor, last: Tensor, cells: int, length: int) -> tuple[Tensor, Tensor]:
        """Where the points of each box lie along an axis of `length` pixels, and how many a cell has.

        `(R,), (R,) -> (R, cells, points), (R,)`, from −1 to 1 over the axis as `grid_sample` counts; those that don't
        count lie far outside.
        """
        extent = (last - first).clamp(min=1)
        most, counts = self.counts(extent / cells, -(-length // cells))
        number = torch.arange(most, device=first.device, dtype=first.dtype)
        within = (number + 0.5) / counts.unsqueeze(1)  # (R, points), in shares of a cell
        cell = torch.arange(cells, device=first.device, dtype=first.dtype).unsqueeze(1)
        at = first.view(-1, 1, 1) + (cell + within.unsqueeze(1)) * (extent / cells).view(-1, 1, 1)
        outside = (at < -1) | (at > length) | (within >= 1).unsqueeze(1)
        on_the_map = (2 * at.clamp(0, length - 1) + 1) / length - 1
        return on_the_map.masked_fill(outside, -3), counts

    def counts(self, pixels: Tensor, most: int) -> tuple[int, Tensor]:
        """How many points the fullest cell has along an axis, and how many those of each box have, `(R,)`."""
        if self.samples:
            return self.samples, torch.full_like(pixels, self.samples)
        counts = pixels.ceil().clamp(max=most)
        if torch.compiler.is_compiling() or pixels.is_meta or not pixels.numel():
            return most, counts  # sizes can't follow values there
        return int(counts.max()), counts
