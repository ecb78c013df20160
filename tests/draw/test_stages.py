"""The stages: what one would draw of a network."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import netspec
from netspec.draw.sizes import number, side
from netspec.draw.stages import MOST, Stage, stages
from netspec.graph import Graph
from netspec.shape import Shape, Unknown, letter
from netspec.source import Source
from tests.draw.graphs import first, graphs, last
from tests.shipped import NAMES, analysed

H = letter("H")


def of(text: str) -> tuple[Stage, ...]:
    return stages(netspec.compile(Source(text)))


def told(name: str) -> list[tuple[str, str, int]]:
    """The stages of a shipped network as (kind, shape, units), inputs left out."""
    return [(each.kind, str(each.shape), each.units) for each in stages(analysed(name).graph)[1:]]


def test_the_stages_of_resnet50_are_the_rows_of_its_table() -> None:
    assert told("resnet50") == [
        ("convolution", "64x112x112", 1),
        ("pooling", "64x56x56", 0),
        ("convolution", "256x56x56", 3),
        ("convolution", "512x28x28", 4),
        ("convolution", "1024x14x14", 6),
        ("convolution", "2048x7x7", 3),
        ("pooling", "2048", 0),
        ("dense", "1000", 1),
    ]
    assert [each.adds for each in stages(analysed("resnet50").graph)] == [False] * 3 + [True] * 4 + [False] * 2


def test_the_stages_of_alexnet_are_those_of_its_figure() -> None:
    assert told("alexnet") == [
        ("convolution", "96x55x55", 1),
        ("pooling", "96x27x27", 0),
        ("convolution", "256x27x27", 1),
        ("pooling", "256x13x13", 0),
        ("convolution", "384x13x13", 2),
        ("convolution", "256x13x13", 1),
        ("pooling", "256x6x6", 0),
        ("other", "9216", 0),
        ("dense", "4096", 2),
        ("dense", "1000", 1),
    ]


def test_the_units_of_densenet_stand_in_its_table_and_concatenate_two() -> None:
    found = stages(analysed("densenet121").graph)
    assert [each.units for each in found if each.branches == 2] == [6, 12, 24, 16]


def test_googlenet_has_two_outputs_of_its_own_and_units_of_four_branches() -> None:
    found = stages(analysed("googlenet").graph)
    assert [str(each.shape) for each in found if each.exits] == ["512x14x14", "528x14x14"]
    assert sum(each.units for each in found if each.branches == 4) == 9


def test_the_levels_of_unet_come_back() -> None:
    found = stages(analysed("unet").graph)
    ways = [(str(found[start].shape), str(each.shape)) for each in found for start in each.joins]
    assert ways == [
        ("512x64x64", "1024x56x56"),
        ("256x136x136", "512x104x104"),
        ("128x280x280", "256x200x200"),
        ("64x568x568", "128x392x392"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_network_has_at_least_three_stages_from_its_input_to_its_output(name: str) -> None:
    graph = analysed(name).graph
    found = stages(graph)
    assert len(found) >= 3
    assert (found[0].kind, found[0].shape) == ("other", first(graph).shape)
    assert found[0].title.startswith("input")  # All-CNN drops pixels before its first layer
    assert found[-1].shape == last(graph).shape


def test_a_dense_layer_on_a_map_shows_the_vector_between() -> None:
    assert [(each.kind, str(each.shape)) for each in of("3x8x8 - 10N")] == [
        ("other", "3x8x8"),
        ("other", "192"),
        ("dense", "10"),
    ]
    assert [str(each.shape) for each in of("3x8x8 - flatten - 10N")] == ["3x8x8", "192", "10"]


def test_a_vector_between_stands_in_as_many_branches_as_its_map() -> None:
    towers = "share tower { 4C3 - MP2 - 8C3 - MP2 - 10N }\ninput a 1x40x40\ninput b 1x40x40\n"
    found = of(towers + "distance { | @a - tower | @b - tower }")
    assert [each.branches for each in found if each.title == "flattened"] == [2]


def test_of_layers_that_move_numbers_the_last_is_a_stage() -> None:
    text = "input 4x8x8\n4C3p\noutput a { 2C1 }\nupsample(2) - zeropad(2) - 4C3p"
    assert [(str(each.shape), each.exits) for each in of(text)] == [
        ("4x8x8", 0), ("4x8x8", 1), ("4x20x20", 0), ("4x20x20", 0),
    ]  # fmt: skip


def test_what_leaves_behind_a_layer_that_moves_numbers_leaves_behind_its_stage() -> None:
    found = of("input 4x8x8\n4C3p\nupsample(2)\noutput a { 2C1 }\nzeropad(2)")
    assert [(str(each.shape), each.exits) for each in found] == [("4x8x8", 0), ("4x8x8", 0), ("4x20x20", 1)]


def test_a_merge_of_an_earlier_value_is_a_stage_of_its_own() -> None:
    found = of("input 4x16x16\n4C3p as top\nadd { | @top | MP2 - 4C3p - MP2 - 4C3p - 4TC4s4 } - relu - 4C3p")
    assert [str(each.shape) for each in found[-3:]] == ["4x16x16"] * 3
    assert [(each.kind, each.joins) for each in found[-3:]] == [
        ("convolution", ()),
        ("other", (1,)),
        ("convolution", ()),
    ]


def test_the_vector_of_a_region_has_no_more_features_for_all_that_there_are() -> None:
    found = of("input 3x16x16\ninput rois Rx4\n@input - 4C3p - roipool(2) { | identity | @rois } - 10N")
    assert [str(each.shape) for each in found[-3:]] == ["Rx4x2x2", "Rx16", "Rx10"]


def test_a_pool_and_a_convolution_of_one_shape_are_two_stages() -> None:
    assert [each.kind for each in of("3x8x8 - 4C3p - MP2 - 4C3p - 4C3p")] == [
        "other", "convolution", "pooling", "convolution",
    ]  # fmt: skip


def test_titles_are_what_the_spec_writes() -> None:
    found = of("block b { 4C3p - relu - 4C3p }\ninput 3x8x8\nb - 4C3p - relu - 4C3p - add { | 4C3p | 4C1 } - b - 2 * b")
    assert [(each.title, each.block, each.units) for each in found[1:]] == [
        ("b", "b", 1),
        ("4C3p - add", "", 3),
        ("3 x b", "b", 3),
    ]


def test_different_blocks_are_different_stages() -> None:
    text = "block a { 4C3p - 4C3p }\nblock b(n) { 4C3p - conv(4, n, pad=same) }\ninput 4x8x8\n"
    assert [each.title for each in of(text + "a - a - b(1) - b(3)")[1:]] == ["2 x a", "b(1) - b(3)"]


def test_a_block_of_residual_blocks_counts_these_and_one_of_layers_does_not() -> None:
    blocks = "block unit { add { | cba - cba | identity } }\nblock cba { 4C3p - bn - relu }\n"
    stages = "block stage(n) { n * unit }\nblock pair { cba - cba }\ninput 4x8x8\n"
    assert [each.units for each in of(blocks + stages + "stage(3) - 2 * stage(2) - 5 * pair")[1:]] == [3 + 2 * 2, 5]


def test_a_network_of_many_stages_is_told_by_the_sizes_of_its_maps() -> None:
    growing = " - ".join(f"{4 * n}C3p" for n in range(1, MOST + 1))
    assert [(str(each.shape), each.units) for each in of(f"3x8x8 - {growing} - MP2 - 10N")] == [
        ("3x8x8", 0),
        (f"{4 * MOST}x8x8", MOST),
        (f"{4 * MOST}x4x4", 0),
        (f"{4 * MOST * 16}", 0),
        ("10", 1),
    ]


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_any_network_has_stages_from_its_input_to_its_output(graph: Graph) -> None:
    found = stages(graph)
    assert found[0].shape == first(graph).shape
    assert found[-1].shape == last(graph).shape
    assert all(0 <= start < end for end, each in enumerate(found) for start in each.joins)


def test_unknown_sizes_are_drawn_as_256() -> None:
    assert number(H) == 256 and number((H + 1) // 2 * 3) == 384 and number(H * letter("W")) == 256 * 256
    assert number(Unknown("it depends")) == 1 and number(H - 300) == 1 and number(7) == 7


def test_the_side_is_that_of_a_square_or_cube_of_as_many_places() -> None:
    assert side(Shape(3, (16, 4))) == pytest.approx(8)
    assert side(Shape(3, (2, 4, 8))) == pytest.approx(4)
    assert side(Shape(3, (100,))) == 100
    assert side(Shape(768, tokens=196)) == pytest.approx(14)
    assert side(Shape(4096)) == 1
