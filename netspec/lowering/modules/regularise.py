"""What acts in training only."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DropPath(nn.Module):
    """In training, zeroes the whole value of an image with probability `rate`, else divides it by `1 − rate`.

    `(B, …) -> (B, …)`: stochastic depth (Huang et al. 2016). `rate` is below 1.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        kept = 1 - self.rate
        factor = x.new_empty(x.shape[0], *(1,) * (x.dim() - 1)).bernoulli_(kept).div_(kept)
        return x * factor


class Noise(nn.Module):
    """In training, adds noise of mean 0 and deviation `std` to each element: `(B, …) -> (B, …)`."""

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return torch.add(x, torch.randn_like(x), alpha=self.std) if self.training else x
