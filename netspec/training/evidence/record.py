"""What is kept for people while a network is trained: a run's state, its curves, and its report at the end.

None of it is worth a training: what can't be written is said once, and the training goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netspec.data.dataset import DataError
from netspec.files import refusal
from netspec.records import mutable
from netspec.training.errors import TrainingError
from netspec.training.evidence.curves import Curves
from netspec.training.evidence.findings import examine
from netspec.training.evidence.report import report
from netspec.training.evidence.scalars import Scalars
from netspec.training.evidence.status import NAME, State, Status
from netspec.training.evidence.status import write as write_status
from netspec.training.run import Run
from netspec.training.under_way import Data, Training


@mutable
class Record:
    """The record of a training. `complain` is told, in a line, what could not be written."""

    training: Training
    data: Data
    run: Run
    curves: Curves
    complain: Callable[[str], None]
    scalars: Scalars | None = None
    said: str = ""

    def begin(self) -> None:
        """The training begins, or goes on. Of several processes the first alone keeps its record."""
        self._tried(lambda: self._state("running"))

    def epoch(self, row: Mapping[str, Any]) -> None:
        """An epoch is over and its line is written."""
        if not self.run.writes:
            return
        self._tried(lambda: self.curves.renew(self.run.metrics()))
        self._tried(lambda: self._state("running"))
        if self.scalars is not None:
            self.scalars.write(row)

    def end(self, state: State, why: str = "") -> bool:
        """The training is over, or stopped: draw the last curves, write the report; whether there is one."""
        self._tried(lambda: self._state(state, why))
        if not self.run.writes:
            return False
        if self.scalars is not None:
            self.scalars.close()
        if not self.run.metrics():
            return False
        self._tried(lambda: self.curves.renew(self.run.metrics(), last=True))
        self._tried(lambda: examine(self.run, self.data, self.data.feed.device))
        return self._tried(lambda: report(self.run))

    def _state(self, state: State, why: str = "") -> None:
        if not self.run.writes:
            return
        training, per_epoch = self.training, self.data.feed.order.per_epoch
        parameters = sum(each.numel() for each in training.network.module.parameters())
        epochs = training.steps / per_epoch
        try:
            write_status(self.run.folder, Status(state, training.step, training.steps, epochs, parameters, why))
        except OSError as error:
            raise TrainingError(refusal(self.run.folder / NAME, error)) from None

    def _tried(self, work: Callable[[], object]) -> bool:
        """Whether it was done; what could not be is said, and not twice in a row."""
        try:
            work()
        except (DataError, TrainingError) as error:
            if self.said != str(error):
                self.complain(str(error))
            self.said = str(error)
            return False
        return True


def recorded(
    training: Training, data: Data, run: Run, complain: Callable[[str], None], *, tensorboard: bool = False
) -> Record:
    """The record of a training that is about to begin or to go on. Raises MissingPackage without TensorBoard."""
    scalars = Scalars(run, training.step) if tensorboard and run.writes else None
    return Record(training, data, run, Curves(run), complain, scalars)
