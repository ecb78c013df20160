"""Factors: one trained per channel, or one value times others."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    """A trained factor per channel, with `bias` a constant as well: `(B, C, *places) -> (B, C, *places)`.

    `places` says how many axes follow that of the channels: none for vectors and tokens, two for maps. Factors start
    from `init`.
    """

    def __init__(self, features: int, init: float = 1, places: int = 0, bias: bool = False) -> None:
        super().__init__()
        self.init = init
        self.shape = (features, *(1,) * places)
        self.weight = nn.Parameter(torch.empty(features))
        self.bias = nn.Parameter(torch.empty(features)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """All factors from one number, and no constant."""
        nn.init.constant_(self.weight, self.init)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        scaled = x * self.weight.view(self.shape)
        return scaled if self.bias is None else scaled + self.bias.view(self.shape)


class Multiply(nn.Module):
    """The product of its values, where vectors are broadcast over the places of maps or tokens.

    `(B, C, H, W), (B, C), … -> (B, C, H, W)` with the channels on axis 1; `(B, T, F), (B, F), … -> (B, T, F)` with the
    features on axis 2: the gate of squeeze-and-excitation (Hu et al. 2018).
    """

    def __init__(self, axis: int = 1) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *values: Tensor) -> Tensor:
        rank = max([each.dim() for each in values])
        lifted = [each if each.dim() > 2 else self.lift(each, rank) for each in values]
        product = lifted[0]
        for each in lifted[1:]:
            product = product * each
        return product

    def lift(self, vector: Tensor, rank: int) -> Tensor:
        """`(B, C) -> (B, 1, …, C, 1, …)`, the channels on their axis."""
        shape = [1] * rank
        shape[0], shape[self.axis] = vector.shape
        return vector.view(shape)
