"""How any picture becomes an image that a trained network takes: the way of the images that it was trained on."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor

from netspec.data.dataset import DataError
from netspec.data.normalize import Normalization
from netspec.data.pictures import decoded
from netspec.data.sizes import Size
from netspec.data.steps import Step, after, fitted, step
from netspec.records import frozen
from netspec.training.task import Task


@frozen
class Intake:
    """What is done to pictures.

    `channels` and `size` are those of the images that the network was trained on, as they were published; pictures are
    made like these first. `size` is None where they differed in size. `steps` then fit them to the network, as in
    tests, and make them `shape`, (C, H, W).
    """

    channels: int
    size: Size | None
    steps: tuple[Step, ...]
    shape: tuple[int, int, int]
    normalization: Normalization

    def steps_for(self, channels: int, size: Size | None) -> tuple[Step, ...]:
        """The steps for images of these channels and this size, None where they differ in it.

        Raises DataError for channels that can be made neither grey nor colour.
        """
        first: list[Step] = []
        if channels != self.channels:
            self._check_channels(f"these have {channels}")
            first.append(step("grey" if self.channels == 1 else "colour"))
            after(first[0], (channels, 1, 1))
        if self.size is not None and size != self.size:
            first.append(step("resize", self.size))
        return (*first, *self.steps)

    def picture(self, source: Path | BytesIO, name: str = "") -> Tensor:
        """An image file, or its content, fitted to the network: uint8 (C, H, W). Raises DataError."""
        self._check_channels("a picture has 1 or 3")
        return self.fitted(decoded(source, self.channels, name).unsqueeze(0))[0]

    def fitted(self, images: Tensor) -> Tensor:
        """Images of one size fitted to the network: uint8 (N, C, H, W) -> the same with `shape`. Raises DataError."""
        channels, height, width = images.shape[1:]
        return fitted(images, self.steps_for(channels, (height, width)))

    def numbers(self, images: Tensor, device: torch.device) -> Tensor:
        """Fitted images as they flow in: uint8 (N, C, H, W) -> float32 on the device, normalised."""
        return self.normalization.apply(images.to(device).float() / 255)

    def _check_channels(self, other: str) -> None:
        if self.channels not in (1, 3):
            raise DataError(f"the network was trained on images of {self.channels} channels, and {other}")


def intake(task: Task) -> Intake:
    """What is done to pictures for the network of a task."""
    size = task.own[1:] if task.own is not None else None
    steps = (*task.steps, *task.test_steps)
    return Intake(_channels(task), size, steps, task.shape, task.normalization)


def _channels(task: Task) -> int:
    """How many channels the images of the set had: before the step that changed it, if one did."""
    if task.own is not None:
        return task.own[0]
    change = next((each["name"] for each in task.steps if each["name"] in ("grey", "colour")), None)
    return {"grey": 3, "colour": 1, None: task.shape[0]}[change]
