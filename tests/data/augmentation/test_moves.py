"""Moves: every result is one of the windows, mirror images and shifts that a plain loop cuts, and all of them occur."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product

import pytest
import torch

from netspec.data.augmentation.errors import AugmentationError
from netspec.data.augmentation.moves import Crop, Flip, Moves, Shift, blackened, followed, moved
from tests.data.augmentation.scripted import bright, dots, drawing, numbered

PADDING = {"zero": "constant", "reflect": "reflect", "edge": "replicate"}


def windows(image: torch.Tensor, size, pad, mode) -> dict[tuple[int, int], torch.Tensor]:
    """All windows of an image by their top left corner in the padded image."""
    padded = torch.nn.functional.pad(image[None], (pad,) * 4, PADDING[mode])[0]
    corners = product(range(padded.shape[1] - size[0] + 1), range(padded.shape[2] - size[1] + 1))
    return {(y, x): padded[:, y : y + size[0], x : x + size[1]] for y, x in corners}


def found(image: torch.Tensor, choices) -> object:
    """The name of the one choice that an image is."""
    (name,) = (name for name, choice in choices.items() if torch.equal(choice, image))
    return name


@pytest.mark.parametrize("mode", PADDING)
@pytest.mark.parametrize(("size", "pad"), [((4, 5), 2), ((3, 3), 0), ((5, 6), 1), ((7, 2), 1)])
def test_a_crop_is_a_window_of_the_padded_image_and_any_of_them(size, pad, mode):
    images = numbered(1, 2, 5, 6).expand(600, -1, -1, -1)
    choices = windows(images[0], size, pad, mode)
    result = Moves((Crop(size, pad, mode),)).change(images, drawing())
    assert result.shape == (600, 2, *size)
    drawn = Counter(found(each, choices) for each in result)
    assert drawn.keys() == choices.keys()
    expected = 600 / len(choices)
    assert sum((drawn[corner] - expected) ** 2 / expected for corner in choices) < 2 * len(choices) + 12  # chi-squared


def test_a_crop_of_the_whole_image_changes_nothing():
    images = numbered(3, 2, 5, 6)
    assert torch.equal(Moves((Crop((5, 6), 0, "zero"),)).change(images, drawing()), images)


@pytest.mark.parametrize(("axis", "dimension"), [(0, 2), (1, 3)])
def test_a_flip_mirrors_as_often_as_its_chance_says(axis, dimension):
    images = numbered(1, 3, 4, 5).expand(1000, -1, -1, -1)
    result = Moves((Flip(axis, 0.3),)).change(images, drawing())
    mirrored = (result == images.flip(dimension)).flatten(1).all(1)
    assert torch.equal(result[~mirrored], images[~mirrored])
    assert mirrored.float().mean().item() == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_certain_flip_always_mirrors_and_an_impossible_one_never_does(axis):
    images = numbered(4, 3, 4, 5)
    assert torch.equal(Moves((Flip(axis, 1),)).change(images, drawing()), images.flip(2 + axis))
    assert torch.equal(Moves((Flip(axis, 0),)).change(images, drawing()), images)


def test_a_shift_moves_one_bright_pixel_by_whole_pixels_up_to_its_part():
    shift = Shift(Fraction("0.2"))
    result = Moves((shift,)).change(dots(2000, 10, 19, 5, 9), drawing())
    places = {place for image in result for place in bright(image)}
    assert places == set(product(range(3, 8), range(6, 13)))  # 2 of 10 and 3 of 19 pixels
    assert result.sum() == 2000


def test_what_a_shift_moves_out_is_gone_and_what_comes_in_is_black():
    result = Moves((Shift(Fraction(1, 2)),)).change(torch.ones(200, 1, 4, 4), drawing())
    assert set(result.sum((1, 2, 3)).tolist()) == {float(a * b) for a in (2, 3, 4) for b in (2, 3, 4)}


def test_a_shift_exact_in_decimals_is_exact():
    assert Shift(Fraction("0.3")).most(10) == 3  # 0.3 * 10 of binary numbers would do as well, but not 0.29 * 100
    assert Shift(Fraction("0.29")).most(100) == 29


def test_moves_in_a_row_are_what_they_are_one_by_one():
    images = numbered(300, 2, 6, 6)
    chain = Crop((5, 4), 2, "reflect"), Flip(1, 0.5), Shift(Fraction(1, 4)), Flip(0, 0.5), Crop((4, 4), 1, "edge")
    draws = drawing()
    one_by_one = images
    for move in chain:
        one_by_one = Moves((move,)).change(one_by_one, draws)
    assert torch.equal(Moves(chain).change(images, drawing()), one_by_one)
    assert Moves(chain).sizes(6, 6) == (4, 4)


def test_a_map_after_a_map_keeps_what_comes_from_nowhere():
    assert followed(torch.tensor([[2, -1, 0]]), torch.tensor([[-1, 1, 0, 2]])).tolist() == [[-1, -1, 2, 0]]


def test_rows_and_columns_are_moved_apart():
    image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    rows, columns = torch.tensor([[1, -1, 0]]), torch.tensor([[1, 0]])
    result = blackened(moved(image, rows, columns), rows, columns)
    assert result.tolist() == [[[[4, 3], [0, 0], [2, 1]]]]


@pytest.mark.parametrize(
    ("crop", "message"),
    [
        (
            Crop((40, 40), 0, "zero"),
            "`crop` cuts 40x40 out of images of 32x28; give it `pad=6` or a smaller window",
        ),
        (
            Crop((32, 41), 2, "zero"),
            "`crop` cuts 32x41 out of images of 32x28, 36x32 with the padding; give it `pad=7` or a smaller window",
        ),
        (
            Crop((32, 32), 28, "reflect"),
            "`crop(pad=28, mode=reflect)` is too wide: 27 pixels at most can be mirrored around an image of 32x28",
        ),
    ],
)
def test_a_window_that_does_not_fit_is_refused_with_the_numbers(crop, message):
    with pytest.raises(AugmentationError) as caught:
        Moves((crop,)).change(torch.zeros(1, 3, 32, 28), drawing())
    assert str(caught.value) == message


def test_the_padding_that_is_offered_fits():
    assert Crop((40, 40), 6, "zero").sizes(32, 28) == (40, 40)
    assert Crop((32, 41), 7, "zero").sizes(32, 28) == (32, 41)
    assert Crop((32, 32), 27, "reflect").sizes(32, 28) == (32, 32)
