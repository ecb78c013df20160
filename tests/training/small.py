"""Trainings that take a fraction of a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from netspec.data.dataset import load
from netspec.training.run import Run, create
from netspec.training.task import Prepared, begun, task
from netspec.training.under_way import Data, Training

CPU = torch.device("cpu")
IMAGES = "synthetic:1x6x6:4:40"
SPEC = """input 1x6x6
4C3 - bn - relu - dropout(0.2) - MP2
4N - softmax
train {{
  optimizer = momentum(lr=0.05)
  epochs = 3
  batch = 8
{more}
}}
"""


def spec(more: str = "") -> str:
    """A spec with a recipe, of which `more` are further settings."""
    return SPEC.format(more=more)


def prepared(more: str = "", text: str | None = None, images: str = IMAGES, **settings: Any) -> Prepared:
    given = {f"train.{name}": str(value) for name, value in settings.items()}
    return task(text or spec(more), load(images), images, given)


def training(more: str = "", text: str | None = None, images: str = IMAGES, **settings: Any) -> tuple[Training, Data]:
    return begun(prepared(more, text, images, **settings), CPU)


def folder(path: Path) -> Run:
    return create("small", path / "run")


def weights(made: Training) -> dict[str, torch.Tensor]:
    return {name: each.clone() for name, each in made.network.module.state_dict().items()}
