"""Arguments: what values they take, and what is said about the others."""

from __future__ import annotations

from fractions import Fraction

import pytest

from netspec.layers import TABLE, layer_class
from netspec.layers.adaptive import GlobalAvgPool
from netspec.layers.arguments import (
    AMOUNT,
    COUNT,
    COUNTS,
    FLAG,
    INTEGER,
    INTEGERS,
    LARGEST,
    NUMBER,
    PADDING,
    POSITIVE,
    SAME,
    SHAPE,
    SHARE,
    SIZE,
    WHOLE,
    Kind,
    PerAxis,
    Value,
    Word,
    arguments_of,
    bind,
    one_of,
    padding_along,
    per_axis,
    show,
    whole,
)
from netspec.layers.arguments import TABLE as CONNECTIONS
from netspec.layers.base import Misuse
from netspec.layers.conv import Conv

half, two = Fraction(1, 2), Fraction(2)


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (COUNT, 1, 1),
        (COUNT, two, 2),
        (COUNT, LARGEST, LARGEST),
        (WHOLE, 0, 0),
        (INTEGER, -3, -3),
        (NUMBER, half, half),
        (NUMBER, -1, -1),
        (POSITIVE, half, half),
        (SHARE, 0, 0),
        (SHARE, half, half),
        (FLAG, False, False),
        (SIZE, 3, 3),
        (SIZE, PerAxis((1, 7)), PerAxis((1, 7))),
        (SIZE, (two, 7), PerAxis((2, 7))),
        (AMOUNT, 0, 0),
        (PADDING, Word("same"), SAME),
        (PADDING, "valid", ((0, 0),)),
        (PADDING, 1, ((1, 1),)),
        (PADDING, PerAxis((2, 0)), ((2, 2), (0, 0))),
        (PADDING, (1, 0), ((1, 0),)),
        (PADDING, ((1, 0), (2, 3)), ((1, 0), (2, 3))),
        (CONNECTIONS, ((0, 1), (2,)), ((0, 1), (2,))),
        (CONNECTIONS, ((),), ((),)),
        (INTEGERS, (1, -2), (1, -2)),
        (COUNTS, (4, 2, 1), (4, 2, 1)),
        (SHAPE, 400, PerAxis((400,))),
        (SHAPE, PerAxis((16, 5, 5)), PerAxis((16, 5, 5))),
        (SHAPE, (16, 5, 5), PerAxis((16, 5, 5))),
        (one_of("avg", "max"), Word("max"), Word("max")),
    ],
)
def test_a_value_is_taken(kind: Kind, value: Value, result: object) -> None:
    assert kind.read(value) == result


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (COUNT, 0),
        (COUNT, half),
        (COUNT, True),
        (COUNT, "3"),
        (COUNT, LARGEST + 1),
        (WHOLE, -1),
        (INTEGER, half),
        (NUMBER, True),
        (NUMBER, "1"),
        (POSITIVE, 0),
        (SHARE, 1),
        (SHARE, Fraction(-1, 2)),
        (FLAG, 1),
        (SIZE, 0),
        (SIZE, (3, 0)),
        (SIZE, ()),
        (SIZE, (3, 3, 3, 3)),
        (AMOUNT, -1),
        (PADDING, "full"),
        (PADDING, -1),
        (PADDING, (1, 2, 3)),
        (PADDING, (1, -2)),
        (PADDING, ((1, 2), (1, 2, 3))),
        (PADDING, ((1, 2),) * 4),
        (PADDING, True),
        (CONNECTIONS, 3),
        (CONNECTIONS, ()),
        (CONNECTIONS, PerAxis((1, 2))),
        (CONNECTIONS, (1, 2)),
        (CONNECTIONS, (PerAxis((1, 2)),)),
        (CONNECTIONS, ((0, -1),)),
        (INTEGERS, 3),
        (INTEGERS, (half,)),
        (COUNTS, ()),
        (COUNTS, (2, 0)),
        (COUNTS, 4),
        (COUNTS, PerAxis((4, 2))),
        (SHAPE, (16, 0)),
        (SHAPE, (1, 2, 3, 4, 5)),
        (SHAPE, ()),
        (one_of("avg", "max"), "mean"),
        (one_of("avg", "max"), 1),
    ],
)
def test_a_value_is_refused(kind: Kind, value: Value) -> None:
    assert kind.read(value) is None


def test_a_decimal_that_comes_out_whole_counts_as_whole() -> None:
    assert whole(two) == 2 and whole(half) is None and whole(False) is None


def refusal(*positional: Value, layer: type = Conv, **named: Value) -> Misuse:
    """The error that binding these arguments gives."""
    with pytest.raises(Misuse) as caught:
        bind(layer, positional, named)
    return caught.value


def test_arguments_are_given_by_position_and_by_name() -> None:
    assert bind(Conv, [96, 11], {"stride": 4}) == Conv(96, 11, 4)
    assert bind(GlobalAvgPool) == GlobalAvgPool()


def test_an_argument_that_is_not_there_suggests_the_nearest() -> None:
    error = refusal(96, 11, strid=4)
    assert (error.code, error.at) == ("E104", "strid")
    assert error.what == "`conv` has no argument `strid`"
    assert error.here == "did you mean `stride`?"


def test_an_argument_like_no_other_lists_what_there_is() -> None:
    listed = "it has `maps`, `kernel`, `stride`, `pad`, `dilation`, `groups`, `bias`, `connect`"
    assert refusal(96, 11, qqq=4).here == listed
    assert refusal(layer=GlobalAvgPool, qqq=4).here == "it takes none"


def test_one_argument_too_many_is_counted() -> None:
    error = refusal(96, 11, 4, 0, 1, 1, True, ((0,),), 9)
    assert (error.code, error.at) == ("E105", "8")
    assert error.what == "`conv` takes 8 arguments, but 9 are given"
    assert refusal(1, layer=GlobalAvgPool).what == "`gap` takes no arguments, but 1 is given"


def test_an_argument_given_twice_is_named() -> None:
    error = refusal(96, 11, kernel=3)
    assert (error.code, error.at, error.what) == ("E105", "kernel", "`kernel` of `conv` is given twice")


def test_a_missing_argument_is_named_with_what_it_is() -> None:
    error = refusal(96)
    assert (error.code, error.at) == ("E105", None)
    assert error.what == "`conv` needs `kernel`: size of the kernel, height x width"
    assert error.here == "`kernel` is missing"


def test_a_value_of_the_wrong_kind_says_what_is_taken() -> None:
    error = refusal(96, "big")
    assert (error.code, error.at) == ("E106", "kernel")
    assert error.what == '`kernel` of `conv` takes a size from 1 such as `3` or `1x7`, not "big"'
    assert error.here == "size of the kernel, height x width"


def test_a_decimal_where_a_whole_number_is_needed_offers_rounding() -> None:
    error = refusal(Fraction(65, 2), 3)
    assert (error.code, error.at) == ("E110", "maps")
    assert error.what == "`maps` of `conv` must be a whole number, and this is 32.5"
    assert error.here == "this is 32.5"
    assert error.notes == ("`floor(…)`, `round(…)` or `round_to(…, 8)` make a whole number of it",)


def test_a_decimal_that_would_round_to_nothing_is_just_the_wrong_kind() -> None:
    assert refusal(half, 3).what == "`maps` of `conv` takes a whole number from 1, not 0.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "`true`"),
        (False, "`false`"),
        (SAME, "`same`"),
        (PerAxis((1, 7)), "`1x7`"),
        ("big", '"big"'),
        ((1, 2), "a list"),
        (half, "0.5"),
        (Fraction(1, 3), "1/3"),
        (7, "7"),
    ],
)
def test_a_value_is_shown_as_a_spec_writes_it(value: Value, text: str) -> None:
    assert show(value) == text


def test_one_number_stands_for_all_axes() -> None:
    assert per_axis(3, 2, "kernel") == (3, 3)
    assert padding_along(((1, 0),), 3) == ((1, 0), (1, 0), (1, 0))


@pytest.mark.parametrize("name", TABLE)
def test_every_argument_of_every_layer_has_a_kind_and_a_help(name: str) -> None:
    for each in arguments_of(layer_class(name)):
        assert each.kind.says and each.help
        assert each.required or each.default is None or isinstance(each.default, (int, str, tuple, Fraction))


def test_an_argument_without_a_default_is_required() -> None:
    maps, _, stride, *_ = arguments_of(Conv)
    assert maps.required and not stride.required
