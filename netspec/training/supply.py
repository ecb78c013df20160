"""Where the images of a training are: on its device, in this machine's memory, or made when they are needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import torch
from torch import Tensor

from netspec.data.dataset import Images
from netspec.data.memory import usable, usable_of
from netspec.data.sizes import ImageShape
from netspec.data.steps import Step
from netspec.data.stream import Streamed, batches, bytes_in_memory, images_at, in_memory
from netspec.records import frozen, replace
from netspec.report.figures import size
from netspec.training.computing import Computing

MOST_WORKERS = 16

_NOTHING: Iterator[tuple[Tensor, Tensor]] = iter(())
"""Of what is not being made."""


@frozen
class Split:
    """A split as it was published, the steps that fit its images, and the (C, H, W) that come out."""

    images: Images
    steps: tuple[Step, ...]
    shape: ImageShape


@frozen
class Supply:
    """Whether images are streamed, by how many processes, and a line that says so to people."""

    streamed: bool
    workers: int
    line: str

    def of(self, split: Split) -> Images | Streamed:
        """The images of a split. Raises DataError for a file that can't be read."""
        if self.streamed:
            return Streamed(split.images, split.steps, split.shape, self.workers)
        return in_memory(split.images, split.steps)


def supply(splits: Sequence[Split], computing: Computing, device: torch.device, most: int | None = None) -> Supply:
    """How the images of these splits get to a device: held in memory if all together fit, else streamed.

    `most` are the bytes that they may take; half of what is available if it isn't given.
    """
    needed = sum(bytes_in_memory(each.images, each.steps, each.shape) for each in splits)
    total = sum(len(each.images) * each.shape[0] * each.shape[1] * each.shape[2] for each in splits)
    most = usable() if most is None else most
    streamed = needed > most if computing.stream is None else computing.stream
    workers = workers_for(device) if computing.workers is None else computing.workers
    if not streamed:
        return Supply(False, workers, f"{size(total)}, held in memory")
    why = f", and {size(most)} of memory can be used" if needed > most else ""
    made = f"{workers} process{'es' * (workers != 1)}" if workers else "this process"
    return Supply(True, workers, f"{size(total)}{why}: made by {made} when they are needed")


def workers_for(device: torch.device) -> int:
    """How many processes make images: one a core beside a GPU; on a CPU, which has to train as well, half as many.

    Of several trainings that torchrun began on a machine each has its part.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    own = max(1, cores // max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))
    return min(MOST_WORKERS, own if device.type != "cpu" else max(1, own // 2))


def place(
    images: Sequence[Images], device: torch.device, most: Callable[[torch.device], int] = usable_of
) -> torch.device:
    """Where images that are held lie: on the training's device if all fit into what `most` says, else in main memory.

    `most` are bytes of a device other than the CPU.
    """
    if device.type == "cpu":
        return device
    needed = sum(each.pixels.numel() for each in images)
    return device if needed <= most(device) else torch.device("cpu")


def placed(images: Images, where: torch.device) -> Images:
    """The images with pixels and labels there."""
    return replace(images, pixels=images.pixels.to(where), labels=images.labels.to(where))


def brought(values: Tensor, device: torch.device) -> Tensor:
    """The values on a device, without the program's waiting for it: a GPU fetches them by itself."""
    if device.type != "cuda" or values.device.type == "cuda":
        return values.to(device)
    return (values if values.is_pinned() else values.pin_memory()).to(device, non_blocking=True)


def picked(values: Tensor, positions: Tensor, device: torch.device) -> Tensor:
    """The values at these positions, int64 (B,) on the CPU, on a device."""
    if values.device.type == "cpu" and device.type == "cuda":
        chosen = torch.empty((len(positions), *values.shape[1:]), dtype=values.dtype, pin_memory=True)
        return brought(torch.index_select(values, 0, positions, out=chosen), device)
    return values[brought(positions, values.device)]


@frozen
class Held:
    """Images in memory, of a device or of the machine: uint8 (N, C, H, W), with labels, int64 (N,)."""

    pixels: Tensor
    labels: Tensor
    device: torch.device

    def batch(self, step: int, positions: Callable[[int], Tensor]) -> tuple[Tensor, Tensor]:
        """The images of a step, at the `positions` of it, and their labels, on the training's device."""
        at = positions(step)
        return picked(self.pixels, at, self.device), picked(self.labels, at, self.device)

    def at(self, positions: Sequence[int]) -> Tensor:
        """The images at these positions: uint8 (N, C, H, W), on the CPU."""
        return picked(self.pixels, torch.tensor(positions, dtype=torch.int64), self.device).cpu()

    def close(self) -> None:
        """Nothing is to be ended."""


class Ahead:
    """Images that processes make ahead of the steps that need them, in the order of a training."""

    def __init__(self, images: Streamed, device: torch.device, steps: int | None = None) -> None:
        """There are so many `steps` in all, or no end of them."""
        self.labels = images.labels
        self._images, self._device, self._steps = images, device, steps
        self._next, self._made = 0, _NOTHING

    def batch(self, step: int, positions: Callable[[int], Tensor]) -> tuple[Tensor, Tensor]:
        """The images of a step, and their labels, on the training's device; quick where the one before was the last.

        `positions` gives those of each step.

        Raises DataError for a file that can't be read.
        """
        if step != self._next or self._made is _NOTHING:
            self.close()
            self._made = self._from(step, positions)
        made, self._made = self._made, _NOTHING  # after an error it begins anew
        pixels, labels = next(made)
        self._made, self._next = made, step + 1
        return brought(pixels, self._device), brought(labels, self._device)

    def at(self, positions: Sequence[int]) -> Tensor:
        """The images at these positions, made here: uint8 (N, C, H, W), on the CPU. Raises DataError."""
        return images_at(self._images, positions)

    def close(self) -> None:
        """End the processes; the next batch begins new ones."""
        self._made = _NOTHING

    def _from(self, step: int, positions: Callable[[int], Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        steps = count(step) if self._steps is None else range(step, max(self._steps, step + 1))
        order = (positions(each).tolist() for each in steps)
        images, pin = self._images, self._device.type == "cuda"
        return batches(images.images, images.steps, order, workers=images.workers, pin=pin)
