"""The facts of each layer and the totals."""

from __future__ import annotations

import time

import pytest

from netspec.analysis import analyze
from netspec.analysis.cost import parameters_and_macs
from netspec.compiler import compile
from netspec.graph import Graph
from netspec.layers.base import Layer
from netspec.shape import Polynomial, Shape, Unknown
from tests.analysis.graphs import Net, chain, layer

ALEXNET = [
    ("conv", (96, 11), {"stride": 4}),
    ("relu", (), {}),
    ("maxpool", (3,), {"stride": 2}),
    ("conv", (256, 5), {"pad": 2, "groups": 2}),
]


def alexnet_start(given: str = "3x227x227") -> Graph:
    return chain(given, *(layer(name, *positional, **named) for name, positional, named in ALEXNET))


def test_each_layer_has_its_figures_per_image() -> None:
    conv1 = analyze(alexnet_start(), batch=7).layers[1]
    assert conv1.inputs == (Shape(3, (227, 227)),)
    assert {name: weight.shape for name, weight in conv1.weights.items()} == {"weight": (96, 3, 11, 11), "bias": (96,)}
    assert (conv1.parameters, conv1.buffers, conv1.macs) == (34_944, 0, 105_415_200)
    assert (conv1.ops, conv1.activations) == (290_400, 290_400)


def test_totals_are_the_sums_of_the_layers_and_grow_with_the_batch_except_weights() -> None:
    one, eight = analyze(alexnet_start()).totals, analyze(alexnet_start(), batch=8).totals
    assert (one.parameters, one.macs) == (34_944 + 307_456, 105_415_200 + 223_948_800)
    assert (eight.parameters, eight.macs, eight.ops) == (one.parameters, 8 * one.macs, 8 * one.ops)
    assert one.flops == 2 * one.macs + one.ops
    assert (one.weight_bytes, eight.weight_bytes) == (342_400 * 4, 342_400 * 4)


def test_buffers_are_counted_beside_the_parameters_and_are_no_weights() -> None:
    totals = analyze(chain("8x4x4", layer("bn")), dtype="bfloat16").totals
    assert (totals.parameters, totals.buffers, totals.weight_bytes) == (16, 16, 32)


def test_shared_weights_count_once_and_their_work_each_time() -> None:
    net = Net()
    trunk = layer("conv", 20, 5)
    one = net.chain(net.input("1x64x64", "left"), trunk)
    other = net.add(trunk, net.input("1x64x64", "right"), owner=one)
    analysis = analyze(net.graph())
    assert [facts.parameters for facts in analysis.layers] == [0, 520, 0, 0]
    assert analysis.layers[other].weights == {}
    assert analysis.layers[other].macs == analysis.layers[one].macs
    assert analysis.totals.parameters == 520
    assert analysis.totals.macs == 2 * 60 * 60 * 500


def test_figures_at_an_unknown_size_are_formulas() -> None:
    totals = analyze(alexnet_start("3xHxH"), batch=2).totals
    assert totals.parameters == 342_400
    assert isinstance(totals.macs, Polynomial)
    for size in range(200, 232):
        known = analyze(alexnet_start(f"3x{size}x{size}"), batch=2).totals
        assert totals.macs.at({"H": size}) == known.macs


def test_figures_that_cannot_be_known_say_why() -> None:
    totals = analyze(chain("3xHxW", layer("dense", 10))).totals
    assert isinstance(totals.parameters, Unknown)
    assert isinstance(totals.weight_bytes, Unknown)


def test_an_unknown_number_type_is_an_error_that_lists_the_known() -> None:
    says = "there is no number type `float31`; known are float64, float32, float16, bfloat16, int8"
    with pytest.raises(ValueError, match=rf"^{says}$"):
        analyze(alexnet_start(), dtype="float31")


def test_a_batch_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^a batch of 0 images is too small; it starts at 1$"):
        analyze(alexnet_start(), batch=0)


@pytest.mark.parametrize("repeated", [True, False])
def test_time_grows_with_the_number_of_layers_only(repeated: bool) -> None:
    def seconds(count: int) -> float:
        kinds: list[Layer] = [layer("conv", 8, 3, pad=1), layer("relu")]
        graph = chain("8x8x8", *(kinds[number % 2] if repeated else layer("conv", 8 + number % 977, 1)
                                 for number in range(count)))  # fmt: skip
        started = time.process_time()
        analyze(graph)
        return time.process_time() - started

    seconds(100)
    assert seconds(8_000) < 60 * max(seconds(800), 0.002)


def test_what_a_batch_keeps_once_is_not_kept_for_each_image() -> None:
    graph = chain("8x4x4", layer("bn"), layer("groupnorm", 2))
    one, four = (analyze(graph, batch=batch).totals.training_bytes for batch in (1, 4))
    values, batch_statistics, group_statistics = 2 * 8 * 4 * 4, 2 * 8, 2 * 2
    assert one == 4 * (values + group_statistics + batch_statistics)
    assert four == 4 * (4 * (values + group_statistics) + batch_statistics)


def test_the_two_figures_of_a_list_are_those_of_the_analysis() -> None:
    shared = "share tower { 4C3 - 8C3 }\ninput a 1x9x9\ninput b 1x9x9\nadd { | @a - tower | @b - tower } - 3N"
    for spec in ("1xHxW-4C3-MP2-8C3", "784-10N", shared):
        graph = compile(spec)
        totals = analyze(graph).totals
        assert parameters_and_macs(graph) == (totals.parameters, totals.macs)
