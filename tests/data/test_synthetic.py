"""Images made by arithmetic."""

from __future__ import annotations

import pytest
import torch

from netspec.data.dataset import DataError, load


def test_the_name_says_shape_classes_and_count() -> None:
    dataset = load("synthetic:3x20x32:7")
    train, test = dataset.splits["train"], dataset.splits["test"]
    assert (dataset.shape, len(dataset.classes), len(train), len(test)) == ((3, 20, 32), 7, 1000, 200)
    assert torch.bincount(train.labels).tolist() == [143] * 6 + [142]
    assert (train.pixels.dtype, tuple(train.pixels.shape)) == (torch.uint8, (1000, 3, 20, 32))
    assert len(load("synthetic:1x5x5:2:50").splits["train"]) == 50


def test_there_are_two_images_of_each_class_at_least() -> None:
    dataset = load("synthetic:1x2x2:900")
    assert all(torch.bincount(images.labels).min() >= 2 for images in dataset.splits.values())


def test_images_are_the_same_every_time() -> None:
    before = torch.random.get_rng_state()
    assert load("synthetic:1x8x8:3:20").digest == load("synthetic:1x8x8:3:20").digest
    assert torch.equal(torch.random.get_rng_state(), before)
    assert load("synthetic:1x8x8:3:20").digest.startswith("95cbd1ea")


def test_images_are_nearer_to_others_of_their_class_than_to_those_of_any_other() -> None:
    dataset = load("synthetic:1x16x16:5:100")
    train, test = dataset.splits["train"], dataset.splits["test"]
    means = torch.stack([train.pixels[train.labels == number].float().mean(0) for number in range(5)])
    distances = (test.pixels.float().unsqueeze(1) - means).flatten(2).norm(dim=2)
    assert torch.equal(distances.argmin(1), test.labels)


@pytest.mark.parametrize("words", ["", "3x32x32", "32x32:10", "3x0x32:10", "3x32x32:0", "3x32x32:ten", "3x32x32:9:0"])
def test_a_name_that_does_not_say_which_shows_how(words: str) -> None:
    with pytest.raises(DataError) as error:
        load(f"synthetic:{words}")
    assert str(error.value) == (
        f"`synthetic:{words}` does not say which images: write `synthetic:CxHxW:classes`, such as "
        "`synthetic:3x32x32:10`, or `synthetic:3x32x32:10:5000` for 5,000 images"
    )


def test_more_than_memory_may_hold_is_refused() -> None:
    with pytest.raises(DataError, match=r"^`synthetic:3x9000x9000:10`: 1,000 images take more than 4 GiB$"):
        load("synthetic:3x9000x9000:10")
