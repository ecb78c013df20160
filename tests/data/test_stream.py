"""Images as a network takes them, from memory or from files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from netspec.data.dataset import DataError, Images, load
from netspec.data.pictures import decoded
from netspec.data.steps import fitted, step
from netspec.data.stream import Pictures, batches, evenly, in_memory, sample
from tests.data.written import numbered, picture

STEPS = (step("resize", (6, 6)), step("grey"))


@pytest.fixture
def photos(tmp_path: Path) -> Images:
    for number in range(7):
        picture(tmp_path / f"class{number % 2}" / f"{number}.png", size=(10 + number, 9), seed=number)
    return load(str(tmp_path)).splits["train"]


def one_by_one(images: Images) -> torch.Tensor:
    return torch.cat([fitted(decoded(path, 3).unsqueeze(0), STEPS) for path in images.files])


def test_files_that_fit_are_decoded_into_memory(photos: Images) -> None:
    held = in_memory(photos, STEPS, (1, 6, 6))
    assert held.files == () and torch.equal(held.pixels, one_by_one(photos))
    assert held.labels.tolist() == photos.labels.tolist()


def test_files_that_do_not_fit_stay_files(photos: Images) -> None:
    assert in_memory(photos, STEPS, (1, 6, 6), most=7 * 36 - 1) is photos
    assert in_memory(photos, STEPS, (1, 6, 6), most=7 * 36).files == ()


def test_pixels_are_fitted() -> None:
    images = Images(numbered(3, 3, 8, 8), (), torch.arange(3))
    assert torch.equal(in_memory(images, STEPS, (1, 6, 6)).pixels, fitted(images.pixels, STEPS))
    assert torch.equal(sample(images, STEPS, [2, 0]), fitted(images.pixels[[2, 0]], STEPS))


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_those_of_the_order_that_is_given(photos: Images, workers: int) -> None:
    whole = one_by_one(photos)
    order = [[6, 0], [3], [1, 2, 5]]
    for positions, (pixels, labels) in zip(order, batches(photos, STEPS, order, workers=workers), strict=True):
        assert torch.equal(pixels, whole[positions]) and torch.equal(labels, photos.labels[positions])


def test_a_damaged_file_is_named_where_it_is_met(photos: Images) -> None:
    photos.files[4].write_bytes(b"x")
    assert len(Pictures(photos, STEPS)) == 7
    with pytest.raises(DataError, match=photos.files[4].name):
        list(batches(photos, STEPS, [[0, 1], [4]]))


def test_a_sample_is_taken_at_even_distances() -> None:
    assert list(evenly(3, 5)) == [0, 1, 2]
    assert list(evenly(10, 4)) == [0, 2, 5, 7]
