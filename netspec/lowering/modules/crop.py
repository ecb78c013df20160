"""Cutting maps about their centre."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CenterCrop(nn.Module):
    """Cuts a map about its centre, `⌊(n − m)/2⌋` before: `(B, C, H, W) -> (B, C, *size)`.

    A copy, so that the rest of the map is not kept alive and what is left lies in order.
    """

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        for axis, size in enumerate(self.size, 2):
            x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
        return x.clone(memory_format=torch.contiguous_format)


class CropConcat(nn.Module):
    """Joins maps along the channels, each cut about its centre to the smallest height and width.

    `(B, C1, H1, W1), (B, C2, H2, W2), … -> (B, C1 + C2 + …, H', W')`: the copy and crop of U-Net (Ronneberger et al.
    2015).
    """

    def forward(self, *values: Tensor) -> Tensor:
        cut = list(values)
        for axis in range(2, cut[0].dim()):
            size = min([each.shape[axis] for each in cut])
            cut = [each.narrow(axis, (each.shape[axis] - size) // 2, size) for each in cut]
        return torch.cat(cut, 1)
