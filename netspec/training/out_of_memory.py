"""What is done where a device has too little memory for a batch: it is computed in more parts, one after another."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn

from netspec.training.errors import TrainingError

Anything = TypeVar("Anything")


class Before:
    """The buffers of a network before a step, which the parts that were computed have changed: norms' statistics."""

    def __init__(self, module: nn.Module) -> None:
        buffers = list(module.buffers())
        self._own = [[each for each in buffers if each.is_floating_point() is decimal] for decimal in (True, False)]
        self._kept = [[each.detach().clone() for each in own] for own in self._own]

    @torch.no_grad()
    def keep(self) -> None:
        """Remember them as they are."""
        for kept, own in zip(self._kept, self._own, strict=True):
            if own:
                torch._foreach_copy_(kept, own)

    @torch.no_grad()
    def bring_back(self) -> None:
        """Let them be as they were."""
        for own, kept in zip(self._own, self._kept, strict=True):
            if own:
                torch._foreach_copy_(own, kept)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or the machine for tensors on the CPU, had no memory left."""
    on_cpu = isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
    return isinstance(error, torch.OutOfMemoryError) or on_cpu


def in_parts(compute: Callable[[int], None], undo: Callable[[], None], parts: int, images: int) -> int:
    """Let a batch of so many images be computed in `parts`, in twice as many each time memory is short; how many.

    A part has two images at least, of which a layer can take statistics.

    Args:
        compute: computes it in so many parts.
        undo: takes back what was computed of it.
        parts: how many at first.
        images: in the batch.

    Raises:
        TrainingError: if two images at a time are too many, and where several processes train together, of which one
            can't begin its step anew.
    """
    most = max(1, images // 2)
    parts = min(parts, images)
    while not _done(compute, parts):
        if _together():
            now = f"--set train.accumulate={2 * parts}"
            raise TrainingError(f"out of memory in one of the processes that train together: begin again with {now}")
        if parts >= most:
            size = -(-images // parts)
            raise TrainingError(
                f"out of memory for {size} image{'s' * (size != 1)} at a time: train on smaller images, "
                "a smaller network, or another device"
            )
        undo()
        _free()
        parts = min(2 * parts, most)
    return parts


def halved(test: Callable[[int], Anything], size: int) -> Anything:
    """What a test gives that takes `size` images at a time, half as many each time memory is short.

    Raises TrainingError if one image is too much.
    """
    while size:
        found: list[Anything] = []
        if _done(lambda size, found=found: found.append(test(size)), size):  # type: ignore[misc]
            return found[0]
        _free()
        size //= 2
    raise TrainingError("out of memory for testing one image at a time: test on another device")


def _done(compute: Callable[[int], None], number: int) -> bool:
    """Whether memory was enough; what was computed is let go of with the error, which holds it."""
    try:
        compute(number)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        return False
    return True


def _together() -> bool:
    """Whether several processes train together."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def _free() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
