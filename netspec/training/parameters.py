"""Which parameters of a network are trained, and which of these are kernels or matrices."""

from __future__ import annotations

from torch import Tensor, nn

BESIDE = ("bias", "table", "cls_token", "pos_embed")
"""How the names of parameters end that have several axes and yet multiply nothing: they are added, or put in."""


def trained(module: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that are trained, by name; one that several layers share once."""
    return {name: each for name, each in module.named_parameters() if each.requires_grad}


def is_kernel(name: str, parameter: Tensor) -> bool:
    """Whether a layer multiplies its input by it: no bias, norm, slope, token or position."""
    return parameter.dim() > 1 and not name.endswith(BESIDE)


def decays(name: str, parameter: Tensor, decay: str) -> bool:
    """Whether it decays by the recipe's `decay`: `all` do, or the `weights`, which are kernels and matrices."""
    return decay == "all" or is_kernel(name, parameter)
