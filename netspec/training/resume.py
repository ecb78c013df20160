"""A training taken up from the folder of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from netspec.data.dataset import load
from netspec.records import frozen, replace
from netspec.training.computing import Computing, from_json
from netspec.training.distributed import device_in, one_after_another, together
from netspec.training.errors import TrainingError
from netspec.training.run import Run
from netspec.training.state import State
from netspec.training.state import load as load_state
from netspec.training.task import begun, prepared, read_back, record_of, versions
from netspec.training.under_way import Data, Training, take_up
from netspec.training.world import ALONE, World


@frozen
class Resumed:
    """A training at its last saved state; `remarks` say to people why it might differ from one that never stopped."""

    training: Training
    data: Data
    run: Run
    remarks: tuple[str, ...]


def resumed(
    folder: Path,
    device: str | None = None,
    *,
    offline: bool = False,
    stream: bool | None = None,
    workers: int | None = None,
    world: World = ALONE,
) -> Resumed:
    """The training of a run at its last saved state, with as many threads as it began with.

    In a world of several processes the first one writes to the folder, and all read it. `stream` and `workers` are
    those that it began with where they aren't given.

    Raises:
        DataError: if its images can't be found.
        TrainingError: if the folder is none of a run, is damaged, or its images have changed.
    """
    run = Run(folder, writes=world.is_first)
    task, record = together(world, lambda: read_back(run))
    kept = together(world, lambda: load_state(run.state))
    on = together(world, lambda: device_in(world, device or _device(record)))
    torch.set_num_threads(record["threads"])
    dataset = one_after_another(world, lambda: load(task.data, offline=offline))
    computing = with_choices(from_json(record.get("computing")), stream, workers)
    training, data = together(world, lambda: begun(prepared(task, dataset, computing, on), on))
    together(world, lambda: _taken_up(training, kept, run))
    return Resumed(training, data, run, tuple(_remarks(record, on, world)))


def began_on(folder: Path) -> tuple[int, str]:
    """On how many devices a run began, and on what. Raises TrainingError."""
    run = Run(folder)
    record = record_of(run)
    if "device" not in record:
        raise TrainingError(f"`{run.folder / 'recipe.json'}` is damaged: 'device' is not there")
    return record.get("devices", 1), _device(record)


def _device(record: Mapping[str, Any]) -> str:
    """The device that a run began on; of several, which each process has another one of, the kind."""
    name = str(record["device"])
    return name if record.get("devices", 1) == 1 else name.partition(":")[0]


def _taken_up(training: Training, kept: State, run: Run) -> None:
    try:
        take_up(training, kept)
    except KeyError as error:
        raise TrainingError(f"`{run.state}` is damaged, or of another recipe: {error} is not there") from None
    rows = run.metrics()
    done = [row for row in rows if row["step"] <= training.step]
    if run.writes and done != rows:
        run.write_metrics(done)


def with_choices(computing: Computing, stream: bool | None, workers: int | None) -> Computing:
    """What a run began with, but for what is given."""
    return replace(
        computing,
        stream=computing.stream if stream is None else stream,
        workers=computing.workers if workers is None else workers,
    )


def _remarks(record: Mapping[str, Any], device: torch.device, world: World) -> Iterator[str]:
    now = versions()
    for name, before in record["versions"].items():
        if now.get(name) != before and name != "python":
            yield f"the run began with {name} {before}, and this is {now.get(name)}: its numbers may differ"
    if record["device"] != str(device):
        yield f"the run began on {record['device']}, and this is {device}: its numbers may differ"
    before = record.get("devices", 1)
    if before != world.size:
        yield f"the run began on {before} device{'s' * (before != 1)}, and this is {world.size}: its numbers may differ"
