"""A network whose gradients are added up over the processes of its training, by torch's DistributedDataParallel."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.parallel import DistributedDataParallel

from netspec.training.losses import Losses
from netspec.training.network import Network
from netspec.training.world import World


class Outputs(nn.Module):
    """The outputs of these names alone: DistributedDataParallel waits for the gradient of all that it gives."""

    def __init__(self, module: nn.Module, names: Collection[str]) -> None:
        super().__init__()
        self.module = module
        self.names = frozenset(names)

    def forward(self, images: Tensor) -> Any:
        """Images (B, C, H, W) -> the outputs by name, or the one output."""
        given = self.module(images)
        return {name: each for name, each in given.items() if name in self.names} if isinstance(given, dict) else given


def parallel(network: Network, losses: Losses, images: Tensor) -> nn.Module:
    """The network's module for training in all processes, which have the first one's weights from now on.

    Buffers are not sent: `mean_statistics` is for those that change. `images` (B, C, H, W) are such as it will get.
    """
    device, outputs = images.device, Outputs(network.module, losses.chosen)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # newer versions of torch have another name for it
        return DistributedDataParallel(
            outputs,
            device_ids=[device.index] if device.type == "cuda" else None,
            broadcast_buffers=False,
            gradient_as_bucket_view=True,
            find_unused_parameters=bool(unused(outputs, images)),
        )


def unused(module: nn.Module, images: Tensor) -> list[str]:
    """The parameters that are trained and that no output depends on, as those of a head without a loss."""
    tensors: dict[str, Tensor] = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    empty = {name: torch.empty_like(each, device="meta") for name, each in tensors.items()}
    trained = {name: empty[name].requires_grad_() for name, each in tensors.items() if each.requires_grad}
    given = functional_call(module, empty, (torch.empty_like(images, device="meta"),))
    total = torch.stack([each.sum() for each in (given.values() if isinstance(given, dict) else [given])]).sum()
    gradients = torch.autograd.grad(total, list(trained.values()), allow_unused=True)
    return [name for name, gradient in zip(trained, gradients, strict=True) if gradient is None]


def kept_back(network: Network, *, last: bool) -> AbstractContextManager[None]:
    """While this lasts gradients are added up in this process only, unless it is the last part of its batch."""
    if last or network.parallel is None:
        return nullcontext()
    assert isinstance(network.parallel, DistributedDataParallel)
    made: AbstractContextManager[None] = network.parallel.no_sync()
    return made


def statistics(module: nn.Module) -> list[Tensor]:
    """The running statistics that training changes: means and variances of norms that are not frozen."""
    norms = [each for each in module.modules() if isinstance(each, _NormBase) and each.training]
    found = [each for norm in norms for each in (norm.running_mean, norm.running_var)]
    return [each for each in found if each is not None]


@torch.no_grad()
def mean_statistics(network: Network, world: World, weight: float) -> None:
    """Let the running statistics be the means over the processes; `weight` is the share's."""
    if world.size == 1:
        return
    own = statistics(network.module)
    if own:
        flat = torch.cat([each.flatten() for each in own]) * (weight / world.size)
        means = world.summed(flat)
        parts = torch.split(means, [each.numel() for each in own])
        torch._foreach_copy_(own, [part.view_as(each) for part, each in zip(parts, own, strict=True)])
