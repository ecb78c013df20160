from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.language.evaluate import MOST_VALUES, BadExpression, condition, evaluate, repetitions, round_to
from netspec.language.parse import parse
from netspec.layers.arguments import PerAxis, Word
from netspec.shape import Shape, Unknown, letter
from netspec.source import Source
from tests.language.plain import said

SCOPE = {"n": 3, "half": Fraction(1, 2), "yes": True, "no": False, "list": (1, (2, 3)), "text": "a", "same": 7}
MAP = Shape(64, (32, 28))


def expression(text):
    (define,) = parse(Source(f"let x = {text}")).chain.items
    return define.value


def value(text, incoming=MAP, words=()):
    return evaluate(expression(text), SCOPE, incoming=incoming, words=words)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("7", 7),
        ("-n", -3),
        ("1 + 2 * n - 4", 3),
        ("32 * half", 16),
        ("1 / 3", Fraction(1, 3)),
        ("6 / 3", 2),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("7.5 // 2", 3),
        ("-7 % 3", 2),
        ("7.5 % 2", Fraction(3, 2)),
        ("n < 4 and n <= 3 and n > 2 and n >= 3", True),
        ("n < 3 or n <= 2 or n > 3 or n >= 4", False),
        ("0.1 + 0.2 == 0.3", True),
        ("1 == 1.0", True),
        ("true == 1", False),
        ("true != 1", True),
        ("[true] == [1]", False),
        ("[1, [2, n]] == list", True),
        ("[1] == [1, 2]", False),
        ('text == "a"', True),
        ("text != n", True),
        ("not yes", False),
        ("no and 1 / 0 == 1", False),
        ("yes or 1 / 0 == 1", True),
        ("no or no", False),
        ("yes and yes", True),
        ("min(n, 2, 5)", 2),
        ("max(8, n * half)", 8),
        ("max(n)", 3),
        ("round(0.5)", 1),
        ("round(-0.5)", 0),
        ("round(2.4)", 2),
        ("ceil(2.1)", 3),
        ("floor(-2.1)", -3),
        ("range(4)", (0, 1, 2, 3)),
        ("range(2, 4)", (2, 3)),
        ("range(6, 33 / 3, 3)", (6, 9)),
        ("range(3, 3)", ()),
        ("round_to(64 * 0.75, 8)", 48),
        ("round_to(12, 8)", 16),
        ("round_to(11, 8)", 16),
        ("round_to(3, 8)", 8),
        ("round_to(-3, 8)", 8),
        ("in.c", 64),
        ("in.h + in.w", 60),
        ("1x7", PerAxis((1, 7))),
        ("same", 7),
        ("[]", ()),
        ("list", (1, (2, 3))),
    ],
)
def test_an_expression_has_this_value(text, result):
    found = value(text)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        (Shape(3, (16, 8, 4)), {"c": 3, "d": 16, "h": 8, "w": 4}),
        (Shape(1, (16000,)), {"c": 1, "l": 16000}),
        (Shape(768, tokens=196), {"c": 768, "t": 196}),
    ],
)
def test_the_sizes_that_flow_in_are_called_by_their_letters(shape, sizes):
    assert {axis: value(f"in.{axis}", shape) for axis in sizes} == sizes


def test_a_word_stands_for_itself_before_any_name_does():
    found = value("[same, [other]]", words=("same", "other"))
    assert found == (Word("same"), (Word("other"),))
    assert isinstance(found[0], Word)


FUNCTIONS = "the functions are `min`, `max`, `round`, `ceil`, `floor`, `round_to`, `range`"
SIZES = "the sizes of what flows in are `in.c`, `in.h`, `in.w`, `in.d`, `in.l`, `in.t`"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("hlaf", "E111: there is no `hlaf` here | 8-12 did you mean `half`?"),
        ("qqq", "E111: there is no `qqq` here | 8-11"),
        ("round", "E111: there is no `round` here | 8-13 a function: `round(…)`"),
        ("rund(1)", f"E111: there is no function `rund` | 8-15 did you mean `round`? | {FUNCTIONS}"),
        ("q(1)", f"E111: there is no function `q` | 8-12 | {FUNCTIONS}"),
        ("1 + yes", "E112: `+` takes numbers, not `true` | 12-15 this is `true`"),
        ("-list", "E112: `-` takes numbers, not a list | 9-13 this is a list"),
        ('"a" < 1', 'E112: `<` takes numbers, not "a" | 8-11 this is "a"'),
        ("min(1x2, 3)", "E112: `min` takes numbers, not `1x2` | 12-15 this is `1x2`"),
        ("n / (n - 3)", "E112: a division by 0 | 13-18 this is 0"),
        ("n // 0", "E112: a division by 0 | 13-14 this is 0"),
        ("n % 0.0", "E112: a division by 0 | 12-15 this is 0"),
        ("not n", "E112: `not` takes `true` and `false`, not 3 | 12-13 this is 3"),
        ("n and yes", "E112: `and` takes `true` and `false`, not 3 | 8-9 this is 3"),
        ("no or half", "E112: `or` takes `true` and `false`, not 0.5 | 14-18 this is 0.5"),
        ("round_to(3, -8)", "E112: `round_to` takes a step over 0 | 20-22 this is -8"),
        ("range(3, 9, 0)", "E112: `range` takes a step over 0 | 20-21 this is 0"),
        ("range(3 / 2)", "E110: `range` takes whole numbers | 14-19 this is 1.5"),
        ("range()", "E105: `range` takes 1 to 3 arguments, but 0 are given | 8-15"),
        ("range(100001)", "E008: this list is too large: the limit is 100,000 values | 8-21"),
        ("round(1, 2)", "E105: `round` takes 1 argument, but 2 are given | 8-19"),
        ("round_to(1)", "E105: `round_to` takes 2 arguments, but 1 is given | 8-19"),
        ("max()", "E105: `max` takes at least 1 argument, but 0 are given | 8-13"),
        ("round(x=1)", "E104: `round` has no argument `x` | 14-17 its arguments have no names"),
        ("in.t", "E128: what flows in has no tokens | 8-12 64x32x28 flows in"),
        ("in.d", "E128: what flows in has no depth | 8-12 64x32x28 flows in"),
        ("in.l", "E128: what flows in has no length | 8-12 64x32x28 flows in"),
        ("in.x", f"E128: there is no `in.x` | 8-12 | {SIZES}"),
        (
            "100000000000 * 10000000000",
            "E008: this number is out of reach: numbers go up to 10^18, and so do the parts of a fraction | 8-34",
        ),
        (
            "1 / 1000000000 / 10000000000",
            "E008: this number is out of reach: numbers go up to 10^18, and so do the parts of a fraction | 8-36",
        ),
    ],
)
def test_an_expression_without_a_value_says_why(text, error):
    with pytest.raises(BadExpression) as raised:
        value(text)
    assert said(raised.value.diagnostic) == error
    assert str(raised.value) == raised.value.diagnostic.title


@pytest.mark.parametrize(
    ("incoming", "error"),
    [
        (None, "E127: `in.h` is not known here: nothing flows in | 8-12"),
        (
            Shape(3, (letter("H") // 2, 4)),
            "E127: `in.h` is not known here: the input's size is ⌊H / 2⌋ | 8-12 3x⌊H / 2⌋x4 flows in",
        ),
        (
            Shape(3, (Unknown("the padding depends on the input"), 4)),
            "E127: `in.h` is not known here: the padding depends on the input | 8-12 3xunknownx4 flows in",
        ),
        (Shape(10), "E128: what flows in has no height | 8-12 10 flows in"),
    ],
)
def test_a_size_that_is_not_known_says_why(incoming, error):
    with pytest.raises(BadExpression) as raised:
        value("in.h", incoming)
    assert said(raised.value.diagnostic) == error


def test_a_list_is_bounded_although_it_may_hold_one_list_many_times():
    scope = {"a": (0,) * 1000}
    assert len(evaluate(expression("[a, a]"), scope)) == 2
    with pytest.raises(BadExpression) as raised:
        evaluate(expression(f"[{'a, ' * 100}]"), scope)
    assert said(raised.value.diagnostic) == "E008: this list is too large: the limit is 100,000 values | 8-310"
    assert MOST_VALUES == 100_000


def test_lists_nest_ten_deep():
    assert value("[" * 10 + "]" * 10)
    with pytest.raises(BadExpression) as raised:
        value("[" * 11 + "]" * 11)
    assert said(raised.value.diagnostic) == "E008: this list is too large: the limit is lists nested 10 deep | 8-30"


def test_a_condition_is_true_or_false():
    assert condition(expression("n == 3"), SCOPE) is True
    assert condition(expression("in.c == 1"), SCOPE, incoming=MAP) is False
    assert condition(expression("same == n"), SCOPE, words=["same"]) is False
    with pytest.raises(BadExpression) as raised:
        condition(expression("n"), SCOPE)
    assert said(raised.value.diagnostic) == "E112: a condition is `true` or `false`, not 3 | 8-9 this is 3"


def test_a_number_of_copies_is_whole_and_not_negative():
    assert repetitions(expression("n - 3"), SCOPE) == 0
    assert repetitions(expression("in.c / 32"), SCOPE, incoming=MAP) == 2
    for text, shown in (("-n", "-3"), ("n * half", "1.5"), ("yes", "`true`"), ("same", "`same`")):
        with pytest.raises(BadExpression) as raised:
            repetitions(expression(text), SCOPE, words=["same"])
        title = f"E117: a number of copies is a whole number from 0, not {shown}"
        assert said(raised.value.diagnostic) == f"{title} | 8-{8 + len(text)} this is {shown}"


NUMBERS = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)


def written(number):
    return f"(({number.numerator}) / {number.denominator})"


@settings(max_examples=60, deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS)
def test_arithmetic_is_exact(a, b, c):
    text = f"({written(a)} + {written(b)}) * {written(c)} - {written(a)}"
    assert value(text) == (a + b) * c - a
    if b:
        assert value(f"{written(a)} // {written(b)} * {written(b)} + {written(a)} % {written(b)}") == a


@settings(max_examples=60, deadline=None)
@given(st.fractions(min_value=0, max_value=5000, max_denominator=100), st.integers(1, 64))
def test_round_to_stays_within_a_tenth_below_and_a_step_above(number, step):
    rounded = round_to(number, step)
    assert rounded % step == 0
    assert rounded >= step
    assert rounded >= Fraction(9, 10) * number
    assert rounded <= max(step, number + step)
