"""What is done once to images so that they fit a network."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import Tensor

from netspec.data import steps
from netspec.data.buffers import tensor
from netspec.data.dataset import DataError
from netspec.data.sizes import covering, pair, short
from netspec.data.steps import after, fitted, step
from netspec.lowering.raw import raw
from tests.data.written import numbered


def pillow(images: Tensor, height: int, width: int) -> Tensor:
    """Each image resized by Pillow, to exactly this size."""
    channels = images.shape[1]
    made = []
    for each in images:
        mode, size = "L" if channels == 1 else "RGB", (each.shape[2], each.shape[1])
        image = Image.frombytes(mode, size, raw(each.permute(1, 2, 0)))
        content = image.resize((width, height), Image.Resampling.BILINEAR).tobytes()
        made.append(tensor(bytearray(content)).reshape(height, width, channels).permute(2, 0, 1))
    return torch.stack(made)


@pytest.mark.parametrize("size", [(32, 32), (20, 20), (9, 9), (57, 57)])
@pytest.mark.parametrize("channels", [1, 3])
def test_resizing_a_square_to_a_square_is_pillows(size: tuple[int, int], channels: int) -> None:
    images = numbered(4, channels, 28, 28)
    ours = fitted(images, [step("resize", size)])
    assert ours.dtype == torch.uint8
    assert (ours.int() - pillow(images, *size).int()).abs().max() <= 1


def test_resizing_keeps_proportions_and_cuts_the_middle_out() -> None:
    images = numbered(2, 3, 20, 40)
    ours = fitted(images, [step("resize", (10, 10))])
    assert (ours.int() - pillow(images, 10, 20)[:, :, :, 5:15].int()).abs().max() <= 1


@pytest.mark.parametrize(
    ("size", "wanted", "large"),
    [
        ((28, 28), (32, 32), (32, 32)),
        ((480, 640), (224, 224), (224, 299)),
        ((640, 480), (224, 224), (299, 224)),
        ((10, 20), (30, 90), (45, 90)),
        ((333, 500), (256, 256), (256, 384)),
        ((1, 1000), (8, 8), (8, 8000)),
    ],
)
def test_the_covering_size_has_the_images_proportions(
    size: tuple[int, int], wanted: tuple[int, int], large: tuple[int, int]
) -> None:
    assert covering(size, wanted) == large


def test_padding_is_black_and_the_image_in_its_middle() -> None:
    images = numbered(2, 1, 28, 27)
    out = fitted(images, [step("pad", (32, 32))])
    assert torch.equal(out[:, :, 2:30, 2:29], images)
    assert out.int().sum() == images.int().sum()


def test_cropping_cuts_the_middle_out() -> None:
    images = numbered(2, 1, 9, 8)
    assert torch.equal(fitted(images, [step("crop", (4, 4))]), images[:, :, 2:6, 2:6])


def test_grey_is_pillows_and_colour_is_three_times_the_same() -> None:
    images = numbered(3, 3, 16, 16)
    grey = fitted(images, [step("grey")])
    for each, out in zip(images, grey, strict=True):
        image = Image.frombytes("RGB", (16, 16), raw(each.permute(1, 2, 0))).convert("L")
        assert bytes(out.flatten().tolist()) == image.tobytes()
    colour = fitted(grey, [step("colour")])
    assert colour.is_contiguous() and all(torch.equal(colour[:, channel], grey[:, 0]) for channel in range(3))
    assert torch.equal(fitted(grey, [step("grey")]), grey) and torch.equal(fitted(colour, [step("colour")]), colour)


def test_many_images_are_worked_on_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    images = numbered(10, 1, 8, 8)
    chain = [step("resize", (12, 12)), step("crop", (10, 10)), step("colour")]
    whole = fitted(images, chain)
    monkeypatch.setattr(steps, "CHUNK", 3)
    assert torch.equal(fitted(images, chain), whole)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 20, 33)])
@pytest.mark.parametrize("name", ["resize", "pad", "crop", "grey", "colour"])
def test_the_shape_that_is_foretold_comes_out(shape: tuple[int, int, int], name: str) -> None:
    size = {"resize": (16, 20), "pad": (40, 41), "crop": (18, 20)}.get(name)
    each = step(name, size)
    assert tuple(fitted(numbered(2, *shape), [each]).shape[1:]) == after(each, shape)


def test_what_can_not_be_done_is_said_with_its_sizes() -> None:
    for each, shape, says in (
        (step("pad", (20, 40)), (1, 28, 28), "`pad(20x40)` is smaller than the images, 28x28"),
        (step("crop", (32, 20)), (1, 28, 28), "`crop(32x20)` is larger than the images, 28x28"),
        (step("grey"), (4, 8, 8), "`grey` takes images of 1 or 3 channels, and these have 4"),
    ):
        with pytest.raises(DataError) as error:
            after(each, shape)
        assert str(error.value) == says


def test_sizes_are_read_and_written_as_the_recipe_does() -> None:
    assert (pair(32), pair((32,)), pair((3, 4))) == ((32, 32), (32, 32), (3, 4))
    assert (short(32), short((3, 3)), short((3, 4))) == ("32", "3", "3x4")
