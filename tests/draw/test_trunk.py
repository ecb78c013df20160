"""The way from input to output: what is opened, what stays a step, what leaves."""

from __future__ import annotations

from hypothesis import given, settings

import netspec
from netspec.draw.trunk import Step, trunk
from netspec.graph import Graph
from netspec.source import Source
from tests.draw.graphs import graphs, last


def steps(text: str) -> tuple[Step, ...]:
    return trunk(netspec.compile(Source(text)))


def shapes(text: str) -> list[str]:
    return [str(step.last.shape) for step in steps(text)]


def test_layers_are_steps_and_quiet_ones_join_the_layer_before() -> None:
    assert shapes("3x8x8 - 4C3 - bn - relu - MP2 - 10N") == ["4x6x6", "4x3x3", "10"]


def test_a_block_is_one_step_where_its_maps_are_about_as_large_as_what_it_takes_or_gives() -> None:
    assert shapes("block b(c) { 4C3p1 - conv(c, 3, stride=2, pad=1) }\ninput 3x8x8\nb(8) - b(16)") == [
        "8x4x4",
        "16x2x2",
    ]
    assert shapes("block pair { 4C3 - 4C3 }\ninput 3x32x32\npair - MP2 - pair") == ["4x28x28", "4x14x14", "4x10x10"]


def test_a_block_is_opened_where_its_maps_are_much_larger_or_smaller() -> None:
    down = "block net { 4C3p1s2 - 8C3p1s2 - 16C3p1s2 }\ninput 3x32x32\nnet"
    assert shapes(down) == ["4x16x16", "8x8x8", "16x4x4"]
    glass = "block net { 4C3p1s2 - 8C3p1s2 - 8TC2s2 - 3TC2s2 }\ninput 3x32x32\nnet"
    assert shapes(glass) == ["4x16x16", "8x8x8", "8x16x16", "3x32x32"]


def test_a_block_is_opened_for_the_vectors_in_it() -> None:
    assert shapes("block head { 100N - relu - 10N }\ninput 3x8x8\n4C3 - head") == ["4x6x6", "100", "10"]
    assert shapes("block gate { mul { | identity | GAP - 2N - 4N } }\ninput 4x8x8\n4C3p - gate") == ["4x8x8"] * 2


def test_alike_blocks_that_follow_each_other_are_one_step() -> None:
    assert shapes("block b { 4C3p - 4C3p }\ninput 4x8x8\n5 * b - MP2") == ["4x8x8", "4x4x4"]
    assert shapes("block glass { 4C3p1s2 - 4C3p1s2 - 4C3p1s2 - 3TC8s8 }\ninput 3x32x32\n2 * glass") == ["3x32x32"]


def test_a_merge_is_opened_where_the_longest_branch_goes_far() -> None:
    found = steps("input 1x16x16\n4C3p as top\nconcat { | @top | MP2 - 8C3p - MP2 - 8C3p - 8TC4s4 }")
    assert [str(step.last.shape) for step in found] == [
        "4x16x16", "4x8x8", "8x8x8", "8x4x4", "8x4x4", "8x16x16", "12x16x16",
    ]  # fmt: skip
    assert [step.merges for step in found] == [None] * 6 + [(found[0].last.number,)]


def test_a_merge_whose_branches_stay_is_one_step() -> None:
    first, second = steps("input 4x8x8\nadd { | 4C3p - 4C3p | identity } - MP2")
    assert (first.merges, first.last.title) == (None, "add")
    assert [node.layer.name for node in first.nodes] == ["conv", "conv", "add"]
    assert second.last.title == "MP2"


def test_towers_side_by_side_are_counted() -> None:
    towers = "share tower { 4C3 - MP2 - 8C3 - MP2 }\ninput a 1x40x40\ninput b 1x40x40\n"
    found = steps(towers + "concat { | @a - tower | @b - tower } - 10N")
    assert [step.branches for step in found] == [2, 2, 2, 2, 1, 1]
    assert found[4].last.title == "concat"


def test_what_leads_elsewhere_leaves_where_it_branches_off() -> None:
    found = steps("input 3x16x16\n4C3p\noutput a { GAP - 10N }\noutput b { 2C1 }\nMP2\noutput c { 5N }\n7N")
    assert [(str(step.last.shape), step.exits) for step in found] == [("4x16x16", 2), ("4x8x8", 1), ("7", 0)]


def test_the_trunk_is_found_where_another_output_compares_it() -> None:
    held = "input left 3x16\n@left - 4C3p - relu - 8C3p\noutput near { distance { | GAP - 5N | @left - GAP - 5N } }"
    (first, second) = steps(held)
    assert [str(step.last.shape) for step in (first, second)] == ["4x16", "8x16"]
    assert (first.exits, second.exits) == (0, 1)


def test_a_layer_leads_on_though_the_activation_behind_it_leaves() -> None:
    assert shapes("3x8x8\n4C3 as c\noutput a { relu }\nMP2") == ["4x6x6", "4x3x3"]


def test_an_output_among_alike_blocks_is_the_last_step() -> None:
    text = "block b { 4C3p }\ninput 4x8x8\nb - b\noutput more { b - GAP }"
    assert steps(text)[-1].last.number == netspec.compile(Source(text)).outputs["main"]


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_the_trunk_ends_at_the_output_and_each_step_leads_to_the_next(graph: Graph) -> None:
    numbers = [step.last.number for step in trunk(graph)]
    assert numbers[-1:] == [last(graph).number] or last(graph).number in graph.inputs.values()
    assert numbers == sorted(set(numbers))
