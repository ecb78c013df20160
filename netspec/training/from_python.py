"""Training from Python: `netspec.train`, and what the methods of a Run do. Torch is loaded by the calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from warnings import warn

from netspec.graph import Graph
from netspec.source import Source

if TYPE_CHECKING:
    from torch import Tensor, nn

    from netspec.training.predicting import Picture, Prediction
    from netspec.training.run import Run
    from netspec.training.trained import Trained
    from netspec.training.under_way import Data, Training

Each: TypeAlias = Callable[[Mapping[str, Any]], object]
"""What is told of each epoch: the line that `metrics.jsonl` has of it."""

Images: TypeAlias = "str | Path | bytes | Tensor | Sequence[str | Path | bytes]"


def train(
    spec: str | Path | Source | Graph,
    data: str | Path,
    *,
    inputs: Mapping[str, str] | str | None = None,
    folder: str | Path | None = None,
    device: str | None = None,
    offline: bool = False,
    save_every: int | None = None,
    each: Each | None = None,
    **settings: Any,
) -> Run:
    """Train a network on a set of images, as `netspec train` does, and give its run. Nothing is printed.

    Args:
        spec: what `netspec.compile` takes, or a Graph.
        data: the images, as `netspec train --data` names them.
        inputs: the shape that is to flow in, whatever the images are.
        folder: that of the run; else `runs/NAME-DATE-N`.
        device: `cpu`, `cuda` or `cuda:N`; else a GPU if there is one.
        offline: whether to download nothing.
        save_every: steps between two saved states, beside that at the end of every epoch.
        each: is called with the figures of every epoch, as `print` may be.
        settings: of the recipe (`epochs=3`, `batch=32`, `optimizer="sgd(lr=0.1)"`), arguments of its words (`lr=0.01`),
            and values for the spec's own parameters.

    Raises:
        DataError: if the images can't be found, read, or made to fit.
        SpecError: if the spec or a setting is wrong.
        TrainingError: for what can't be done here; NotFinite, which is one, where numbers go out of bounds.
        KeyboardInterrupt: at Ctrl-C, once the step is done and the state saved.
        MissingPackage: if torch is not installed.
    """
    _need_torch()
    from netspec.compiler import source_of
    from netspec.data.dataset import load
    from netspec.training.devices import device_of
    from netspec.training.run import create
    from netspec.training.task import begun, task, write

    on = device_of(device)
    network = spec if isinstance(spec, Graph) else source_of(spec)
    given = _given(network, settings)
    dataset = load(str(data), offline=offline)
    ready = task(network, dataset, str(data), given, inputs, on)
    training, fed = begun(ready, on)
    run = create(ready.task.name, None if folder is None else Path(folder))
    write(ready.task, run, on, command=[_call(network, data, settings)])
    _to_the_end(training, fed, run, save_every, each)
    return run


def resume(run: Run, device: str | None, *, offline: bool, save_every: int | None, each: Each | None) -> None:
    """As `Run.resume`."""
    from netspec.training.resume import resumed

    found = resumed(run.folder, device, offline=offline)
    _to_the_end(found.training, found.data, found.run, save_every, each)


def predict(run: Run, images: Images, top: int, weights: str, device: str | None) -> list[Prediction]:
    """As `Run.predict`."""
    from torch import Tensor

    from netspec.data.dataset import DataError
    from netspec.training.predicting import predictions
    from netspec.training.trained import trained

    made = trained(run, weights, device)
    if isinstance(images, Tensor):
        return _of_tensor(made, images, top)
    found = list(predictions(made, _pictures(images), top))
    for each in found:
        if each.error is not None:
            raise DataError(each.error)
    return found


def module(run: Run, weights: str) -> nn.Module:
    """As `Run.module`."""
    from netspec.lowering.build import build_graph
    from netspec.training.state import put_into
    from netspec.training.task import read_back
    from netspec.training.trained import weights_of

    task, _ = read_back(run)
    made = build_graph(task.graph)
    put_into(made.state_dict(), weights_of(run, weights), "a weight")
    return made.eval()


def _need_torch() -> None:
    from netspec.lowering.extras import need

    need("torch", extra="torch")
    need("safetensors", extra="torch")


def _to_the_end(training: Training, data: Data, run: Run, every: int | None, each: Each | None) -> None:
    from netspec.training import loop
    from netspec.training.allocation import keep_freed_memory
    from netspec.training.evidence.record import recorded
    from netspec.training.finite import NotFinite
    from netspec.training.interrupt import interruptible
    from netspec.training.lock import locked

    keep_freed_memory()
    record = recorded(training, data, run, _warn)
    with locked(run.folder), interruptible() as stop:
        record.begin()
        try:
            for row in loop.train(training, data, run, every=every, stop=stop, say=_warn):
                record.epoch(row)
                if each is not None:
                    each(row)
        except NotFinite as error:
            record.end("failed", str(error))
            raise
        record.end("done" if training.over else "stopped", training.early)
    if stop():
        done = f"stopped after step {training.step:,} of {training.steps:,}; go on by netspec.Run({str(run.folder)!r})"
        raise KeyboardInterrupt(f"{done}.resume()") if stop.status == 130 else SystemExit(stop.status)


def _warn(text: str) -> None:
    """What the command would say on standard error."""
    warn(text, RuntimeWarning, stacklevel=2)


# What is given


def _given(spec: Source | Graph, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as `netspec.compile` takes them: the spec's own parameters as they are, all others as `train.…`.

    Raises TrainingError for settings of a Graph.
    """
    from netspec.training.errors import TrainingError

    if not settings:
        return {}
    if isinstance(spec, Graph):
        raise TrainingError(f"a Graph has its recipe, so `{next(iter(settings))}` can't be set: give the spec itself")
    own = _parameters(spec)
    return {name if name in own or "." in name else f"train.{name}": each for name, each in settings.items()}


def _parameters(spec: Source) -> frozenset[str]:
    """The names of the parameters that a spec declares. Raises SpecError."""
    from netspec.compiler import parse
    from netspec.language.tree import Define
    from netspec.library import is_json

    if is_json(spec):
        return frozenset()
    items = parse(spec).chain.items
    return frozenset(each.name for each in items if isinstance(each, Define) and each.keyword == "param")


def _call(spec: Source | Graph, data: str | Path, settings: Mapping[str, Any]) -> str:
    """The call, for the record of the run."""
    named = "".join(f", {name}={each!r}" for name, each in settings.items())
    return f"netspec.train({spec.name!r}, {str(data)!r}{named})"


# Pictures


def _pictures(images: Any) -> Iterator[Picture | Prediction]:
    from netspec.training.picture_names import named
    from netspec.training.predicting import Picture

    several = [images] if isinstance(images, str | Path | bytes) else images
    for number, each in enumerate(several, 1):
        if isinstance(each, bytes):
            yield Picture(f"image {number:,}", each)
        else:
            yield from named([str(each)])


def _of_tensor(made: Trained, images: Tensor, top: int) -> list[Prediction]:
    """What images in memory are taken for. Raises TrainingError if they are none."""
    import torch

    from netspec.training.errors import TrainingError
    from netspec.training.intake import intake
    from netspec.training.predicting import Prediction, guesses

    if images.dtype != torch.uint8 or images.dim() not in (3, 4):
        given = f"{tuple(images.shape)} of {str(images.dtype).removeprefix('torch.')}"
        raise TrainingError(f"images are uint8 from 0 to 255, (C, H, W) or (N, C, H, W), and these are {given}")
    several = images if images.dim() == 4 else images.unsqueeze(0)
    found = guesses(made, intake(made.task).fitted(several), top) if len(several) else ()
    return [Prediction(f"image {number:,}", each) for number, each in enumerate(found, 1)]
