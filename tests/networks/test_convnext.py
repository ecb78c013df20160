"""ConvNeXt's stages, and how often its units are left out."""

from __future__ import annotations

from fractions import Fraction

import pytest

from netspec.layers.norm import Scale
from netspec.layers.regularise import DropPath
from tests.shipped import analysed

NETWORKS = {
    "convnext_tiny": ((3, 3, 9, 3), (96, 192, 384, 768), "0.1", "29", "4.5"),
    "convnext_small": ((3, 3, 27, 3), (96, 192, 384, 768), "0.4", "50", "8.7"),
    "convnext_base": ((3, 3, 27, 3), (128, 256, 512, 1024), "0.5", "89", "15.4"),
}
"""Units and maps of the four stages, the last unit's rate, millions of parameters and billions of MACs, as printed."""


@pytest.mark.parametrize("name", NETWORKS)
def test_stages_have_the_units_and_the_maps_of_the_paper(name: str) -> None:
    units, maps, *_ = NETWORKS[name]
    depthwise = [str(layer.node.shape) for layer in analysed(name).layers if layer.node.layer.name == "dwconv"]
    stages = zip(units, maps, (56, 28, 14, 7), strict=True)
    assert depthwise == [f"{c}x{size}x{size}" for n, c, size in stages for _ in range(n)]


@pytest.mark.parametrize("name", NETWORKS)
def test_units_are_left_out_more_often_the_later_they_come(name: str) -> None:
    rates = [layer.node.layer.rate for layer in analysed(name).layers if isinstance(layer.node.layer, DropPath)]
    last = Fraction(NETWORKS[name][2])
    assert rates == [last * number / (len(rates) - 1) for number in range(sum(NETWORKS[name][0]))]


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_and_multiply_adds_round_to_what_the_paper_prints(name: str) -> None:
    totals = analysed(name).totals
    assert isinstance(totals.macs, int) and isinstance(totals.parameters, int)
    assert (f"{totals.parameters / 1e6:.0f}", f"{totals.macs / 1e9:.1f}") == NETWORKS[name][3:]


def test_a_units_factors_begin_at_a_millionth() -> None:
    layers = [layer.node.layer for layer in analysed("convnext_tiny").layers]
    assert [layer.init for layer in layers if isinstance(layer, Scale)] == [Fraction(1, 10**6)] * 18
