"""What of a batch each process computes, and what it counts."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netspec.data.dataset import Images
from netspec.training.batches import part_of
from netspec.training.launched import NAMES, place
from netspec.training.parallel import unused
from netspec.training.world import ALONE, World


@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_every_image_of_a_batch_is_in_one_share_and_the_mean_of_the_shares_is_that_of_the_batch(size: int) -> None:
    for images in range(2 * size, 5 * size):
        shares = [World(rank, size).share(images) for rank in range(size)]
        batch = torch.arange(images)
        assert torch.cat([batch[share.own] for share in shares]).tolist() == batch.tolist()
        assert max(each.count for each in shares) - min(each.count for each in shares) <= 1
        assert len({each.apart for each in shares}) == size and () not in {each.apart for each in shares}
        assert min(each.count for each in shares) >= 2 and all(each.divided and each.counted for each in shares)
        numbers = torch.rand(images, dtype=torch.float64)
        means = [share.weight * numbers[share.own].mean() for share in shares]
        torch.testing.assert_close(torch.stack(means).mean(), numbers.mean())


def test_a_batch_of_fewer_than_two_images_each_is_computed_whole_by_all_and_counted_once() -> None:
    for images in (1, 2, 5):
        shares = [World(rank, 3).share(images) for rank in range(3)]
        assert all((each.own, each.weight, each.divided) == (slice(0, images), 1.0, False) for each in shares)
        assert [each.counted for each in shares] == [True, False, False] and {each.apart for each in shares} == {()}


def test_one_process_alone_computes_all_and_sends_nothing() -> None:
    for images in (1, 2, 64):
        share = ALONE.share(images)
        assert (share.own, share.weight, share.apart, share.counted) == (slice(0, images), 1.0, (), True)
    sums = torch.ones(3)
    assert ALONE.summed(sums) is sums is ALONE.collected(sums) and sums.tolist() == [1, 1, 1]
    assert (ALONE.largest(3), ALONE.any(False), ALONE.gathered("x")) == (3, False, ["x"])


def test_a_part_of_a_split_has_its_own_images_and_files() -> None:
    from pathlib import Path

    labels = torch.arange(8)
    pixels = torch.arange(8, dtype=torch.uint8).view(8, 1, 1, 1)
    part = part_of(Images(pixels, (), labels), World(1, 2).share(8))
    assert part.pixels.flatten().tolist() == part.labels.tolist() == [4, 5, 6, 7]
    files = tuple(Path(f"{number}.jpg") for number in range(8))
    part = part_of(Images(torch.empty(0, 3, 0, 0), files, labels), World(0, 2).share(8))
    assert [path.stem for path in part.files] == ["0", "1", "2", "3"] and part.channels == 3


def test_torchrun_says_which_process_this_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    assert place() is None
    for name, value in zip(NAMES, ("3", "4", "1", "localhost", "29500"), strict=True):
        monkeypatch.setenv(name, value)
    assert place() == (3, 4, 1)
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert place() is None


def test_parameters_that_no_output_depends_on_are_found() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.used, self.idle = nn.BatchNorm2d(1), nn.Linear(4, 2), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            made: torch.Tensor = self.used(self.norm(x).flatten(1))
            return made

    module = Two()
    assert unused(module, torch.rand(2, 1, 2, 2)) == ["idle.weight", "idle.bias"]
    assert module.norm.running_mean is not None and module.norm.running_mean.item() == 0
    module.idle.requires_grad_(False)
    assert unused(module, torch.rand(2, 1, 2, 2)) == []
