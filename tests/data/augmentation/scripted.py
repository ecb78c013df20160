"""Draws that are written down, and slow plain pictures of what is done with them: one image, one pixel at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor

import torch
from torch import Tensor

from netspec.data.augmentation.draws import Draws


def drawing(seed: int = 0) -> Draws:
    """Draws from a generator of the CPU."""
    return Draws(torch.Generator().manual_seed(seed), torch.device("cpu"))


class Script:
    """In place of `Draws`: each draw gives the next numbers of the script, as parts of the way from low to high."""

    def __init__(self, *lines: Sequence[float]) -> None:
        self.lines = list(lines)
        self.device = torch.device("cpu")

    def _next(self, shape: tuple[int, ...]) -> Tensor:
        return torch.tensor(self.lines.pop(0), dtype=torch.float64).view(shape)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return (low + (high - low) * self._next(shape)).float()

    def normal(self, *shape: int) -> Tensor:
        return self._next(shape).float()

    def whole(self, *shape: int, low: int = 0, high: int) -> Tensor:
        return (low + (high - low) * self._next(shape)).round().long()

    def up_to(self, most: Tensor) -> Tensor:
        return (most * self._next(tuple(most.shape))).round().long()

    def happens(self, count: int, chance: float) -> Tensor:
        return self._next((count,)) < chance

    def order(self, count: int) -> Tensor:
        return self._next((count,)).long()

    def beta(self, count: int, alpha: float) -> Tensor:
        return self._next((count,)).float()


def bilinear(image: Tensor, x: float, y: float) -> list[float]:
    """The colour of an image `(C, H, W)` at a place in pixels from its top left corner; black outside."""
    left, top = floor(x - 0.5), floor(y - 0.5)
    right_part, low_part = x - 0.5 - left, y - 0.5 - top
    colour = [0.0] * len(image)
    for row, part_down in ((top, 1 - low_part), (top + 1, low_part)):
        for column, part_across in ((left, 1 - right_part), (left + 1, right_part)):
            if 0 <= row < image.shape[1] and 0 <= column < image.shape[2]:
                for channel in range(len(image)):
                    colour[channel] += part_down * part_across * float(image[channel, row, column])
    return colour


def painted(image: Tensor, place: Callable[[float, float], tuple[float, float]]) -> Tensor:
    """An image whose every pixel has the colour of `image` at the place that its middle comes from.

    Places are in pixels from the middle of the image, x to the right and y down.
    """
    _, height, width = image.shape
    result = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            x, y = place(column + 0.5 - width / 2, row + 0.5 - height / 2)
            result[:, row, column] = torch.tensor(bilinear(image, x + width / 2, y + height / 2))
    return result


def numbered(count: int, channels: int, height: int, width: int) -> Tensor:
    """Images of which no two pixels are alike, from over 0 to 1."""
    total = count * channels * height * width
    return (torch.arange(1, total + 1, dtype=torch.float64) / total).float().view(count, channels, height, width)


def dots(count: int, height: int, width: int, row: int, column: int) -> Tensor:
    """Black images with one bright pixel."""
    images = torch.zeros(count, 1, height, width)
    images[:, :, row, column] = 1
    return images


def bright(image: Tensor) -> list[tuple[int, int]]:
    """Row and column of every bright pixel of an image `(1, H, W)`."""
    return [(row, column) for row, column in (image[0] > 0.99).nonzero().tolist()]
