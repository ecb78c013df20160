"""Pyramids and regions of interest."""

from __future__ import annotations

from fractions import Fraction

import pytest

from netspec.layers.arguments import PerAxis
from netspec.layers.base import Keeps, Layer, Misuse, Step, call
from netspec.layers.region import RoiAlign, RoiPool, SpatialPyramid
from netspec.layers.windows import everything
from netspec.shape import Shape, Unknown, letter

H, W, R = letter("H"), letter("W"), letter("R")
feature_map, boxes = Shape(512, (H // 16, W // 16)), Shape(4, rows=R)


def misuse(layer: Layer, *inputs: Shape) -> Misuse:
    """The error that these inputs give."""
    with pytest.raises(Misuse) as caught:
        layer.out_shape(inputs)
    return caught.value


# Pyramids


def test_a_pyramid_gives_one_size_whatever_flows_in() -> None:
    layer = SpatialPyramid((6, 3, 2, 1))
    for sizes in ((13, 13), (10, 17), (H, W)):
        assert layer.out_shape((Shape(256, sizes),)) == Shape(12_800)
    assert layer.out_shape((Shape(256, (13, 13), rows=R),)) == Shape(12_800, rows=R)
    assert layer.out_shape((Shape(256, (100,)),)) == Shape(256 * 12)


def test_a_pyramid_compares_the_values_of_all_its_cells() -> None:
    inputs, output = (Shape(2, (8, 8)),), Shape(10)
    assert SpatialPyramid((2, 1)).ops(inputs, output) == 2 * (64 + 64) - 10
    assert SpatialPyramid((2, 1), "avg").ops(inputs, output) == 2 * (64 + 64)
    regions = (Shape(2, (8, 8), rows=R),)
    assert SpatialPyramid((1,), "avg").ops(regions, Shape(2, rows=R)) == R * 128
    unknown = SpatialPyramid((2,)).ops((Shape(2, (H, 8)),), Shape(8))
    assert unknown == Unknown("how the 2 windows of adaptive pooling overlap depends on the input size")


def test_a_pyramid_keeps_where_its_maxima_were() -> None:
    inputs, output = (Shape(2, (8, 8)),), Shape(10)
    assert SpatialPyramid((2, 1)).keeps(inputs, output) == Keeps(inputs=(0,), extra_bytes=80)
    assert SpatialPyramid((2, 1), "avg").keeps(inputs, output) == Keeps(inputs=(0,))
    assert SpatialPyramid((1,), "avg").keeps(inputs, Shape(2)) == Keeps()
    assert SpatialPyramid((1,)).window(inputs, Shape(2)) == (everything,)


def test_a_pyramid_is_worked_out_as_on_a_blackboard() -> None:
    layer = SpatialPyramid((4, 2, 1))
    assert layer.explain((Shape(256, (13, 13)),), Shape(5_376)) == (
        Step("size", "C·Σ level²", "256·(4² + 2² + 1²)", "5,376"),
    )
    assert layer.explain((Shape(256, (99,)),), Shape(1_792)) == (Step("size", "C·Σ level", "256·(4 + 2 + 1)", "1,792"),)
    assert layer.explain((Shape(1, (9, 9, 9)),), Shape(73)) == (Step("size", "C·Σ level³", "1·(4³ + 2³ + 1³)", "73"),)


def test_a_pyramid_is_a_module_of_our_own() -> None:
    assert SpatialPyramid((4, 1), "avg").torch((Shape(2, (8, 8)),), Shape(34)) == (
        call("ours.SpatialPyramid", levels=(4, 1), mode="avg"),
    )


def test_a_pyramid_needs_a_map() -> None:
    assert misuse(SpatialPyramid((2, 1)), Shape(10)).what == "`spp` needs a map, but a vector flows in"


# Regions of interest


@pytest.mark.parametrize("layer", [RoiPool(7, Fraction(1, 16)), RoiAlign(7, Fraction(1, 16))])
def test_each_box_becomes_a_grid(layer: Layer) -> None:
    assert layer.out_shape((feature_map, boxes)) == Shape(512, (7, 7), rows=R)
    assert layer.out_shape((feature_map, Shape(2000, (4,)))) == Shape(512, (7, 7), rows=2000)
    assert layer.window((feature_map, boxes), Shape(512, (7, 7), rows=R)) == (everything, everything)
    assert layer.weights((feature_map, boxes)) == {}
    assert layer.explain((feature_map, boxes), Shape(512, (7, 7), rows=R)) == (
        Step("elements", "R·C·h·w", "R·512·7·7", "25,088·R"),
    )


def test_a_grid_may_differ_along_its_axes() -> None:
    assert RoiPool(PerAxis((3, 5))).out_shape((feature_map, boxes)) == Shape(512, (3, 5), rows=R)


def test_what_boxes_decide_is_unknown() -> None:
    inputs, output = (feature_map, boxes), Shape(512, (7, 7), rows=R)
    assert RoiPool(7).ops(inputs, output) == Unknown("how many values a cell holds depends on its box")
    because = Unknown("how many points a cell takes depends on its box")
    assert RoiAlign(7, samples=0).ops(inputs, output) == because
    assert RoiAlign(7, samples=0).keeps(inputs, output) == Keeps(inputs=(0,), extra=because)


def test_sampled_points_are_counted() -> None:
    inputs, output = (Shape(2, (9, 9)), Shape(3, (4,))), Shape(2, (7, 7), rows=3)
    assert RoiAlign(7).ops(inputs, output) == 3 * 2 * 49 * 4 * 8
    assert RoiAlign(7).keeps(inputs, output) == Keeps(inputs=(0,), extra=3 * 49 * 4 * 2)
    assert RoiPool(7).keeps(inputs, output) == Keeps(inputs=(0,), extra_bytes=3 * 2 * 49 * 8 + 3 * 49)


def test_the_torch_calls_have_plain_numbers() -> None:
    inputs, output = (feature_map, boxes), Shape(512, (7, 7), rows=R)
    assert RoiPool(7, Fraction(1, 16)).torch(inputs, output) == (call("ours.RoiPool", size=7, scale=0.0625),)
    assert RoiAlign(PerAxis((2, 4)), 1, 0).torch(inputs, output) == (
        call("ours.RoiAlign", size=(2, 4), scale=1.0, samples=0),
    )


def test_two_branches_are_needed() -> None:
    error = misuse(RoiPool(7), feature_map)
    assert (error.code, error.what) == ("E303", "`roipool` needs exactly two branches, but has 1")


@pytest.mark.parametrize(
    "other", [Shape(4), Shape(5, rows=R), Shape(8, (4, 4)), Shape(8, (5,)), Shape(8, (4,), rows=R)]
)
def test_the_second_branch_must_be_boxes(other: Shape) -> None:
    error = misuse(RoiAlign(7), feature_map, other)
    assert (error.code, error.branch) == ("E201", 1)
    assert error.what == f"the second branch of `roialign` must be boxes, but {other} flows in"
    assert error.here == "boxes are an input of their own, such as `input boxes Rx4`: x1, y1, x2, y2 of each"


def test_the_first_branch_must_be_a_map_of_two_axes() -> None:
    assert misuse(RoiPool(7), Shape(512), boxes).code == "E201"
    error = misuse(RoiPool(7), Shape(8, (100,)), boxes)
    assert (error.code, error.branch) == ("E202", 0)
    assert error.what == "`roipool` needs a map with height and width, but 8x100 flows in"


def test_a_grid_has_one_or_two_numbers() -> None:
    error = misuse(RoiPool(PerAxis((7,))), feature_map, boxes)
    assert (error.code, error.at, error.what) == ("E202", "size", "7 is for 1 axis, but what flows in has 2 axes")
