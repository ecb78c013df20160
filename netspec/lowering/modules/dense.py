"""Neurons that see all that flows in, other than `nn.Linear`."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LowRank(nn.Module):
    """A dense layer whose weight matrix is U·V, of rank t: `(…, n) -> (…, units)`, y = U·(V·x) + b.

    Truncated SVD of a dense layer (Girshick 2015, section 3.1): `v` is t x n, `u` is units x t.
    """

    def __init__(self, in_features: int, out_features: int, rank: int) -> None:
        super().__init__()
        self.v = nn.Parameter(torch.empty(rank, in_features))
        self.u = nn.Parameter(torch.empty(out_features, rank))
        self.bias = nn.Parameter(torch.empty(out_features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Each of the two as `nn.Linear` would start."""
        for weight in (self.v, self.u):
            bound = weight.shape[1] ** -0.5
            nn.init.uniform_(weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(nn.functional.linear(x, self.v), self.u, self.bias)


class Rbf(nn.Module):
    """The squared distance to a fixed prototype per class: `(…, n) -> (…, units)`, y_i = Σ_j (x_j − w_ij)².

    LeNet-5's output (LeCun et al. 1998, section II.B). Its prototypes were drawn by hand; here they start as random
    signs, and a state_dict brings others along.
    """

    weight: Tensor

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.empty(out_features, in_features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Each entry −1 or +1, with equal probability."""
        with torch.no_grad():
            self.weight.bernoulli_(0.5).mul_(2).sub_(1)

    def forward(self, x: Tensor) -> Tensor:
        return (x.unsqueeze(-2) - self.weight).square().sum(-1)
