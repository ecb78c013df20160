"""The published files themselves, where they are: `$NETSPEC_DATA` names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from netspec.data.dataset import DataError, load
from netspec.data.finding import load_boxes
from netspec.data.normalize import statistics


def published(name: str) -> Path:
    """A folder of $NETSPEC_DATA; skips, saying so, without it."""
    if not os.environ.get("NETSPEC_DATA"):
        pytest.skip("$NETSPEC_DATA is not set")
    path = Path(os.environ["NETSPEC_DATA"]) / name
    if not path.is_dir():
        pytest.skip(f"$NETSPEC_DATA has no {name}")
    return path


def test_mnist_has_its_counts_and_the_mean_and_deviation_that_everybody_uses() -> None:
    published("mnist")
    dataset = load("mnist", offline=True)
    train, test = dataset.splits["train"], dataset.splits["test"]
    assert (len(train), len(test), dataset.shape) == (60_000, 10_000, (1, 28, 28))
    assert torch.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    mean, std = statistics(train.pixels)
    assert (round(mean[0], 4), round(std[0], 4)) == (0.1307, 0.3081)


def test_fashion_mnist_of_debian_has_its_counts() -> None:
    try:
        dataset = load("fashion-mnist", offline=True)
    except DataError as error:
        pytest.skip(str(error).partition("\n")[0])
    assert {split: len(each) for split, each in dataset.splits.items()} == {"train": 60_000, "test": 10_000}
    mean, std = statistics(dataset.splits["train"].pixels)
    assert (round(mean[0], 4), round(std[0], 4)) == (0.2860, 0.3530)


def test_cifar_10_is_read_with_its_names_and_colours() -> None:
    published("cifar-10-batches-bin")
    dataset = load("cifar10", offline=True)
    counts = torch.bincount(dataset.splits["train"].labels).tolist()
    assert len(set(counts)) == 1 and len(counts) == 10 and dataset.classes[6] == "frog"
    mean, _ = statistics(dataset.splits["train"].pixels)
    assert mean == pytest.approx((0.4914, 0.4822, 0.4465), abs=0.02)


def test_cats_and_dogs_in_folders_are_those_of_cifar_10() -> None:
    dataset = load(str(published("cats-dogs")))
    cifar = load(f"cifar10:{published('cifar-10-batches-bin')}").splits["train"]
    train = dataset.splits["train"]
    assert dataset.classes == ("cat", "dog") and dataset.shape == (3, 32, 32)
    for number, label in enumerate((3, 5)):
        ours, theirs = train.pixels[train.labels == number], cifar.pixels[cifar.labels == label]
        assert {bytes(each.flatten().tolist()) for each in ours} == {bytes(each.flatten().tolist()) for each in theirs}


def test_blood_cells_have_boxes_of_three_classes_within_their_images() -> None:
    dataset = load_boxes(f"voc:{published('bccd')}")
    assert dataset.classes == ("Platelets", "RBC", "WBC")
    assert {split: len(each.files) for split, each in dataset.splits.items()} == {
        "train": 205,
        "validation": 87,
        "test": 72,
    }


def test_omniglot_is_a_folder_of_alphabets() -> None:
    dataset = load(str(published("omniglot") / "images_background_small1"))
    assert len(dataset.classes) == 5 and dataset.shape == (1, 105, 105)
