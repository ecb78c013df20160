"""The best weights of a run on test images, which nothing else looks at."""

from __future__ import annotations

from pathlib import Path

import torch

from netspec.data.dataset import Dataset, Images, load
from netspec.data.stream import Streamed
from netspec.records import frozen
from netspec.training.batches import in_order
from netspec.training.computing import USUAL, Computing
from netspec.training.devices import device_of
from netspec.training.errors import TrainingError
from netspec.training.evaluation import Evaluation, evaluate
from netspec.training.evidence.answers import Answers, Listener
from netspec.training.evidence.calibration import Calibration, calibration
from netspec.training.loop import TESTED
from netspec.training.network import Network
from netspec.training.out_of_memory import halved
from netspec.training.run import Run
from netspec.training.task import Task, check_digest, losses_of, read_back, test_images
from netspec.training.trained import with_weights


@frozen
class Outcome:
    """What a test found, and of what."""

    task: Task
    data: str
    found: Evaluation
    calibration: Calibration


def outcome(
    folder: Path,
    device: str | None = None,
    *,
    data: str | None = None,
    offline: bool = False,
    computing: Computing = USUAL,
) -> Outcome:
    """How the best weights of a run do on test images, its own set's or another's.

    Raises:
        DataError: if the images can't be found.
        TrainingError: if the folder is none of a run, or the images are others than the run takes.
    """
    run = Run(folder)
    task, _ = read_back(run)
    on = device_of(device)
    dataset = load(data or task.data, offline=offline)
    if data is None:
        check_digest(task, dataset)
    images = test_images(task, _test_split(task, dataset), computing, on)
    net = with_weights(task, run)
    net.module.to(on)
    found, answers = tested(task, net, images, on)
    return Outcome(task, dataset.name, found, calibration(answers))


def tested(task: Task, net: Network, images: Images | Streamed, device: torch.device) -> tuple[Evaluation, Answers]:
    """How a network on a device does on fitted images, and what it says of each. Raises DataError and TrainingError."""
    losses, flips = losses_of(task.settings), task.settings.test_flips

    def test(size: int) -> tuple[Evaluation, Answers]:
        batches, listener = in_order(images, task.normalization, size, device), Listener()
        found = evaluate(net, batches, losses, len(task.classes), flips=flips, seen=listener)
        return found, listener.answers()

    return halved(test, TESTED)


def _test_split(task: Task, dataset: Dataset) -> Images:
    if dataset.classes != task.classes:
        ours, theirs = len(task.classes), len(dataset.classes)
        counts = f"{theirs} classes, and the run has {ours}" if ours != theirs else "classes of other names"
        raise TrainingError(f"`{dataset.name}` has {counts}: test it on images of the same classes")
    if "test" not in dataset.splits:
        raise TrainingError(f"`{dataset.name}` has no test images; name others: --data NAME[:PATH]")
    return dataset.splits["test"]
