"""Images kept for validation: the published ones, else a part of the training images, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING

from netspec.data.dataset import DataError, Dataset, Images
from netspec.records import replace

if TYPE_CHECKING:
    from torch import Tensor

PART = Fraction(1, 10)
"""The part of the training images that is kept where the recipe says nothing."""


def with_validation(dataset: Dataset, part: Fraction | float | int = PART, seed: int = 0) -> Dataset:
    """The set with a split "validation": the published one, or a part of "train", which then has that much less.

    With `part` 0 and none published it is returned as it is.

    Raises:
        DataError: if there are too few images.
    """
    if "validation" in dataset.splits or not part:
        return dataset
    train = dataset.splits["train"]
    kept, held = held_out(train.labels.tolist(), part, seed)
    if not held or not kept:
        raise DataError(f"`{dataset.name}` has {len(train):,} images to train on: {float(part):g} of them is too few")
    splits = {**dataset.splits, "train": subset(train, kept), "validation": subset(train, held)}
    return replace(dataset, splits=splits)


def held_out(labels: Sequence[int], part: Fraction | float | int, seed: int) -> tuple[list[int], list[int]]:
    """The positions that are kept to train on and those that are held out, each in rising order.

    `part` of all, rounded, are held out, and of each class its share, to one: what is left over by rounding goes to the
    classes with the largest remainders. At least one image of each class is left to train on. Which ones of a class is
    decided by a sha256 of seed and position: the same on every machine and with every version of torch.
    """
    share = Fraction(part).limit_denominator(10**9)
    classes: dict[int, list[int]] = {}
    for position, label in enumerate(labels):
        classes.setdefault(label, []).append(position)
    counts = {label: int(len(own) * share) for label, own in classes.items()}
    left = round(len(labels) * share) - sum(counts.values())
    by_remainder = sorted(classes, key=lambda label: (counts[label] - len(classes[label]) * share, label))
    for label in by_remainder[:left]:
        counts[label] += 1
    held = set()
    for label, own in classes.items():
        drawn = sorted(own, key=lambda position: sha256(f"{seed} {position}".encode()).digest())
        held.update(drawn[: min(counts[label], len(own) - 1)])
    return [each for each in range(len(labels)) if each not in held], sorted(held)


def subset(images: Images, positions: Sequence[int]) -> Images:
    """The images at these positions."""
    import torch

    at: Tensor = torch.tensor(positions, dtype=torch.int64)
    files = tuple(images.files[each] for each in positions) if images.files else ()
    pixels = images.pixels if images.files else images.pixels[at]
    return Images(pixels, files, images.labels[at])
