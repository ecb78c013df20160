"""A part of a batch is changed as it would be within it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import torch

from netspec.data.augment import augmentation
from tests.data.augmentation.scripted import numbered

CHANGES: list[dict[str, Any]] = [
    {"name": "crop", "size": 5, "pad": 1, "mode": "zero"},
    {"name": "resizedcrop", "size": 6, "least": Fraction(1, 4)},
    {"name": "hflip", "chance": Fraction(1, 2)},
    {"name": "vflip", "chance": Fraction(1, 2)},
    {"name": "rotate", "degrees": 20},
    {"name": "shift", "part": Fraction(1, 3)},
    {"name": "zoom", "part": Fraction(1, 5)},
    {"name": "shear", "degrees": 10},
    {"name": "elastic", "strength": 2, "sigma": 1},
    {"name": "colour", "std": Fraction(1, 10)},
    {"name": "brightness", "part": Fraction(1, 2)},
    {"name": "contrast", "part": Fraction(1, 2)},
    {"name": "saturation", "part": Fraction(1, 2)},
    {"name": "noise", "std": Fraction(1, 10)},
    {"name": "cutout", "size": 2},
    {"name": "auto", "operations": 2, "strength": 9},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change["name"])
def test_a_part_of_a_batch_is_changed_as_within_it(change: dict[str, Any]) -> None:
    made = augmentation([change, {"name": "hflip", "chance": Fraction(1, 2)}], components=torch.eye(3))
    images, targets = numbered(7, 3, 6, 6), torch.arange(7)

    def changed(own: slice, **of: int) -> torch.Tensor:
        found, labels = made(images[own], targets[own], torch.Generator().manual_seed(3), **of)
        assert labels.tolist() == targets[own].tolist()
        return found

    whole = changed(slice(0, 7))
    assert not torch.equal(whole[0], whole.new_zeros(whole[0].shape)) and not made.mixes
    for first, last in ((0, 4), (4, 7), (2, 3)):
        part = changed(slice(first, last), first=first, whole=7)
        torch.testing.assert_close(part, whole[first:last], rtol=0, atol=1e-6)


def test_it_is_known_which_changes_mix_images() -> None:
    assert augmentation([{"name": "hflip", "chance": 1}, {"name": "mixup", "alpha": 1}], classes=2).mixes
    assert augmentation([{"name": "cutmix", "alpha": 1}], classes=2).mixes and not augmentation([]).mixes
