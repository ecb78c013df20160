"""What the best weights of a run say of validation images, and of training images as they are: `validation.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from netspec.data.dataset import Images
from netspec.data.steps import fitted
from netspec.data.stream import Streamed, evenly, images_at
from netspec.training.evaluation import to_json
from netspec.training.evidence.answers import Answers, most_wrong
from netspec.training.evidence.calibration import calibration
from netspec.training.evidence.calibration import to_json as calibration_to_json
from netspec.training.evidence.thumbnails import thumbnail
from netspec.training.run import Run
from netspec.training.task import Task, read_back
from netspec.training.testing import tested
from netspec.training.trained import with_weights
from netspec.training.under_way import Data

NAME = "validation.json"

WRONG = 24
"""How many of the most wrong images are kept."""


def examine(run: Run, data: Data, device: torch.device) -> dict[str, Any] | None:
    """What is found, written into the folder of the run; None without validation images or best weights.

    Raises:
        TrainingError: if the folder can't be read or written.
    """
    if data.validation is None or not run.weights("best").exists():
        return None
    task, _ = read_back(run)
    net = with_weights(task, run)
    net.module.to(device)
    best = run.read("best/metrics.json")
    validation, answers = tested(task, net, data.validation, device)
    train, _ = tested(task, net, _training_images(task, data, len(data.validation)), device)
    found = {
        "epoch": best["epoch"],
        "step": best["step"],
        "validation": to_json(validation),
        "train": to_json(train),
        "calibration": calibration_to_json(calibration(answers)),
        "wrong": _wrong(data.validation, answers),
    }
    run.write(NAME, json.dumps(found) + "\n")
    return found


def _training_images(task: Task, data: Data, most: int) -> Images:
    """Training images, evenly chosen, as validation images are: not augmented."""
    positions = evenly(len(data.feed.labels), max(most, 1))
    pixels = fitted(data.feed.source.at(positions), task.test_steps)
    return Images(pixels, (), data.feed.labels.cpu()[torch.tensor(positions)])


def _wrong(images: Images | Streamed, answers: Answers) -> list[dict[str, Any]]:
    positions = most_wrong(answers, WRONG)
    return [
        {
            "true": int(answers.true[at]),
            "said": int(answers.said[at]),
            "true_probability": float(answers.of_true[at]),
            "said_probability": float(answers.sure[at]),
            "image": thumbnail(pixels),
        }
        for at, pixels in zip(positions, _pixels(images, positions), strict=True)
    ]


def _pixels(images: Images | Streamed, positions: Sequence[int]) -> Tensor | list[Tensor]:
    """The images at these positions as they enter the network, before they are normalised: uint8 (N, C, H, W)."""
    return images_at(images, positions) if positions else []
