"""A training as people see it: what it is, a line an epoch, how it ended."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netspec.cli.usage import complain
from netspec.records import frozen

if TYPE_CHECKING:
    from argparse import Namespace

    from netspec.graph import Graph
    from netspec.training.run import Run
    from netspec.training.task import Task
    from netspec.training.under_way import Data, Training

BEST = "bold green"


@frozen
class Shown:
    """What is to be seen of a training: a line every so many steps, colours, figures for TensorBoard."""

    every: int | None = None
    color: str = "auto"
    tensorboard: bool = False


def follow(training: Training, data: Data, run: Run, every: int | None, shown: Shown = Shown()) -> int:  # noqa: B008
    """Train to the end, a line an epoch, with a report; the exit status."""
    from netspec.cli.progress import viewing
    from netspec.training.allocation import keep_freed_memory
    from netspec.training.distributed import agreed
    from netspec.training.errors import Unwritable
    from netspec.training.evaluation import MANY
    from netspec.training.evidence.record import recorded
    from netspec.training.finite import NotFinite
    from netspec.training.interrupt import interruptible
    from netspec.training.loop import train

    keep_freed_memory()
    record = recorded(training, data, run, complain, tensorboard=shown.tensorboard)
    record.begin()
    five = data.classes > MANY
    failure = ""
    with interruptible() as stop:
        try:
            with viewing(training, data, shown.every, shown.color) as view:
                view.said(header(five))
                asked = agreed(stop, training)
                rows = train(training, data, run, every=every, stop=asked, say=complain, stepped=view.stepped)
                for row in rows:
                    view.said(line(row, five), BEST if is_best(row) else "")
                    record.epoch(row)
                    view.next_epoch()
        except NotFinite as error:
            failure = str(error)
            complain(_not_finite(error, training, run))
        except Unwritable as error:
            raise Unwritable(f"{error}{_way_on(run)}") from None
        stopped = not training.over and not failure
        if stopped:
            where = f"step {training.step:,} of {training.steps:,}"
            _say(f"stopped after {where}; go on by: netspec resume {run.folder}")
        reported = record.end("failed" if failure else "stopped" if stopped else "done", failure or training.early)
    if not failure and not stopped:
        _say(ended(training, run))
    if reported:
        _say(f"report: {run.folder / 'report.html'}")
    return 1 if failure else stop.status if stopped else 0


def shown(options: Namespace) -> Shown:
    """What the options of a command say about it."""
    return Shown(options.log_every, options.color, options.tensorboard)


def introduce(graph: Graph, color: str) -> None:
    """The table of the network that is trained, and a line between it and what follows."""
    from netspec.analysis import analyze
    from netspec.cli.stream import show
    from netspec.records import replace
    from netspec.report.sheet import sheet

    show(replace(sheet(analyze(graph)), convention=()), color)
    _say("")


def described(
    made: Task,
    data: Data,
    training: Training,
    run: Run,
    device: str,
    pixels: str,
    more: Sequence[tuple[str, str]] = (),
) -> str:
    """What will be trained, on what and how; `device` and `pixels` say where, and where the images are; more rows."""
    from netspec.report import layout
    from netspec.training.evidence.words import word

    settings, per_epoch = made.settings, data.feed.order.per_epoch
    kept = len(data.validation) if data.validation is not None else 0
    images = f"{len(data.feed.labels):,} to train on, {kept:,} for validation, in {len(made.classes)} classes"
    epochs = f"{training.steps / per_epoch:.6g}"
    steps = f"{training.steps:,}, {per_epoch:,} an epoch of {epochs} epoch{'s' * (epochs != '1')}"
    recipe = ", ".join([word(settings.optimizer), word(settings.schedule), f"batches of {data.feed.order.batch:,}"])
    pairs = [
        ("fitted", made.line),
        ("images", images),
        ("pixels", pixels),
        ("steps", steps),
        ("recipe", recipe),
        *more,
        ("device", device),
        ("run", str(run.folder)),
    ]
    return "\n".join([f"{made.name} on {made.data}", *layout.labelled(pairs)]) + "\n"


def header(five: bool) -> str:
    """The names over the epochs' lines; `five` is whether there is a top-5."""
    top5 = "    top-5" if five else ""
    return f"epoch      step  train loss    top-1    val loss    top-1{top5}   images/s"


def line(row: Mapping[str, Any], five: bool = False) -> str:
    """An epoch's line; the best so far is marked."""
    loss, top1, top5 = (row[f"validation_{name}"] for name in ("loss", "top1", "top5"))
    tested = f"{'-':>10}  {'-':>7}" if loss is None else f"{loss:10.4f}  {100 * top1:5.2f} %"
    if five:
        tested += f"  {'-':>7}" if top5 is None else f"  {100 * top5:5.2f} %"
    trained = f"{row['train_loss']:10.4f}  {100 * row['train_top1']:5.2f} %"
    best = "  best" if is_best(row) else ""
    return f"{row['epoch']:5,}  {row['step']:8,}  {trained}  {tested}  {row['images_per_second']:9,.0f}{best}"


def is_best(row: Mapping[str, Any]) -> bool:
    """Whether an epoch is the best so far, by validation images."""
    return bool(row["best"]) and row["validation_loss"] is not None


def ended(training: Training, run: Run) -> str:
    """How a training ended that was not stopped."""
    best, early = training.best or {}, training.early
    said = f"{early}; " if early else ""
    if best.get("validation_top1") is None:
        return f"{said}done; test it by: netspec test {run.folder}"
    share = f"{100 * best['validation_top1']:.2f} % of the validation images right"
    return f"{said}best: epoch {best['epoch']}, {share}; test it by: netspec test {run.folder}"


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


def _say(text: str) -> None:
    """A line that is there at once, for a pipe too."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
