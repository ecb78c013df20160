"""What is trained on what: fitted, resolved, recorded in the run's folder, and read back from there."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils import convert_conv2d_weight_memory_format

from netspec import __version__
from netspec.compiler import compile_with, source_of
from netspec.data.dataset import Dataset, Images
from netspec.data.fit import fit
from netspec.data.fit_outputs import OF_CLASSES
from netspec.data.normalize import Normalization, normalization_of
from netspec.data.sizes import by
from netspec.data.split import with_validation
from netspec.data.stream import Streamed, looked_at
from netspec.graph import Graph
from netspec.language.format import format
from netspec.library import is_json
from netspec.records import frozen, replace
from netspec.report import graph_json
from netspec.report.graph_reading import read
from netspec.source import Source
from netspec.training import computing as computed
from netspec.training.averages import Average
from netspec.training.batches import feed, order
from netspec.training.compiling import compiled
from netspec.training.computing import USUAL, Computing
from netspec.training.errors import TrainingError
from netspec.training.loop import steps_in_all
from netspec.training.losses import Losses, losses
from netspec.training.network import network, primary
from netspec.training.optimizers import optimizer
from netspec.training.penalties import penalty
from netspec.training.precision import precision, scaler
from netspec.training.run import Run
from netspec.training.schedules import plateau
from netspec.training.settings import OPTIMIZER, SCHEDULE, Settings, from_json, plain, resolved, to_json
from netspec.training.supply import Split, place, placed, supply
from netspec.training.under_way import Data, Training

FORMAT = 1
CPU = torch.device("cpu")


@frozen
class Task:
    """A network, fitted to a set of images, and how it is trained.

    `data` are the words for `netspec.data.dataset.load`; `steps` and `test_steps` make images fit, `images` and `shape`
    are (C, H, W) after the first and of what flows in; `line` says what was fitted. `digest` and `classes` are the
    set's, `normalization` is of its training images, and `own` is the (C, H, W) that they had before all steps, None
    where they differ in size.
    """

    graph: Graph
    settings: Settings
    data: str
    digest: str
    classes: tuple[str, ...]
    steps: tuple[Mapping[str, Any], ...]
    test_steps: tuple[Mapping[str, Any], ...]
    images: tuple[int, int, int]
    shape: tuple[int, int, int]
    line: str
    normalization: Normalization
    own: tuple[int, int, int] | None = None

    @property
    def name(self) -> str:
        """The network's name, for the folder of the run."""
        return self.graph.name or "network"


@frozen
class Prepared:
    """A task with its images, fitted in memory or streamed.

    `sampled` says whether figures about all training images are of a part of them, `line` where images are, and
    `why` why the number type is not the recipe's.
    """

    task: Task
    train: Images | Streamed
    validation: Images | Streamed | None
    sampled: bool
    line: str
    computing: Computing = USUAL
    why: str = ""


def task(
    spec: str | Path | Source | Graph,
    dataset: Dataset,
    data: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str] | str | None = None,
    device: torch.device = CPU,
    computing: Computing = USUAL,
) -> Prepared:
    """A task from what a user names; the images of its training.

    Raises:
        DataError: if the network and the images can't be made to fit.
        SpecError: if the spec is wrong.
        TrainingError: for what its recipe asks for and can't be done here.
    """
    network = spec if isinstance(spec, Graph) else source_of(spec)  # once: standard input can't be read again
    fitting = fit(network, dataset, _with_defaults(network, parameters, inputs), inputs=inputs)
    settings, why = with_precision(resolved(fitting.graph), device)
    _check(settings, primary(fitting.graph))
    fits = _Fits(fitting.steps, fitting.test_steps, fitting.images, fitting.shape)
    found = _fitted(dataset, settings, fits, computing, device)
    parts = looked_at(found.train, sampled=found.sampled)
    made = Task(
        fitting.graph,
        settings,
        data,
        dataset.digest,
        dataset.classes,
        fitting.steps,
        fitting.test_steps,
        fitting.images,
        fitting.shape,
        fitting.line,
        normalization_of(settings.normalize, parts, fitting.images[0]),
        dataset.shape,
    )
    return Prepared(made, found.train, found.validation, found.sampled, found.line, computing, why)


def prepared(made: Task, dataset: Dataset, computing: Computing = USUAL, device: torch.device = CPU) -> Prepared:
    """The images of a task that was read back. Raises TrainingError if they are others than they were."""
    check_digest(made, dataset)
    fits = _Fits(made.steps, made.test_steps, made.images, made.shape)
    found = _fitted(dataset, made.settings, fits, computing, device)
    return Prepared(made, found.train, found.validation, found.sampled, found.line, computing)


def test_images(
    made: Task,
    images: Images,
    computing: Computing = USUAL,  # noqa: PT028 - no test, in spite of its name
    device: torch.device = CPU,  # noqa: PT028
) -> Images | Streamed:
    """The images of a split fitted to the network. Raises TrainingError if they are of another size."""
    split = Split(images, (*made.steps, *made.test_steps), made.shape)
    fitted = supply([split], computing, device).of(split)
    first = next(looked_at(fitted, sampled=True)) if isinstance(fitted, Streamed) else fitted.pixels
    if tuple(first.shape[1:]) != tuple(made.shape):
        sizes = f"{by(tuple(first.shape[1:]))}, and the network takes {by(made.shape)}"
        raise TrainingError(f"the images are {sizes}: test on images like those that it was trained on")
    return fitted


def check_digest(made: Task, dataset: Dataset) -> None:
    """That the set is the one that was trained on. Raises TrainingError."""
    if dataset.digest != made.digest:
        found = f"{dataset.digest[:12]}…, and the run's is {made.digest[:12]}…"
        raise TrainingError(f"`{made.data}` at {dataset.place} has changed since the run began: its digest is {found}")


def begun(ready: Prepared, device: torch.device) -> tuple[Training, Data]:
    """A training that has not made a step yet, and what it is fed with.

    Raises TrainingError if the network is to be compiled and can't be.
    """
    made, settings = ready.task, ready.task.settings
    net = network(made.graph, settings)
    net.module.to(device)
    if device.type == "cuda":
        convert_conv2d_weight_memory_format(net.module, torch.channels_last)
    if ready.computing.compile:
        compiled(net.module, device)
    net.train()
    data = _fed(ready, net.primary, device)
    training = Training(
        net,
        optimizer(settings.optimizer, net.module, settings.decay, net.factors),
        losses_of(settings),
        settings,
        steps_in_all(settings, data.feed.order.per_epoch),
        Average(net.module, settings.ema) if settings.ema is not None else None,
        penalty({"l1": settings.l1, "l2": settings.l2, "decay": settings.decay}, net.module),
        plateau(settings.schedule),
        torch.zeros(3, dtype=torch.float64, device=device),
        parts=settings.accumulate,
        scaler=scaler(settings.precision, device),
    )
    return training, data


def _fed(ready: Prepared, output: str, device: torch.device) -> Data:
    """What a training is fed with: images that are held lie on its device if all fit there."""
    made, settings, validation = ready.task, ready.task.settings, ready.validation
    outputs = made.graph.nodes[made.graph.outputs[output]].shape.channels
    assert isinstance(outputs, int)
    where = place([each for each in (ready.train, validation) if isinstance(each, Images)], device)
    steps = steps_in_all(settings, order(settings, len(ready.train)).per_epoch)
    fed = feed(
        ready.train,
        settings,
        made.normalization,
        outputs,
        device,
        where=where,
        steps=steps,
        sampled=ready.sampled,
    )
    return Data(fed, placed(validation, where) if isinstance(validation, Images) else validation, len(made.classes))


def _with_defaults(
    spec: Source | Graph, parameters: Mapping[str, Any], inputs: Mapping[str, str] | str | None
) -> Mapping[str, Any]:
    """The parameters, with the optimiser of a spec that names none, so that its arguments can be set (`train.lr`)."""
    if isinstance(spec, Graph) or is_json(spec) or "train.optimizer" in parameters:
        return parameters
    own = {name: each for name, each in parameters.items() if not name.startswith("train.")}
    recipe = compile_with(spec, own, inputs=inputs).train
    if "optimizer" in recipe:
        return parameters
    schedule = {} if "schedule" in recipe else {"train.schedule": SCHEDULE}
    return {"train.optimizer": OPTIMIZER, **schedule, **parameters}


def losses_of(settings: Settings) -> Losses:
    """The losses that the settings ask for."""
    return losses({"loss": settings.loss, "auxiliary": settings.auxiliary}, settings.loss)


@frozen
class _Fits:
    """What makes images fit, as a task has it."""

    steps: tuple[Mapping[str, Any], ...]
    test_steps: tuple[Mapping[str, Any], ...]
    images: tuple[int, int, int]
    shape: tuple[int, int, int]


@frozen
class _Found:
    train: Images | Streamed
    validation: Images | Streamed | None
    sampled: bool
    line: str


def _fitted(dataset: Dataset, settings: Settings, fits: _Fits, computing: Computing, device: torch.device) -> _Found:
    """The training and the validation images, fitted or to be streamed."""
    splits = with_validation(dataset, settings.validation, settings.seed).splits
    train = Split(splits["train"], fits.steps, fits.images)
    kept = None
    if "validation" in splits:
        kept = Split(splits["validation"], (*fits.steps, *fits.test_steps), fits.shape)
    chosen = supply([train] if kept is None else [train, kept], computing, device)
    validation = chosen.of(kept) if kept is not None else None
    return _Found(chosen.of(train), validation, bool(train.images.files), chosen.line)


def with_precision(settings: Settings, device: torch.device) -> tuple[Settings, str]:
    """The settings with the number type that the training computes in, and why it is not the recipe's.

    Raises TrainingError if a GPU can't compute in what the recipe names.
    """
    name, why = precision(settings.precision, device)
    return replace(settings, precision=name), why


def _check(settings: Settings, output: str) -> None:
    """That the recipe is one that images with classes can be trained by. Raises TrainingError."""
    for name, loss in settings.loss.items():
        if loss["name"] not in OF_CLASSES:
            known = ", ".join(f"`{each}`" for each in OF_CLASSES)
            what = f"the loss of `{name}` is `{loss['name']}`, which images with classes have no target for"
            raise TrainingError(f"{what}; those that are trained are {known}")
    if output not in settings.loss:
        raise TrainingError(f"the output `{output}` says the class, and the recipe gives it no loss: name it in `loss`")


# The record


def write(
    made: Task,
    run: Run,
    device: torch.device,
    command: Sequence[str],
    devices: int = 1,
    computing: Computing = USUAL,
    *,
    start: Mapping[str, Any] | None = None,
) -> None:
    """Write the spec, the network and the recipe into a run's folder; `start` is where its first weights came from.

    Raises TrainingError.
    """
    from datetime import UTC, datetime

    source = made.graph.source
    if source is not None and not is_json(source):
        run.write("spec.spec", format(source.text, source.name))
    run.write("graph.json", graph_json.write(made.graph))
    record = {
        "format": FORMAT,
        "spec": made.name,
        "data": {"words": made.data, "digest": made.digest, "classes": made.classes, "shape": made.own},
        "fitted": {
            "line": made.line,
            "steps": made.steps,
            "test_steps": made.test_steps,
            "images": made.images,
            "shape": made.shape,
        },
        "normalization": {"mean": made.normalization.mean, "std": made.normalization.std},
        "settings": to_json(made.settings),
        "seed": made.settings.seed,
        "parameters": plain(made.graph.parameters),
        "device": str(device),
        "devices": devices,
        "computing": computed.to_json(computing),
        "threads": torch.get_num_threads(),
        "versions": versions(),
        "command": list(command),
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        **({"from": start} if start is not None else {}),
    }
    run.write("recipe.json", json.dumps(record, ensure_ascii=False, indent=2, default=str) + "\n")


def versions() -> dict[str, str]:
    """What a run depends on for its numbers."""
    return {"netspec": __version__, "python": platform.python_version(), "torch": torch.__version__}


def record_of(run: Run) -> Mapping[str, Any]:
    """A run's record, as it is written. Raises TrainingError."""
    record = run.read("recipe.json")
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise TrainingError(f"`{run.folder / 'recipe.json'}` is of another version of netspec")
    return record


def read_back(run: Run) -> tuple[Task, Mapping[str, Any]]:
    """The task of a run, and its record. Raises TrainingError."""
    record = record_of(run)
    text = json.dumps(run.read("graph.json"))
    try:
        data, fitted, normal = record["data"], plain(record["fitted"]), plain(record["normalization"])
        made = Task(
            read(Source(text, str(run.folder / "graph.json"))),
            from_json(record["settings"]),
            data["words"],
            data["digest"],
            tuple(data["classes"]),
            fitted["steps"],
            fitted["test_steps"],
            fitted["images"],
            fitted["shape"],
            fitted["line"],
            Normalization(normal["mean"], normal["std"]),
            plain(data.get("shape")),
        )
    except (KeyError, TypeError) as error:
        raise TrainingError(f"`{run.folder / 'recipe.json'}` is damaged: {error} is not there") from None
    return made, record
