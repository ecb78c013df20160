"""The best weights of a run on test images, which nothing else looks at."""

from __future__ import annotations

from pathlib import Path

from netspec.data.dataset import Dataset, Images, load
from netspec.records import frozen
from netspec.training.batches import in_order
from netspec.training.devices import device_of
from netspec.training.errors import TrainingError
from netspec.training.evaluation import Evaluation, evaluate
from netspec.training.loop import TESTED
from netspec.training.run import Run
from netspec.training.task import Task, check_digest, losses_of, read_back, test_images
from netspec.training.trained import with_weights


@frozen
class Outcome:
    """What a test found, and of what."""

    task: Task
    data: str
    found: Evaluation


def outcome(folder: Path, device: str | None = None, *, data: str | None = None, offline: bool = False) -> Outcome:
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
    images = test_images(task, _test_split(task, dataset))
    net = with_weights(task, run)
    net.module.to(on)
    batches = in_order(images, task.normalization, TESTED, on)
    found = evaluate(net, batches, losses_of(task.settings), len(task.classes), flips=task.settings.test_flips)
    return Outcome(task, dataset.name, found)


def _test_split(task: Task, dataset: Dataset) -> Images:
    if dataset.classes != task.classes:
        ours, theirs = len(task.classes), len(dataset.classes)
        counts = f"{theirs} classes, and the run has {ours}" if ours != theirs else "classes of other names"
        raise TrainingError(f"`{dataset.name}` has {counts}: test it on images of the same classes")
    if "test" not in dataset.splits:
        raise TrainingError(f"`{dataset.name}` has no test images; name others: --data NAME[:PATH]")
    return dataset.splits["test"]
