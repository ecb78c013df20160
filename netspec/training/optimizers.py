"""The recipe's `optimizer`: how a gradient becomes a step.

All are torch's own, in their fused form where torch has one for the device, but Muon. A decay is part of the gradient,
as their papers have it, and stands beside it in AdamW and Muon.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.optim import Optimizer

from netspec.training.errors import TrainingError
from netspec.training.muon import Muon
from netspec.training.parameters import decays, is_kernel, trained

FUSED = (torch.optim.SGD, torch.optim.Adagrad, torch.optim.Adam, torch.optim.AdamW)
"""Those that torch can do in one pass over the weights, on some devices."""


def optimizer(
    chosen: Mapping[str, Any], module: nn.Module, decay: str = "all", factors: Mapping[str, float] | None = None
) -> Optimizer:
    """The optimiser that a recipe chooses, for the parameters of a network that are trained.

    Its groups hold those that decay and those that don't, of one factor of the rate each, and keep their rates as
    `initial_lr`: `set_rate` sets what the schedule makes of it.

    Args:
        chosen: the recipe's `optimizer`, with all its arguments.
        module: the network, on the device on which it is trained.
        decay: the recipe's `decay`: `all`, or `weights` for kernels and matrices only.
        factors: of the learning rate, by name of parameter, where they are not 1.

    Raises:
        TrainingError: if nothing is trained, and for a look ahead without momentum.
    """
    if not trained(module):
        raise TrainingError("there is nothing to train: all parameters are frozen, or the network has none")
    groups = (_muons if chosen["name"] == "muon" else _decaying)(chosen, module, decay)
    divided = [part for group in groups for part in _divided(group, factors or {})]
    made = _muon(chosen, divided) if chosen["name"] == "muon" else _torchs(chosen, divided)
    for group in made.param_groups:
        group["initial_lr"] = group["lr"]
    return made


def set_rate(optimizer: Optimizer, part: float) -> None:
    """Let every group take a part of its own rate: what `schedules.rate` gives for a step."""
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * part


def first_rate(optimizer: Optimizer) -> float:
    """The rate of its first group, but for the factor of its part of the network."""
    group = optimizer.param_groups[0]
    rate: float = group["lr"] / group.get("factor", 1.0)
    return rate


Group: TypeAlias = dict[str, Any]
"""Parameters by name, `named`, with the settings that they have in common; `params` for torch."""


def _decaying(chosen: Mapping[str, Any], module: nn.Module, decay: str) -> list[Group]:
    """The parameters that decay, and those that don't."""
    groups = []
    for decaying, share in ((True, float(chosen["weight_decay"])), (False, 0.0)):
        named = {name: each for name, each in trained(module).items() if decays(name, each, decay) is decaying}
        groups.append({"named": named, "lr": float(chosen["lr"]), "weight_decay": share})
    return groups


def _divided(group: Group, factors: Mapping[str, float]) -> Iterator[Group]:
    """A group as those of one factor of the rate each, the first one first."""
    common = {name: each for name, each in group.items() if name != "named"}
    named: Mapping[str, nn.Parameter] = group["named"]
    for factor in dict.fromkeys(factors.get(name, 1.0) for name in named):
        part = {"params": [each for name, each in named.items() if factors.get(name, 1.0) == factor], **common}
        yield part if factor == 1 else {**part, "lr": part["lr"] * factor, "factor": factor}


def _torchs(chosen: Mapping[str, Any], groups: Sequence[Group]) -> Optimizer:
    """One of torch's optimisers."""
    kind, arguments = _kind(chosen)
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


def _muons(chosen: Mapping[str, Any], module: nn.Module, decay: str) -> list[Group]:
    """The kernels and matrices, which Muon steps, and the rest, for AdamW."""
    kernels = {name: each for name, each in trained(module).items() if is_kernel(name, each)}
    rest = {name: each for name, each in trained(module).items() if name not in kernels}
    share = float(chosen["weight_decay"])
    return [
        {"named": kernels, "orthogonal": True, "lr": float(chosen["lr"]), "weight_decay": share},
        {
            "named": rest,
            "orthogonal": False,
            "lr": float(chosen["rest"]),
            "weight_decay": share if decay == "all" else 0.0,
        },
    ]


def _muon(chosen: Mapping[str, Any], groups: Sequence[Group]) -> Muon:
    """Muon for the kernels and matrices, AdamW for the rest."""
    momentum = float(chosen["momentum"])
    return Muon(groups, momentum=momentum, nesterov=chosen["nesterov"], steps=chosen["steps"])
