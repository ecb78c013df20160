"""Changes that turn, stretch and slant: affine maps, of which a chain is one, so that pixels are interpolated once.

A map is a 3x3 matrix that takes a place in the result to the place in the image whose colour it gets. Places are in
pixels from the middle of the image, x to the right and y down.
"""

from __future__ import annotations

from math import radians
from typing import TypeAlias

import torch
from torch import Tensor

from netspec.data.augmentation.draws import Draws
from netspec.data.augmentation.moves import Flip, Shift
from netspec.records import frozen


@frozen
class Rotate:
    """Turned about the middle by at most `degrees` either way."""

    degrees: float

    def matrices(self, draws: Draws, count: int, height: int, width: int) -> Tensor:
        """`(count, 3, 3)`: the map of each image."""
        angles = draws.uniform(count, low=-radians(self.degrees), high=radians(self.degrees))
        return turned(angles)


@frozen
class Zoom:
    """Larger or smaller about the middle, by a factor from 1 − `part` to 1 + `part`."""

    part: float

    def matrices(self, draws: Draws, count: int, height: int, width: int) -> Tensor:
        """As that of `Rotate`."""
        inverse = 1 / draws.uniform(count, low=1 - self.part, high=1 + self.part)
        return affine(xx=inverse, yy=inverse)


@frozen
class Shear:
    """Slanted: upright lines lean by at most `degrees` either way."""

    degrees: float

    def matrices(self, draws: Draws, count: int, height: int, width: int) -> Tensor:
        """As that of `Rotate`."""
        angles = draws.uniform(count, low=-radians(self.degrees), high=radians(self.degrees))
        return affine(xy=torch.tan(angles))


Warp: TypeAlias = Rotate | Zoom | Shear | Flip | Shift


@frozen
class Warps:
    """Warps in a row, done as one; flips and shifts between them are part of it."""

    warps: tuple[Warp, ...]

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`; black comes in from outside."""
        count, _, height, width = images.shape
        whole = torch.eye(3, device=images.device).expand(count, -1, -1)
        for each in self.warps:
            whole = whole @ matrices_of(each, draws, count, height, width)
        return warped(images, whole)


def matrices_of(warp: Warp, draws: Draws, count: int, height: int, width: int) -> Tensor:
    """`(count, 3, 3)`: the map of each image."""
    match warp:
        case Flip(axis, chance):
            sign = torch.where(draws.happens(count, chance), -1.0, 1.0)
            return affine(yy=sign) if axis == 0 else affine(xx=sign)
        case Shift():
            down, right = (warp.most(length) for length in (height, width))
            y, x = (draws.whole(count, low=-most, high=most).float() for most in (down, right))
            return affine(x=-x, y=-y)
        case _:
            return warp.matrices(draws, count, height, width)


def turned(angles: Tensor) -> Tensor:
    """The maps that turn images counterclockwise by angles in radians: `(B,) -> (B, 3, 3)`."""
    cosines, sines = torch.cos(angles), torch.sin(angles)
    return affine(xx=cosines, xy=-sines, yx=sines, yy=cosines)


def affine(
    xx: Tensor | None = None,
    xy: Tensor | None = None,
    x: Tensor | None = None,
    yx: Tensor | None = None,
    yy: Tensor | None = None,
    y: Tensor | None = None,
) -> Tensor:
    """The maps `(x, y) -> (xx·x + xy·y + x, yx·x + yy·y + y)`, each coefficient of shape `(B,)`: `(B, 3, 3)`.

    One that isn't given is that of the map that changes nothing.
    """
    given = next(each for each in (xx, xy, x, yx, yy, y) if each is not None)
    zero, one = torch.zeros_like(given), torch.ones_like(given)
    rows = (
        ((xx, one), (xy, zero), (x, zero)),
        ((yx, zero), (yy, one), (y, zero)),
        ((None, zero), (None, zero), (None, one)),
    )
    return torch.stack(
        [torch.stack([value if value is not None else same for value, same in row], -1) for row in rows], -2
    )


def warped(images: Tensor, matrices: Tensor) -> Tensor:
    """`(B, C, H, W), (B, 3, 3) -> (B, C, H, W)`: each image through its map, bilinear, black outside."""
    height, width = images.shape[2:]
    (xx, xy, x), (yx, yy, y) = (row.unbind(1) for row in matrices[:, :2].unbind(1))
    # torch counts from -1 to 1 from edge to edge
    across = torch.stack([xx, xy * (height / width), x * (2 / width)], 1)
    down = torch.stack([yx * (width / height), yy, y * (2 / height)], 1)
    grid = torch.nn.functional.affine_grid(torch.stack([across, down], 1), list(images.shape), align_corners=False)
    return sampled(images, grid)


def sampled(images: Tensor, grid: Tensor) -> Tensor:
    """`(B, C, H, W), (B, H', W', 2) -> (B, C, H', W')`: the colours at places from -1 to 1.

    In single precision at least, for half of it can not tell neighbouring pixels of a large image apart.
    """
    precise = torch.promote_types(images.dtype, torch.float32)
    result = torch.nn.functional.grid_sample(images.to(precise), grid.to(precise), align_corners=False)
    return result.to(images.dtype)
