"""The recipe's `l1` and `l2`: sums over the weights that are part of the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from netspec.records import frozen
from netspec.training.parameters import decays, trained


@frozen
class Penalty:
    """`l1` times the sum of absolute weights, and `l2` times half the sum of their squares.

    Its gradient is added once a step, beside that of the loss: a pass over the weights without autograd, however many
    parts the batch is computed in.
    """

    parameters: tuple[nn.Parameter, ...]
    l1: float
    l2: float

    @torch.no_grad()
    def value(self) -> Tensor:
        """What it adds to the loss: `()`."""
        absolute = torch.stack(torch._foreach_norm(self.parameters, 1)).sum()
        squares = torch.stack(torch._foreach_norm(self.parameters, 2)).square().sum()
        return self.l1 * absolute + self.l2 / 2 * squares

    @torch.no_grad()
    def add_gradients(self) -> None:
        """Add its gradient to those of the weights that have one, before these are clipped."""
        weights: list[Tensor] = [each for each in self.parameters if each.grad is not None]
        gradients = [each.grad for each in weights if each.grad is not None]
        if weights and self.l2:
            torch._foreach_add_(gradients, weights, alpha=self.l2)
        if weights and self.l1:
            torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=self.l1)


def penalty(train: Mapping[str, Any], module: nn.Module) -> Penalty | None:
    """The penalty that a recipe asks for, on the parameters that decay by its `decay`; None if it asks for none."""
    l1, l2 = float(train.get("l1", 0)), float(train.get("l2", 0))
    decay = str(train.get("decay", "all"))
    parameters = tuple(each for name, each in trained(module).items() if decays(name, each, decay))
    return Penalty(parameters, l1, l2) if (l1 or l2) and parameters else None
