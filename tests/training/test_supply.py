"""Where images are: held or streamed, on the device or not."""

from __future__ import annotations

import pytest
import torch

from netspec.data.dataset import Images
from netspec.data.steps import step
from netspec.data.stream import Streamed
from netspec.training.computing import Computing
from netspec.training.supply import Ahead, Held, Split, place, supply, workers_for
from tests.training.small import CPU

GPU = torch.device("cuda")
PIXELS = torch.arange(10 * 4, dtype=torch.uint8).view(10, 1, 2, 2)
IMAGES = Images(PIXELS, (), torch.arange(10) % 3)
LARGER = Split(IMAGES, (step("resize", (4, 4)),), (1, 4, 4))
AS_IT_IS = Split(IMAGES, (), (1, 2, 2))


def test_images_are_held_where_all_splits_fit_into_memory_together() -> None:
    usual = Computing()
    assert not supply([LARGER], usual, CPU, 160).streamed and supply([LARGER], usual, CPU, 159).streamed
    assert not supply([LARGER, LARGER], usual, CPU, 320).streamed and supply([LARGER, LARGER], usual, CPU, 319).streamed
    assert not supply([AS_IT_IS], usual, CPU, 0).streamed  # they are in memory already


def test_a_user_decides_otherwise() -> None:
    assert supply([AS_IT_IS], Computing(stream=True), CPU, 1000).streamed
    assert not supply([LARGER], Computing(stream=False), CPU, 0).streamed
    assert supply([LARGER], Computing(workers=7), CPU, 0).workers == 7


def test_it_says_what_was_chosen_and_why() -> None:
    assert supply([LARGER], Computing(), CPU, 1000).line == "160 bytes, held in memory"
    streamed = supply([LARGER], Computing(workers=2), CPU, 50)
    assert streamed.line == "160 bytes, and 50 bytes of memory can be used: made by 2 processes when they are needed"
    asked = supply([LARGER], Computing(stream=True, workers=0), CPU, 500)
    assert asked.line == "160 bytes: made by this process when they are needed"


def test_held_images_are_fitted_and_streamed_ones_are_not_yet() -> None:
    held, streamed = (supply([LARGER], Computing(stream=each), CPU).of(LARGER) for each in (False, True))
    assert isinstance(held, Images) and held.pixels.shape == (10, 1, 4, 4)
    assert isinstance(streamed, Streamed) and streamed.images is IMAGES and len(streamed) == 10


def test_images_lie_on_the_device_if_they_fit_there() -> None:
    assert place([IMAGES], GPU, lambda device: 40) == GPU
    assert place([IMAGES], GPU, lambda device: 39) == CPU
    assert place([IMAGES, IMAGES], GPU, lambda device: 79) == CPU
    assert place([IMAGES], CPU) == CPU


def test_a_cpu_that_trains_makes_images_with_half_of_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda number: set(range(8)), raising=False)
    assert (workers_for(CPU), workers_for(GPU)) == (4, 8)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    assert (workers_for(CPU), workers_for(GPU)) == (1, 2)
    monkeypatch.setattr("os.sched_getaffinity", lambda number: {0}, raising=False)
    assert workers_for(CPU) == workers_for(GPU) == 1


def positions(step: int) -> torch.Tensor:
    return torch.tensor([step % 10, (step + 3) % 10])


@pytest.mark.parametrize("workers", [0, 1])
def test_batches_made_ahead_are_those_of_the_step_that_is_asked_for(workers: int) -> None:
    held, ahead = Held(PIXELS, IMAGES.labels, CPU), Ahead(Streamed(IMAGES, (), (1, 2, 2), workers), CPU, 6)
    for at in (0, 1, 2, 5, 3, 4):
        for ours, theirs in zip(ahead.batch(at, positions), held.batch(at, positions), strict=True):
            assert torch.equal(ours, theirs)
    ahead.close()
    assert torch.equal(ahead.batch(4, positions)[1], IMAGES.labels[[4, 7]])
    ahead.close()


def test_after_an_error_batches_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = Ahead(Streamed(IMAGES, (), (1, 2, 2), 0), CPU)
    ahead.batch(0, positions)
    with monkeypatch.context() as patch:
        patch.setattr("netspec.data.stream.fitted", lambda images, steps: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ahead.batch(1, positions)
    assert torch.equal(ahead.batch(1, positions)[1], IMAGES.labels[[1, 4]])
