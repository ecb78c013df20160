"""RandAugment: each operation compared with a plain one, and every image is one of them."""

from __future__ import annotations

from collections import Counter
from math import atan, cos, degrees, radians, sin

import pytest
import torch

from netspec.data.augmentation import operations
from netspec.data.augmentation.auto import Auto
from netspec.data.augmentation.operations import OPERATIONS
from tests.data.augmentation.scripted import dots, drawing, painted

UP, DOWN = torch.tensor([1.0]), torch.tensor([-1.0])


def byte_images(count: int = 1, channels: int = 3, height: int = 6, width: int = 7, seed: int = 0) -> torch.Tensor:
    """Images whose colours are whole numbers of 255."""
    return torch.randint(256, (count, channels, height, width), generator=torch.Generator().manual_seed(seed)) / 255


def levels(image: torch.Tensor) -> list[int]:
    return [round(value * 255) for value in image.flatten().tolist()]


# Operations


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("name", "place_of"),
    [
        ("rotate", lambda way: lambda x, y: turned(radians(15) * way, x, y)),
        ("shear_across", lambda way: lambda x, y: (x + 0.15 * way * y, y)),
        ("shear_down", lambda way: lambda x, y: (x, y + 0.15 * way * x)),
        ("move_across", lambda way: lambda x, y: (x - 75 / 331 * 7 * way, y)),
        ("move_down", lambda way: lambda x, y: (x, y - 75 / 331 * 6 * way)),
    ],
)
def test_warps_at_half_strength_are_what_a_loop_over_pixels_paints(name, place_of, sign):
    images = byte_images()
    result = getattr(operations, name)(images, 0.5, sign * UP)
    torch.testing.assert_close(result[0], painted(images[0], place_of(sign)), rtol=0, atol=1e-5)


def turned(angle: float, x: float, y: float) -> tuple[float, float]:
    return cos(angle) * x - sin(angle) * y, sin(angle) * x + cos(angle) * y


def test_the_strongest_warps_are_those_of_torchvision():
    assert operations.DEGREES == 30 and degrees(atan(operations.SLANT)) == pytest.approx(16.7, abs=0.01)
    assert round(operations.WAY * 331, 9) == 150


@pytest.mark.parametrize("name", ["brightness", "saturation", "contrast", "sharpness"])
def test_factors_go_up_to_nine_tenths_more_or_less(name):
    images = byte_images(2)
    operation = getattr(operations, name)
    torch.testing.assert_close(operation(images, 0.0, torch.ones(2)), images, rtol=0, atol=1e-6)
    plain = operation(images, 1 / 0.9, -torch.ones(2))  # the factor 0: what it goes towards
    expected = (plain + (images - plain) * 1.45).clamp(0, 1)
    torch.testing.assert_close(operation(images, 0.5, torch.ones(2)), expected, rtol=0, atol=1e-5)


def test_the_softest_is_pillows_smooth():
    image = dots(1, 5, 5, 2, 2).expand(-1, 2, -1, -1)
    soft = operations.sharpness(image, 1 / 0.9, DOWN)
    kernel = torch.tensor([[1.0, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13
    torch.testing.assert_close(soft[0, 1, 1:4, 1:4], kernel, rtol=0, atol=1e-6)
    corner = operations.softened(dots(1, 5, 5, 0, 0))
    assert corner[0, 0, 0, 0] == 1 and corner[0, 0, 1, 1].item() == pytest.approx(1 / 13)
    small = byte_images(height=2)
    assert torch.equal(operations.softened(small), small)


@pytest.mark.parametrize(("strength", "lost"), [(0, 0), (9 / 30, 1), (0.5, 2), (1, 4)])
def test_posterizing_takes_the_last_bits(strength, lost):
    images = byte_images()
    result = operations.posterize(images, strength, UP)
    assert levels(result) == [level >> lost << lost for level in levels(images)]


def test_solarizing_inverts_what_is_bright():
    image = torch.tensor([0.0, 0.2, 0.69, 0.71, 1.0]).view(1, 1, 1, 5)
    result = operations.solarize(image, 0.3, UP).flatten()
    torch.testing.assert_close(result, torch.tensor([0.0, 0.2, 0.69, 0.29, 0.0]))
    assert torch.equal(operations.solarize(image, 0, UP), image)


def test_autocontrast_spreads_each_channel():
    image = torch.tensor([[0.2, 0.4, 0.6], [0.5, 0.5, 0.5]]).view(1, 2, 1, 3)
    result = operations.autocontrast(image, 1, UP)
    torch.testing.assert_close(result, torch.tensor([[0.0, 0.5, 1.0], [0.5, 0.5, 0.5]]).view(1, 2, 1, 3))


def plainly_equalized(numbers: list[int]) -> list[int]:
    """As `ImageOps.equalize` of Pillow writes it."""
    histogram = [numbers.count(level) for level in range(256)]
    present = [count for count in histogram if count]
    step = (sum(present) - present[-1]) // 255
    if len(present) <= 1 or not step:
        return numbers
    table, total = [], step // 2
    for count in histogram:
        table.append(min(total // step, 255))
        total += count
    return [table[number] for number in numbers]


@pytest.mark.parametrize("bright", [256, 100, 3, 1])
def test_equalizing_is_pillows(bright):
    images = torch.randint(bright, (3, 2, 30, 31), generator=torch.Generator().manual_seed(0)) / 255
    result = operations.equalize(images, 1, torch.ones(3))
    for image, equal in zip(images.flatten(0, 1), result.flatten(0, 1), strict=True):
        assert levels(equal) == plainly_equalized(levels(image))


def test_equalizing_too_few_pixels_changes_nothing():
    images = byte_images()
    assert torch.equal(operations.equalize(images, 1, UP), images)


# The whole


def test_every_image_is_one_of_the_operations_and_all_of_them_occur():
    images = byte_images(250, 3, 17, 18)
    result = Auto(1, 9).change(images, drawing())
    drawn: Counter[str] = Counter()
    for image, one in zip(images, result, strict=True):
        alone = {
            f"{operation.__name__}{int(sign)}": operation(image[None], 0.3, sign)[0]
            for operation in OPERATIONS
            for sign in (UP, DOWN)
        }
        near = {name.strip("-1") for name, choice in alone.items() if torch.allclose(one, choice, atol=1e-5)}
        assert len(near) >= 1
        drawn.update(near if len(near) == 1 else [])
    assert drawn.keys() == {operation.__name__ for operation in OPERATIONS}
    assert min(drawn.values()) > 3


def test_both_ways_of_an_operation_occur():
    images = dots(400, 15, 15, 7, 7)
    result = Auto(1, 30).change(images, drawing())
    columns = {int(image[0].sum(0).argmax()) for image in result if 0 < image.sum() < 2}
    assert columns == {0, 7, 14}  # moved by 6.8 pixels to the left, not at all, to the right


def test_two_operations_in_a_row_are_two_times_one():
    images = byte_images(40, 3, 16, 16)
    draws = drawing()
    one = Auto(1, 9)
    assert torch.equal(Auto(2, 9).change(images, drawing()), one.change(one.change(images, draws), draws))


def test_one_image_is_a_batch_too():
    assert Auto(2, 9).change(byte_images(1), drawing()).shape == (1, 3, 6, 7)
