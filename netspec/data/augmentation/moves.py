"""Changes that move whole pixels: windows, mirror images, shifts.

Each gives for every image the row that each row of the result comes from, and the same for its columns; so a chain of
them is one such map, and the pixels are copied once and stay what they are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import torch
from torch import Tensor

from netspec.data.augmentation.draws import Draws
from netspec.data.augmentation.errors import AugmentationError
from netspec.records import frozen

BLACK = -1
"""The place in a map of what comes from nowhere."""


@frozen
class Crop:
    """A random window of `size`, height and width, after `pad` pixels were put around the image.

    Of these, `zero` is black, `reflect` the mirror image without its edge, `edge` the nearest pixel of the image.
    """

    size: tuple[int, int]
    pad: int
    mode: str

    def sizes(self, height: int, width: int) -> tuple[int, int]:
        """The window's. Raises AugmentationError if it is larger than what it is cut from."""
        if self.mode == "reflect" and self.pad >= min(height, width):
            most = min(height, width) - 1
            reason = f"{most} pixels at most can be mirrored around an image of {height}x{width}"
            raise AugmentationError(f"`crop(pad={self.pad}, mode=reflect)` is too wide: {reason}")
        short = max(self.size[0] - height, self.size[1] - width)
        if short > 2 * self.pad:
            padded = f", {height + 2 * self.pad}x{width + 2 * self.pad} with the padding" if self.pad else ""
            here = f"cuts {self.size[0]}x{self.size[1]} out of images of {height}x{width}{padded}"
            raise AugmentationError(f"`crop` {here}; give it `pad={-(-short // 2)}` or a smaller window")
        return self.size

    def along(self, draws: Draws, count: int, axis: int, length: int) -> Tensor:
        """`(count, size)`: where the pixels come from along an axis, 0 down and 1 to the right."""
        starts = draws.whole(count, 1, low=-self.pad, high=length + self.pad - self.size[axis])
        places = starts + torch.arange(self.size[axis], device=draws.device)
        if self.mode == "zero":
            return _black_outside(places, length)
        if self.mode == "edge":
            return places.clamp(0, length - 1)
        return length - 1 - (length - 1 - places.abs()).abs()


@frozen
class Flip:
    """With a chance, the image is mirrored along an axis: 0 exchanges top and bottom, 1 left and right."""

    axis: int
    chance: float

    def along(self, draws: Draws, count: int, axis: int, length: int) -> Tensor:
        """As that of `Crop`."""
        places = torch.arange(length, device=draws.device).expand(count, -1)
        if axis != self.axis:
            return places
        return torch.where(draws.happens(count, self.chance)[:, None], places.flip(1), places)


@frozen
class Shift:
    """Moved by whole pixels, at most `part` of height and width either way; black comes in."""

    part: Fraction

    def most(self, length: int) -> int:
        """Pixels."""
        return int(self.part * length)

    def along(self, draws: Draws, count: int, axis: int, length: int) -> Tensor:
        """As that of `Crop`."""
        most = self.most(length)
        offsets = draws.whole(count, 1, low=-most, high=most)
        return _black_outside(torch.arange(length, device=draws.device) - offsets, length)


Move: TypeAlias = Crop | Flip | Shift


@frozen
class Moves:
    """Moves in a row, done as one."""

    moves: tuple[Move, ...]

    def sizes(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what comes out. Raises AugmentationError if a window does not fit."""
        for each in self.moves:
            if isinstance(each, Crop):
                height, width = each.sizes(height, width)
        return height, width

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H', W')`. Raises AugmentationError if a window does not fit."""
        self.sizes(*images.shape[2:])
        maps = [torch.arange(length, device=draws.device).expand(len(images), -1) for length in images.shape[2:]]
        for each in self.moves:
            for axis, before in enumerate(maps):
                maps[axis] = followed(before, each.along(draws, len(images), axis, before.shape[1]))
        rows, columns = maps
        result = moved(images, rows, columns)
        return blackened(result, rows, columns) if any(map(_lets_in_black, self.moves)) else result


def followed(first: Tensor, then: Tensor) -> Tensor:
    """The map of two moves in a row: `(B, N), (B, M) -> (B, M)`."""
    return torch.where(then < 0, BLACK, first.gather(1, then.clamp(min=0)))


def moved(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """`(B, C, H, W), (B, H'), (B, W') -> (B, C, H', W')`: the pixels from those rows and columns of each image.

    Where they come from nowhere it is any pixel. Whole rows are copied first, which is fast; then columns are picked.
    """
    count, channels, height, width = images.shape
    firsts = torch.arange(count * channels, device=images.device).view(count, channels, 1) * height
    chosen = (firsts + rows.clamp(min=0)[:, None]).flatten()
    copied = images.reshape(-1, width).index_select(0, chosen).view(count, channels, -1, width)
    return copied.gather(3, columns.clamp(min=0)[:, None, None].expand(-1, channels, rows.shape[1], -1))


def blackened(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """`(B, C, H', W')`, in place: black in the rows `(B, H')` and columns `(B, W')` that come from nowhere."""
    down, right = ((places >= 0).to(images.dtype) for places in (rows, columns))
    return images.mul_(down[:, None, :, None]).mul_(right[:, None, None])


def _lets_in_black(move: Move) -> bool:
    return isinstance(move, Shift) or (isinstance(move, Crop) and move.mode == "zero" and move.pad > 0)


def _black_outside(places: Tensor, length: int) -> Tensor:
    return torch.where((places < 0) | (places >= length), BLACK, places)
