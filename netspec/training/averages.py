"""The recipe's `ema`: the mean of the weights over the steps, newer ones counting more; it is what is tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """The mean weights of a network: after each step `kept` of the mean and the rest of the new weights.

    The mean begins with the weights after the first step. Buffers are averaged as well, as norms' running means; whole
    numbers, such as their counts of batches, are the newest. Frozen parameters stay what they are.
    """

    def __init__(self, module: nn.Module, kept: float) -> None:
        self.kept = kept
        self.steps = 0
        self._current: dict[str, Tensor] = {**dict(module.named_parameters()), **_persistent_buffers(module)}
        self._means = {name: each.detach().clone() for name, each in self._current.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now, after a step."""
        self.steps += 1
        kept = self.kept if self.steps > 1 else 0.0
        decimals = [name for name, each in self._current.items() if each.is_floating_point()]
        means, weights = ([each[name] for name in decimals] for each in (self._means, self._current))
        if kept:
            torch._foreach_lerp_(means, weights, 1 - kept)
        else:
            torch._foreach_copy_(means, weights)
        for name in self._current.keys() - set(decimals):
            self._means[name].copy_(self._current[name])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """While this lasts the network has the mean weights; then it has its own again, whatever happened."""
        own = {name: each.detach().clone() for name, each in self._current.items()}
        self._set(self._means)
        try:
            yield
        finally:
            self._set(own)

    def state_dict(self) -> dict[str, Tensor]:
        """The mean weights by name, as the network's own `state_dict` has them."""
        return dict(self._means)

    def load_state_dict(self, means: Mapping[str, Tensor], steps: int) -> None:
        """Go on from mean weights that were saved after so many steps.

        Raises:
            KeyError: if one is missing.
        """
        self.steps = steps
        for name, each in self._means.items():
            each.copy_(means[name])

    @torch.no_grad()
    def _set(self, weights: Mapping[str, Tensor]) -> None:
        for name, each in self._current.items():
            each.copy_(weights[name])


def _persistent_buffers(module: nn.Module) -> dict[str, Tensor]:
    saved = module.state_dict().keys()
    return {name: each for name, each in module.named_buffers() if name in saved}
