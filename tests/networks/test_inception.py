"""GoogLeNet and what came of it: the figures of their papers, row by row, with those that can't be right."""

from __future__ import annotations

from math import floor, prod

import pytest

import netspec
from netspec.analysis.facts import Analysis, LayerFacts
from tests.shipped import analysed

COMPUTING = ("conv", "dwconv", "dense")

TABLE_1 = [
    ("conv1", 2.7, "", "", 34, ""),
    ("conv2", 112, "cut, rounded", "cut, rounded", 360, "rounded"),
    ("3a", 159, "cut", "cut", 128, "cut, rounded"),
    ("3b", 380, "", "rounded", 304, "cut, rounded"),
    ("4a", 364, "", "", 73, "cut"),
    ("4b", 437, "", "", 88, "rounded"),
    ("4c", 463, "", "", 100, "rounded"),
    ("4d", 580, "", "", 119, "rounded"),
    ("4e", 840, "", "", 170, "rounded"),
    ("5a", 1072, "", "", 54, ""),
    ("5b", 1388, "", "", 71, "rounded"),
    ("linear", 1000, "cut, rounded", "cut", 1, "cut, rounded"),
]
"""Szegedy et al. 2014, table 1: a row, its K of parameters, how they come of the weights and of weights and biases
(a K is 1024), its M of operations, and how they come of the MACs (an M is 10^6). An empty string: they don't."""

COUNTED = {"4a": 367.4, "4b": 438.6, "4c": 498.1, "4d": 591.2, "4e": 848.0, "5a": 1019.0, "5b": 1410.2}
"""What the rows whose parameters are not those of the table have instead, in K, by BVLC's definition. No widths are
known that give the printed ones; the operations of these rows are right, but for 5a."""


def module(analysis: Analysis, name: str) -> list[LayerFacts]:
    """The layers with weights of a named block of a network."""
    return [layer for layer in analysis.layers if layer.node.name.startswith(f"{name}.") and layer.parameters]


def row_of_table_1(name: str) -> list[LayerFacts]:
    googlenet = analysed("googlenet", aux=False)
    first, *second, linear = [layer for layer in googlenet.layers if layer.parameters and "." not in layer.node.name]
    return {"conv1": [first], "conv2": second, "linear": [linear]}.get(name) or module(googlenet, name)


def readings(exact: float, printed: float) -> str:
    """How a printed whole number comes of the exact one."""
    ways = {"cut": floor(exact), "rounded": floor(exact + 0.5)}
    return ", ".join(way for way, number in ways.items() if number == printed)


def weights(layers: list[LayerFacts]) -> int:
    """The weights without the biases."""
    return sum(prod(layer.weights["weight"].shape) for layer in layers)


@pytest.mark.parametrize(("name", "params", "by_weights", "by_all", "operations", "by_macs"), TABLE_1)
def test_googlenets_rows_have_the_counts_of_table_1_as_far_as_it_is_right(
    name: str, params: float, by_weights: str, by_all: str, operations: int, by_macs: str
) -> None:
    layers = row_of_table_1(name)
    every = sum(layer.parameters for layer in layers)
    assert readings(weights(layers) / 1024, params) == by_weights
    assert readings(every / 1024, params) == by_all
    assert readings(sum(layer.macs for layer in layers) / 1e6, operations) == by_macs


def test_rows_of_table_1_that_are_not_right_have_other_parameters() -> None:
    assert set(COUNTED) == {name for name, _, *ways, _, _ in TABLE_1 if not any(ways)} - {"conv1"}
    for name, thousands in COUNTED.items():
        every = sum(layer.parameters for layer in row_of_table_1(name))
        assert every / 1024 == pytest.approx(thousands, abs=0.051)


def test_table_1s_first_row_is_a_separable_convolution() -> None:
    separable = netspec.analyze(
        "input 3x224x224\ndwconv(7, stride=2, pad=3, multiplier=8, bias=false) - conv(64, 1, bias=false)"
    ).totals
    assert separable.parameters == 7 * 7 * 3 * 8 + 24 * 64 == 2_712
    assert separable.macs == 2_712 * 112 * 112 and readings(separable.macs / 1e6, 34) == "cut, rounded"
    assert round((2_712 + 64) / 1024, 1) == 2.7  # with its biases
    assert sum(layer.macs for layer in row_of_table_1("conv1")) == 7 * 7 * 3 * 64 * 112 * 112


def test_table_1s_row_5a_is_another_module_whose_two_columns_agree() -> None:
    assert readings(1072 * 1024 * 7 * 7 / 1e6, 54) == "rounded"
    assert readings(sum(layer.macs for layer in row_of_table_1("5a")) / 1e6, 51) == "cut, rounded"


def test_table_1_adds_up_to_what_others_print_of_googlenet() -> None:
    assert sum(row[1] for row in TABLE_1) == pytest.approx(6_797.7)  # 6.8 million, in MobileNet's table 8
    assert sum(row[4] for row in TABLE_1) == 1_502  # the paper's 1.5 billion; MobileNet's table 8 has 1550 million


def test_googlenet_is_22_layers_deep() -> None:
    graph = analysed("googlenet").graph
    depth: list[int] = []
    for node in graph.nodes:
        depth.append(max((depth[before] for before in node.inputs), default=0) + (node.layer.name in COMPUTING))
    assert depth[graph.outputs["main"]] == 22


def test_modules_without_reductions_cost_what_figure_2a_says() -> None:
    naive, reduced = analysed("inception_naive"), analysed("inception_reduced")

    def cost(analysis: Analysis, name: str) -> tuple[int, int]:
        layers = module(analysis, name)
        return weights(layers), sum(layer.macs for layer in layers)

    first = 64 * 192 + 128 * 192 * 9 + 32 * 192 * 25
    second = 128 * 416 + 192 * 416 * 9 + 96 * 416 * 25  # of 416 = 64 + 128 + 32 and the pool's 192
    assert cost(naive, "3a") == (first, first * 28 * 28) == (387_072, 303_464_448)
    assert cost(naive, "3b") == (second, second * 28 * 28) == (1_770_496, 1_388_068_864)
    for name in ("3a", "3b"):
        assert [layer.parameters for layer in module(reduced, name)] == [
            layer.parameters for layer in row_of_table_1(name)
        ]
    assert naive.totals.parameters == first + 224 + second + 416 + (64 + 128 + 32 + 192 + 416 + 1) * 1000
    assert reduced.totals.parameters == 163_696 + 388_736 + 481 * 1000


def maps(name: str, **params: object) -> dict[str, str]:
    return {layer.node.name: str(layer.node.shape) for layer in analysed(name, **params).layers}


def test_batch_normalised_inception_has_the_maps_of_its_papers_figure_5_but_for_three() -> None:
    printed = {
        "3a": "256x28x28", "3b": "320x28x28", "3c": "576x14x14", "4a": "576x14x14", "4b": "576x14x14",
        "4c": "576x14x14", "4d": "576x14x14", "4e": "1024x7x7", "5a": "1024x7x7", "5b": "1024x7x7",
    }  # fmt: skip
    ours = maps("bn_inception")
    other = {name: ours[f"{name}.concat1"] for name, shape in printed.items() if shape != ours[f"{name}.concat1"]}
    assert other == {"4c": "608x14x14", "4d": "608x14x14", "4e": "1056x7x7"}
    assert (160 + 160 + 160 + 128, 96 + 192 + 192 + 128, 192 + 256 + 608) == (608, 608, 1056)  # figure 5's own widths


def test_the_last_unit_of_batch_normalised_inception_pools_the_largest_and_the_others_means() -> None:
    pools = [layer.node.layer.name for layer in analysed("bn_inception").layers if "pool" in layer.node.layer.name]
    reducing = ["maxpool"]
    assert pools == [*2 * reducing, *2 * ["avgpool"], *reducing, *4 * ["avgpool"], *reducing, "avgpool", "maxpool"]


def test_inception_v3_has_the_maps_of_its_papers_table_1_but_for_one() -> None:
    printed = [
        "3x299x299", "32x149x149", "32x147x147", "64x147x147", "64x73x73", "80x71x71", "192x35x35",
        "288x35x35", "768x17x17", "1280x8x8", "2048x8x8",
    ]  # fmt: skip
    ours = list(dict.fromkeys(maps("inception_v3", aux=False).values()))
    assert [shape for shape in ours if shape in printed] == [shape for shape in printed if shape != "80x71x71"]
    assert {"80x73x73", "192x71x71"} <= set(ours)  # the released stem: 1x1 to 80 maps, and a pool behind the 3x3


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("inception_v4", ["147x147x64", "73x73x160", "71x71x192", "35x35x384", "17x17x1024", "8x8x1536"]),
        ("inception_resnet_v1", ["147x147x64", "71x71x192", "35x35x256", "17x17x896", "8x8x1792"]),
        ("xception", ["19x19x728", "10x10x1024", "10x10x2048"]),
    ],
)
def test_figures_of_papers_name_these_maps(name: str, printed: list[str]) -> None:
    ours = maps(name).values()
    for shape in printed:
        height, width, channels = shape.split("x")
        assert f"{channels}x{height}x{width}" in ours


def test_inception_resnet_v2s_paper_prints_maps_that_do_not_add_up() -> None:
    stem = 384  # that of Inception-v4, figure 3
    after_reduction_a = stem + 384 + 384
    assert after_reduction_a == 1152 != 1154  # figure 17
    assert after_reduction_a + 384 + 288 + 320 == 2144 != 2048  # figure 19
    released = set(maps("inception_resnet_v2").values())  # its stem ends with 96 + 64 + 96 + 64 maps
    assert {"320x35x35", "1088x17x17", "2080x8x8"} <= released
    assert (320 + 384 + 384, 1088 + 384 + 288 + 320) == (1088, 2080)


def test_xception_has_36_convolutional_layers() -> None:
    names = [layer.node.layer.name for layer in analysed("xception").layers]
    separable = names.count("dwconv")  # each with the 1x1 convolution behind it
    shortcuts = 4
    assert names.count("conv") - shortcuts == 2 + separable and 2 + separable == 36


@pytest.mark.parametrize(
    ("name", "size", "jump"),
    [
        ("bn_inception", 699, 32),  # as TF-Slim's inception_v2, whose units are as large
        ("inception_v3", 1311, 32),
        ("inception_v4", 2071, 32),
        ("inception_resnet_v2", 3039, 32),
    ],
)
def test_the_last_maps_see_what_araujo_et_al_computed_of_tf_slim(name: str, size: int, jump: int) -> None:
    last = [layer for layer in analysed(name).layers if len(layer.node.shape.dims) == 3][-1]
    (field,) = last.fields.values()
    assert (field.size, field.jump) == ((size, size), (jump, jump))


def test_the_stem_of_inception_v3_is_that_of_both_inception_resnets() -> None:
    stems = [analysed(name).layers[1:17] for name in ("inception_v3", "inception_resnet_v1", "inception_resnet_v2")]
    kinds = [[(layer.node.layer, layer.node.shape) for layer in stem] for stem in stems]
    assert kinds[0] == kinds[1] == kinds[2] and str(kinds[0][-1][1]) == "192x71x71"
