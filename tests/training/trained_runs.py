"""Runs to ask: trained for a moment, once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import torch

from netspec.data.dataset import load
from netspec.training.run import Run
from netspec.training.task import begun, task, write
from tests.training.small import CPU, IMAGES, spec


@cache
def run(text: str | None = None, images: str = IMAGES, more: str = "", inputs: str | None = None) -> Run:
    """A run of two epochs of a spec, that of `small` with `more` settings unless another is given."""
    from netspec.training import loop

    ready = task(text or spec(more), load(images), images, {"train.epochs": "2"}, inputs)
    training, data = begun(ready, CPU)
    made = Run(Path(mkdtemp()) / "run")
    made.folder.mkdir()
    write(ready.task, made, CPU, ["a test"])
    list(loop.train(training, data, made))
    return made


def pixels(images: str = IMAGES, split: str = "test") -> torch.Tensor:
    """The pixels of a split: uint8 (N, C, H, W)."""
    return load(images).splits[split].pixels
