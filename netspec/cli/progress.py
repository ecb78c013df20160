"""What is seen while steps are made: a bar on a terminal, a line every so many steps if that is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from time import perf_counter
from typing import TYPE_CHECKING, Any

from netspec.records import mutable

if TYPE_CHECKING:
    from rich.console import Console

    from netspec.training.evidence.meter import Meter, Reading
    from netspec.training.under_way import Data, Training

EVERY = 0.5
"""Seconds between two looks at the training for the bar."""

SMOOTHED = 0.7
"""What the speed that is shown keeps of the one before."""


@mutable
class View:
    """Prints what goes on. `stepped` is called after each step, `said` prints a line; `bar` is there on a terminal."""

    meter: Meter
    every: int | None
    bar: Bar | None

    def stepped(self) -> None:
        """Look at the training if it is time to."""
        asked = self.every is not None and self.meter.training.step % self.every == 0
        if asked:
            reading = self.meter.read()
            self.said(step_line(reading, self.meter.training.steps))
            if self.bar is not None:
                self.bar.show(reading)
        elif self.bar is not None and self.bar.is_due():
            self.bar.show(self.meter.read())

    def next_epoch(self) -> None:
        """An epoch is over, and what comes after it is done."""
        self.meter.next_epoch()

    def said(self, line: str, style: str = "") -> None:
        """A line, above the bar; it is there at once, for a pipe too."""
        if self.bar is not None:
            self.bar.say(line, style)
            return
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def step_line(reading: Reading, steps: int) -> str:
    """`step 100 of 710  loss 0.4321  1,234 images/s`."""
    loss = "-" if reading.loss is None else f"{reading.loss:.4f}"
    return f"  step {reading.step:,} of {steps:,}  loss {loss}  {reading.speed:,.0f} images/s"


def is_live() -> bool:
    """Whether a line of standard output can be written again and again."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def viewing(training: Training, data: Data, every: int | None, color: str = "auto") -> Iterator[View]:
    """The view of a training: with a bar if standard output is a terminal."""
    from netspec.training.evidence.meter import Meter

    meter = Meter(training, data).start()
    if not is_live():
        yield View(meter, every, None)
        return
    from netspec.cli.stream import console

    with bar(console(color), training, data) as live:
        yield View(meter, every, live)


# On a terminal


@contextmanager
def bar(console: Console, training: Training, data: Data, clock: Callable[[], float] = perf_counter) -> Iterator[Bar]:
    """A bar on a terminal, which is gone at the end."""
    from rich.progress import BarColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("epoch {task.fields[epoch]}", markup=False),
        BarColumn(None),
        TextColumn("{task.percentage:3.0f} %", markup=False),
        TextColumn("{task.fields[figures]}", markup=False),
        console=console,
        auto_refresh=False,
        transient=True,
        expand=True,
    )
    epochs = ceil(training.steps / data.feed.order.per_epoch)
    with progress:
        task = progress.add_task("", total=training.steps, completed=training.step, epoch=f"-/{epochs}", figures="")
        yield Bar(progress, task, epochs, clock)


@mutable
class Bar:
    """The line that is written again and again: rich's, drawn when it is told to, so that no thread takes time."""

    progress: Any
    task: Any
    epochs: int
    clock: Callable[[], float]
    shown: float = -1e9
    speed: float | None = None

    def is_due(self) -> bool:
        """Whether it is time to draw it again."""
        return self.clock() - self.shown >= EVERY

    def show(self, reading: Reading) -> None:
        """Draw it."""
        self.shown = self.clock()
        before = reading.speed if self.speed is None else self.speed
        self.speed = SMOOTHED * before + (1 - SMOOTHED) * reading.speed
        self.progress.update(
            self.task,
            completed=reading.step,
            epoch=f"{reading.epoch}/{self.epochs}",
            figures=figures(reading, self.speed),
        )
        self.progress.refresh()

    def say(self, line: str, style: str) -> None:
        """Print a line above it."""
        from rich.text import Text

        self.progress.console.print(Text(line, style, no_wrap=True), soft_wrap=True)


def figures(reading: Reading, speed: float) -> str:
    """`loss 0.1234  1,234 images/s  1:05 left`."""
    from netspec.training.evidence.words import duration

    loss = [] if reading.loss is None else [f"loss {reading.loss:.4f}"]
    return "  ".join([*loss, f"{speed:,.0f} images/s", f"{duration(reading.left)} left"])
