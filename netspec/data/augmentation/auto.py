"""Random operations of one strength (RandAugment, Cubuk et al. 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.data.augmentation.draws import Draws
from netspec.data.augmentation.operations import OPERATIONS
from netspec.records import frozen

STRONGEST = 30
"""The largest strength in the paper."""


@frozen
class Auto:
    """So many operations in a row, each drawn anew for each image; `strength` goes from 0 to 30."""

    operations: int
    strength: float

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`."""
        for _ in range(self.operations):
            images = self._once(images, draws)
        return images

    def _once(self, images: Tensor, draws: Draws) -> Tensor:
        """One operation on each image: the images are sorted by it, so that each is done on those that drew it."""
        chosen = draws.whole(len(images), high=len(OPERATIONS) - 1)
        signs = torch.where(draws.happens(len(images), 0.5), -1.0, 1.0)
        order = chosen.argsort()
        counts = torch.bincount(chosen, minlength=len(OPERATIONS)).tolist()  # here a GPU is waited for
        groups = zip(OPERATIONS, torch.split(images[order], counts), torch.split(signs[order], counts), strict=True)
        done = [operation(group, self.strength / STRONGEST, ways) for operation, group, ways in groups if len(group)]
        return torch.cat(done)[order.argsort()]
