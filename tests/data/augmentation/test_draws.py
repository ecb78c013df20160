"""Random numbers: their laws, and that they come from the generator alone."""

from __future__ import annotations

from math import asin, pi, sqrt

import pytest
import torch

from netspec.data.augmentation.draws import Draws
from tests.data.augmentation.scripted import drawing

MANY = 20_000


def farthest(numbers: torch.Tensor, law) -> float:
    """The largest distance between the law and the share of numbers below (Kolmogorov), times the root of how many."""
    ordered = numbers.double().sort().values.tolist()
    return max(abs((place + 0.5) / len(ordered) - law(number)) for place, number in enumerate(ordered)) * sqrt(MANY)


@pytest.mark.parametrize(
    ("alpha", "law"),
    [
        (1, lambda x: x),
        (0.5, lambda x: 2 / pi * asin(sqrt(x))),
        (2, lambda x: 3 * x**2 - 2 * x**3),
        (3, lambda x: 10 * x**3 - 15 * x**4 + 6 * x**5),
    ],
)
def test_the_beta_law_is_the_one_in_the_books(alpha, law):
    assert farthest(drawing().beta(MANY, alpha), law) < 1.95  # passed by chance but once in a thousand seeds


@pytest.mark.parametrize("alpha", [0.01, 0.2, 40])
def test_the_beta_law_keeps_its_moments_and_bounds_far_from_one(alpha):
    numbers = drawing().beta(MANY, alpha).double()
    deviation = sqrt(1 / (4 * (2 * alpha + 1)))
    assert numbers.isfinite().all() and numbers.min() >= 0 and numbers.max() <= 1
    assert numbers.mean().item() == pytest.approx(0.5, abs=4 * deviation / sqrt(MANY))
    assert numbers.std().item() == pytest.approx(deviation, rel=0.03)


def test_uniform_numbers_fill_their_span():
    assert farthest(drawing().uniform(MANY, low=-2, high=3), lambda x: (x + 2) / 5) < 1.95


def test_whole_numbers_have_both_ends():
    assert drawing().whole(1000, low=-2, high=2).unique().tolist() == [-2, -1, 0, 1, 2]
    assert drawing().whole(10, high=0).unique().tolist() == [0]


def test_each_bound_has_its_own_number_and_reaches_it():
    most = torch.tensor([0, 1, 2]).repeat(500)
    drawn = drawing().up_to(most)
    for bound in range(3):
        assert drawn[most == bound].unique().tolist() == list(range(bound + 1))


def test_chances_are_kept():
    assert not drawing().happens(1000, 0).any()
    assert drawing().happens(1000, 1).all()
    assert drawing().happens(MANY, 0.3).float().mean().item() == pytest.approx(0.3, abs=0.02)


def test_an_order_has_each_number_once():
    assert drawing().order(50).sort().values.tolist() == list(range(50))
    assert drawing().order(50).tolist() != list(range(50))


@pytest.mark.parametrize("draw", ["uniform", "normal", "order"])
def test_a_seed_gives_its_numbers_whatever_torch_drew_before(draw):
    torch.manual_seed(1)
    first = getattr(drawing(3), draw)(20)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert torch.equal(getattr(drawing(3), draw)(20), first)
    assert not torch.equal(getattr(drawing(4), draw)(20), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_numbers_are_given_where_the_images_are():
    draws = Draws(torch.Generator(), torch.device("meta"))
    assert draws.uniform(2).device.type == "meta" and draws.order(2).device.type == "meta"
