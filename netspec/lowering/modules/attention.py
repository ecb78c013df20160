"""Self-attention over all tokens of a sequence."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Multi-head self-attention: `(B, T, F) -> (B, T, F)` (Vaswani et al. 2017).

    Weights as those of `nn.MultiheadAttention`, whose state_dict it loads; heads of F / heads features.
    """

    def __init__(self, features: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * features, features))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * features)) if bias else None
        self.out_proj = nn.Linear(features, features, bias=bias)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """As `nn.MultiheadAttention` starts: no biases."""
        nn.init.xavier_uniform_(self.in_proj_weight)
        self.out_proj.reset_parameters()
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                nn.init.zeros_(bias)

    def forward(self, x: Tensor) -> Tensor:
        projected = nn.functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        parts = torch.unflatten(projected, 2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts.unbind(0)  # (B, heads, T, F / heads)
        means = nn.functional.scaled_dot_product_attention(queries, keys, values)
        out: Tensor = self.out_proj(means.transpose(1, 2).flatten(2))
        return out
