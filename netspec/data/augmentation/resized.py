"""Windows of random size and proportions, resized (Szegedy et al. 2014, section 6)."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor

from netspec.data.augmentation.draws import Draws
from netspec.records import frozen

TRIES = 10
"""Windows that are drawn for an image, of which the first that fits is taken."""

PROPORTION = 4 / 3
"""Largest ratio of width to height, and the other way round."""


@frozen
class ResizedCrop:
    """A window of at least the part `least` of the image's area, its proportions from 3:4 to 4:3, resized to `size`.

    The window is drawn as torchvision's `RandomResizedCrop` does: area uniform, proportions uniform in their logarithm,
    whole pixels; if none of ten fits, the largest in the middle whose proportions do.
    """

    size: tuple[int, int]
    least: float

    def sizes(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what comes out."""
        return self.size

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H', W')`."""
        count, _, height, width = images.shape
        heights, widths = self.windows(draws, count, height, width)
        top, left = draws.up_to(height - heights), draws.up_to(width - widths)
        return resized(images, (top, left), (heights, widths), self.size)

    def windows(self, draws: Draws, count: int, height: int, width: int) -> tuple[Tensor, Tensor]:
        """`(count,)` heights and widths."""
        areas = draws.uniform(count, TRIES, low=self.least, high=1) * (height * width)
        proportions = torch.exp(draws.uniform(count, TRIES, low=-log(PROPORTION), high=log(PROPORTION)))
        widths, heights = (torch.sqrt(each).round().long() for each in (areas * proportions, areas / proportions))
        fits = (widths >= 1) & (widths <= width) & (heights >= 1) & (heights <= height)
        first = fits.int().argmax(1, keepdim=True)
        found = fits.any(1)
        middle = min(height, round(width * PROPORTION)), min(width, round(height * PROPORTION))
        sides = zip((heights, widths), middle, strict=True)
        tall, wide = (torch.where(found, side.gather(1, first)[:, 0], largest) for side, largest in sides)
        return tall, wide


def resized(
    images: Tensor, starts: tuple[Tensor, Tensor], lengths: tuple[Tensor, Tensor], size: tuple[int, int]
) -> Tensor:
    """`(B, C, H, W) -> (B, C, *size)`: the window of each image, resized.

    `starts` and `lengths` are top and left, height and width in pixels, each `(B,)`. Rows and columns are mixed by a
    matrix for each image.
    """
    precise = torch.promote_types(images.dtype, torch.float32)
    down, right = (
        weights(start, length, whole, out).to(precise)[:, None]
        for start, length, whole, out in zip(starts, lengths, images.shape[2:], size, strict=True)
    )
    return (down @ images.to(precise) @ right.transpose(2, 3)).to(images.dtype)


def weights(starts: Tensor, lengths: Tensor, whole: int, out: int) -> Tensor:
    """`(B,), (B,) -> (B, out, whole)`: how much of each of `whole` pixels is in each of `out` that a window becomes.

    A triangle about the middle of the new pixel, a pixel wide to either side, of the larger of the two kinds: bilinear
    where the window is enlarged, and a mean of all pixels where it is made smaller, as in torch's `antialias=True`.
    """
    start, length = starts[:, None, None], lengths[:, None, None]
    scale = length / out
    middles = start + (torch.arange(out, device=starts.device)[:, None] + 0.5) * scale
    pixels = torch.arange(whole, device=starts.device)
    triangle = (1 - (pixels + 0.5 - middles).abs() / scale.clamp(min=1)).clamp(min=0)
    inside = triangle * ((pixels >= start) & (pixels < start + length))
    return inside / inside.sum(2, keepdim=True)
