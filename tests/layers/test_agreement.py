"""When branches can be merged, and which size of them goes on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.layers.agreement import Clash, axis_words, find_clash, from_dims, kind_of, listed, merged, smallest
from netspec.shape import MAX_PERIOD, Shape, Unknown, letter

H, W = letter("H"), letter("W")
LATER = Unknown("a SAME pad decides it")


def test_the_words_of_axes_stand_in_the_order_of_sizes() -> None:
    assert axis_words(Shape(8, (5,))) == ("channels", "length")
    assert axis_words(Shape(8, (4, 5, 5), rows=3)) == ("regions", "channels", "depth", "height", "width")
    assert axis_words(Shape(8, tokens=5)) == ("tokens", "features")


@pytest.mark.parametrize("rows", [None, 3])
def test_a_shape_is_made_again_from_its_sizes(rows: int | None) -> None:
    for shape in (Shape(8, rows=rows), Shape(8, (5, 6), rows=rows), Shape(8, tokens=4, rows=rows)):
        assert from_dims(shape, shape.dims) == shape


def test_kinds_have_names() -> None:
    shapes = (Shape(8), Shape(8, tokens=4), Shape(8, (5,)), Shape(8, (5, 5)), Shape(8, (5, 5, 5)), Shape(8, rows=3))
    assert [kind_of(shape) for shape in shapes] == [
        "a vector",
        "a sequence of tokens",
        "a signal",
        "a map",
        "a clip",
        "a vector for each region",
    ]


def test_a_list_of_words_ends_in_and() -> None:
    assert [listed(words) for words in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == ["", "a", "a and b", "a, b and c"]


@given(st.lists(st.builds(Shape, st.integers(1, 3), st.tuples(st.integers(1, 2), st.integers(1, 2))), min_size=1))
def test_known_shapes_clash_exactly_when_they_are_not_all_equal(shapes: list[Shape]) -> None:
    clash = find_clash(tuple(shapes))
    if len(set(shapes)) == 1:
        assert clash is None
        assert merged(tuple(shapes)) == shapes[0]
    else:
        assert clash is not None and clash.words and not clash.by_letters
        assert shapes[clash.kept] != shapes[clash.odd]
        assert shapes.count(shapes[clash.kept]) >= shapes.count(shapes[clash.odd])


def test_axes_that_are_free_may_differ() -> None:
    shapes = (Shape(8, (5, 5)), Shape(4, (5, 6)))
    assert find_clash(shapes, {"channels", "width"}) is None
    assert find_clash(shapes, {"channels"}) == Clash(0, 1, ("width",))


sizes = st.builds(
    lambda add, divisor, factor, offset: ((H + add) // divisor) * factor + offset,
    st.integers(-5, 5),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(-5, 5),
) | st.integers(1, 30)


@settings(max_examples=200)
@given(st.lists(sizes, min_size=1, max_size=3))
def test_the_smallest_size_is_the_least_at_every_input(choices: list[object]) -> None:
    least = smallest(choices)  # type: ignore[arg-type]
    if isinstance(least, Unknown):
        return
    for n in range(40):
        values = [size if isinstance(size, int) else size.at({"H": n}) for size in choices]  # type: ignore[attr-defined]
        assert (least if isinstance(least, int) else least.at({"H": n})) == min(values)


def test_the_smallest_size_is_not_known_where_sizes_change_places() -> None:
    assert smallest((H, 5)) == Unknown("it is the smaller of H and 5")
    assert smallest((H, W)) == Unknown("it is the smaller of H and W")
    assert smallest((H, (H // 2) * 2 + 1, (H // 2) * 2)) == (H // 2) * 2
    assert smallest(((H // 3) * 3 + 1, H)) == Unknown("it is the smaller of 3·⌊H / 3⌋ + 1 and H")
    assert smallest((H, LATER)) == smallest((LATER, H)) == LATER
    beyond = (H // (MAX_PERIOD + 1)) * (MAX_PERIOD + 1)
    assert smallest((H, beyond)) == Unknown(f"it is the smaller of H and {beyond}")
