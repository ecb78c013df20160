"""Numbers that are no numbers any more: seen, and where they came up first."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from netspec.training.compiling import eager
from netspec.training.errors import TrainingError
from netspec.training.network import Network


class NotFinite(TrainingError):
    """The loss or a weight is infinite or no number, first seen at `step`; `layer` is where, if that is known."""

    def __init__(self, step: int, layer: str | None) -> None:
        where = f"; the first layer with such numbers is `{layer}`" if layer else ""
        super().__init__(f"the loss is not a finite number at step {step:,}{where}")
        self.step = step
        self.layer = layer


def all_finite(module: nn.Module) -> bool:
    """Whether all weights are finite numbers."""
    weights = [each.detach() for each in module.parameters() if each.is_floating_point()]
    norms = torch._foreach_norm(weights) if weights else []
    return not norms or bool(torch.stack([each.float() for each in norms]).isfinite().all())


def first_not_finite(network: Network, images: Tensor) -> str | None:
    """The first layer, in the order of computing, that makes what is not finite; None if all is."""
    found: list[str] = []

    def looked_at(name: str) -> Any:
        def look(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor) and not output.isfinite().all():
                found.append(name)

        return look

    leaves = [(name, each) for name, each in network.module.named_modules() if name and not any(each.children())]
    hooks = [each.register_forward_hook(looked_at(name)) for name, each in leaves]
    try:
        with torch.no_grad(), eager(network.module):
            network.scores(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else None
