"""What is trained on what: fitted, resolved, recorded in the run's folder, and read back from there."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from netspec import __version__
from netspec.compiler import compile_with, source_of
from netspec.data.dataset import Dataset, Images
from netspec.data.fit import fit
from netspec.data.fit_outputs import OF_CLASSES
from netspec.data.normalize import Normalization, normalization
from netspec.data.sizes import by
from netspec.data.split import with_validation
from netspec.data.stream import in_memory
from netspec.graph import Graph
from netspec.language.format import format
from netspec.library import is_json
from netspec.records import frozen, replace
from netspec.report import graph_json
from netspec.report.graph_reading import read
from netspec.source import Source
from netspec.training.averages import Average
from netspec.training.batches import feed
from netspec.training.errors import TrainingError
from netspec.training.loop import Data, Training, steps_in_all
from netspec.training.losses import Losses, losses
from netspec.training.network import network, primary
from netspec.training.optimizers import optimizer
from netspec.training.penalties import penalty
from netspec.training.run import Run
from netspec.training.schedules import plateau
from netspec.training.settings import OPTIMIZER, SCHEDULE, Settings, from_json, plain, resolved, to_json

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
    """A task with its images fitted, in memory."""

    task: Task
    train: Images
    validation: Images | None


def task(
    spec: str | Path | Source | Graph,
    dataset: Dataset,
    data: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str] | str | None = None,
    device: torch.device = CPU,
) -> Prepared:
    """A task from what a user names; the images of its training.

    Raises:
        DataError: if the network and the images can't be made to fit.
        SpecError: if the spec is wrong.
        TrainingError: for what its recipe asks for and can't be done here.
    """
    network = spec if isinstance(spec, Graph) else source_of(spec)  # once: standard input can't be read again
    fitting = fit(network, dataset, _with_defaults(network, parameters, inputs), inputs=inputs)
    settings = with_precision(resolved(fitting.graph), device)
    _check(settings, primary(fitting.graph))
    train, validation = _fitted(dataset, settings, fitting.steps, fitting.test_steps, fitting.images, fitting.shape)
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
        normalization(settings.normalize, train.pixels),
        dataset.shape,
    )
    return Prepared(made, train, validation)


def prepared(made: Task, dataset: Dataset) -> Prepared:
    """The images of a task that was read back. Raises TrainingError if they are others than they were."""
    check_digest(made, dataset)
    train, validation = _fitted(dataset, made.settings, made.steps, made.test_steps, made.images, made.shape)
    return Prepared(made, train, validation)


def test_images(made: Task, images: Images) -> Images:
    """The images of a split fitted to the network. Raises TrainingError if they are too many for the memory."""
    fitted = _whole(in_memory(images, (*made.steps, *made.test_steps), made.shape))
    if tuple(fitted.pixels.shape[1:]) != tuple(made.shape):
        sizes = f"{by(tuple(fitted.pixels.shape[1:]))}, and the network takes {by(made.shape)}"
        raise TrainingError(f"the images are {sizes}: test on images like those that it was trained on")
    return fitted


def check_digest(made: Task, dataset: Dataset) -> None:
    """That the set is the one that was trained on. Raises TrainingError."""
    if dataset.digest != made.digest:
        found = f"{dataset.digest[:12]}…, and the run's is {made.digest[:12]}…"
        raise TrainingError(f"`{made.data}` at {dataset.place} has changed since the run began: its digest is {found}")


def begun(ready: Prepared, device: torch.device) -> tuple[Training, Data]:
    """A training that has not made a step yet, and what it is fed with."""
    made, settings = ready.task, ready.task.settings
    net = network(made.graph, settings)
    net.module.to(device)
    net.train()
    outputs = made.graph.nodes[made.graph.outputs[net.primary]].shape.channels
    assert isinstance(outputs, int)
    fed = feed(ready.train, settings, made.normalization, outputs, device)
    steps = steps_in_all(settings, fed.order.per_epoch)
    training = Training(
        net,
        optimizer(settings.optimizer, net.module, settings.decay),
        losses_of(settings),
        settings,
        steps,
        Average(net.module, settings.ema) if settings.ema is not None else None,
        penalty({"l1": settings.l1, "l2": settings.l2, "decay": settings.decay}, net.module),
        plateau(settings.schedule),
        torch.zeros(3, dtype=torch.float64, device=device),
    )
    return training, Data(fed, ready.validation, len(made.classes))


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


def _fitted(
    dataset: Dataset,
    settings: Settings,
    steps: Sequence[Mapping[str, Any]],
    test_steps: Sequence[Mapping[str, Any]],
    images: tuple[int, int, int],
    shape: tuple[int, int, int],
) -> tuple[Images, Images | None]:
    """The training and the validation images, fitted."""
    splits = with_validation(dataset, settings.validation, settings.seed).splits
    train = _whole(in_memory(splits["train"], steps, images))
    if "validation" not in splits:
        return train, None
    return train, _whole(in_memory(splits["validation"], (*steps, *test_steps), shape))


def _whole(images: Images) -> Images:
    if images.files:
        raise TrainingError(
            f"{len(images):,} images are too many for the memory, and training from files is not there yet: "
            "give a smaller set or smaller images, such as --set 'train.input=resize(64)'"
        )
    return images


def with_precision(settings: Settings, device: torch.device) -> Settings:
    """The settings with their precision resolved: float32 on a CPU, where halves are slow, whatever the recipe says.

    On a GPU `auto` is bfloat16 if it has that, else float32.
    """
    if device.type == "cpu":
        return replace(settings, precision="float32")
    if settings.precision != "auto":
        return settings
    return replace(settings, precision="bfloat16" if torch.cuda.is_bf16_supported() else "float32")


def _check(settings: Settings, output: str) -> None:
    """That the recipe is one that images with classes can be trained by. Raises TrainingError."""
    for name, loss in settings.loss.items():
        if loss["name"] not in OF_CLASSES:
            known = ", ".join(f"`{each}`" for each in OF_CLASSES)
            what = f"the loss of `{name}` is `{loss['name']}`, which images with classes have no target for"
            raise TrainingError(f"{what}; those that are trained are {known}")
    if output not in settings.loss:
        raise TrainingError(f"the output `{output}` says the class, and the recipe gives it no loss: name it in `loss`")
    if settings.precision == "float16":
        raise TrainingError("`precision = float16` is not there yet on GPUs: take `bfloat16`, or `float32`")


# The record


def write(made: Task, run: Run, device: torch.device, command: Sequence[str]) -> None:
    """Write the spec, the network and the recipe into a run's folder. Raises TrainingError."""
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
        "threads": torch.get_num_threads(),
        "versions": versions(),
        "command": list(command),
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    run.write("recipe.json", json.dumps(record, ensure_ascii=False, indent=2, default=str) + "\n")


def versions() -> dict[str, str]:
    """What a run depends on for its numbers."""
    return {"netspec": __version__, "python": platform.python_version(), "torch": torch.__version__}


def read_back(run: Run) -> tuple[Task, Mapping[str, Any]]:
    """The task of a run, and its record as it is written. Raises TrainingError."""
    record = run.read("recipe.json")
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise TrainingError(f"`{run.folder / 'recipe.json'}` is of another version of netspec")
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
