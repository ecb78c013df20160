"""The number type that a training computes in: measured on its device, not assumed."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeAlias

import torch
from torch import nn

from netspec.training.errors import TrainingError

Probe: TypeAlias = Callable[[str, torch.device], float | None]
"""How long a small network takes in a number type on a device, in seconds; None where it can't be computed there."""

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

HALVES = ("bfloat16", "float16")
"""What `auto` takes on a GPU, the better first: the range of bfloat16 is that of float32."""

QUICKER = 0.9
"""A number type of half the size is taken where it needs less than this part of the time of float32."""

SLOWER = 1.1
"""On a CPU a recipe's is not, where it needs more than this part."""


def precision(wanted: str, device: torch.device, probe: Probe | None = None) -> tuple[str, str]:
    """The number type, and why it is not the recipe's, which is "" where it is.

    1. `auto` is float32 on a CPU. On a GPU it is bfloat16 or, where that is not quicker, float16, if a small network is
       quicker in it; else float32.
    2. What a recipe names is taken on a GPU that can compute in it.
    3. On a CPU it is taken where that is not slower than float32; float16 is not.

    Args:
        wanted: the recipe's `precision`.
        device: of the training.
        probe: measures, if not `seconds_of`.

    Raises:
        TrainingError: if a GPU can't compute in what the recipe names.
    """
    probe = probe or seconds_of
    if wanted == "float32":
        return wanted, ""
    if wanted == "auto":
        return ("float32" if device.type == "cpu" else _quickest(device, probe)), ""
    if device.type == "cpu":
        return _on_cpu(wanted, device, probe)
    if probe(wanted, device) is None:
        raise TrainingError(f"`precision = {wanted}` can't be computed on {device}: take `float32`, or `auto`")
    return wanted, ""


def _quickest(device: torch.device, probe: Probe) -> str:
    whole = probe("float32", device)
    for name in HALVES:
        half = probe(name, device)
        if half is not None and whole is not None and half < QUICKER * whole:
            return name
    return "float32"


def _on_cpu(wanted: str, device: torch.device, probe: Probe) -> tuple[str, str]:
    if wanted == "float16":
        return "float32", "float16 is for GPUs"
    whole, half = probe("float32", device), probe(wanted, device)
    if whole is None or half is None:
        return "float32", f"{wanted} can't be computed here"
    if half > SLOWER * whole:
        return "float32", f"{wanted} takes {half / whole:.1f} times as long here"
    return wanted, ""


def seconds_of(name: str, device: torch.device) -> float | None:
    """How long a convolution takes, forward and backward: the best of some.

    It is large enough for a GPU to be at work, and small on a CPU: 120 and 0.1 thousand million multiplications.
    """
    images, channels, side, times = (512, 64, 32, 4) if device.type == "cuda" else (16, 32, 16, 2)
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            module = nn.Conv2d(channels, channels, 3, padding=1).to(device)
        given = torch.ones(images, channels, side, side, device=device, requires_grad=True)
        return min(_seconds(module, given, name) for _ in range(times))
    except RuntimeError:
        return None


def _seconds(module: nn.Module, images: torch.Tensor, name: str) -> float:
    _wait(images.device)
    begun = perf_counter()
    with autocast(name, images.device):
        loss = module(images).float().sum()
    torch.autograd.backward(loss)
    _wait(images.device)
    return perf_counter() - begun


def autocast(name: str, device: torch.device) -> torch.autocast:
    """While this lasts, layers that gain by it compute in the number type of this name."""
    return torch.autocast(device.type, TYPES[name], enabled=name != "float32")


def scaler(name: str, device: torch.device) -> torch.amp.GradScaler | None:
    """What keeps gradients within the range of float16; None for other number types, which need none."""
    return torch.amp.GradScaler(device.type) if name == "float16" else None


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
