"""How fast a training is and what its loss is now, read off it so rarely that it costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from netspec.records import frozen, mutable
from netspec.training.under_way import Data, Training


@frozen
class Reading:
    """What was read at a step: the mean loss and images a second since the reading before, the seconds that are left.

    `loss` is None where no step was made since. `left` counts validation in, as often as it came so far.
    """

    step: int
    epoch: int
    loss: float | None
    speed: float
    left: float


@mutable
class Meter:
    """Readings of a training. `losses` and `images` are the epoch's sums at the last reading."""

    training: Training
    data: Data
    clock: Callable[[], float] = perf_counter
    losses: float = 0.0
    images: float = 0.0
    step: int = 0
    at: float = 0.0
    begun: float = 0.0
    first: int = 0

    def start(self) -> Meter:
        """Begin to count here, in the middle of an epoch perhaps."""
        self.losses, _, self.images = self.training.sums.tolist()
        self.step = self.first = self.training.step
        self.at = self.begun = self.clock()
        return self

    def read(self) -> Reading:
        """A reading; on a GPU it waits for the steps under way, so it is not for every step."""
        training, now = self.training, self.clock()
        losses, _, images = training.sums.tolist()
        loss = (losses - self.losses) / (images - self.images) if images > self.images else None
        computed = (training.step - self.step) * self.data.feed.order.batch  # by all processes
        speed = computed / max(now - self.at, 1e-9)
        done, left = training.step - self.first, training.steps - training.step
        reading = Reading(training.step, self.epoch, loss, speed, (now - self.begun) * left / max(done, 1))
        self.losses, self.images, self.step, self.at = losses, images, training.step, now
        return reading

    def next_epoch(self) -> None:
        """Forget the sums of an epoch that is over."""
        self.losses = self.images = 0.0
        self.step, self.at = self.training.step, self.clock()

    @property
    def epoch(self) -> int:
        """The epoch that the last step was in, from 1."""
        return max(0, self.training.step - 1) // self.data.feed.order.per_epoch + 1
