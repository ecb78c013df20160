"""What units see along one axis: each rule against a count of what every single unit looks at."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netspec.analysis.tracks import MAX_PHASES, PIXELS, Interval, Lost, Track, aligned, taps, through, union, widest
from netspec.layers.windows import Axis, Blocks, Enlarge, Spread, Stretch, Window

numbers = st.integers(1, 4)
windows = st.builds(Window, numbers, numbers, st.integers(-2, 4), numbers)
spreads = st.builds(Spread, numbers, numbers, st.integers(0, 3), numbers)
enlargements = st.builds(Enlarge, numbers, st.booleans())
blocks = numbers.flatmap(lambda size: st.builds(Blocks, st.just(size), st.integers(0, size - 1)))
stretches = st.builds(Stretch, st.integers(1, 6), st.integers(1, 6), st.booleans())
axes = st.one_of(windows, spreads, enlargements, blocks, stretches)


def looked_at(rules: list[Axis], unit: int) -> set[int]:
    """The pixels that a unit looks at through all of these rules, one unit at a time."""
    units = {unit}
    for rule in reversed(rules):
        units = {seen for each in units for seen in taps(rule, each)}
    return units


def hull(pixels: set[int]) -> Interval:
    return (min(pixels), max(pixels)) if pixels else None


def attempt(rules: list[Axis]) -> Track | Lost:
    track: Track | Lost = PIXELS
    for rule in rules:
        track = through(track, rule)
    return track


def follow(rules: list[Axis]) -> Track:
    track = attempt(rules)
    assert isinstance(track, Track)
    return track


@given(st.lists(axes, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_a_track_says_for_every_unit_what_a_walk_through_all_rules_finds(rules: list[Axis]) -> None:
    assume(isinstance(attempt(rules), Track))  # more than 512 kinds of units are given up, with a reason
    track = follow(rules)
    for unit in range(-3, 12):
        assert track.sees(unit) == hull(looked_at(rules, unit))


@given(spreads, st.integers(-5, 20))
@settings(deadline=None)
def test_a_transposed_window_looks_at_the_inputs_that_write_to_it(rule: Spread, unit: int) -> None:
    writers = {
        i
        for i in range(-40, 60)
        for j in range(rule.kernel)
        if unit == i * rule.stride - rule.before + rule.dilation * j
    }
    assert set(taps(rule, unit)) == writers


@given(st.lists(windows, min_size=1, max_size=4))
@settings(deadline=None)
def test_through_windows_a_field_never_shrinks_and_the_jump_is_the_product_of_strides(rules: list[Axis]) -> None:
    track: Track | Lost = PIXELS
    product = 1
    for rule in rules:
        wider = through(track, rule)
        assert isinstance(rule, Window) and isinstance(wider, Track) and isinstance(track, Track)
        product *= rule.stride
        assert wider.size >= track.size
        assert wider.size == track.size + (rule.kernel - 1) * rule.dilation * track.jump
        assert wider.jump == product
        track = wider


def test_nearest_upsampling_makes_units_in_pairs() -> None:
    track = follow([Window(3, 2, 1), Enlarge(2)])
    assert track == Track(((-1, 1), (-1, 1)), 2)
    assert (track.size, track.jump, track.start) == (3, 1, -1)


def test_a_jump_between_whole_numbers_is_a_fraction() -> None:
    assert follow([Enlarge(2)]).jump == Fraction(1, 2)
    assert follow([Enlarge(2), Window(1, 2)]).jump == 1


def test_linear_upsampling_looks_at_the_two_nearest_and_at_one_where_it_hits_it() -> None:
    assert [list(taps(Enlarge(2, linear=True), unit)) for unit in range(4)] == [[-1, 0], [0, 1], [0, 1], [1, 2]]
    assert [list(taps(Enlarge(3, linear=True), unit)) for unit in range(3)] == [[-1, 0], [0], [0, 1]]


def test_shifted_blocks_begin_where_the_shift_says() -> None:
    assert [min(taps(Blocks(4, 2), unit)) for unit in range(8)] == [-2, -2, 2, 2, 2, 2, 6, 6]


def test_stretching_7_to_3_shares_the_rows_as_adaptive_pooling_does() -> None:
    assert [list(taps(Stretch(7, 3), unit)) for unit in range(3)] == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]


def test_stretching_with_corners_keeps_both_ends() -> None:
    assert [list(taps(Stretch(3, 5, corners=True), unit)) for unit in range(5)] == [[0], [0, 1], [1], [1, 2], [2]]
    assert list(taps(Stretch(3, 1, corners=True), 0)) == [0]


def test_a_kernel_smaller_than_the_stride_of_a_transposed_convolution_leaves_holes() -> None:
    track = follow([Spread(1, 2)])
    assert track == Track(((0, 0), None), 1)
    assert (track.size, track.start) == (1, 0)
    holes = follow([Spread(1, 2), Window(1, 2, before=-1)])
    assert holes == Track((None,), 1)
    assert (holes.size, holes.start) == (0, None)
    assert follow([Spread(1, 2), Window(1, 2, before=-1), Window(3)]) == Track((None,), 1)


def test_padding_that_is_not_known_loses_the_track() -> None:
    lost = Lost("its padding depends on an unknown size")
    assert through(PIXELS, Window(3, 2, None)) == lost
    assert through(lost, Window(3)) == lost


def test_stretching_an_unknown_size_loses_the_track() -> None:
    from netspec.shape import letter

    assert through(PIXELS, Stretch(letter("H"), 7)) == Lost("it is stretched from or to an unknown size")
    assert through(PIXELS, Stretch(7, letter("H"))) == Lost("it is stretched from or to an unknown size")


def test_very_many_phases_lose_the_track() -> None:
    lost = Lost(f"its units differ in more than {MAX_PHASES} ways")
    assert isinstance(through(PIXELS, Enlarge(MAX_PHASES)), Track)
    assert through(PIXELS, Enlarge(MAX_PHASES + 1)) == lost
    one, other = follow([Enlarge(509), Window(1, 509)]), follow([Enlarge(31)])
    assert isinstance(union([one, one]), Track)
    assert union([follow([Window(1, 17), Enlarge(17)]), follow([Window(3, 31, 1), Enlarge(31)])]) == lost
    assert one.jump != other.jump


def test_a_huge_kernel_costs_no_more_than_a_small_one() -> None:
    assert follow([Enlarge(2), Window(2**31 - 1)]).size == 2**30
    assert follow([Spread(2**31 - 1, 2)]).size == 2**30


def test_a_union_holds_for_each_unit_what_any_of_them_sees() -> None:
    one, other = follow([Window(3, 2, 1), Enlarge(2)]), follow([Window(5, 1, 2)])
    both = union([one, other])
    assert isinstance(both, Track)
    for unit in range(8):
        first, second = one.sees(unit), other.sees(unit)
        assert first and second
        assert both.sees(unit) == (min(first[0], second[0]), max(first[1], second[1]))


def test_a_union_with_nothing_is_the_other() -> None:
    assert union([Track((None,), 1), PIXELS]) == PIXELS


def test_a_union_of_different_jumps_is_lost() -> None:
    jumps = Lost("the branches that meet step by 1 and 2 pixels")
    assert union([PIXELS, Track(((0, 0),), 2)]) == jumps
    assert union([jumps, PIXELS]) == jumps


def test_tracks_are_aligned_when_all_their_units_have_the_same_centres() -> None:
    three, five, shifted = follow([Window(3, 1, 1)]), follow([Window(5, 1, 2)]), follow([Window(5, 1, 1)])
    assert aligned([PIXELS, three, five])
    assert not aligned([three, five, shifted])
    assert not aligned([three, follow([Window(3, 2, 1)])])
    assert not aligned([Lost("unknown"), three])
    assert aligned([Lost("unknown"), Lost("unknown")])
    assert not aligned([follow([Window(1, 2), Enlarge(2)]), PIXELS])
    assert aligned([follow([Spread(1, 2), Window(1, 2)]), PIXELS])
    assert aligned([Track((None,), 1), PIXELS])


@pytest.mark.parametrize("phases", [1, 2, 3])
def test_a_pattern_written_twice_is_aligned_with_itself(phases: int) -> None:
    once = Track(tuple((3 * phase, 4 * phase) for phase in range(phases)), 7)
    twice = Track((*once.phases, *(once.sees(phases + phase) for phase in range(phases))), 14)
    assert once != twice
    assert aligned([once, twice])
    assert union([once, twice]) == twice


def test_the_widest_of_some_tracks_is_the_one_with_the_largest_field() -> None:
    three, lost = follow([Window(3)]), Lost("unknown")
    assert widest([PIXELS, three]) == three
    assert widest([three, lost]) == lost
