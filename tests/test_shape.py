"""Sizes and counts in letters: what they say equals what plain arithmetic gives at every size."""

from __future__ import annotations

from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.shape import (
    MAX_PERIOD,
    Count,
    Dim,
    Polynomial,
    Shape,
    Symbol,
    Unknown,
    agreement,
    as_dim,
    ceil_div,
    dim_at,
    letter,
    product,
    total,
)

H, W = letter("H"), letter("W")
because = Unknown("because")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("+"), st.integers(-9, 9)),
        st.tuples(st.just("*"), st.integers(1, 6)),
        st.tuples(st.just("//"), st.integers(1, 6)),
    ),
    max_size=7,
)


def applied(size: Dim, steps: list[tuple[str, int]]) -> Dim:
    """The size after the steps, as layers take it through them."""
    for operator, number in steps:
        size = as_dim(size + number if operator == "+" else size * number) if operator != "//" else size // number
    return size


def is_normal(symbol: Symbol) -> bool:
    """The normal form that `Symbol` promises."""
    if not 0 <= symbol.add < symbol.divisor:
        return False
    if isinstance(symbol.inner, str):
        return True
    inner = symbol.inner
    return inner.offset == 0 and gcd(inner.factor, symbol.divisor) == 1 and symbol.divisor > 1 and is_normal(inner)


# Symbols


@given(steps, st.integers(-50, 300))
def test_a_folded_size_equals_the_steps_taken_one_by_one(steps: list[tuple[str, int]], n: int) -> None:
    folded = applied(H, steps)
    assert isinstance(folded, Symbol)
    assert folded.at({"H": n}) == applied(n, steps)


@given(steps)
def test_a_folded_size_is_in_normal_form(steps: list[tuple[str, int]]) -> None:
    folded = applied(H, steps)
    assert isinstance(folded, Symbol) and is_normal(folded)


@given(steps, st.integers(-50, 50))
def test_a_size_is_linear_plus_periodic(steps: list[tuple[str, int]], n: int) -> None:
    folded = applied(H, steps)
    assert isinstance(folded, Symbol)
    period, rise = folded.period
    assert folded.at({"H": n + period}) == folded.at({"H": n}) + rise


def test_nested_floors_fold_into_one() -> None:
    halved = (H + 1) // 2
    assert halved // 2 == (H + 1) // 4
    assert str(((H + 6 - 7) // 2 + 1) // 2) == "⌊(H + 1) / 4⌋"


def test_a_floor_folds_with_one_further_in_when_their_divisors_share_a_factor() -> None:
    # ⌊⌊3·⌊H/2⌋ / 4⌋ / 3⌋: neither 4 nor 3 alone says so, but 12 and 3 share the 3.
    nested = (H // 2 * 3) // 4  # type: ignore[operator]
    assert nested // 3 == H // 8


def test_a_factor_that_the_divisor_divides_goes_away() -> None:
    assert as_dim(H * 4) // 4 == H
    assert as_dim(H * 6) // 4 == as_dim(H * 3) // 2
    assert str(as_dim(H * 3) // 2) == "⌊3·H / 2⌋"


def test_a_size_prints_as_it_is_written_on_a_blackboard() -> None:
    assert str(H) == "H"
    assert str(H // 2) == "⌊H / 2⌋"
    assert str((H + 3) // 2) == "⌊(H + 1) / 2⌋ + 1"
    assert str(H - 2) == "H − 2"
    assert str(as_dim((H // 2) * 4 + 1)) == "4·⌊H / 2⌋ + 1"


def test_a_size_knows_its_letter() -> None:
    assert (as_dim(H * 3) // 2).letter == "H"  # type: ignore[union-attr]


def test_nothing_times_a_size_is_nothing() -> None:
    assert H * 0 == 0


@given(st.integers(1, 200), st.integers(1, 9))
def test_rounding_up_is_rounding_down_a_little_later(n: int, divisor: int) -> None:
    assert ceil_div(n, divisor) == -(-n // divisor)
    assert dim_at(ceil_div(H, divisor), {"H": n}) == -(-n // divisor)


# Counts

counts = st.recursive(
    st.one_of(
        st.integers(-5, 5),
        st.sampled_from([H, W, H + 2, H // 2, W // 3, as_dim(H * 2 - 1)]),  # type: ignore[list-item]
    ),
    lambda inner: st.tuples(st.sampled_from("+*"), inner, inner),
    max_leaves=6,
)


def counted(tree: object, letters: dict[str, int] | None) -> Count:
    """The value of an expression: in letters, or in numbers where the letters are given."""
    if isinstance(tree, tuple):
        operator, left, right = tree
        a, b = counted(left, letters), counted(right, letters)
        return a + b if operator == "+" else a * b
    if isinstance(tree, Symbol) and letters:
        return tree.at(letters)
    assert isinstance(tree, (int, Symbol))
    return tree


@given(counts, st.integers(0, 60), st.integers(0, 60))
def test_a_count_in_letters_equals_plain_arithmetic(tree: object, height: int, width: int) -> None:
    letters = {"H": height, "W": width}
    count = counted(tree, None)
    value = count if isinstance(count, int) else count.at(letters)  # type: ignore[union-attr]
    assert value == counted(tree, letters)


@given(counts)
def test_a_count_takes_its_simplest_form(tree: object) -> None:
    count = counted(tree, None)
    if isinstance(count, Polynomial):
        assert all(coefficient for _, coefficient in count.terms)
        assert any(len(atoms) > 1 for atoms, _ in count.terms) or len([a for a, _ in count.terms if a]) > 1


def test_a_count_prints_as_it_is_written_on_a_blackboard() -> None:
    half = (H + 1) // 2
    assert str(product((9408, half, half))) == "9,408·⌊(H + 1) / 2⌋²"
    assert str(product((H, W))) == "H·W"
    assert str(total((product((25, H, H)), H * -200, 400))) == "25·H² − 200·H + 400"
    assert str(product((H, W)) * -1) == "−H·W"
    assert str(Polynomial(())) == "0"
    assert str(total((H, W, 3))) == "H + W + 3"
    assert str(total((H // 16, (H + 1) // 2, (H + 5) // 8, W, H))) == (
        "H + ⌊(H + 1) / 2⌋ + ⌊(H + 5) / 8⌋ + ⌊H / 16⌋ + W"
    )
    assert str(product((H // 3 * 2 // 5, H // 4))) == "⌊H / 4⌋·⌊2·⌊H / 3⌋ / 5⌋"


def test_counts_that_cancel_leave_a_number() -> None:
    assert total((product((H, W)), product((H, W)) * -1)) == 0
    assert total((product((H, W)), product((H, W)) * -1, 5)) == 5
    assert Polynomial.of(0) == Polynomial(())


def test_the_two_cheaper_kernels_of_the_lecture_cost_what_it_says() -> None:
    once = product((25, H - 4, H - 4))
    twice = total((product((9, H - 2, H - 2)), product((9, H - 4, H - 4))))
    assert str(once) == "25·H² − 200·H + 400"
    assert str(twice) == "18·H² − 108·H + 180"
    assert once.at({"H": 10}) == twice.at({"H": 10})  # type: ignore[union-attr]


@pytest.mark.parametrize("known", [3, H, product((H, W))])
def test_what_is_unknown_absorbs_all_arithmetic(known: Count) -> None:
    assert known + because == because + known == because
    assert known * because == because * known == because
    assert because // 2 == because - 1 == because
    assert str(because) == "unknown"


def test_a_product_of_unknown_sizes_is_no_size() -> None:
    assert as_dim(product((H, W))) == Unknown("it is the product H·W")
    assert as_dim(H) == H


# Agreement


@given(steps, steps)
def test_sizes_that_always_or_never_agree_do_so_at_every_size(
    one: list[tuple[str, int]], other: list[tuple[str, int]]
) -> None:
    a, b = applied(H, one), applied(H, other)
    verdict = agreement(a, b)
    same = [dim_at(a, {"H": n}) == dim_at(b, {"H": n}) for n in range(1, 200)]
    if verdict is not None:
        assert all(each is verdict for each in same)


@given(st.integers(1, 40), st.integers(1, 40))
def test_numbers_agree_when_they_are_equal(a: int, b: int) -> None:
    assert agreement(a, b) is (a == b)


def test_a_skip_over_a_pool_agrees_for_some_sizes_only() -> None:
    down_and_up = as_dim((H // 2) * 2)
    assert agreement(H, down_and_up) is None


def test_two_ways_to_halve_agree_at_every_size() -> None:
    assert agreement((H + 2 - 3) // 2 + 1, ceil_div(H, 2)) is True


def test_a_border_that_is_lost_never_comes_back() -> None:
    assert agreement(H - 2, H) is False


def test_equal_functions_agree_though_they_are_written_differently() -> None:
    # 2·⌊3H/2⌋ is 0, 2, 6, 8, 12, …: adding 1 or 2 before dividing by 3 makes no difference, as one period shows.
    uneven = as_dim(as_dim(H * 3) // 2 * 2)
    one, two = as_dim(uneven + 1) // 3, as_dim(uneven + 2) // 3
    assert one != two
    assert agreement(one, two) is True


def test_sizes_of_different_slope_can_meet() -> None:
    assert agreement(H, as_dim(H * 2 - 5)) is None
    assert agreement(as_dim(H * 2 - 5), H) is None


def test_sizes_of_different_slope_can_miss_each_other() -> None:
    assert agreement(H, as_dim(H * 2)) is False
    assert agreement(as_dim(H * 2 + 1), as_dim(H * 4)) is False


def test_a_number_and_a_size_in_a_letter_can_meet() -> None:
    assert agreement(7, H) is None
    assert agreement(H // 2, 7) is None
    assert agreement(as_dim(H * 2), 7) is False
    assert agreement(H + 7, 7) is False


@given(steps, steps)
def test_sizes_that_agree_somewhere_do_so_somewhere(one: list[tuple[str, int]], other: list[tuple[str, int]]) -> None:
    a, b = applied(H, one), applied(H, other)
    found = agreement(a, b)
    if found is False:
        assert all(dim_at(a, {"H": n}) != dim_at(b, {"H": n}) for n in range(1, 300))
    elif any(dim_at(a, {"H": n}) != dim_at(b, {"H": n}) for n in range(1, 300)):
        assert found is None


def test_letters_are_not_compared_with_each_other() -> None:
    assert agreement(H, W) is None


def test_nothing_is_said_of_what_is_unknown() -> None:
    assert agreement(because, 3) is None
    assert agreement(H, because) is None


def test_a_period_too_long_to_walk_through_stays_undecided() -> None:
    a = as_dim((H // (MAX_PERIOD + 1)) * 2) // 3
    assert agreement(a, a + 1) is None


def test_a_size_is_known_when_its_letter_is() -> None:
    assert dim_at(H // 2, {"H": 9}) == 4
    assert dim_at(H // 2, {"W": 9}) == H // 2
    assert dim_at(5, {"H": 9}) == 5
    assert dim_at(because, {"H": 9}) == because


# Shapes


def test_a_map_has_channels_and_sizes() -> None:
    shape = Shape(96, (55, 55))
    assert (shape.rank, shape.is_map, shape.is_vector) == (2, True, False)
    assert shape.dims == (96, 55, 55)
    assert shape.positions == 3025 and shape.elements == 290_400
    assert shape.is_known and str(shape) == "96x55x55"


def test_a_vector_has_one_place() -> None:
    shape = Shape(4096)
    assert (shape.rank, shape.is_map, shape.is_vector) == (0, False, True)
    assert shape.dims == (4096,) and shape.positions == 1 and str(shape) == "4096"


def test_tokens_stand_before_their_features() -> None:
    shape = Shape(768, tokens=196)
    assert not shape.is_map and not shape.is_vector
    assert shape.dims == (196, 768) and shape.positions == 196
    assert str(shape) == "196 tokens x 768"


def test_regions_stand_before_all_else() -> None:
    regions = Shape(512, (7, 7), rows=letter("R"))
    assert str(regions) == "Rx512x7x7"
    assert regions.positions == letter("R") * 49
    assert regions.at({"R": 2000}) == Shape(512, (7, 7), rows=2000)
    assert str(Shape(768, tokens=4, rows=3)) == "3x4 tokens x 768"


def test_an_unknown_shape_becomes_known_with_its_letters() -> None:
    shape = Shape(3, (H, (W + 1) // 2))
    assert not shape.is_known
    assert shape.at({"H": 32, "W": 32}) == Shape(3, (32, 16))
    assert Shape(8, tokens=H).at({"H": 5}) == Shape(8, tokens=5)
    assert str(shape) == "3xHx⌊(W + 1) / 2⌋"


def test_a_sum_in_a_shape_stands_in_brackets() -> None:
    assert str(Shape(3, (H - 2, W // 2 - 1))) == "3x(H − 2)x(⌊W / 2⌋ − 1)"
