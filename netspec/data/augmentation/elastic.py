"""Elastic distortions (Simard, Steinkraus and Platt 2003, section 2)."""

from __future__ import annotations

from math import ceil

import torch
from torch import Tensor

from netspec.data.augmentation.draws import Draws
from netspec.data.augmentation.warps import sampled
from netspec.records import frozen

REACH = 4
"""Deviations after which the bell curve counts as nought."""


@frozen
class Elastic:
    """Every pixel comes from a place nearby; neighbours go nearly the same way.

    The ways are a random field, smoothed by a bell curve of `sigma` pixels and multiplied by `strength`. With 4 and 34
    as in the paper they have a deviation of 1.4 pixels.
    """

    strength: float
    sigma: float

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`; black comes in from outside."""
        count, _, height, width = images.shape
        margin = ceil(REACH * self.sigma)
        field = draws.uniform(count, 2, height + 2 * margin, width + 2 * margin, low=-1, high=1)
        return displaced(images, self.strength * smoothed(field, self.sigma, margin))


def smoothed(field: Tensor, sigma: float, margin: int) -> Tensor:
    """`(…, H + 2·margin, W + 2·margin) -> (…, H, W)`: the mean by a bell curve, which sees the margin too."""
    distances = torch.arange(-margin, margin + 1, device=field.device, dtype=field.dtype)
    bell = torch.exp(-(distances**2) / (2 * sigma**2))
    bell /= bell.sum()
    down, right = (_bands(bell, length - 2 * margin) for length in field.shape[-2:])
    return down @ field @ right.T


def displaced(images: Tensor, ways: Tensor) -> Tensor:
    """`(B, C, H, W), (B, 2, H, W) -> (B, C, H, W)`: each pixel from so many pixels to the right and down."""
    height, width = images.shape[2:]
    y = (torch.arange(height, device=images.device) + 0.5)[:, None] + ways[:, 1]
    x = (torch.arange(width, device=images.device) + 0.5) + ways[:, 0]
    return sampled(images, torch.stack([x * (2 / width) - 1, y * (2 / height) - 1], -1))


def _bands(bell: Tensor, length: int) -> Tensor:
    """`(length, length + len(bell) - 1)`: the bell curve in every row, one place further each."""
    rows = bell.new_zeros(length, length + len(bell))
    rows[:, : len(bell)] = bell
    return rows.flatten()[: length * (length + len(bell) - 1)].view(length, -1)
