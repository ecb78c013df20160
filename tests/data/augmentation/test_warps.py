"""Warps, compared with a loop over pixels that are interpolated one at a time."""

from __future__ import annotations

from fractions import Fraction
from math import cos, pi, radians, sin, tan

import pytest
import torch

from netspec.data.augmentation.moves import Flip, Moves, Shift
from netspec.data.augmentation.warps import Rotate, Shear, Warps, Zoom, affine, turned, warped
from tests.data.augmentation.scripted import Script, bright, dots, drawing, numbered, painted

PARTS = (0.0, 0.3, 0.5, 0.8, 1.0)
SIZE = (7, 10)


def compared(warp, place_of) -> None:
    """The warp of five images, with its draws at `PARTS` of their span, and of each the plain picture."""
    images = numbered(5, 2, *SIZE)
    result = Warps((warp,)).change(images, Script(PARTS))
    for image, one, part in zip(images, result, PARTS, strict=True):
        place = place_of(part)
        torch.testing.assert_close(one, painted(image, place), rtol=0, atol=1e-5)


def test_rotation_is_what_a_loop_over_pixels_paints():
    def place_of(part):
        angle = radians(40) * (2 * part - 1)
        return lambda x, y: (cos(angle) * x - sin(angle) * y, sin(angle) * x + cos(angle) * y)

    compared(Rotate(40), place_of)


def test_zoom_is_what_a_loop_over_pixels_paints():
    def place_of(part):
        factor = 0.6 + 0.8 * part
        return lambda x, y: (x / factor, y / factor)

    compared(Zoom(0.4), place_of)


def test_shear_is_what_a_loop_over_pixels_paints():
    def place_of(part):
        slant = tan(radians(30) * (2 * part - 1))
        return lambda x, y: (x + slant * y, y)

    compared(Shear(30), place_of)


def test_a_chain_is_the_places_of_one_after_the_other():
    """Turned, then moved, then mirrored, then larger: from a pixel of the result, back in the opposite order."""
    images = numbered(1, 2, *SIZE)
    chain = Rotate(90), Shift(Fraction(1, 5)), Flip(1, 0.5), Zoom(0.5)
    script = Script([0.7], [1.0], [0.0], [0.2], [0.9])  # 36 degrees, 1 down, 2 to the left, mirrored, times 1.4
    angle = radians(36)

    def place(x, y):
        x, y = x / 1.4, y / 1.4
        x = -x
        x, y = x + 2, y - 1
        return cos(angle) * x - sin(angle) * y, sin(angle) * x + cos(angle) * y

    (result,) = Warps(chain).change(images, script)
    torch.testing.assert_close(result, painted(images[0], place), rtol=0, atol=1e-5)
    assert script.lines == []


def test_a_quarter_turn_moves_a_pixel_on_the_right_to_the_top():
    result = warped(dots(1, 5, 5, 2, 4), turned(torch.tensor([pi / 2])))
    assert bright(result[0]) == [(0, 2)]
    assert result.sum().item() == pytest.approx(1, abs=1e-5)


def test_half_a_turn_is_both_flips():
    images = numbered(2, 3, 6, 9)
    torch.testing.assert_close(warped(images, turned(torch.full((2,), pi))), images.flip(2, 3), rtol=0, atol=1e-5)


def test_a_quarter_turn_of_a_wide_image_keeps_the_shape_of_things():
    result = warped(dots(1, 5, 9, 2, 6), turned(torch.tensor([pi / 2])))
    assert bright(result[0]) == [(0, 4)]  # two pixels right of the middle, now two above


def test_twice_as_large_about_the_middle():
    result = warped(torch.ones(1, 1, 8, 8), affine(xx=torch.tensor([2.0]), yy=torch.tensor([2.0])))  # half as large
    assert result[0, 0].sum().item() == pytest.approx(16, abs=1e-4)
    assert result[0, 0, 2:6, 2:6].sum().item() == pytest.approx(16, abs=1e-4)


def test_flips_and_shifts_in_a_warp_are_those_of_whole_pixels():
    images = numbered(50, 2, 8, 11)
    chain = Flip(0, 0.5), Shift(Fraction(1, 4)), Flip(1, 0.5)
    expected = Moves(chain).change(images, drawing(5))
    draws = drawing(5)
    torch.testing.assert_close(Warps(chain).change(images, draws), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("warp", [Rotate(1e-9), Zoom(0), Shear(1e-9), Shift(Fraction(0)), Flip(0, 0)])
def test_no_strength_changes_nothing(warp):
    images = numbered(4, 3, 32, 24)
    torch.testing.assert_close(Warps((warp,)).change(images, drawing()), images, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("warp", "number"),
    [
        (Rotate(20), lambda m: torch.rad2deg(torch.atan2(m[:, 1, 0], m[:, 0, 0])) / 20),
        (Shear(20), lambda m: torch.rad2deg(torch.atan(m[:, 0, 1])) / 20),
        (Zoom(0.25), lambda m: (1 / m[:, 0, 0] - 1) / 0.25),
    ],
)
def test_strengths_fill_their_span_either_way(warp, number):
    drawn = number(warp.matrices(drawing(), 4000, 8, 8)).sort().values
    torch.testing.assert_close(drawn, torch.linspace(-1, 1, 4000), rtol=0, atol=0.06)


def test_half_precision_is_warped_in_single():
    images = numbered(1, 1, 9, 300).bfloat16()
    matrices = affine(x=torch.tensor([-1.0]))
    result = warped(images, matrices)
    assert result.dtype == torch.bfloat16
    torch.testing.assert_close(result[..., 1:], images[..., :-1], rtol=0.01, atol=0.001)
