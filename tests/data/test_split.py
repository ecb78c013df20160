"""The validation split: the same for the same seed, and each class with its share."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from netspec.data.dataset import DataError, Dataset, Images, load
from netspec.data.split import held_out, with_validation
from netspec.records import replace

LABELS = st.lists(st.integers(0, 5), max_size=200)
PARTS = st.fractions(0, Fraction(99, 100), max_denominator=100)


@given(LABELS, PARTS, st.integers(0, 5))
def test_every_image_is_in_one_of_the_two_and_both_are_in_order(labels: list[int], part: Fraction, seed: int) -> None:
    kept, held = held_out(labels, part, seed)
    assert sorted(kept + held) == list(range(len(labels)))
    assert kept == sorted(kept) and held == sorted(held)


@given(LABELS, PARTS, st.integers(0, 5))
def test_each_class_gives_its_share_to_one_and_keeps_an_image(labels: list[int], part: Fraction, seed: int) -> None:
    kept, held = held_out(labels, part, seed)
    for label, count in Counter(labels).items():
        given_away = sum(labels[position] == label for position in held)
        assert abs(given_away - count * part) < 1 or given_away == count - 1
        assert any(labels[position] == label for position in kept)


@given(
    st.lists(st.integers(0, 3), min_size=40, max_size=200).filter(lambda each: min(Counter(each).values()) > 5), PARTS
)
def test_as_many_are_held_out_as_was_asked_for(labels: list[int], part: Fraction) -> None:
    if part < Fraction(4, 5):
        assert len(held_out(labels, part, 0)[1]) == round(len(labels) * part)


def test_the_seed_decides_which() -> None:
    labels = [0, 1] * 50
    assert held_out(labels, 0.1, 0) == held_out(labels, 0.1, 0)
    assert held_out(labels, 0.1, 0)[1] != held_out(labels, 0.1, 1)[1]
    assert held_out(labels, 0.1, 0)[1] == [25, 35, 38, 44, 61, 68, 72, 77, 92, 97]  # on every machine


def test_ten_percent_of_mnist_mini_are_50_of_each_digit() -> None:
    dataset = with_validation(load("mnist-mini"), Fraction(1, 10), seed=3)
    assert {split: torch.bincount(each.labels).tolist() for split, each in dataset.splits.items()} == {
        "train": [450] * 10,
        "validation": [50] * 10,
        "test": [100] * 10,
    }


def made(count: int, *files: Path) -> Dataset:
    pixels = torch.arange(count, dtype=torch.uint8).reshape(count, 1, 1, 1)
    images = Images(pixels[:0] if files else pixels, files, torch.zeros(count, dtype=torch.int64))
    return Dataset("made", ("a",), {"train": images}, (1, 1, 1), "", "")


def test_images_go_with_their_labels_and_files_too() -> None:
    dataset = with_validation(made(10), 0.3)
    assert torch.cat([dataset.splits[split].pixels.flatten() for split in dataset.splits]).sort().values.tolist() == [
        *range(10)
    ]
    files = tuple(Path(str(number)) for number in range(10))
    dataset = with_validation(made(10, *files), 0.3)
    assert len(dataset.splits["validation"].files) == len(dataset.splits["validation"]) == 3
    assert set(dataset.splits["train"].files) | set(dataset.splits["validation"].files) == set(files)


def test_a_published_split_is_kept() -> None:
    dataset = made(10)
    published = replace(dataset, splits={**dataset.splits, "validation": dataset.splits["train"]})
    assert with_validation(published, 0.5) is published


def test_no_part_is_no_split_and_too_few_images_are_said() -> None:
    assert list(with_validation(made(10), 0).splits) == ["train"]
    with pytest.raises(DataError, match=r"^`made` has 3 images to train on: 0.1 of them is too few$"):
        with_validation(made(3), 0.1)
