"""A linear classifier on features: how much of the classes a layer says by weighted sums alone.

Multinomial logistic regression on standardised features, with a penalty λ/2·‖W‖² on its weights and none on its biases,
fitted by L-BFGS from zero: the problem is convex, and nothing is drawn. λ is the one of `PENALTIES` with which most
validation images are right, the strongest of equals; weaker ones are tried until two in a row do no better. Then it is
fitted again, to training and validation images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

from netspec.data.split import PART, held_out
from netspec.records import frozen
from netspec.training.errors import TrainingError
from netspec.training.features import Features

PENALTIES = tuple(10.0**power for power in range(0, -7, -1))
"""The λ that are tried, the strongest first; each fit begins where the one before ended."""

STEPS = 100
"""The most iterations of one fit: a weak penalty needs many, for little."""

TESTED = Fraction(1, 5)
"""The part that is kept to test on where the features don't say which images are."""


@frozen
class Table:
    """Features with labels: float32 (N, D), int64 (N,), the split of each, and the names of the classes."""

    values: Tensor
    labels: Tensor
    splits: tuple[str, ...]
    classes: tuple[str, ...]


@frozen
class Fit:
    """Weights (K, D) and biases (K,) for features standardised by `mean` and `deviation`, (D,)."""

    weight: Tensor
    bias: Tensor
    mean: Tensor
    deviation: Tensor

    def right(self, values: Tensor, labels: Tensor) -> Tensor:
        """Which of these rows are put into their class: bool (N,)."""
        scores = linear((values - self.mean) / self.deviation, self.weight, self.bias)
        return scores.argmax(1) == labels


@frozen
class Probed:
    """What was found: parts are from 0 to 1.

    `images` counts those of each split, `tried` has the part of the validation images that is right for each λ, and
    `penalty` is the one that was taken. `top1` and `per_class` are of the test images, None where there are none.
    """

    numbers: int
    classes: tuple[str, ...]
    images: Mapping[str, int]
    tried: Mapping[float, float]
    penalty: float
    top1: float | None
    per_class: tuple[float | None, ...]


def table_of(found: Features) -> Table:
    """Features in memory."""
    return Table(torch.cat(list(found.parts)).flatten(1), found.labels, found.splits, found.classes)


def table(arrays: Mapping[str, Any], name: str) -> Table:
    """The table in an archive: `features`, `labels`, and `splits` and `classes` if there are. Raises TrainingError."""
    values, labels = arrays.get("features"), arrays.get("labels")
    if not isinstance(values, Tensor) or not isinstance(labels, Tensor):
        missing = "labels" if isinstance(values, Tensor) else "features"
        raise TrainingError(f"`{name}` has no array `{missing}` of numbers; it has {', '.join(arrays) or 'none'}")
    if values.dim() < 2 or labels.dim() != 1 or len(values) != len(labels) or not len(labels):
        shapes = f"{tuple(values.shape)} and {tuple(labels.shape)}"
        raise TrainingError(f"`{name}`: `features` are (N, …) and `labels` (N,), and these are {shapes}")
    if labels.is_floating_point() or int(labels.min()) < 0:
        raise TrainingError(f"`{name}`: labels are whole numbers from 0, the numbers of classes")
    classes = tuple(arrays.get("classes") or map(str, range(int(labels.max()) + 1)))
    if int(labels.max()) >= len(classes):
        raise TrainingError(f"`{name}`: label {int(labels.max())} is none of its {len(classes)} classes")
    splits = tuple(arrays.get("splits") or _drawn(labels))
    if len(splits) != len(labels):
        raise TrainingError(f"`{name}` has {len(splits):,} `splits` for {len(labels):,} rows")
    return Table(values.flatten(1).float(), labels.long(), splits, classes)


def probe(given: Table) -> Probed:
    """Fit a linear classifier, and test it. Raises TrainingError if there is nothing to fit it to."""
    if not bool(given.values.isfinite().all()):
        raise TrainingError("some features are no finite numbers")
    rows, count = _rows(given), len(given.classes)
    best, start, tried = _chosen(given, rows, count)
    both = torch.cat([rows["train"], rows["validation"]])
    final = fitted(given.values[both], given.labels[both], count, best, start)
    test = given.labels[rows["test"]]
    right = final.right(given.values[rows["test"]], test)
    return Probed(
        given.values.shape[1],
        given.classes,
        {name: len(each) for name, each in rows.items()},
        tried,
        best,
        _mean(right) if len(test) else None,
        tuple(_mean(right[test == label]) if bool((test == label).any()) else None for label in range(count)),
    )


def _chosen(given: Table, rows: Mapping[str, Tensor], count: int) -> tuple[float, Fit, dict[float, float]]:
    """The penalty that does best on the validation images, its fit, and how well each did that was tried."""
    values, labels = given.values[rows["train"]], given.labels[rows["train"]]
    held, truth = given.values[rows["validation"]], given.labels[rows["validation"]]
    fits: dict[float, Fit] = {}
    tried: dict[float, float] = {}
    last: Fit | None = None
    for penalty in PENALTIES:
        last = fits[penalty] = fitted(values, labels, count, penalty, last)
        tried[penalty] = _mean(last.right(held, truth))
        best = max(tried, key=lambda each: (tried[each], each))
        if list(tried).index(best) < len(tried) - 2:
            break
    return best, fits[best], tried


def fitted(values: Tensor, labels: Tensor, classes: int, penalty: float, start: Fit | None = None) -> Fit:
    """The classifier that makes the mean cross-entropy and the penalty least: (N, D), (N,) -> Fit."""
    mean, deviation = values.mean(0), values.std(0, correction=0)
    deviation = torch.where(deviation > 0, deviation, torch.ones(()))
    flat = (values - mean) / deviation
    weight = torch.zeros(classes, values.shape[1]) if start is None else start.weight.clone()
    bias = torch.zeros(classes) if start is None else start.bias.clone()
    unknown = [weight.requires_grad_(), bias.requires_grad_()]
    search = torch.optim.LBFGS(
        unknown, max_iter=STEPS, tolerance_grad=1e-6, tolerance_change=1e-9, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        search.zero_grad()
        found = cross_entropy(linear(flat, weight, bias), labels) + penalty / 2 * weight.square().sum()
        torch.autograd.backward(found)
        return found

    search.step(loss)  # type: ignore[no-untyped-call]
    return Fit(weight.detach(), bias.detach(), mean, deviation)


def _rows(given: Table) -> dict[str, Tensor]:
    """The rows of each split; a part of those to train on is for validation where none are. Raises TrainingError."""
    rows = {name: torch.tensor([at for at, own in enumerate(given.splits) if own == name], dtype=torch.int64)
            for name in ("train", "validation", "test")}  # fmt: skip
    if not len(rows["validation"]) and len(rows["train"]):
        kept, held = held_out(given.labels[rows["train"]].tolist(), PART, seed=0)
        rows = {**rows, "train": rows["train"][kept], "validation": rows["train"][held]}
    if not len(rows["train"]) or not len(rows["validation"]):
        found = ", ".join(sorted(set(given.splits)))
        raise TrainingError(f"there are too few features to train a classifier on: the splits are {found}")
    return rows


def _drawn(labels: Tensor) -> Sequence[str]:
    """Splits where none are given: a fifth is to test on."""
    _, held = held_out(labels.tolist(), TESTED, seed=0)
    test = set(held)
    return tuple("test" if at in test else "train" for at in range(len(labels)))


def _mean(right: Tensor) -> float:
    return float(right.float().mean())
