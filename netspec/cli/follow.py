"""A training as people see it: what it is, a line an epoch, how it ended."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netspec.cli.usage import complain

if TYPE_CHECKING:
    from netspec.training.loop import Data, Training
    from netspec.training.run import Run
    from netspec.training.task import Task

_HEADER = "epoch      step  train loss    top-1    val loss    top-1   images/s"


def follow(training: Training, data: Data, run: Run, every: int | None) -> int:
    """Train to the end, a line an epoch; the exit status."""
    from netspec.training.allocation import keep_freed_memory
    from netspec.training.distributed import agreed
    from netspec.training.errors import TrainingError
    from netspec.training.finite import NotFinite
    from netspec.training.interrupt import interruptible
    from netspec.training.loop import train

    keep_freed_memory()
    _say(_HEADER)
    with interruptible() as stop:
        try:
            for row in train(training, data, run, every=every, stop=agreed(stop, training)):
                _say(line(row))
        except NotFinite as error:
            complain(_not_finite(error, training, run))
            return 1
        except TrainingError as error:
            raise TrainingError(f"{error}{_way_on(run)}") from None
    if not training.over:
        _say(f"stopped after step {training.step:,} of {training.steps:,}; go on by: netspec resume {run.folder}")
        return stop.status
    _say(ended(training, run))
    return 0


def described(
    made: Task, data: Data, training: Training, run: Run, device: str, more: Sequence[tuple[str, str]] = ()
) -> str:
    """What will be trained, on what and how; `more` are further rows."""
    from netspec.analysis import analyze
    from netspec.report import layout
    from netspec.report.sheet import sheet

    settings, per_epoch = made.settings, data.feed.order.per_epoch
    kept = len(data.validation) if data.validation is not None else 0
    images = f"{len(data.feed.labels):,} to train on, {kept:,} for validation, in {len(made.classes)} classes"
    epochs = f"{training.steps / per_epoch:.6g}"
    steps = f"{training.steps:,}, {per_epoch:,} an epoch of {epochs} epoch{'s' * (epochs != '1')}"
    recipe = ", ".join([_word(settings.optimizer), _word(settings.schedule), f"batches of {data.feed.order.batch:,}"])
    pairs = [
        ("fitted", made.line),
        *sheet(analyze(made.graph)).summary,
        ("images", images),
        ("steps", steps),
        ("recipe", recipe),
        *more,
        ("device", f"{device}, {settings.precision}"),
        ("run", str(run.folder)),
    ]
    return "\n".join([f"{made.name} on {made.data}", *layout.labelled(pairs)]) + "\n"


def line(row: Mapping[str, Any]) -> str:
    """An epoch's line; the best so far is marked."""
    loss, top1 = row["validation_loss"], row["validation_top1"]
    tested = f"{'-':>10}  {'-':>7}" if loss is None else f"{loss:10.4f}  {100 * top1:5.2f} %"
    trained = f"{row['train_loss']:10.4f}  {100 * row['train_top1']:5.2f} %"
    best = "  best" if row["best"] and loss is not None else ""
    return f"{row['epoch']:5,}  {row['step']:8,}  {trained}  {tested}  {row['images_per_second']:9,.0f}{best}"


def ended(training: Training, run: Run) -> str:
    """How a training ended that was not stopped."""
    best = training.best or {}
    early = f"stopped early, {training.waited} epochs without a lower validation loss; " * (
        training.step < training.steps
    )
    if best.get("validation_top1") is None:
        return f"{early}done; test it by: netspec test {run.folder}"
    share = f"{100 * best['validation_top1']:.2f} % of the validation images right"
    return f"{early}best: epoch {best['epoch']}, {share}; test it by: netspec test {run.folder}"


def _not_finite(error: Exception, training: Training, run: Run) -> str:
    """What to do where numbers went out of bounds."""
    from netspec.training.state import load

    saved = load(run.state).facts["step"]
    lr = training.settings.optimizer["lr"]
    kept = f"the state after step {saved:,} is kept in `{run.folder}`"
    return f"{error}; {kept}; try a lower rate, such as --set train.lr={lr / 3:.1g}"


def _way_on(run: Run) -> str:
    """What to do where the folder of a run can't be written."""
    return f"; once it can be, go on by: netspec resume {run.folder}" if run.state.exists() else ""


def _word(choice: Mapping[str, Any]) -> str:
    """`sgd(lr=0.1, momentum=0.9)`."""
    arguments = [f"{name}={_value(each)}" for name, each in choice.items() if name != "name"]
    return f"{choice['name']}({', '.join(arguments)})" if arguments else str(choice["name"])


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _say(text: str) -> None:
    """A line that is there at once, for a pipe too."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
