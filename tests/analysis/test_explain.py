"""The hand calculations, line by line as they stand on the blackboard."""

from __future__ import annotations

import pytest

from netspec.analysis import analyze
from netspec.analysis.explain import explain, lines
from netspec.graph import Graph
from netspec.layers.base import Step
from tests.analysis.graphs import Net, chain, layer


def board(graph: Graph, node: int = -1, *, only: tuple[str, ...] = ("rf", "jump")) -> list[str]:
    """The lines about the receptive field of a node, the last unless said."""
    steps = explain(analyze(graph), graph.nodes[node])
    return list(lines(step for step in steps if step.what.split()[0] in only))


def test_alexnets_first_layer_is_calculated_as_on_a_blackboard() -> None:
    graph = chain("3x227x227", layer("conv", 96, 11, stride=4))
    assert lines(explain(analyze(graph), graph.nodes[1])) == (
        "height and width: (227 − 11 + 2·0)/4 + 1 = 55",
        "height and width, as TensorFlow's VALID: ⌈(227 − 11 + 1)/4⌉ = 55",
        "parameters: (11·11·3 + 1)·96 = 34,944",
        "macs: 55·55·96·(11·11·3) = 105,415,200",
        "rf: 1 + (11 − 1)·1 = 11",
        "jump: 1·4 = 4",
    )


def test_a_node_may_be_given_by_its_name() -> None:
    net = Net()
    net.add(layer("conv", 8, 3), net.input("3x9x9"), name="conv1")
    analysis = analyze(net.graph())
    assert explain(analysis, "conv1") == explain(analysis, analysis.graph.nodes[1])
    with pytest.raises(KeyError):
        explain(analysis, "conv2")


def test_the_field_grows_by_what_the_window_adds_times_the_jump() -> None:
    graph = chain("3x64x64", layer("conv", 8, 7, stride=2), layer("conv", 8, 3, dilation=2), layer("maxpool", 2))
    assert board(graph, 2) == ["rf: 7 + (3 − 1)·2·2 = 15", "jump: 2·1 = 2"]
    assert board(graph, 3) == ["rf: 15 + (2 − 1)·2 = 17", "jump: 2·2 = 4"]


def test_axes_that_differ_have_a_line_each() -> None:
    graph = chain("3x64x64", layer("conv", 8, (1, 7), stride=2))
    assert board(graph) == [
        "rf height: 1 + (1 − 1)·1 = 1",
        "jump height: 1·2 = 2",
        "rf width: 1 + (7 − 1)·1 = 7",
        "jump width: 1·2 = 2",
    ]


def test_formulas_stand_beside_the_numbers() -> None:
    steps = explain(analyze(graph := chain("1x100", layer("conv", 8, 3, stride=2))), graph.nodes[1])
    assert steps[-2:] == (
        Step("rf", "rf + (k − 1)·jump", "1 + (3 − 1)·1", "3"),
        Step("jump", "jump·s", "1·2", "2"),
    )


def test_a_layer_that_carries_values_on_and_an_input_have_nothing_to_calculate() -> None:
    graph = chain("3x8x8", layer("conv", 8, 3), layer("relu"))
    assert (board(graph, 0), board(graph, 2)) == ([], [])


def test_a_global_pool_sees_the_whole_input_and_what_follows_needs_no_calculation() -> None:
    graph = chain("3x20x30", layer("conv", 8, 3), layer("gap"), layer("dense", 10))
    assert board(graph, 2) == ["rf: the whole input = 20x30"]
    assert board(graph, 3) == []


def test_after_upsampling_the_widest_unit_is_named() -> None:
    graph = chain("3x8x8", layer("upsample", 2), layer("conv", 8, 2), layer("conv", 8, 1))
    assert board(graph, 1) == ["rf: the widest unit's = 1"]
    assert board(graph, 2) == ["rf: the widest unit's = 2", "jump: 1/2·1 = 1/2"]
    assert board(graph, 3) == ["rf: 2 + (1 − 1)·1/2 = 2", "jump: 1/2·1 = 1/2"]


def test_a_transposed_map_has_no_calculation_of_its_own() -> None:
    assert board(chain("3x8x9", layer("conv", 8, 3), layer("permute", (0, 2, 1)))) == []


def test_branches_that_meet_show_what_the_first_unit_of_each_sees() -> None:
    net = Net()
    start = net.input("8x9x9")
    net.add(layer("add"), net.chain(start, layer("conv", 8, 3, pad=1)), start)
    assert board(net.graph()) == ["rf: [−1, 1] ∪ [0, 0] = [−1, 1], 3 pixels"]


def test_branches_that_see_the_same_are_shown_once_and_misaligned_ones_named() -> None:
    net = Net()
    start = net.input("8x9x9")
    alike = [net.chain(start, layer("conv", 8, 3, pad=1)) for _ in range(2)]
    shifted = net.chain(start, layer("zeropad", 2, 0), layer("conv", 8, 3))
    net.add(layer("concat"), *alike, shifted)
    assert board(net.graph()) == ["rf: [−1, 1] ∪ [−2, 0] = [−2, 1], 4 pixels, not aligned"]


def test_branches_without_a_known_start_show_the_size_of_their_union() -> None:
    net = Net()
    start = net.input("8xHxW")
    down = layer("conv", 8, 3, stride=2, pad="same")
    net.add(layer("add"), net.chain(start, down), net.chain(start, down))
    assert board(net.graph()) == ["rf: the union of the branches = 3"]


def test_a_gate_that_sees_everything_says_so() -> None:
    net = Net()
    start = net.input("8x9x9")
    net.add(layer("mul"), start, net.chain(start, layer("gap")))
    assert board(net.graph()) == ["rf: a branch sees everything = 9"]


def test_each_input_of_the_network_has_its_own_lines() -> None:
    net = Net()
    left = net.chain(net.input("1x16x16", "left"), layer("conv", 8, 3))
    right = net.chain(net.input("1x18x18", "right"), layer("conv", 8, 5))
    both = net.add(layer("add"), left, right)
    net.add(layer("maxpool", 2), both)
    graph = net.graph()
    assert board(graph, both) == ["rf on left: [0, 2] = [0, 2], 3 pixels", "rf on right: [0, 4] = [0, 4], 5 pixels"]
    assert board(graph) == [
        "rf on left: 3 + (2 − 1)·1 = 4",
        "jump on left: 1·2 = 2",
        "rf on right: 5 + (2 − 1)·1 = 6",
        "jump on right: 1·2 = 2",
    ]


def test_a_step_whose_working_is_its_result_is_not_written_twice() -> None:
    assert lines([Step("size", "n", "5", "5")]) == ("size: 5",)
