"""Windows that are resized, compared with torch's `interpolate` one image at a time."""

from __future__ import annotations

from math import exp, log

import pytest
import torch

from netspec.data.augmentation.resized import ResizedCrop, resized, weights
from tests.data.augmentation.scripted import Script, drawing

BOXES = [(0, 0, 9, 12), (2, 3, 5, 4), (1, 0, 1, 12), (8, 11, 1, 1), (0, 5, 9, 7)]  # top, left, height, width


@pytest.mark.parametrize("size", [(4, 4), (9, 12), (13, 5), (1, 1)])
def test_each_window_is_what_interpolate_makes_of_it(size):
    images = torch.rand(len(BOXES), 3, 9, 12, generator=torch.Generator().manual_seed(0))
    top, left, height, width = torch.tensor(BOXES).unbind(1)
    result = resized(images, (top, left), (height, width), size)
    for image, (y, x, h, w), one in zip(images, BOXES, result, strict=True):
        window = image[None, :, y : y + h, x : x + w]
        expected = torch.nn.functional.interpolate(window, size, mode="bilinear", antialias=True)[0]
        torch.testing.assert_close(one, expected, rtol=0, atol=1e-5)


def test_the_whole_image_at_its_own_size_changes_nothing():
    images = torch.rand(3, 3, 8, 10, generator=torch.Generator().manual_seed(0))
    result = ResizedCrop((8, 10), 1).change(images, Script([0.5] * 30, [0.5] * 30, [0] * 3, [0] * 3))
    torch.testing.assert_close(result, images, rtol=0, atol=1e-6)


def test_every_new_pixel_is_a_mean_of_the_window_alone():
    mixing = weights(torch.tensor([3, 0]), torch.tensor([4, 9]), 9, 6)
    torch.testing.assert_close(mixing.sum(2), torch.ones(2, 6))
    assert (mixing >= 0).all()
    assert mixing[0, :, :3].sum() == 0 and mixing[0, :, 7:].sum() == 0


def plain_window(areas, proportions, height, width) -> tuple[int, int]:
    """torchvision's way: the first of ten windows that fits, or the largest in the middle."""
    for area, proportion in zip(areas, proportions, strict=True):
        w, h = round((area * proportion) ** 0.5), round((area / proportion) ** 0.5)
        if 0 < w <= width and 0 < h <= height:
            return h, w
    if width / height < 3 / 4:
        return round(width / (3 / 4)), width
    if width / height > 4 / 3:
        return height, round(height * 4 / 3)
    return height, width


@pytest.mark.parametrize(("height", "width"), [(20, 20), (15, 40), (40, 12), (3, 3)])
@pytest.mark.parametrize("least", [0.08, 0.9, 1.0])
def test_windows_are_those_of_a_loop_over_tries(height, width, least):
    generator = torch.Generator().manual_seed(0)
    parts, turns = (torch.rand(50, 10, generator=generator, dtype=torch.float64) for _ in range(2))
    script = Script(parts.flatten().tolist(), turns.flatten().tolist())
    heights, widths = ResizedCrop((8, 8), least).windows(script, 50, height, width)
    for image in range(50):
        areas = [(least + (1 - least) * part) * height * width for part in parts[image].tolist()]
        proportions = [exp(log(4 / 3) * (2 * turn - 1)) for turn in turns[image].tolist()]
        assert (int(heights[image]), int(widths[image])) == plain_window(areas, proportions, height, width)


def test_windows_have_all_areas_and_proportions():
    heights, widths = ResizedCrop((8, 8), 0.08).windows(drawing(), 3000, 100, 100)
    areas = (heights * widths / 10_000).sort().values
    assert areas[0] < 0.1 and areas[-1] > 0.95 and areas.mean().item() == pytest.approx(0.5, abs=0.05)
    ratios = widths / heights
    assert ratios.min() >= 0.74 and ratios.max() <= 1.36


@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("edge", [0, 9])
def test_windows_lie_anywhere(axis, edge):
    """Each edge is seen by some windows, and not by others."""
    light = torch.zeros(1000, 1, 10, 10)
    light.select(axis, edge).fill_(1)
    seen = ResizedCrop((10, 10), 0.5).change(light, drawing()).flatten(1).any(1)
    assert 0.2 < seen.float().mean() < 0.8
