"""The pictures as text: well-formed, told in words, readable for everybody on every page."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from netspec.draw.profile import HEIGHT, WIDTH, profile
from netspec.draw.stages import Kind, Stage, stages
from netspec.draw.svg import COLOURS, GREY, picture
from netspec.graph import Graph
from netspec.shape import Shape
from tests.draw.graphs import graphs
from tests.draw.seen import EYES, contrast, difference

SVG = "{http://www.w3.org/2000/svg}"
IMAGE = Shape(8, (16, 16))


def drawn(*made: Stage) -> ElementTree.Element:
    """The picture of these stages behind an input, as XML."""
    text = picture(profile([Stage("other", IMAGE, "input"), *made]), "net")
    return ElementTree.fromstring(text)  # noqa: S314 - our own text


def stage(kind: Kind = "convolution", shape: Shape = IMAGE, **more: object) -> Stage:
    return Stage(kind, shape, "8C3", **more)  # type: ignore[arg-type]


def group(*made: Stage) -> ElementTree.Element:
    """What is drawn of the last of these stages."""
    return drawn(*made).findall(f"{SVG}g")[-1]


def test_a_picture_is_these_bytes() -> None:
    assert picture(profile([Stage("other", Shape(1, (4, 4)), "input"), Stage("dense", Shape(10), "10N")]), "a<b") == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="48" viewBox="0 0 240 48" role="img" '
        'aria-labelledby="name what">\n'
        '<title id="name">a&lt;b</title>\n'
        '<desc id="what">From 1x4x4: dense to 10.</desc>\n'
        "<g>\n"
        "<title>input: 1x4x4</title>\n"
        '<rect x="2.5" y="6.5" width="6.5" height="31" rx="1" fill="none" stroke="#7d8590"/>\n'
        "</g>\n"
        "<g>\n"
        "<title>10N: 10</title>\n"
        '<rect x="12.5" y="18" width="6" height="8" rx="1" fill="#cf45b0"/>\n'
        "</g>\n"
        "</svg>\n"
    )


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_any_picture_is_well_formed_and_has_a_title_and_a_description(graph: Graph) -> None:
    root = ElementTree.fromstring(picture(profile(stages(graph)), '<"&>'))  # noqa: S314 - our own text
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == '<"&>' and root[1].text
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}" and root.get("role") == "img"
    assert root.get("aria-labelledby", "").split() == [root[0].get("id"), root[1].get("id")]


def test_a_picture_is_told_in_words() -> None:
    pool, concat = stage("pooling", Shape(8, (8, 8))), Stage("other", Shape(16, (8, 8)), "concat")
    assert drawn(stage(units=3), pool, concat)[1].text == (
        "From 8x16x16: 3 x convolution to 8x16x16, pooling to 8x8x8, concat to 16x8x8."
    )


def test_branches_are_slices_as_many_as_have_room() -> None:
    assert [len(group(stage(branches=count)).findall(f"{SVG}rect")) for count in (1, 2, 4, 9)] == [1, 2, 4, 4]
    low = stage(shape=Shape(8, (1, 1)), branches=4)
    assert 1 <= len(group(stage(shape=Shape(8, (4096, 4096))), low).findall(f"{SVG}rect")) < 4


def test_slices_are_as_high_together_as_the_bar_they_make() -> None:
    (whole,) = group(stage()).findall(f"{SVG}rect")
    slices = group(stage(branches=3)).findall(f"{SVG}rect")
    first, last = slices[0], slices[-1]
    bottom = float(last.get("y", 0)) + float(last.get("height", 0))
    assert first.get("y") == whole.get("y")
    assert bottom == pytest.approx(float(whole.get("y", 0)) + float(whole.get("height", 0)), abs=0.2)


def test_shortcuts_exits_and_counts_have_marks_of_their_own() -> None:
    assert [child.tag for child in group(stage())] == [f"{SVG}title", f"{SVG}rect"]
    for more, tag in (({"adds": True}, "path"), ({"exits": 1}, "path"), ({"units": 6}, "text")):
        assert [child.tag for child in group(stage(**more))][2:] == [f"{SVG}{tag}"]
    assert group(stage(units=6))[-1].text == "6"


def test_an_earlier_value_comes_back_on_a_line_behind_the_bars() -> None:
    low = stage(shape=Shape(8, (4, 4)))
    root = drawn(low, low, stage(joins=(0,)))
    assert [child.tag for child in root] == [f"{SVG}{tag}" for tag in ("title", "desc", "path", "g", "g", "g", "g")]
    assert "V" not in root[2].get("d", "")  # from side to side
    level = drawn(stage(), stage(), stage(joins=(0,)))[2].get("d", "")
    assert level.count("V") == 2  # up, over the bars between, and down


WHITE, DARK = "#ffffff", "#0d1117"
"""GitHub's two pages."""


@pytest.mark.parametrize("colour", [*COLOURS.values(), GREY])
def test_each_colour_can_be_seen_on_a_light_and_on_a_dark_page(colour: str) -> None:
    assert contrast(colour, WHITE) >= 3 and contrast(colour, DARK) >= 3


@pytest.mark.parametrize("eye", EYES)
def test_the_colours_can_be_told_apart_by_eyes_with(eye: str) -> None:
    assert all(difference(one, other, EYES[eye]) > 20 for one, other in combinations(COLOURS.values(), 2))


def test_red_and_green_of_one_lightness_are_no_two_colours_for_eyes_without_green_cones() -> None:
    assert difference("#c05020", "#7d7a00", EYES["no green ones"]) < 15
    assert difference("#c05020", "#7d7a00", EYES["all cones"]) > 40
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
