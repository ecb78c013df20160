"""The recipe's `schedule`: the part of its rate that an optimiser takes, as a pure function of the step.

Steps are counted from 0, epochs of the recipe in steps; all counting is exact. Where a `warmup` is, the rate first
rises along a line and reaches its height at the warm-up's last step. What falls at epochs counts these from the
beginning; what falls along a curve begins to when the warm-up is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import cos, pi
from typing import Any

from netspec.records import frozen, replace


def rate(schedule: Mapping[str, Any] | None, step: int, *, epoch: int, steps: int) -> float:
    """The part of the rate that the optimiser takes at a step, from 0 to 1.

    Args:
        schedule: the recipe's `schedule`; None is constant. Of a `plateau` it is the warm-up alone.
        step: which one, the first is 0.
        epoch: steps an epoch.
        steps: of the whole training.
    """
    if schedule is None:
        return 1.0
    if schedule["name"] == "onecycle":
        return _one_cycle(schedule, step, steps)
    warmup = Fraction(schedule["warmup"]) * epoch
    rising = min(1.0, float((step + 1) / warmup)) if warmup else 1.0
    along = min(1.0, float((step - warmup) / (steps - warmup))) if warmup < min(step, steps) else 0.0
    return rising * _fallen(schedule, step, epoch, along)


def _fallen(schedule: Mapping[str, Any], step: int, epoch: int, along: float) -> float:
    """What is left at a step, `along` of the way from the warm-up to the end."""
    match schedule:
        case {"name": "step", "every": every, "factor": factor}:
            return _power(factor, step // (every * epoch))
        case {"name": "multistep", "at": at, "factor": factor}:
            return _power(factor, sum(step >= each * epoch for each in at))
        case {"name": "exponential", "factor": factor}:
            return _power(factor, step // epoch)
        case {"name": "polynomial", "power": power}:
            return _power(1 - along, power)
        case {"name": "cosine", "final": final}:
            return _between(1.0, float(final), along, "cosine")
        case {"name": "constant" | "plateau"}:
            return 1.0
        case {"name": name}:
            raise ValueError(f"no schedule is called {name}")
    raise AssertionError(schedule)


def _one_cycle(schedule: Mapping[str, Any], step: int, steps: int) -> float:
    """From `start` up to 1 in the first `rise` of all steps, then down to `final` at the last (Smith 2018)."""
    start, final, shape = float(schedule["start"]), float(schedule["final"]), str(schedule["shape"])
    last = steps - 1
    top = max(schedule["rise"] * steps - 1, 0)
    if step < top:
        return _between(start, 1.0, float(step / top), shape)
    return _between(1.0, final, float(min((step - top) / (last - top), 1)) if last > top else 0.0, shape)


def _power(base: Fraction | float, exponent: Fraction | int) -> float:
    return float(float(base) ** float(exponent))


def _between(first: float, last: float, along: float, shape: str) -> float:
    """From the first to the last number, along a line or half a cosine."""
    part = (1 - cos(pi * along)) / 2 if shape == "cosine" else along
    return first + (last - first) * part


@frozen
class Plateau:
    """How far the rate has fallen on plateaus of the validation loss: `after` each epoch there is a new one.

    The rate falls by `factor` when more than `patience` epochs in a row had no lower loss than the lowest so far. It
    holds numbers only, so that a training that is resumed goes on with it.
    """

    factor: float
    patience: int
    part: float = 1.0
    lowest: float | None = None
    waited: int = 0

    def after(self, loss: float) -> Plateau:
        """The state after an epoch with this validation loss; one that is not a number is not lower."""
        if loss == loss and (self.lowest is None or loss < self.lowest):
            return replace(self, lowest=loss, waited=0)
        if self.waited < self.patience:
            return replace(self, waited=self.waited + 1)
        return replace(self, part=self.part * self.factor, waited=0)


def plateau(schedule: Mapping[str, Any] | None) -> Plateau | None:
    """The state at the beginning, where the schedule is one that falls on plateaus."""
    if schedule is None or schedule["name"] != "plateau":
        return None
    return Plateau(float(schedule["factor"]), schedule["patience"])
