"""Which images a step trains on."""

from __future__ import annotations

import pytest
import torch

import netspec
from netspec.data.dataset import load
from netspec.data.normalize import Normalization
from netspec.records import replace
from netspec.training.batches import Feed, Order, feed, in_order
from netspec.training.settings import resolved
from netspec.training.supply import Held

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("images", "batch", "steps"), [(10, 4, 3), (9, 4, 2), (8, 4, 2), (3, 1, 3), (5, 5, 1), (1, 1, 1)]
)
def test_an_epoch_shows_every_image_once(images: int, batch: int, steps: int) -> None:
    order = Order(images, batch, seed=0)
    assert order.per_epoch == steps
    for epoch in range(3):
        seen = torch.cat([order.positions(epoch * steps + at) for at in range(steps)]).tolist()
        assert len(set(seen)) == len(seen) and images - len(seen) in (0, 1)
        assert len(seen) == images or images % batch == 1  # a single one that is left over is left out


@pytest.mark.parametrize(("images", "batch"), [(10, 4), (9, 4), (8, 4), (3, 1), (5, 5), (3, 5), (1, 1)])
def test_a_step_has_as_many_images_as_it_has_positions(images: int, batch: int) -> None:
    order = Order(images, batch, seed=0)
    assert [order.size(step) for step in range(9)] == [len(order.positions(step)) for step in range(9)]


def test_epochs_have_orders_of_their_own_and_seeds_as_well() -> None:
    orders = [Order(50, 50 // 2, seed).positions(step).tolist() for seed in (0, 1) for step in (0, 2)]
    assert len({tuple(each) for each in orders}) == 4


def test_a_step_has_the_same_images_whatever_was_before() -> None:
    order = Order(50, 8, 3)
    forward = [order.positions(step).tolist() for step in range(30)]
    assert [order.positions(step).tolist() for step in reversed(range(30))] == forward[::-1]


def made(recipe: str) -> Feed:
    images = load("synthetic:3x8x8:4:20").splits["train"]
    graph = netspec.compile(f"input 3x8x8\n4N\ntrain {{\n{recipe}\n}}")
    settings = replace(resolved(graph), seed=5)
    return feed(images, settings, Normalization((0.5,) * 3, (0.5,) * 3), 4, CPU)


def test_a_batch_is_normalised() -> None:
    found = made("batch = all")
    images, targets = found.batch(0)
    assert isinstance(found.source, Held)
    assert torch.equal(images, (found.source.pixels.float() / 255 - 0.5) / 0.5) and torch.equal(targets, found.labels)


def test_augmentation_depends_on_the_step_alone() -> None:
    recipe = "augment { crop(8, pad=2) - hflip - colour - cutout(2) - mixup }\nbatch = 4"
    one, other = made(recipe), made(recipe)
    other.batch(0)
    torch.rand(3)
    for mine, theirs in zip(one.batch(7), other.batch(7), strict=True):
        assert torch.equal(mine, theirs)
    assert not torch.equal(one.batch(7)[0], one.batch(6)[0])
    assert one.batch(7)[1].shape == (4, 4)
    whole = made("augment { shift(0.5) }\nbatch = all")
    assert not torch.equal(whole.batch(0)[0], whole.batch(1)[0])


def test_test_images_come_in_their_order() -> None:
    images = load("synthetic:1x4x4:3:10").splits["test"]
    batches = list(in_order(images, Normalization((0.0,), (1.0,)), 4, CPU))
    assert torch.equal(torch.cat([labels for _, labels in batches]), images.labels)
    assert torch.equal(torch.cat([pixels for pixels, _ in batches]), images.pixels.float() / 255)
