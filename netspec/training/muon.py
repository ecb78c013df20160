"""Muon: steps whose matrices are orthogonal (Jordan 2024, "Muon: An optimizer for hidden layers")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the polynomial that brings singular values near 1 in few steps, from the paper."""

TINY = 1e-7
"""Added to a norm that is divided by."""


class Muon(Optimizer):
    """Muon for the groups that are `orthogonal`, AdamW for the others, in one optimiser with one state.

    The gradient's mean by `momentum`, of which `nesterov` looks a step ahead, is made a matrix of one row for each
    first index and orthogonalised; a tall matrix takes a step √(rows / columns) times as long. The decay stands beside
    the gradient. Only plain tensor operations are used, in single precision at least, so that all devices agree.
    """

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        *,
        lr: float = 0.02,
        momentum: float = 0.95,
        nesterov: bool = True,
        steps: int = 5,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        common = {"lr": lr, "weight_decay": weight_decay, "orthogonal": True}
        muon = {"momentum": momentum, "nesterov": nesterov, "steps": steps}
        super().__init__(groups, {**common, **muon, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of every parameter that has a gradient; gives what the closure does, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            parameters = [each for each in group["params"] if each.grad is not None]
            if parameters:
                torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
                (self._orthogonal if group["orthogonal"] else self._adam)(parameters, group)
        return loss

    def _orthogonal(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        """Muon's step, but for the decay; kernels of one shape are orthogonalised together."""
        means, gradients = self._kept(parameters, "mean"), _gradients(parameters)
        torch._foreach_lerp_(means, gradients, 1 - group["momentum"])
        ahead = torch._foreach_lerp(gradients, means, group["momentum"]) if group["nesterov"] else means
        by_shape: dict[torch.Size, list[int]] = {}
        for number, each in enumerate(ahead):
            by_shape.setdefault(each.shape, []).append(number)
        for numbers in by_shape.values():
            matrices = torch.stack([ahead[number] for number in numbers]).flatten(2)
            rows, columns = matrices.shape[1:]
            length = group["lr"] * sqrt(max(1, rows / columns))
            for number, made in zip(numbers, orthogonal(matrices, group["steps"]), strict=True):
                parameters[number].sub_(made.view_as(parameters[number]), alpha=length)

    def _adam(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        """The step of Adam (Kingma 2014), the decay being done."""
        first, second = group["betas"]
        means, squares = self._kept(parameters, "mean"), self._kept(parameters, "mean_square")
        gradients = _gradients(parameters)
        times = []
        for each in parameters:
            count = self.state[each].setdefault("step", torch.tensor(0.0))
            count += 1
            times.append(count.item())
        torch._foreach_lerp_(means, gradients, 1 - first)
        torch._foreach_mul_(squares, second)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - second)
        roots = torch._foreach_sqrt(squares)
        torch._foreach_div_(roots, [sqrt(1.0 - second**time) for time in times])
        torch._foreach_add_(roots, group["eps"])
        lengths: list[float] = [-group["lr"] / (1 - first**time) for time in times]
        torch._foreach_addcdiv_(parameters, means, roots, lengths)

    def _kept(self, parameters: Sequence[Tensor], name: str) -> list[Tensor]:
        """What is kept of each parameter under a name; at first zeros."""
        for each in parameters:
            if name not in self.state[each]:
                self.state[each][name] = torch.zeros_like(each, memory_format=torch.preserve_format)
        return [self.state[each][name] for each in parameters]


def _gradients(parameters: Sequence[Tensor]) -> list[Tensor]:
    return [each.grad for each in parameters if each.grad is not None]


def orthogonal(matrices: Tensor, steps: int) -> Tensor:
    """`(N, R, C) -> (N, R, C)`: matrices of the same singular vectors whose singular values are near 1.

    By Newton and Schulz's iteration with a polynomial of degree 5, which reaches 0.7 to 1.2 in five steps.
    """
    dtype = matrices.dtype
    x: Tensor = matrices.to(torch.promote_types(dtype, torch.float32))
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + TINY)
    a, b, c = COEFFICIENTS
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x if wide else x.mT).to(dtype)
