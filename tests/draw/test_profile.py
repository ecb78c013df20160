"""The laws of the profile, on every shipped network and on random ones."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings

from netspec.draw.profile import DIGIT, HEIGHT, WIDTH, Profile, profile
from netspec.draw.sizes import number, side
from netspec.draw.stages import Stage, stages
from netspec.graph import Graph
from netspec.shape import Shape
from tests.draw.graphs import graphs
from tests.shipped import NAMES, analysed

EVER_SO_LITTLE = 1e-9


def holds_the_laws(drawn: Profile) -> None:
    """Raises AssertionError where one of the laws of `netspec.draw.profile` is broken."""
    bars = drawn.bars
    for bar in bars:
        assert bar.x >= 0 and bar.right <= WIDTH and bar.y >= 0 and bar.bottom <= HEIGHT
        assert bar.width > 0.5 and bar.height >= 3
    assert all(one.right < other.x for one, other in pairwise(bars))
    for one, other in combinations(bars, 2):
        grows(one.stage.shape, one.width, one.height, other.stage.shape, other.width, other.height)
        grows(other.stage.shape, other.width, other.height, one.stage.shape, one.width, one.height)
    for join in drawn.joins:
        between = [bar for bar in bars if join.start.right < bar.x and bar.right < join.end.x]
        assert between and all(join.y < bar.y for bar in between)
        assert join.y > 0
    said = [(bar.middle, DIGIT * len(bar.says) / 2) for bar in bars if bar.says]
    assert all(at + half <= next - other + EVER_SO_LITTLE for (at, half), (next, other) in pairwise(said))


def grows(one: Shape, width: float, height: float, other: Shape, other_width: float, other_height: float) -> None:
    """Law 2, for two values of a kind of which `one` is no smaller than `other`."""
    if one.is_vector != other.is_vector:
        return
    wider = number(one.channels) >= number(other.channels)
    if one.is_vector:
        assert not wider or height >= other_height
        return
    assert not wider or width >= other_width - EVER_SO_LITTLE
    assert side(one) < side(other) or height >= other_height - EVER_SO_LITTLE


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_network_holds_the_laws(name: str) -> None:
    holds_the_laws(profile(stages(analysed(name).graph)))


@settings(max_examples=100, deadline=None)
@given(graphs)
def test_any_network_holds_the_laws(graph: Graph) -> None:
    holds_the_laws(profile(stages(graph)))


def test_maps_of_twice_the_side_are_higher_and_of_more_channels_wider() -> None:
    maps = [Shape(4, (8, 8)), Shape(8, (8, 8)), Shape(8, (16, 16))]
    small, wide, large = profile([Stage("convolution", shape, "") for shape in maps]).bars
    assert small.width < wide.width == large.width
    assert small.height == wide.height < large.height


def test_a_vector_is_thin_and_higher_with_more_features() -> None:
    shapes = [Shape(3, (8, 8)), Shape(10), Shape(1000)]
    map, few, many = profile([Stage("dense", shape, "") for shape in shapes]).bars
    assert few.width == many.width < map.width
    assert few.height < many.height < map.height


def test_a_vector_is_no_higher_than_the_highest_map() -> None:
    map, vector = profile([Stage("dense", shape, "") for shape in (Shape(3, (8, 8)), Shape(10**9))]).bars
    assert vector.height == map.height


def test_a_long_network_fills_the_page_and_a_short_one_does_not() -> None:
    long = profile([Stage("convolution", Shape(512, (8, 8)), "")] * 30).bars
    short = profile([Stage("convolution", Shape(8, (8, 8)), "")] * 3).bars
    assert WIDTH - 3 < long[-1].right < WIDTH
    assert short[-1].right < WIDTH / 2


def test_a_number_is_left_out_where_it_has_no_room() -> None:
    vector, tokens = Stage("dense", Shape(9), "", units=1234), Stage("tokens", Shape(9, tokens=9), "", units=12)
    assert [bar.says for bar in profile([vector, tokens]).bars] == ["", "12"]


def test_lines_stand_above_each_other_where_one_ends_inside_another() -> None:
    def stage(side: int, *joins: int) -> Stage:
        return Stage("convolution", Shape(8, (side, side)), "", joins=joins)

    drawn = profile([stage(32), stage(16), stage(8), stage(4), stage(8, 2), stage(16, 1), stage(32, 0)])
    assert [join.y for join in drawn.joins] == sorted((join.y for join in drawn.joins), reverse=True)
    assert len({join.y for join in drawn.joins}) == 3
    level = profile([stage(8), stage(8), stage(8), stage(8, 1), stage(8, 0)])
    inner, outer = level.joins
    assert outer.y < inner.y < level.bars[0].y


def test_lines_stay_on_the_page_however_many_there_are() -> None:
    level = [Stage("convolution", Shape(8, (8, 8)), "", joins=(18 - at,) if at > 9 else ()) for at in range(19)]
    assert min(join.y for join in profile(level).joins) == 1


def test_neighbours_need_no_line() -> None:
    image = Shape(8, (8, 8))
    assert profile([Stage("other", image, ""), Stage("convolution", image, "", joins=(0,))]).joins == ()
