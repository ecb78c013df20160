"""Networks that were scaled or designed by rule: what their papers and their authors' repositories print."""

from __future__ import annotations

from math import log

import pytest

from netspec.analysis.facts import LayerFacts
from tests.shipped import analysed


def ends(name: str, block: str) -> list[LayerFacts]:
    """The last layer of each use of a block, also of one inside another."""
    last: dict[str, LayerFacts] = {}
    for layer in analysed(name).layers:
        for depth, part in enumerate(parts := layer.node.name.split(".")):
            if part.rstrip("0123456789") == block:
                last[".".join(parts[: depth + 1])] = layer
    return list(last.values())


def shapes(name: str, block: str) -> list[str]:
    return [str(layer.node.shape) for layer in ends(name, block)]


def repeated(stages: list[tuple[str, int]]) -> list[str]:
    return [shape for shape, n in stages for _ in range(n)]


# EfficientNet (Tan and Le 2019)


def test_efficientnet_b0_has_the_maps_and_layers_of_table_1() -> None:
    """The table prints the resolution that flows into a stage, so its last, 7x7, is that of the last stage."""
    stages = [
        ("16x112x112", 1),
        ("24x56x56", 2),
        ("40x28x28", 2),
        ("80x14x14", 3),
        ("112x14x14", 3),
        ("192x7x7", 4),
        ("320x7x7", 1),
    ]
    assert shapes("efficientnet_b0", "mbconv") == repeated(stages)


def test_efficientnet_b7_is_twice_as_wide_and_3_1_times_as_deep() -> None:
    stages = [
        ("32x300x300", 4),
        ("48x150x150", 7),
        ("80x75x75", 7),
        ("160x38x38", 10),
        ("224x38x38", 10),
        ("384x19x19", 13),
        ("640x19x19", 4),
    ]
    assert shapes("efficientnet_b7", "mbconv") == repeated(stages)


@pytest.mark.parametrize(
    ("name", "parameters", "macs", "away"),
    [
        ("efficientnet_b0", 5.3, 0.39, 0.02),
        ("efficientnet_b1", 7.8, 0.70, 0.02),
        ("efficientnet_b2", 9.2, 1.0, 0.02),
        ("efficientnet_b3", 12, 1.8, 0.02),
        ("efficientnet_b4", 19, 4.2, 0.05),  # 4.39
        ("efficientnet_b5", 30, 9.9, 0.04),  # 10.27
        ("efficientnet_b6", 43, 19, 0.02),
        ("efficientnet_b7", 66, 37, 0.03),  # 37.7
        ("efficientnet_v2_s", 22, 8.8, 0.06),  # 8.37
        ("efficientnet_v2_m", 54, 24, 0.03),
        ("efficientnet_v2_l", 120, 53, 0.06),  # 56.1
    ],
)
def test_efficientnets_cost_about_what_their_papers_print(
    name: str, parameters: float, macs: float, away: float
) -> None:
    """Table 2 of 2019, table 7 of 2021; the multiply-adds are those of each one's own size, and not all fit it."""
    totals = analysed(name).totals
    assert totals.parameters / 1e6 == pytest.approx(parameters, rel=0.03)
    assert totals.macs / 1e9 == pytest.approx(macs, rel=away)


def test_efficientnet_v2_s_has_the_maps_and_layers_of_table_4() -> None:
    fused = [("24x192x192", 2), ("48x96x96", 4), ("64x48x48", 4)]
    assert shapes("efficientnet_v2_s", "fused") == repeated(fused)
    unfused = [("128x24x24", 6), ("160x24x24", 9), ("256x12x12", 15)]
    assert shapes("efficientnet_v2_s", "mbconv") == repeated(unfused)


# RegNet (Radosavovic et al. 2020)

REGNETS = {
    "regnetx_400mf": (22, 24, 24.48, 2.54, 16),
    "regnetx_3_2gf": (25, 88, 26.31, 2.25, 48),
    "regnety_400mf": (16, 48, 27.89, 2.09, 8),
    "regnety_16gf": (18, 200, 106.23, 2.48, 112),
}
"""Depth, initial width, slope, multiplier and width of a group, as the authors' repository sets them."""


@pytest.mark.parametrize(("name", "setting"), REGNETS.items())
def test_a_regnets_units_are_as_wide_as_its_rule_makes_them(name: str, setting: tuple[float, ...]) -> None:
    """Section 3.3: a line, taken to whole powers, to multiples of 8, and then to whole groups."""
    depth, initial, slope, multiplier, group = setting
    widths = []
    for unit in range(int(depth)):
        power = round(log((initial + slope * unit) / initial) / log(multiplier))
        width = 8 * round(initial * multiplier**power / 8)
        widths.append(int(group * round(width / group)))
    units = ends(name, "unit")
    assert [unit.node.shape.channels for unit in units] == widths
    sizes = [unit.node.shape.sizes for unit in units]
    assert sizes == sorted(sizes, reverse=True)
    assert sorted(set(sizes)) == [(7, 7), (14, 14), (28, 28), (56, 56)]


@pytest.mark.parametrize(
    ("name", "macs", "parameters", "activations"),
    [
        ("regnetx_400mf", 0.4, 5.2, 3.1),
        ("regnetx_3_2gf", 3.2, 15.3, 11.4),
        ("regnety_400mf", 0.4, 4.3, 3.9),
        ("regnety_16gf", 15.9, 83.6, 23.0),
    ],
)
def test_regnets_cost_what_is_printed_to_the_last_figure(
    name: str, macs: float, parameters: float, activations: float
) -> None:
    """In the paper and in the authors' repository; activations are what the convolutions make."""
    analysis = analysed(name)
    made = sum(layer.activations for layer in analysis.layers if layer.node.layer.name == "conv")
    assert round(analysis.totals.macs / 1e9, 1) == macs
    assert round(analysis.totals.parameters / 1e6, 1) == parameters
    assert round(made / 1e6, 1) == activations
