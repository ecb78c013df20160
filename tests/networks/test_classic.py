"""The early networks and those of textbooks: what their papers and others print of them."""

from __future__ import annotations

import pytest

import netspec
from tests.shipped import analysed


def shapes(name: str, kind: str, input: str = "", **params: object) -> list[str]:
    """What the layers of a kind give, in order."""
    layers = analysed(name, input, **params).layers
    return [str(layer.node.shape) for layer in layers if layer.node.layer.name == kind]


def weights(name: str, **params: object) -> list[tuple[object, ...]]:
    """The shapes of all trained weights, in order."""
    layers = analysed(name, **params).layers
    return [tuple(weight.shape) for layer in layers for weight in layer.weights.values() if weight.trained]


def parameters(name: str, **params: object) -> int:
    count = analysed(name, **params).totals.parameters
    assert isinstance(count, int)
    return count


def test_lenet1_has_the_units_the_connections_and_the_parameters_of_its_paper() -> None:
    layers = {layer.node.name: layer for layer in analysed("lenet1").layers}
    parts = ("h1", "h2", "h3", "h4", "out")
    assert [layers[name].parameters for name in parts] == [104, 8, 512, 24, 1_930]
    assert sum(layers[name].parameters for name in parts) == 2_578
    units = {name: layers[name].activations for name in ("input", *parts)}
    assert sum(units.values()) + 1 == 4_635  # one unit is the bias
    into = {"h1": 25 + 1, "h2": 4 + 1, "h4": 4 + 1, "out": 192 + 1}
    connections = sum(units[name] * count for name, count in into.items()) + 64 * (20 * 25 + 12)
    assert connections == 98_442
    macs = sum(layers[name].macs for name in parts)
    assert macs + units["h1"] + units["h3"] + units["out"] + 5 * (units["h2"] + units["h4"]) == connections


def test_lenet5_has_the_connections_of_its_paper() -> None:
    layers = {layer.node.name: layer for layer in analysed("lenet5").layers}
    products = {name: layers[name].macs + layers[name].activations for name in ("c1", "c3", "c5", "f6")}  # and biases
    assert products == {"c1": 122_304, "c3": 151_600, "c5": 48_120, "f6": 10_164}
    sums = {name: (2 * 2 + 1) * layers[name].activations for name in ("s2", "s4")}
    assert sums == {"s2": 5_880, "s4": 2_000}
    prototypes = 84 * 10  # counted among the connections, though not trained
    assert sum(products.values()) + sum(sums.values()) + prototypes == 340_908


def test_lenet1s_table_makes_two_halves_that_have_nothing_in_common() -> None:
    layers = {layer.node.name: layer.node.layer for layer in analysed("lenet1").layers}
    table: tuple[tuple[int, ...], ...] = layers["h3"].connect  # type: ignore[attr-defined]
    assert sum(map(len, table)) == 20
    assert {channel for row in table[:6] for channel in row} == {0, 1}
    assert {channel for row in table[6:] for channel in row} == {2, 3}
    assert [number for number, row in enumerate(table) if len(row) == 1] == [0, 3, 6, 9]


def test_the_lenet_of_tutorials_has_the_weights_that_they_print() -> None:
    assert weights("lenet5_tutorial") == [
        *((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,)),
        *((120, 400), (120,), (84, 120), (84,), (10, 84), (10,)),
    ]


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("mcdnn", "1x29x29-20C4-MP2-40C5-MP3-150N-10N"),
        ("mcdnn_traffic", "3x48x48-100C7-MP2-150C4-150MP2-250C4-250MP2-300N-43N"),
        ("mcdnn_norb", "2x48x48-100C5-MP2-100C5-MP2-100C4-MP2-300N-100N-6N"),
        ("mcdnn_chinese", "1x48x48-100C3-MP2-200C2-MP2-300C2-MP2-400C2-MP2-500N-3755N"),
    ],
)
def test_a_column_of_mcdnn_is_what_its_paper_prints(name: str, printed: str) -> None:
    ours = [layer.node for layer in analysed(name).layers if layer.node.layer.name not in ("tanh", "softmax")]
    theirs = [layer.node for layer in netspec.analyze(printed).layers]
    assert [(node.layer, node.shape) for node in ours] == [(node.layer, node.shape) for node in theirs]


def test_no_pool_of_the_columns_of_mcdnn_wastes_a_pixel() -> None:
    for name in ("mcdnn", "mcdnn_traffic", "mcdnn_norb", "mcdnn_chinese"):
        for layer in analysed(name).layers:
            if layer.node.layer.name == "maxpool":
                (before,), (after,) = {*layer.inputs[0].sizes}, {*layer.node.shape.sizes}
                kernel = layer.node.layer.kernel  # type: ignore[attr-defined]
                assert before == after * kernel
    assert shapes("mcdnn_traffic", "maxpool") == ["100x21x21", "150x9x9", "250x3x3"]
    assert shapes("mcdnn_norb", "maxpool") == ["100x22x22", "100x9x9", "100x3x3"]
    assert shapes("mcdnn_chinese", "maxpool") == ["100x23x23", "200x11x11", "300x5x5", "400x2x2"]


def test_overfeat_has_the_millions_that_its_paper_prints_rounded_down() -> None:
    assert parameters("overfeat") // 10**6 == 145
    assert shapes("overfeat", "conv") == ["96x56x56", "256x24x24", "512x12x12", "1024x12x12", "1024x12x12"]
    assert shapes("overfeat", "maxpool") == ["96x28x28", "256x12x12", "1024x6x6"]


def test_the_all_convolutional_net_takes_the_mean_of_6x6_places() -> None:
    assert shapes("all_cnn_c", "conv")[-3:] == ["192x6x6", "192x6x6", "10x6x6"]
    assert parameters("all_cnn_c") / 1e6 == pytest.approx(1.3, abs=0.1)


@pytest.mark.parametrize(
    ("name", "params", "megabytes"),
    [
        ("caffenet", {}, 233),
        ("alexnet", {}, 233),
        ("cnn_f", {}, 232),
        ("cnn_m", {}, 393),
        ("cnn_m", {"features": 2048}, 353),
        ("cnn_m", {"features": 1024}, 333),
        ("cnn_m", {"features": 128}, 315),
    ],
)
def test_weights_take_the_memory_that_albanies_convnet_burden_prints(
    name: str, params: dict[str, int], megabytes: int
) -> None:
    assert round(4 * parameters(name, **params) / 2**20) == megabytes


def test_the_fast_and_the_medium_network_of_chatfield_have_the_layers_of_the_table() -> None:
    assert weights("cnn_f")[::2] == [
        *((64, 3, 11, 11), (256, 64, 5, 5), *[(256, 256, 3, 3)] * 3),
        *((4096, 256 * 36), (4096, 4096), (1000, 4096)),
    ]
    assert weights("cnn_m")[::2] == [
        *((96, 3, 7, 7), (256, 96, 5, 5), (512, 256, 3, 3), *[(512, 512, 3, 3)] * 2),
        *((4096, 512 * 36), (4096, 4096), (1000, 4096)),
    ]
    assert shapes("cnn_f", "conv")[:2] == ["64x54x54", "256x27x27"]
    assert shapes("cnn_m", "conv")[:2] == ["96x109x109", "256x26x26"]
    assert shapes("cnn_f", "maxpool") == ["64x27x27", "256x13x13", "256x6x6"]
    assert shapes("cnn_m", "maxpool") == ["96x54x54", "256x13x13", "512x6x6"]


def test_caffenet_is_alexnet_with_a_smaller_normalisation() -> None:
    assert weights("caffenet") == weights("alexnet")
    assert shapes("alexnet", "lrn") == ["96x55x55", "256x27x27"]
    assert shapes("caffenet", "lrn") == ["96x27x27", "256x13x13"]


def test_spp_net_has_maps_of_the_sizes_that_its_paper_prints() -> None:
    assert shapes("spp_net", "maxpool") == ["96x55x55", "256x13x13"]
    assert shapes("spp_net", "conv")[1:] == ["256x27x27", "384x13x13", "384x13x13", "256x13x13"]
    assert shapes("spp_net", "conv", "3x180x180")[-1] == "256x10x10"


@pytest.mark.parametrize("input", ["3x180x180", "3x224x224", "3x300x500", "3xHxW"])
def test_spp_net_has_one_set_of_weights_for_images_of_any_size(input: str) -> None:
    assert shapes("spp_net", "spp", input) == ["12800"]  # 256 maps, 36 + 9 + 4 + 1 bins
    assert analysed("spp_net", input).totals.parameters == 77_037_672


def test_dqn_sees_ever_smaller_maps() -> None:
    assert shapes("dqn", "conv") == ["32x20x20", "64x9x9", "64x7x7"]
    assert weights("dqn", actions=4)[-2:] == [(4, 512), (4,)]


def test_c3d_ends_in_one_frame_of_4x4_places() -> None:
    pools = ["64x16x56x56", "128x8x28x28", "256x4x14x14", "512x2x7x7", "512x1x4x4"]
    assert shapes("c3d", "maxpool") == pools
    assert {weight[2:] for weight in weights("c3d") if len(weight) == 5} == {(3, 3, 3)}
