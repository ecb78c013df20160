"""Networks that give pictures, and one that judges them."""

from __future__ import annotations

import pytest

from tests.shipped import analysed


def weights(name: str, **params: object) -> list[tuple[object, ...]]:
    layers = analysed(name, **params).layers
    return [tuple(weight.shape) for layer in layers for weight in layer.weights.values() if weight.trained]


def shapes(name: str, *kinds: str) -> list[str]:
    return [str(layer.node.shape) for layer in analysed(name).layers if layer.node.layer.name in kinds]


def norm(channels: int) -> list[tuple[object, ...]]:
    return [(channels,), (channels,)]


def test_dcgans_generator_has_the_weights_of_the_authors_code_and_the_maps_of_the_papers_figure() -> None:
    assert weights("dcgan_generator") == [
        *((1024 * 4 * 4, 100), *norm(1024 * 4 * 4)),
        *((1024, 512, 5, 5), *norm(512)),
        *((512, 256, 5, 5), *norm(256)),
        *((256, 128, 5, 5), *norm(128)),
        (128, 3, 5, 5),
    ]
    assert shapes("dcgan_generator", "reshape", "tconv") == [
        *("1024x4x4", "512x8x8", "256x16x16", "128x32x32", "3x64x64")
    ]


def test_dcgans_discriminator_has_the_weights_of_the_authors_code() -> None:
    assert weights("dcgan_discriminator") == [
        (128, 3, 5, 5),
        *((256, 128, 5, 5), *norm(256)),
        *((512, 256, 5, 5), *norm(512)),
        *((1024, 512, 5, 5), *norm(1024)),
        (1, 1024 * 4 * 4),
    ]
    assert shapes("dcgan_discriminator", "conv") == ["128x32x32", "256x16x16", "512x8x8", "1024x4x4"]


@pytest.mark.parametrize(("middle", "printed"), [(1, 8_032), (3, 24_416), (5, 57_184)])
def test_srcnn_has_the_weights_that_its_papers_print_without_biases(middle: int, printed: int) -> None:
    parameters = analysed("srcnn", middle=middle).totals.parameters
    assert parameters == printed + 64 + 32 + 1


def test_srcnn_gives_the_21x21_pixels_in_the_middle_of_33x33() -> None:
    assert shapes("srcnn", "conv") == ["64x25x25", "32x25x25", "1x21x21"]


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_espcn_enlarges_by_its_factor(factor: int) -> None:
    analysis = analysed("espcn", factor=factor)
    assert str(analysis.layers[-1].node.shape) == f"1x{17 * factor}x{17 * factor}"
    assert analysis.totals.parameters == 64 * 26 + 32 * (64 * 9 + 1) + factor**2 * (32 * 9 + 1)
