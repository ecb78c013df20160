"""DenseNets: the layers that their names count, the weights of those for CIFAR, and what their authors print."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import netspec
from netspec.analysis.facts import Analysis
from netspec.library import find
from tests.shipped import analysed

AUTHORS = [
    ("densenet_cifar", 40, 12, "1.0"),
    ("densenet_cifar", 100, 12, "7.0"),
    ("densenet_cifar", 100, 24, "27.2"),
    ("densenet_bc_cifar", 100, 12, "0.8"),
    ("densenet_bc_cifar", 250, 24, "15.3"),
    ("densenet_bc_cifar", 190, 40, "25.6"),
]
"""Spec, depth L, growth k and millions of parameters in the README of liuzhuang13/DenseNet."""


def shapes(analysis: Analysis) -> list[tuple[int, ...]]:
    """The weights of the convolutions and dense layers, without biases."""
    layers = [layer for layer in analysis.layers if layer.node.layer.name in ("conv", "dense")]
    return [layer.weights["weight"].shape for layer in layers]


def by_hand(depth: int, growth: int, compressed: bool) -> Iterator[tuple[int, ...]]:
    """The same, from the text of the paper (section 3, implementation details)."""
    c = 2 * growth if compressed else 16
    yield c, 3, 3, 3
    for block in range(3):
        for _ in range((depth - 4) // (6 if compressed else 3)):
            if compressed:
                yield 4 * growth, c, 1, 1
            yield growth, 4 * growth if compressed else c, 3, 3
            c += growth
        if block < 2:
            yield c // 2 if compressed else c, c, 1, 1
            c = c // 2 if compressed else c
    yield 10, c


@pytest.mark.parametrize(("name", "depth", "growth", "millions"), AUTHORS)
def test_a_densenet_for_cifar_has_the_weights_of_its_paper(name: str, depth: int, growth: int, millions: str) -> None:
    analysis = analysed(name, depth=depth, growth=growth)
    assert shapes(analysis) == list(by_hand(depth, growth, compressed="bc" in name))
    assert len(shapes(analysis)) == depth
    assert isinstance(analysis.totals.parameters, int) and f"{analysis.totals.parameters / 1e6:.1f}" == millions


@pytest.mark.parametrize("depth", [121, 161, 169, 201])
def test_a_densenets_number_counts_its_layers_with_weights(depth: int) -> None:
    assert len(shapes(analysed(f"densenet{depth}"))) == depth


def test_dual_path_92_has_92_layers_beside_the_four_that_make_paths_anew() -> None:
    assert len(shapes(analysed("dpn92"))) == 92 + 4


@pytest.mark.parametrize(
    ("name", "growth", "units"),
    [
        ("densenet121", 32, [6, 12, 24, 16]),
        ("densenet169", 32, [6, 12, 32, 32]),
        ("densenet201", 32, [6, 12, 48, 32]),
        ("densenet161", 48, [6, 12, 36, 24]),
    ],
)
def test_every_block_adds_its_growth_for_each_unit_and_half_goes_on(name: str, growth: int, units: list[int]) -> None:
    ours = {str(layer.node.shape) for layer in analysed(name).layers}
    c = 2 * growth
    for size, n in zip((56, 28, 14, 7), units, strict=True):
        assert f"{c + n * growth}x{size}x{size}" in ours
        c = (c + n * growth) // 2
        assert size == 7 or f"{c}x{size // 2}x{size // 2}" in ours


def test_dual_path_92s_stages_end_with_both_paths_beside_each_other() -> None:
    ours = {str(layer.node.shape) for layer in analysed("dpn92").layers}
    stages = [(256, 16, 3, 56), (512, 32, 4, 28), (1024, 24, 20, 14), (2048, 128, 3, 7)]
    for c, k, n, size in stages:  # two widths at the start of a stage, one more for each unit
        assert f"{c + (n + 2) * k}x{size}x{size}" in ours
    assert f"{analysed('dpn92').totals.macs / 1e9:.1f}" == "6.5"


@pytest.mark.parametrize(("name", "depth", "parts"), [("densenet_cifar", 41, 3), ("densenet_bc_cifar", 103, 6)])
def test_a_depth_that_three_equal_blocks_do_not_make_is_refused(name: str, depth: int, parts: int) -> None:
    with pytest.raises(netspec.SpecError, match=f"the depth must be 4 more than a multiple of {parts}"):
        netspec.compile(find(name), depth=depth)
