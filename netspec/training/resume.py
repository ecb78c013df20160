"""A training taken up from the folder of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from netspec.data.dataset import load
from netspec.records import frozen
from netspec.training.devices import device_of
from netspec.training.loop import Data, Training, take_up
from netspec.training.run import Run
from netspec.training.state import load as load_state
from netspec.training.task import begun, prepared, read_back, versions


@frozen
class Resumed:
    """A training at its last saved state; `remarks` say to people why it might differ from one that never stopped."""

    training: Training
    data: Data
    run: Run
    remarks: tuple[str, ...]


def resumed(folder: Path, device: str | None = None, *, offline: bool = False) -> Resumed:
    """The training of a run at its last saved state, with as many threads as it began with.

    Raises:
        DataError: if its images can't be found.
        TrainingError: if the folder is none of a run, is damaged, or its images have changed.
    """
    run = Run(folder)
    task, record = read_back(run)
    kept = load_state(run.state)
    on = device_of(device or record["device"])
    torch.set_num_threads(record["threads"])
    training, data = begun(prepared(task, load(task.data, offline=offline)), on)
    take_up(training, kept)
    run.write_metrics([row for row in run.metrics() if row["step"] <= training.step])
    return Resumed(training, data, run, tuple(_remarks(record, on)))


def _remarks(record: Mapping[str, Any], device: torch.device) -> Iterator[str]:
    now = versions()
    for name, before in record["versions"].items():
        if now.get(name) != before and name != "python":
            yield f"the run began with {name} {before}, and this is {now.get(name)}: its numbers may differ"
    if record["device"] != str(device):
        yield f"the run began on {record['device']}, and this is {device}: its numbers may differ"
