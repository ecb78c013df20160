"""Images as a network takes them, from memory or from files."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec.data.dataset import DataError, Images, load
from netspec.data.pictures import decoded
from netspec.data.steps import fitted, step
from netspec.data.stream import (
    SAMPLE,
    Pictures,
    Streamed,
    batches,
    bytes_in_memory,
    evenly,
    in_memory,
    looked_at,
    sample,
)
from tests.data.written import numbered, picture

STEPS = (step("resize", (6, 6)), step("grey"))


@pytest.fixture
def photos(tmp_path: Path) -> Images:
    for number in range(7):
        picture(tmp_path / f"class{number % 2}" / f"{number}.png", size=(10 + number, 9), seed=number)
    return load(str(tmp_path)).splits["train"]


def one_by_one(images: Images) -> torch.Tensor:
    return torch.cat([fitted(decoded(path, 3).unsqueeze(0), STEPS) for path in images.files])


def test_files_are_decoded_into_memory(photos: Images) -> None:
    held = in_memory(photos, STEPS)
    assert held.files == () and torch.equal(held.pixels, one_by_one(photos))
    assert held.labels.tolist() == photos.labels.tolist()


def test_what_images_take_beside_what_is_in_memory_is_counted(photos: Images) -> None:
    assert bytes_in_memory(photos, STEPS, (1, 6, 6)) == 7 * 36
    images = Images(numbered(3, 3, 8, 8), (), torch.arange(3))
    assert bytes_in_memory(images, (), (3, 8, 8)) == 0 and bytes_in_memory(images, STEPS, (1, 6, 6)) == 3 * 36


def test_pixels_are_fitted() -> None:
    images = Images(numbered(3, 3, 8, 8), (), torch.arange(3))
    assert torch.equal(in_memory(images, STEPS).pixels, fitted(images.pixels, STEPS))
    assert torch.equal(sample(images, STEPS, [2, 0]), fitted(images.pixels[[2, 0]], STEPS))


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_those_of_the_order_that_is_given(photos: Images, workers: int) -> None:
    whole = one_by_one(photos)
    order = [[6, 0], [3], [1, 2, 5]]
    for positions, (pixels, labels) in zip(order, batches(photos, STEPS, order, workers=workers), strict=True):
        assert torch.equal(pixels, whole[positions]) and torch.equal(labels, photos.labels[positions])


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_file_is_named_where_it_is_met(photos: Images, workers: int) -> None:
    photos.files[4].write_bytes(b"x")
    assert len(Pictures(photos, STEPS)) == 7
    made = batches(photos, STEPS, [[0, 1], [4]], workers=workers)
    assert next(made)[0].shape == (2, 1, 6, 6)
    with pytest.raises(DataError, match=rf"^`\S+{photos.files[4].name}` is no image in a format that is read") as error:
        next(made)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("workers", [0, 1])
def test_files_of_several_sizes_are_refused_where_nothing_makes_them_alike(photos: Images, workers: int) -> None:
    what = rf"`{photos.files[1]}` is 3x9x\d+, and others are 3x9x\d+: give them one size"
    with pytest.raises(DataError, match=what):
        list(batches(photos, (), [[0, 1]], workers=workers))
    with pytest.raises(DataError, match=what):
        in_memory(photos, ())


def test_a_process_that_ends_is_said_so(photos: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*given: Any, **named: Any) -> Any:
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")

    monkeypatch.setattr("netspec.data.stream.DataLoader.__iter__", killed)
    with pytest.raises(DataError, match=r"has ended: DataLoader worker .*signal: Killed; if memory .*--workers N$"):
        list(batches(photos, STEPS, [[0]], workers=1))


def test_making_batches_leaves_the_generator_of_random_numbers_as_it_was(photos: Images) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    next(batches(photos, STEPS, [[0]], workers=1))
    assert torch.equal(torch.rand(3), expected)


def test_signals_are_for_the_process_that_trains(photos: Images) -> None:
    made = batches(photos, STEPS, ([at % 7] for at in range(20)), workers=1)
    next(made)
    (worker,) = multiprocessing.active_children()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(worker.pid or 0, number)
    assert len(list(made)) == 19


def test_figures_are_of_the_same_images_whether_they_are_held_or_streamed(photos: Images) -> None:
    streamed, held = Streamed(photos, STEPS, (1, 6, 6), 0), in_memory(photos, STEPS)
    for sampled in (False, True):
        ours, theirs = (torch.cat(list(looked_at(each, sampled=sampled))) for each in (streamed, held))
        assert torch.equal(ours, theirs) and len(ours) == 7
    many = Images(numbered(SAMPLE + 2, 1, 1, 1), (), torch.zeros(SAMPLE + 2, dtype=torch.int64))
    assert sum(map(len, looked_at(many, sampled=True))) == SAMPLE
    assert sum(map(len, looked_at(many, sampled=False))) == SAMPLE + 2


def test_a_sample_is_taken_at_even_distances() -> None:
    assert list(evenly(3, 5)) == [0, 1, 2]
    assert list(evenly(10, 4)) == [0, 2, 5, 7]
