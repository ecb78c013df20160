"""The recipe's `optimizer`: how a gradient becomes a step.

All are torch's own, in their fused form where torch has one for the device, but Muon. A decay is part of the gradient,
as their papers have it, and stands beside it in AdamW and Muon.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from netspec.training.errors import TrainingError
from netspec.training.muon import Muon
from netspec.training.parameters import decays, is_kernel, trained

FUSED = (torch.optim.SGD, torch.optim.Adagrad, torch.optim.Adam, torch.optim.AdamW)
"""Those that torch can do in one pass over the weights, on some devices."""


def optimizer(chosen: Mapping[str, Any], module: nn.Module, decay: str = "all") -> Optimizer:
    """The optimiser that a recipe chooses, for the parameters of a network that are trained.

    Its groups hold those that decay and those that don't, and each keeps its rate as `initial_lr`: `set_rate` sets
    what the schedule makes of it.

    Args:
        chosen: the recipe's `optimizer`, with all its arguments.
        module: the network, on the device on which it is trained.
        decay: the recipe's `decay`: `all`, or `weights` for kernels and matrices only.

    Raises:
        TrainingError: if nothing is trained, and for a look ahead without momentum.
    """
    if not trained(module):
        raise TrainingError("there is nothing to train: all parameters are frozen, or the network has none")
    made = _muon(chosen, module, decay) if chosen["name"] == "muon" else _torchs(chosen, module, decay)
    for group in made.param_groups:
        group["initial_lr"] = group["lr"]
    return made


def set_rate(optimizer: Optimizer, part: float) -> None:
    """Let every group take a part of its own rate: what `schedules.rate` gives for a step."""
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * part


def _torchs(chosen: Mapping[str, Any], module: nn.Module, decay: str) -> Optimizer:
    """One of torch's optimisers."""
    kind, arguments = _kind(chosen)
    groups = []
    for decaying, share in ((True, float(chosen["weight_decay"])), (False, 0.0)):
        parameters = [each for name, each in trained(module).items() if decays(name, each, decay) is decaying]
        if parameters:
            groups.append({"params": parameters, "weight_decay": share})
    made: Optimizer
    try:
        made = kind(groups, **arguments, **({"fused": True} if kind in FUSED else {}))
    except RuntimeError:  # not fused on this device, nor in this version for it
        made = kind(groups, **arguments)
    return made


def _kind(chosen: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Torch's class, and its arguments but the decay. Raises TrainingError."""
    value = {name: float(each) for name, each in chosen.items() if name not in ("name", "nesterov")}
    rate = {"lr": value["lr"]}
    match chosen["name"]:
        case "sgd" | "momentum":
            if chosen["nesterov"] and not value["momentum"]:
                title = f"`nesterov` of `{chosen['name']}` looks ahead along the momentum, which is 0"
                raise TrainingError(f"{title}: give it one, such as `momentum=0.9`")
            return torch.optim.SGD, {**rate, "momentum": value["momentum"], "nesterov": chosen["nesterov"]}
        case "adagrad":
            return torch.optim.Adagrad, {**rate, "eps": value["eps"]}
        case "adadelta":
            return torch.optim.Adadelta, {**rate, "rho": value["rho"], "eps": value["eps"]}
        case "rmsprop":
            smooth = {"alpha": value["alpha"], "eps": value["eps"], "momentum": value["momentum"]}
            return torch.optim.RMSprop, {**rate, **smooth}
        case "adam" | "adamw" as name:
            betas = {"betas": (value["beta1"], value["beta2"]), "eps": value["eps"]}
            return torch.optim.AdamW if name == "adamw" else torch.optim.Adam, {**rate, **betas}
        case name:
            raise ValueError(f"no optimiser is called {name}")


def _muon(chosen: Mapping[str, Any], module: nn.Module, decay: str) -> Muon:
    """Muon for the kernels and matrices, AdamW for the rest."""
    kernels = {name: each for name, each in trained(module).items() if is_kernel(name, each)}
    rest = [each for name, each in trained(module).items() if name not in kernels]
    share = float(chosen["weight_decay"])
    groups = (
        {"params": list(kernels.values()), "orthogonal": True, "lr": float(chosen["lr"]), "weight_decay": share},
        {
            "params": rest,
            "orthogonal": False,
            "lr": float(chosen["rest"]),
            "weight_decay": share if decay == "all" else 0.0,
        },
    )
    return Muon(
        [group for group in groups if group["params"]],
        momentum=float(chosen["momentum"]),
        nesterov=chosen["nesterov"],
        steps=chosen["steps"],
    )
