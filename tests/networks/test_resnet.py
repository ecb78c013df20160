"""Residual networks: weights and counts that follow from the tables of their papers, and the figures printed there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod

import pytest

from netspec.analysis.facts import Analysis, LayerFacts
from netspec.layers.regularise import DropPath
from tests.shipped import analysed

Shape = tuple[int, ...]


def products(analysis: Analysis) -> list[LayerFacts]:
    """The convolutions and dense layers, in the order of the flow."""
    return [layer for layer in analysis.layers if layer.node.layer.name in ("conv", "dense")]


def kernels(analysis: Analysis) -> list[Shape]:
    """The shapes of their weights, without biases."""
    return [next(iter(layer.weights.values())).shape for layer in products(analysis)]


def places(analysis: Analysis) -> list[int]:
    return [prod(layer.node.shape.dims[1:]) for layer in products(analysis)]


def count(analysis: Analysis, kind: str) -> int:
    return sum(layer.node.layer.name == kind for layer in analysis.layers)


def macs(name: str, **params: object) -> int:
    found = analysed(name, **params).totals.macs
    assert isinstance(found, int)
    return found


def parameters(name: str, **params: object) -> int:
    found = analysed(name, **params).totals.parameters
    assert isinstance(found, int)
    return found


# He 2015 on CIFAR-10: 6n + 2 layers


def stacked(first: Shape, stages: Sequence[tuple[int, int]], classes: int) -> list[Shape]:
    """The kernels of a network of 3x3 layers: so many layers of so many maps a stage."""
    shapes, maps = [first], first[0]
    for width, layers in stages:
        for _ in range(layers):
            shapes.append((width, maps, 3, 3))
            maps = width
    return [*shapes, (classes, maps)]


THIN = [
    ("resnet20", 3),
    ("resnet32", 5),
    ("resnet44", 7),
    ("resnet56", 9),
    ("resnet110", 18),
    ("resnet1202", 200),
    ("plain20", 3),
    ("plain56", 9),
    ("preact_resnet110", 18),
    ("stochastic_depth110", 18),
]


@pytest.mark.parametrize(("name", "n"), THIN)
def test_networks_for_cifar10_have_2n_layers_at_each_of_three_sizes(name: str, n: int) -> None:
    found = analysed(name)
    shapes = stacked((16, 3, 3, 3), [(16, 2 * n), (32, 2 * n), (64, 2 * n)], 10)
    assert kernels(found) == shapes
    assert len(shapes) == 6 * n + 2
    sizes = [32 * 32] * (2 * n + 1) + [16 * 16] * (2 * n) + [8 * 8] * (2 * n) + [1]
    assert places(found) == sizes
    assert found.totals.macs == sum(prod(shape) * size for shape, size in zip(shapes, sizes, strict=True))
    normalised = sum(2 * shape[0] for shape in shapes[:-1])  # a factor and a constant for each map
    assert found.totals.parameters == sum(map(prod, shapes)) + normalised + 10


@pytest.mark.parametrize(
    ("name", "shortcuts", "shrunk"),
    [("resnet20", 9, 2), ("resnet110", 54, 2), ("preact_resnet110", 54, 2), ("plain20", 0, 0)],
)
def test_shortcuts_for_cifar10_have_no_weights(name: str, shortcuts: int, shrunk: int) -> None:
    found = analysed(name)
    assert (count(found, "add"), count(found, "maxpool"), count(found, "zeropad")) == (shortcuts, shrunk, shrunk)


def test_blocks_are_dropped_with_a_probability_that_grows_evenly_to_one_half() -> None:
    layers = [layer.node.layer for layer in analysed("stochastic_depth110").layers]
    rates = [layer.rate for layer in layers if isinstance(layer, DropPath)]
    assert rates == [Fraction(number, 108) for number in range(1, 55)]
    layers = [layer.node.layer for layer in analysed("stochastic_depth110", survival=1).layers]
    assert {layer.rate for layer in layers if isinstance(layer, DropPath)} == {0}


# He 2015 on ImageNet


@pytest.mark.parametrize(("name", "layers"), [("plain18", (4, 4, 4, 4)), ("plain34", (6, 8, 12, 6))])
def test_plain_networks_are_the_table_of_the_paper(name: str, layers: tuple[int, ...]) -> None:
    found = analysed(name)
    shapes = stacked((64, 3, 7, 7), list(zip((64, 128, 256, 512), layers, strict=True)), 1000)
    sizes = [112**2, *(size**2 for size, n in zip((56, 28, 14, 7), layers, strict=True) for _ in range(n)), 1]
    assert kernels(found) == shapes
    assert found.totals.macs == sum(prod(shape) * size for shape, size in zip(shapes, sizes, strict=True))
    normalised = sum(2 * shape[0] for shape in shapes[:-1])
    assert found.totals.parameters == sum(map(prod, shapes)) + normalised + 1000


@pytest.mark.parametrize("depth", [18, 34])
def test_a_plain_network_is_the_residual_one_without_its_three_projections(depth: int) -> None:
    at_each = 128 * 64 * 28 * 28  # as many again in the next two stages: half the places, twice the weights
    assert macs(f"plain{depth}") == macs(f"resnet{depth}") - 3 * at_each
    projections = sum(2 * maps * maps + 2 * 2 * maps for maps in (64, 128, 256))
    assert parameters(f"plain{depth}") == parameters(f"resnet{depth}") - projections


def test_the_printed_3_6_billion_of_resnet34_are_those_without_projections() -> None:
    assert macs("plain34") // 10**7 == 364
    assert macs("resnet34") // 10**7 == 366


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("resnet18", 1.8),
        ("plain18", 1.8),
        ("plain34", 3.6),
        ("resnet50_original", 3.8),  # 3.86, cut off
        ("resnet101_original", 7.6),
        ("resnet152_original", 11.3),
        ("resnext50", 4.2),
        ("resnext101_32x8d", 16.4),
        ("resnet50_d", 4.3),
    ],
)
def test_multiply_adds_are_those_that_papers_print(name: str, printed: float) -> None:
    assert macs(name) / 1e9 == pytest.approx(printed, abs=0.06)


def test_the_stride_in_the_3x3_costs_as_much_at_every_depth() -> None:
    moved = 256 * 128 * (56**2 - 28**2)  # conv3_x: the 1x1 from 256 to 128 maps is computed at four times the places
    moved += 512 * 256 * (28**2 - 14**2)
    moved += 1024 * 512 * (14**2 - 7**2)
    for depth in (50, 101, 152):
        assert macs(f"resnet{depth}") - macs(f"resnet{depth}_original") == moved
        assert parameters(f"resnet{depth}") == parameters(f"resnet{depth}_original")


def test_the_authors_resnet50_has_64_biases_besides() -> None:
    assert parameters("resnet50_original") + 64 == 25_557_096


@pytest.mark.parametrize(
    ("name", "field"), [("resnet50_original", 483), ("resnet101_original", 1027), ("resnet152_original", 1507)]
)
def test_receptive_fields_are_those_that_araujo_2019_prints(name: str, field: int) -> None:
    last = [layer for layer in analysed(name).layers if layer.node.layer.name == "relu"][-1]
    (found,) = last.fields.values()
    assert (found.size, found.jump) == ((field, field), (32, 32))


@pytest.mark.parametrize("name", ["resnet34", "resnet101", "resnet152_original", "resnext50", "preact_resnet200"])
def test_stages_have_the_sizes_of_the_table(name: str) -> None:
    sizes = dict.fromkeys(layer.node.shape.dims[1:] for layer in analysed(name).layers if layer.node.shape.dims[1:])
    assert list(sizes) == [(side, side) for side in (224, 112, 56, 28, 14, 7)]


# Counts in millions


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("resnet20", "0.27"),
        ("resnet32", "0.46"),
        ("resnet44", "0.66"),
        ("resnet56", "0.85"),
        ("resnet110", "1.7"),
        ("resnet1202", "19.4"),
        ("preact_resnet110", "1.7"),
        ("preact_resnet164", "1.7"),
        ("preact_resnet1001", "10.3"),
        ("preact_resnet200", "64.7"),
        ("wide_resnet16_8", "11.0"),
        ("wide_resnet28_10", "36.5"),
        ("wide_resnet40_4", "8.9"),
        ("wide_resnet50_2", "68.9"),
        ("resnext50", "25.0"),
        ("resnext29_cifar", "34.4"),
        ("se_resnet50", "28.1"),
    ],
)
def test_parameters_in_millions_are_those_that_are_printed(name: str, printed: str) -> None:
    digits = len(printed.partition(".")[2])
    assert f"{parameters(name) / 1e6:.{digits}f}" == printed


# He 2016


def units(n: int) -> Iterator[tuple[Shape, int]]:
    """The kernels of the authors' network of 9n + 2 layers, each with the places that it is computed at."""
    yield (16, 3, 3, 3), 32 * 32
    maps = 16
    for width, side in ((16, 32), (32, 16), (64, 8)):
        for number in range(n):
            yield (width, maps, 1, 1), side * side
            yield (width, width, 3, 3), side * side
            yield (4 * width, width, 1, 1), side * side
            if number == 0:
                yield (4 * width, maps, 1, 1), side * side
            maps = 4 * width
    yield (10, maps), 1


@pytest.mark.parametrize(("name", "n"), [("preact_resnet164", 18), ("preact_resnet1001", 111)])
def test_pre_activation_networks_for_cifar10_are_those_of_the_authors_code(name: str, n: int) -> None:
    found = analysed(name)
    shapes, sizes = zip(*units(n), strict=True)
    assert kernels(found) == list(shapes)
    assert places(found) == list(sizes)
    assert len(shapes) == 9 * n + 2 + 3  # three of them on shortcuts
    assert found.totals.macs == sum(prod(shape) * size for shape, size in units(n))


@pytest.mark.parametrize(("name", "others"), [("preact_resnet164", 247_646_720), ("preact_resnet1001", 1_490_995_712)])
def test_with_the_stride_in_the_3x3_others_count_two_larger_1x1_layers(name: str, others: int) -> None:
    assert others - macs(name) == 64 * 32 * (32**2 - 16**2) + 128 * 64 * (16**2 - 8**2)


@pytest.mark.parametrize(
    ("name", "bare"), [("preact_resnet110", 51), ("preact_resnet164", 51), ("preact_resnet1001", 330)]
)
def test_nothing_stands_on_the_way_of_the_identity(name: str, bare: int) -> None:
    """A unit adds to the sum of the unit before it, but at the beginning of a stage."""
    nodes = analysed(name).graph.nodes
    sums = {node.number for node in nodes if node.layer.name == "add"}
    assert sum(bool(sums & set(node.inputs)) for node in nodes if node.layer.name == "add") == bare


# Zagoruyko 2016, Xie 2016, Hu 2017


@pytest.mark.parametrize(
    ("name", "n", "k"), [("wide_resnet16_8", 2, 8), ("wide_resnet28_10", 4, 10), ("wide_resnet40_4", 6, 4)]
)
def test_wide_networks_have_k_times_the_maps_and_6n_and_4_layers(name: str, n: int, k: int) -> None:
    shapes = kernels(analysed(name))
    assert len(shapes) == 6 * n + 4 + 1  # the name counts the three shortcuts but not the dense layer
    for width, before in ((16 * k, 16), (32 * k, 16 * k), (64 * k, 32 * k)):
        assert shapes.count((width, before, 3, 3)) == shapes.count((width, before, 1, 1)) == 1
        assert shapes.count((width, width, 3, 3)) == 2 * n - 1


def test_resnext29_with_16_groups_has_about_the_printed_68_1_million() -> None:
    assert parameters("resnext29_cifar", cardinality=16) / 1e6 == pytest.approx(68.1, abs=0.06)


def test_gates_cost_what_their_two_dense_layers_have() -> None:
    stages = ((256, 3), (512, 4), (1024, 6), (2048, 3))
    weights = sum(n * 2 * maps * (maps // 16) for maps, n in stages)
    biases = sum(n * (maps + maps // 16) for maps, n in stages)
    for gated, bare in (("se_resnet50", "resnet50_original"), ("se_resnext50", "resnext50")):
        assert macs(gated) - macs(bare) == weights == 2_514_944
        assert parameters(gated) - parameters(bare) == weights + biases


# Page 2018


def test_resnet9_has_the_weights_of_its_author() -> None:
    found = analysed("resnet9")
    shapes = [
        *((64, 3, 3, 3), (128, 64, 3, 3), (128, 128, 3, 3), (128, 128, 3, 3), (256, 128, 3, 3)),
        *((512, 256, 3, 3), (512, 512, 3, 3), (512, 512, 3, 3), (10, 512)),
    ]
    assert kernels(found) == shapes
    assert places(found) == [1024, 1024, 256, 256, 256, 64, 16, 16, 1]
    normalised = sum(2 * shape[0] for shape in shapes[:-1])
    trained = sum(map(prod, shapes)) + normalised
    assert trained == 6_573_120
    assert found.totals.parameters == trained
    kinds = [layer.node.layer.name for layer in found.layers]
    assert kinds[-4:] == ["add", "maxpool", "dense", "scale"]
    assert found.layers[-1].node.title == "scale(0.125, trained=false)"
    assert kinds.count("add") == 2


# Recipes


@pytest.mark.parametrize("name", [name for name, _ in THIN if name != "stochastic_depth110"])
def test_recipes_for_cifar10_fall_after_32_and_48_thousand_of_64_thousand_steps(name: str) -> None:
    train = analysed(name).graph.train
    steps = [Fraction(epoch) * 50_000 / train["batch"] for epoch in train["schedule"]["at"]]
    assert steps == [32_000, 48_000]
    assert train["steps"] == 64_000
