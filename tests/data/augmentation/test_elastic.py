"""Elastic distortions, compared with sums over neighbours one at a time."""

from __future__ import annotations

from math import exp

import pytest
import torch

from netspec.data.augmentation.elastic import REACH, Elastic, displaced, smoothed
from tests.data.augmentation.scripted import Script, bright, dots, drawing, numbered, painted


def plainly_smoothed(field: torch.Tensor, sigma: float, margin: int) -> torch.Tensor:
    """`(H + 2·margin, W + 2·margin) -> (H, W)`."""
    bell = [exp(-(step**2) / (2 * sigma**2)) for step in range(-margin, margin + 1)]
    height, width = (length - 2 * margin for length in field.shape)
    result = torch.empty(height, width)
    for y in range(height):
        for x in range(width):
            around = field[y : y + 2 * margin + 1, x : x + 2 * margin + 1].tolist()
            total = sum(
                a * b * value for a, row in zip(bell, around, strict=True) for b, value in zip(bell, row, strict=True)
            )
            result[y, x] = total / sum(bell) ** 2
    return result


def test_smoothing_is_a_mean_by_the_bell_curve():
    field = torch.randn(3, 2, 12, 14, generator=torch.Generator().manual_seed(0))
    result = smoothed(field, 1.3, 4)
    assert result.shape == (3, 2, 4, 6)
    for image in range(3):
        for axis in range(2):
            expected = plainly_smoothed(field[image, axis], 1.3, 4)
            torch.testing.assert_close(result[image, axis], expected, rtol=0, atol=1e-5)


def test_a_constant_field_stays_constant():
    torch.testing.assert_close(smoothed(torch.ones(1, 2, 40, 44), 4, 16), torch.ones(1, 2, 8, 12))


def test_pixels_come_from_where_the_field_says():
    images = numbered(2, 3, 5, 6)
    ways = torch.randn(2, 2, 5, 6, generator=torch.Generator().manual_seed(0))
    result = displaced(images, ways)
    for image, way, one in zip(images, ways, result, strict=True):

        def place(x, y, way=way):
            row, column = int(y + 2.5), int(x + 3)
            return x + float(way[0, row, column]), y + float(way[1, row, column])

        torch.testing.assert_close(one, painted(image, place), rtol=0, atol=1e-5)


def test_a_constant_way_moves_one_bright_pixel():
    ways = torch.tensor([2.0, -1.0])[None, :, None, None].expand(1, 2, 7, 9)
    assert bright(displaced(dots(1, 7, 9, 3, 5), ways)[0]) == [(4, 3)]


def test_the_whole_is_the_field_smoothed_and_multiplied():
    images, margin = numbered(2, 1, 5, 6), REACH
    field = torch.rand(2, 2, 5 + 2 * margin, 6 + 2 * margin, generator=torch.Generator().manual_seed(0))
    expected = displaced(images, 3 * smoothed(2 * field - 1, 1, margin))
    result = Elastic(3, 1).change(images, Script(field.flatten().tolist()))
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-5)


def test_no_strength_changes_nothing():
    images = numbered(2, 3, 12, 9)
    torch.testing.assert_close(Elastic(1e-9, 4).change(images, drawing()), images, rtol=0, atol=1e-5)


def test_the_papers_strength_moves_pixels_by_more_than_one_and_up_to_the_edge_alike():
    margin = 16
    field = drawing().uniform(400, 2, 28 + 2 * margin, 28 + 2 * margin, low=-1, high=1)
    ways = 34 * smoothed(field, 4, margin)
    assert ways.std().item() == pytest.approx(34 * (1 / 3) ** 0.5 / (2 * 4 * 3.14159**0.5), rel=0.03)
    assert ways[:, :, 0, 0].std().item() == pytest.approx(1.38, rel=0.15)
