"""How pixels become numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from netspec.data.dataset import DataError
from netspec.data.normalize import IMAGENET, Normalization, normalization, statistics
from tests.data.written import numbered


def test_mean_and_deviation_are_those_of_all_pixels_of_a_channel() -> None:
    pixels = numbered(300, 3, 9, 7) // torch.tensor([1, 2, 5]).view(3, 1, 1).to(torch.uint8)
    mean, std = statistics(pixels)
    scaled = pixels.double() / 255
    assert mean == pytest.approx(scaled.mean((0, 2, 3)).tolist(), rel=1e-12)
    assert std == pytest.approx(scaled.std((0, 2, 3), correction=0).tolist(), rel=1e-12)


def test_they_do_not_depend_on_the_order_of_the_images() -> None:
    pixels = numbered(5000, 1, 3, 3)
    assert statistics(pixels) == statistics(pixels.flip(0))


def test_images_normalised_by_their_own_set_have_mean_0_and_deviation_1() -> None:
    pixels = numbered(100, 3, 8, 8)
    out = normalization(None, pixels).apply(pixels.float() / 255)
    assert out.mean((0, 2, 3)).abs().max() < 1e-5 and (out.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-5


def test_each_word_of_the_recipe_does_what_it_says() -> None:
    pixels = numbered(20, 3, 8, 8)
    scaled = pixels.float() / 255
    mean, std = statistics(pixels)
    assert normalization({"name": "dataset"}, pixels) == Normalization(mean, std)
    assert normalization({"name": "mean"}, pixels) == Normalization(mean, (1.0, 1.0, 1.0))
    assert normalization({"name": "imagenet"}, pixels) == Normalization(*IMAGENET)
    assert torch.equal(normalization({"name": "unit"}, pixels).apply(scaled), scaled)
    assert torch.allclose(normalization({"name": "none"}, pixels).apply(scaled), pixels.float())
    given = {"name": "given", "mean": (Fraction(1, 2), 0, 1), "std": (Fraction(1, 4), 1, 2)}
    assert normalization(given, pixels) == Normalization((0.5, 0.0, 1.0), (0.25, 1.0, 2.0))


def test_a_channel_that_is_the_same_everywhere_is_not_divided_by_nothing() -> None:
    out = normalization(None, torch.full((4, 1, 5, 5), 7, dtype=torch.uint8)).apply(torch.full((1, 1, 5, 5), 7 / 255))
    assert out.abs().max() < 1e-4


def test_numbers_for_another_count_of_channels_are_refused() -> None:
    grey = numbered(2, 1, 4, 4)
    with pytest.raises(DataError) as error:
        normalization({"name": "imagenet"}, grey)
    assert str(error.value) == "`normalize = imagenet` has 3 means and 3 deviations, and the images have 1 channel"
    with pytest.raises(DataError, match=r"`normalize = given` divides by 0: deviations are over 0"):
        normalization({"name": "given", "mean": (0,), "std": (0,)}, grey)
