"""Networks that listen."""

from __future__ import annotations

from itertools import pairwise

from tests.shipped import analysed


def weights(name: str, **params: object) -> list[tuple[object, ...]]:
    layers = [layer for layer in analysed(name, **params).layers if layer.node.layer.name in ("conv", "dense")]
    return [tuple(layer.weights["weight"].shape) for layer in layers]


def test_m5_has_the_layers_of_its_papers_table_and_a_quarter_of_the_places_after_each_pool() -> None:
    kernels = [(128, 1, 80), (128, 128, 3), (256, 128, 3), (512, 256, 3)]
    assert weights("m5") == [*kernels, (10, 512)]
    layers = [layer for layer in analysed("m5").layers if layer.node.layer.name in ("conv", "maxpool")]
    places = [layer.node.shape.sizes[0] for layer in layers]
    assert places == [8_000, 2_000, 2_000, 500, 500, 125, 125, 32]


def test_m5_has_the_parameters_that_its_paper_prints_rounded_down() -> None:
    parameters = analysed("m5").totals.parameters
    assert isinstance(parameters, int) and parameters // 10**5 == 5


def test_vggish_has_the_layers_of_the_authors_definition() -> None:
    maps = [1, 64, 128, 256, 256, 512, 512]
    kernels = [(after, before, 3, 3) for before, after in pairwise(maps)]
    assert weights("vggish") == [*kernels, (4096, 512 * 6 * 4), (4096, 4096), (128, 4096)]
