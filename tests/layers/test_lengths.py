"""How long an axis comes out, against windows laid down one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.layers.arguments import SAME, PerAxis
from netspec.layers.base import Fix, Misuse
from netspec.layers.lengths import (
    LONGEST_PERIOD,
    Extent,
    article,
    extents,
    lengths,
    same_padding,
    split,
    window_count,
)
from netspec.shape import Shape, Symbol, Unknown, as_dim, dim_at, letter

H, W = letter("H"), letter("W")
small = st.integers(1, 9)
padding = st.integers(0, 5)


def windows(size: int, reach: int, stride: int, before: int, after: int) -> list[range]:
    """The windows that fit into the padded input, in coordinates of the input."""
    starts = range(-before, size + after - reach + 1, stride)
    return [range(start, start + reach) for start in starts]


def windows_rounding_up(size: int, reach: int, stride: int, before: int, after: int) -> list[range]:
    """As Caffe: a window more if that leaves padded input over, but none that starts after the input."""
    found = windows(size, reach, stride, before, after)
    start = -before + len(found) * stride
    if start < size + after - reach + stride and start < size:
        found.append(range(start, start + reach))
    return [window for window in found if window.start < size]


@given(st.integers(1, 40), small, small, padding, padding)
def test_the_formula_counts_window_positions(size: int, reach: int, stride: int, before: int, after: int) -> None:
    if size + before + after >= reach:
        expected = len(windows(size, reach, stride, before, after))
        assert window_count(size, reach, stride, before, after) == expected


@given(st.integers(1, 40), small, small, padding, padding)
def test_rounding_up_counts_a_last_window_that_starts_in_the_input(
    size: int, reach: int, stride: int, before: int, after: int
) -> None:
    if size + before + after >= reach:
        expected = len(windows_rounding_up(size, reach, stride, before, after))
        assert window_count(size, reach, stride, before, after, ceil=True) == expected


@given(st.integers(1, 40), small, small, padding, padding, st.booleans())
def test_a_size_in_a_letter_counts_the_same_windows(
    size: int, reach: int, stride: int, before: int, after: int, ceil: bool
) -> None:
    formula = window_count(H, reach, stride, before, after, ceil=ceil)
    assert dim_at(formula, {"H": size}) == window_count(size, reach, stride, before, after, ceil=ceil)


def test_a_pool_with_ceil_drops_a_window_that_starts_in_the_padding() -> None:
    # n = 3, k = 2, s = 2, p = 1: windows start at −1, 1 and 3, and 3 is past the input.
    assert window_count(3, 2, 2, 1, 1, ceil=True) == 2
    assert window_count(4, 2, 2, 1, 1, ceil=True) == 3


@given(st.integers(1, 60), small, small)
def test_same_padding_is_the_least_that_lets_every_stride_begin_a_window(size: int, reach: int, stride: int) -> None:
    found = same_padding(size, reach, stride)
    assert found is not None
    before, after = found
    outputs = -(-size // stride)
    least = next(total for total in range(100) if size + total >= (outputs - 1) * stride + reach)
    assert before + after == least
    assert after - before in (0, 1)
    assert len(windows(size, reach, stride, before, after)) == outputs or least == 0


@given(small, small, st.integers(1, 6), st.integers(0, 6), st.integers(1, 4))
def test_same_padding_of_an_unknown_size_is_known_when_all_sizes_need_the_same(
    reach: int, stride: int, divisor: int, add: int, factor: int
) -> None:
    size = as_dim((H + add) // divisor * factor)
    assert isinstance(size, Symbol)
    needed = {same_padding(size.at({"H": n}), reach, stride) for n in range(200, 200 + 2 * divisor * stride)}
    assert same_padding(size, reach, stride) == (needed.pop() if len(needed) == 1 else None)


def test_same_padding_of_a_size_that_is_always_even() -> None:
    assert same_padding(as_dim(H // 2 * 2), 3, 2) == (0, 1)
    assert same_padding(H, 3, 2) is None


def test_same_padding_without_a_stride_needs_no_size() -> None:
    because = Unknown("because")
    assert same_padding(because, 3, 1) == (1, 1)
    assert same_padding(because, 4, 1) == (1, 2)
    assert same_padding(because, 3, 2) is None
    assert same_padding(because, 1, 2) == (0, 0)


def test_same_padding_that_would_take_too_long_to_find_out_is_not_known() -> None:
    assert same_padding(H, 3, LONGEST_PERIOD + 1) is None


@given(st.integers(0, 100))
def test_the_odd_pixel_comes_after(total: int) -> None:
    before, after = split(total)
    assert before + after == total and after - before == total % 2


def test_every_axis_has_its_own_numbers() -> None:
    shape = Shape(3, (20, 30))
    assert extents(shape, PerAxis((1, 7)), 2, ((0, 0), (3, 2)), PerAxis((1, 2))) == (
        Extent(20, 1, 2, 0, 0, 1),
        Extent(30, 7, 2, 3, 2, 2),
    )


def test_same_padding_is_worked_out_along_each_axis() -> None:
    height, width = extents(Shape(3, (8, W)), 3, 2, SAME)
    assert (height.before, height.after, height.length) == (0, 1, 4)
    assert (width.before, width.after, str(width.length)) == (None, None, "⌊(W + 1) / 2⌋")


def test_a_number_for_each_axis_must_match_the_axes() -> None:
    with pytest.raises(Misuse) as caught:
        extents(Shape(3, (20,)), PerAxis((3, 3)), 1, ((0, 0),))
    assert (caught.value.code, caught.value.at) == ("E202", "kernel")
    assert caught.value.what == "3x3 is for 2 axes, but what flows in has 1 axis"


def test_padding_for_each_axis_must_match_the_axes() -> None:
    with pytest.raises(Misuse) as caught:
        extents(Shape(3, (20, 20)), 3, 1, ((0, 0), (1, 1), (1, 1)))
    assert (caught.value.code, caught.value.at) == ("E202", "pad")
    assert caught.value.what == "this padding is for 3 axes, but what flows in has 2 axes"


def misfit(shape: Shape, *window: object, fixes: bool = True, ceil: bool = False) -> Misuse:
    """The error of a window that does not fit."""
    with pytest.raises(Misuse) as caught:
        lengths("kernel", shape, extents(shape, *window, ceil=ceil), fixes)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.at) == ("E203", "kernel")
    return caught.value


def test_a_kernel_larger_than_its_input_is_an_error() -> None:
    error = misfit(Shape(16, (4, 4)), 5, 1, ((0, 0),))
    assert error.what == "a 5x5 kernel does not fit a 4x4 input"
    assert error.here == "input here is 16x4x4"
    assert error.notes == ()
    assert error.fixes == (Fix("pad by 1", {"pad": "1"}), Fix("pad so that the size stays", {"pad": "same"}))


def test_a_misfit_says_how_large_the_padded_input_is() -> None:
    error = misfit(Shape(16, (4, 9)), 11, 1, ((1, 1),))
    assert error.what == "an 11x11 kernel does not fit a 4x9 input"
    assert error.notes == ("with its padding the input is 6x11",)
    assert error.fixes[0] == Fix("pad by 4", {"pad": "4"})


def test_a_misfit_says_how_far_a_dilated_kernel_spans() -> None:
    error = misfit(Shape(16, (8, 8)), 5, 1, ((0, 0),), 2)
    assert error.what == "a 5x5 kernel does not fit an 8x8 input"
    assert error.notes == ("dilated, the kernel spans 9x9",)


def test_a_misfit_along_one_axis_is_one_too() -> None:
    error = misfit(Shape(16, (H, 4)), PerAxis((3, 5)), 1, ((0, 0),))
    assert error.what == "a 3x5 kernel does not fit an Hx4 input"


def test_a_misfit_of_a_signal_names_one_number() -> None:
    assert misfit(Shape(1, (4,)), 5, 1, ((0, 0),)).what == "a kernel of 5 does not fit an input of 4"


def test_a_layer_without_padding_is_offered_none() -> None:
    assert misfit(Shape(16, (4, 4)), 5, 1, ((0, 0),), fixes=False).fixes == ()


def test_rounding_up_lets_a_window_stick_out_but_not_only_stick_out() -> None:
    shape = Shape(1, (2, 2))
    assert lengths("pool", shape, extents(shape, 3, 2, ((0, 0),), ceil=True)) == (1, 1)
    misfit(Shape(1, (1, 1)), 3, 2, ((0, 0),), ceil=True)


def test_same_padding_lets_any_window_fit() -> None:
    shape = Shape(1, (1, 1))
    assert lengths("kernel", shape, extents(shape, 7, 2, SAME)) == (1, 1)


@pytest.mark.parametrize(
    ("size", "word"),
    [("8x8", "an"), ("80", "an"), ("11x1", "an"), ("18x2", "an"), ("HxW", "an"), ("Wx4", "a"), ("7x8", "a")],
)
def test_a_size_has_the_article_with_which_it_is_read_aloud(size: str, word: str) -> None:
    assert article(size) == word
