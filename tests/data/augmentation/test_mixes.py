"""Cutout, mixup and cutmix, compared with a loop over images."""

from __future__ import annotations

import pytest
import torch

from netspec.data.augmentation.mixes import Cutmix, Cutout, Mixup, probabilities
from tests.data.augmentation.scripted import Script, drawing, numbered

# Cutout


@pytest.mark.parametrize("size", [1, 2, 3, 4, 20])
def test_a_square_about_a_pixel_is_hidden(size):
    images = numbered(6, 2, 6, 9)
    rows, columns = [0.0, 0.2, 0.4, 0.6, 1.0, 1.0], [0.0, 0.5, 1.0, 0.25, 0.0, 1.0]
    result = Cutout(size).change(images, Script(rows, columns))
    expected = images.clone()
    for image, row, column in zip(expected, rows, columns, strict=True):
        top, left = round(row * 5) - size // 2, round(column * 8) - size // 2
        image[:, max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = 0
    assert torch.equal(result, expected)


def test_the_square_has_the_colour_that_is_given():
    colour = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
    result = Cutout(3, colour).change(torch.ones(1, 3, 5, 5), Script([0.5], [0.5]))
    torch.testing.assert_close(result[0, :, 2, 2], colour.float())
    assert result.dtype == torch.float32 and result[0, :, 0].eq(1).all()


def test_the_square_may_be_anywhere():
    hidden = 1 - Cutout(1).change(torch.ones(600, 1, 4, 5), drawing())
    assert hidden.sum() == 600
    assert (hidden.sum(0) > 0).all()


# Mixup


def test_mixup_is_a_part_of_each_image_and_the_rest_of_another():
    images, order, parts = numbered(4, 3, 5, 4), [2, 0, 3, 1], [0.0, 0.25, 0.9, 1.0]
    targets = torch.eye(4)
    result, mixed = Mixup(0.2).mix(images, targets, Script(order, parts))
    for number, (other, part) in enumerate(zip(order, parts, strict=True)):
        torch.testing.assert_close(result[number], part * images[number] + (1 - part) * images[other])
        torch.testing.assert_close(mixed[number], part * targets[number] + (1 - part) * targets[other])


def test_mixup_mixes_images_and_targets_in_the_same_parts():
    """Images of one brightness each: it is the mean of the targets' brightnesses by their probabilities."""
    shades = torch.rand(64, generator=torch.Generator().manual_seed(0))
    images, targets = shades.view(64, 1, 1, 1).expand(-1, 3, 4, 4), torch.eye(64)
    result, mixed = Mixup(1).mix(images, targets, drawing())
    torch.testing.assert_close(result[:, 0, 0, 0], mixed @ shades)
    torch.testing.assert_close(mixed.sum(1), torch.ones(64))
    assert ((mixed > 0).sum(1) <= 2).all() and (mixed.diag() < 0.99).sum() > 50


# Cutmix


def test_cutmix_pastes_a_box_of_another_image_and_mixes_targets_by_its_area():
    images, order = numbered(5, 3, 6, 8), [2, 0, 4, 1, 3]
    kept, rows, columns = [0.0, 0.36, 0.75, 1.0, 0.5], [0.4, 0.0, 1.0, 0.2, 0.6], [0.3, 1.0, 0.0, 0.5, 0.8]
    targets = torch.eye(5)
    result, mixed = Cutmix(1).mix(images, targets, Script(order, kept, rows, columns))
    for number, other in enumerate(order):
        side = (1 - kept[number]) ** 0.5
        tall, wide = int(6 * side), int(8 * side)
        top, left = round(rows[number] * 5) - tall // 2, round(columns[number] * 7) - wide // 2
        expected, pasted = images[number].clone(), 0
        for y in range(max(top, 0), min(top + tall, 6)):
            for x in range(max(left, 0), min(left + wide, 8)):
                expected[:, y, x] = images[other, :, y, x]
                pasted += 1
        assert torch.equal(result[number], expected)
        torch.testing.assert_close(mixed[number, other], torch.tensor(pasted / 48))
        torch.testing.assert_close(mixed[number, number], torch.tensor(1 - pasted / 48))


def test_cutmix_mixes_targets_by_the_pixels_that_are_seen():
    shades = torch.arange(40.0)
    images, targets = shades.view(40, 1, 1, 1).expand(-1, 1, 7, 9), torch.eye(40)
    result, mixed = Cutmix(0.7).mix(images, targets, drawing())
    for image, probability in zip(result, mixed, strict=True):
        seen = torch.bincount(image.flatten().long(), minlength=40) / 63
        torch.testing.assert_close(seen, probability)
    assert (mixed.diag() < 0.99).sum() > 20


# Targets


def test_class_numbers_become_probabilities_of_single_precision_at_least():
    numbers = torch.tensor([2, 0])
    assert probabilities(numbers, 3, torch.float32).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert probabilities(numbers, 3, torch.bfloat16).dtype == torch.float32
    assert probabilities(numbers, 3, torch.float64).dtype == torch.float64


def test_probabilities_stay_what_they_are():
    given = torch.rand(2, 3)
    assert probabilities(given, 3, torch.float64) is given
