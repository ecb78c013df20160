"""What is trained beside the tokens of a sequence."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClassToken(nn.Module):
    """Puts one trained token before the others: `(B, T, F) -> (B, T + 1, F)` (Dosovitskiy et al. 2021)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.empty(1, 1, features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """It starts from zeros."""
        nn.init.zeros_(self.cls_token)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1)


class Position(nn.Module):
    """Adds a trained vector for each position: `(B, T, F) -> (B, T, F)` (Dosovitskiy et al. 2021)."""

    def __init__(self, tokens: int, features: int) -> None:
        super().__init__()
        self.pos_embed = nn.Parameter(torch.empty(1, tokens, features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Small, so that what is in the tokens weighs more."""
        nn.init.normal_(self.pos_embed, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pos_embed
