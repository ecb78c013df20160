"""Changes of colours, compared with a loop over pixels."""

from __future__ import annotations

import pytest
import torch

from netspec.data.augmentation.colours import (
    Brightness,
    Colour,
    Contrast,
    Noise,
    Saturation,
    colour_components,
    grey,
)
from tests.data.augmentation.scripted import Script, drawing

PARTS = (0.0, 0.25, 0.5, 1.0)
FACTORS = (0.4, 0.7, 1.0, 1.6)
"""What `PARTS` are of the span of part=0.6."""


def some(channels: int = 3, count: int = 4) -> torch.Tensor:
    return torch.rand(count, channels, 4, 5, generator=torch.Generator().manual_seed(0))


def clamped(number: float) -> float:
    return min(max(number, 0.0), 1.0)


def plain_grey(pixel: list[float]) -> float:
    if len(pixel) == 3:
        return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
    return sum(pixel) / len(pixel)


def pixel_by_pixel(images: torch.Tensor, paint) -> torch.Tensor:
    """`paint(image, number, pixel)` for every pixel, a list of its channels, clamped."""
    result = torch.empty_like(images)
    for number, image in enumerate(images):
        for y in range(image.shape[1]):
            for x in range(image.shape[2]):
                painted = paint(image, number, image[:, y, x].tolist())
                result[number, :, y, x] = torch.tensor([clamped(value) for value in painted])
    return result


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_brightness_is_a_factor(channels):
    images = some(channels)
    expected = pixel_by_pixel(images, lambda image, number, pixel: [value * FACTORS[number] for value in pixel])
    torch.testing.assert_close(Brightness(0.6).change(images, Script(PARTS)), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_contrast_goes_from_the_mean_grey(channels):
    def paint(image, number, pixel):
        pixels = image.flatten(1).T.tolist()
        mean = sum(map(plain_grey, pixels)) / len(pixels)
        return [mean + (value - mean) * FACTORS[number] for value in pixel]

    images = some(channels)
    expected = pixel_by_pixel(images, paint)
    torch.testing.assert_close(Contrast(0.6).change(images, Script(PARTS)), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [3, 4])
def test_saturation_goes_from_grey(channels):
    def paint(image, number, pixel):
        return [plain_grey(pixel) + (value - plain_grey(pixel)) * FACTORS[number] for value in pixel]

    images = some(channels)
    expected = pixel_by_pixel(images, paint)
    torch.testing.assert_close(Saturation(0.6).change(images, Script(PARTS)), expected, rtol=0, atol=1e-6)


def test_a_grey_image_has_no_saturation_to_change():
    images = some(1)
    torch.testing.assert_close(Saturation(0.6).change(images, drawing()), images)
    grown = images.expand(-1, 3, -1, -1)
    torch.testing.assert_close(Saturation(0.6).change(grown, drawing()), grown)


@pytest.mark.parametrize("kind", [Brightness, Contrast, Saturation])
def test_no_strength_changes_nothing(kind):
    images = some()
    torch.testing.assert_close(kind(0).change(images, drawing()), images, rtol=0, atol=1e-6)


def test_green_counts_most_for_how_bright_a_pixel_is():
    primary = torch.eye(3)[:, :, None, None]
    assert grey(primary).flatten().tolist() == pytest.approx([0.299, 0.587, 0.114])


# Noise


def test_noise_is_what_was_drawn_times_its_deviation():
    images = torch.full((1, 1, 2, 2), 0.5)
    result = Noise(0.1).change(images, Script([1, -2, 0, 9]))
    torch.testing.assert_close(result.flatten(), torch.tensor([0.6, 0.3, 0.5, 1.0]))


def test_noise_has_its_deviation_and_no_two_pixels_the_same():
    noise = Noise(0.05).change(torch.full((8, 3, 32, 32), 0.5), drawing()) - 0.5
    assert noise.std().item() == pytest.approx(0.05, rel=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=0.002)
    assert noise.unique().numel() > 20_000


# Principal components


def cloud(vectors: torch.Tensor, variances: torch.Tensor) -> torch.Tensor:
    """Images whose colours have these principal components, in rows, and variances."""
    numbers = torch.randn(60_000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    numbers = (numbers - numbers.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(numbers.T.cov(correction=0)).T)
    colours = 0.5 + numbers * variances.sqrt() @ vectors
    return colours.T.reshape(3, 6, 100, 100).transpose(0, 1)


def test_the_components_of_a_known_cloud_are_found():
    vectors = torch.tensor([[1, 1, 1], [1, -1, 0], [1, 1, -2]], dtype=torch.float64)
    vectors = vectors / vectors.norm(dim=1, keepdim=True)
    variances = torch.tensor([0.04, 0.01, 0.0025], dtype=torch.float64)
    components = colour_components(cloud(vectors, variances).split(2))
    torch.testing.assert_close(components.norm(dim=1), variances, rtol=1e-9, atol=0)
    torch.testing.assert_close((components @ vectors.T).abs(), torch.diag(variances), rtol=0, atol=1e-9)
    assert (components.gather(1, components.abs().argmax(1, keepdim=True)) > 0).all()


def test_bytes_count_from_0_to_1_and_batches_add_up():
    images = (some(count=6) * 255).round()
    whole = colour_components([images.byte()])
    torch.testing.assert_close(colour_components(images.byte().split([1, 3, 2])), whole)
    torch.testing.assert_close(colour_components([images.double() / 255]), whole)
    covariance = (images.double() / 255).movedim(1, 0).flatten(1).cov(correction=0)
    torch.testing.assert_close(whole.T @ torch.diag(1 / whole.norm(dim=1)) @ whole, covariance)


def test_images_of_one_colour_have_components_of_nothing():
    assert colour_components([torch.full((2, 3, 4, 4), 0.3)]).abs().max() < 1e-12


def test_no_images_have_no_components():
    for batches in ([], [torch.zeros(0, 3, 4, 4)]):
        with pytest.raises(ValueError, match="no images"):
            colour_components(batches)


def test_colours_move_along_the_components():
    components = torch.tensor([[0.2, 0.1, 0.0], [0.0, -0.1, 0.1], [0.0, 0.0, 0.05]], dtype=torch.float64)
    amounts = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))

    def paint(image, number, pixel):
        moves = [0.5 * float(amounts[number, row]) for row in range(3)]
        return [pixel[c] + sum(moves[row] * float(components[row, c]) for row in range(3)) for c in range(3)]

    images = some()
    result = Colour(0.5, components).change(images, Script(amounts.flatten().tolist()))
    torch.testing.assert_close(result, pixel_by_pixel(images, paint), rtol=0, atol=1e-6)
    assert result.dtype == images.dtype


def test_components_of_other_channels_are_refused():
    with pytest.raises(ValueError, match=r"components of shape \(3, 3\) for images of 1 channels"):
        Colour(0.1, torch.eye(3)).change(some(1), drawing())
