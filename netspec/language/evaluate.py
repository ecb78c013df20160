"""The values of expressions, exactly: whole numbers and fractions, `true` and `false`, text, sizes and lists.

Arithmetic is rational, so `0.1 + 0.2 == 0.3`; a result that comes out whole is a whole number. Numbers, lists and
their nesting are bounded, so that no expression takes long.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor, inf
from typing import Any, NamedTuple, TypeAlias

from netspec.diagnostics import Diagnostic, Label, nearest
from netspec.language import tree
from netspec.language.literals import LARGEST
from netspec.layers.arguments import Value, Word, show
from netspec.shape import Dim, Shape, Unknown
from netspec.source import Span

Number: TypeAlias = "int | Fraction"

MOST_VALUES = 100_000
"""How many values a list may hold, those of the lists in it counted."""

DEEPEST_LIST = 10
"""How deep lists may be nested in lists."""


class BadExpression(Exception):
    """An expression has no value; it carries the Diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.title)
        self.diagnostic = diagnostic


class Surroundings(NamedTuple):
    """What an expression can refer to: names and their values, the shape that flows in, and bare words."""

    scope: Mapping[str, Value]
    incoming: Shape | None
    words: Collection[str]


def evaluate(
    expr: tree.Expr, scope: Mapping[str, Value], *, incoming: Shape | None = None, words: Collection[str] = ()
) -> Value:
    """The value of an expression, where `scope` has the names and a name in `words` stands for itself.

    Raises:
        BadExpression: E008 a number or list too large, E104 and E105 arguments of a function, E111 an unknown name,
            E112 operands of the wrong kind, E127 a size that flows in and is not known, E128 one that isn't there.
    """
    return _value(expr, Surroundings(scope, incoming, words))


def condition(
    expr: tree.Expr, scope: Mapping[str, Value], *, incoming: Shape | None = None, words: Collection[str] = ()
) -> bool:
    """The value of a condition. Raises BadExpression as `evaluate` does, E112 for what is neither true nor false."""
    value = evaluate(expr, scope, incoming=incoming, words=words)
    if isinstance(value, bool):
        return value
    raise bad("E112", f"a condition is `true` or `false`, not {show(value)}", expr.span, f"this is {show(value)}")


def repetitions(
    expr: tree.Expr, scope: Mapping[str, Value], *, incoming: Shape | None = None, words: Collection[str] = ()
) -> int:
    """A number of copies. Raises BadExpression as `evaluate` does, E117 for what is no whole number from 0."""
    value = evaluate(expr, scope, incoming=incoming, words=words)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise bad(
        "E117", f"a number of copies is a whole number from 0, not {show(value)}", expr.span, f"this is {show(value)}"
    )


def names_in(expr: tree.Expr) -> Iterator[str]:
    """The names in an expression, on whose values it depends; `in` where it asks for a size that flows in."""
    match expr:
        case tree.Name(name):
            yield name
        case tree.Incoming():
            yield "in"
        case tree.Listing(inner) | tree.Operation(_, inner):
            for each in inner:
                yield from names_in(each)
        case tree.Apply(_, arguments):
            for argument in arguments:
                yield from names_in(argument.value)


def bad(code: str, title: str, span: Span, here: str = "", *notes: str) -> BadExpression:
    """The error, to be raised."""
    return BadExpression(Diagnostic(code, title, (Label(span, here),), notes))


# One function a kind of expression


def _value(expr: tree.Expr, around: Surroundings) -> Value:
    return VALUE[type(expr)](expr, around)


def _name(expr: tree.Name, around: Surroundings) -> Value:
    name = expr.name
    if name in around.words:
        return Word(name)
    if name in around.scope:
        return around.scope[name]
    if name in FUNCTIONS:
        here = f"a function: `{name}(…)`"
    else:
        guess = nearest(name, (*around.scope, *around.words, *FUNCTIONS))
        here = f"did you mean `{guess}`?" if guess else ""
    raise bad("E111", f"there is no `{name}` here", expr.span, here)


def _incoming(expr: tree.Incoming, around: Surroundings) -> int:
    written, shape = f"`in.{expr.axis}`", around.incoming
    if expr.axis not in AXES:
        known = ", ".join(f"`in.{axis}`" for axis in AXES)
        raise bad("E128", f"there is no {written}", expr.span, "", f"the sizes of what flows in are {known}")
    if shape is None:
        raise bad("E127", f"{written} is not known here: nothing flows in", expr.span)
    size = AXES[expr.axis](shape)
    if isinstance(size, int):
        return size
    if size is None:
        what = _NOUNS[expr.axis]
        raise bad("E128", f"what flows in has no {what}", expr.span, f"{shape} flows in")
    why = size.reason if isinstance(size, Unknown) else f"the input's size is {size}"
    raise bad("E127", f"{written} is not known here: {why}", expr.span, f"{shape} flows in")


def _listing(expr: tree.Listing, around: Surroundings) -> Value:
    values = tuple(_value(item, around) for item in expr.items)
    _check_list(values, expr.span)
    return values


def _check_list(values: tuple[Value, ...], span: Span) -> None:
    """Walks over the list, which may hold one list many times, until it is too large."""
    count, depth, level = 0, 0, [values]
    while level:
        depth += 1
        count += sum(map(len, level))
        if count > MOST_VALUES or depth > DEEPEST_LIST:
            limit = f"{MOST_VALUES:,} values" if depth <= DEEPEST_LIST else f"lists nested {DEEPEST_LIST} deep"
            raise bad("E008", f"this list is too large: the limit is {limit}", span)
        level = [value for each in level for value in each if isinstance(value, tuple)]


def _operation(expr: tree.Operation, around: Surroundings) -> Value:
    operator, operands = expr.operator, expr.operands
    if operator in ("and", "or"):
        first = _truth(operands[0], operator, around)
        return _truth(operands[1], operator, around) if first is (operator == "and") else first
    if operator == "not":
        return not _truth(operands[0], operator, around)
    if operator in ("==", "!="):
        return _equal(_value(operands[0], around), _value(operands[1], around)) is (operator == "==")
    numbers = [_number(operand, f"`{operator}`", around) for operand in operands]
    if operator in COMPARE:
        return COMPARE[operator](*numbers)
    if operator in ("/", "//", "%") and numbers[1] == 0:
        raise bad("E112", "a division by 0", operands[1].span, "this is 0")
    return _bounded(-numbers[0] if len(numbers) == 1 else ARITHMETIC[operator](*numbers), expr.span)


def _truth(expr: tree.Expr, operator: str, around: Surroundings) -> bool:
    value = _value(expr, around)
    if isinstance(value, bool):
        return value
    raise bad("E112", f"`{operator}` takes `true` and `false`, not {show(value)}", expr.span, f"this is {show(value)}")


def _number(expr: tree.Expr, taker: str, around: Surroundings) -> Number:
    value = _value(expr, around)
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return value
    raise bad("E112", f"{taker} takes numbers, not {show(value)}", expr.span, f"this is {show(value)}")


def _equal(first: Value, second: Value) -> bool:
    """Equality that keeps `true` and 1 apart."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(_equal, first, second))
    return isinstance(first, bool) is isinstance(second, bool) and first == second


def _bounded(value: Number, span: Span) -> Number:
    """The number, an int if it is whole. Raises BadExpression E008."""
    if abs(value.numerator) > LARGEST or value.denominator > LARGEST:
        raise bad(
            "E008", "this number is out of reach: numbers go up to 10^18, and so do the parts of a fraction", span
        )
    return value.numerator if value.denominator == 1 else value


def _apply(expr: tree.Apply, around: Surroundings) -> Value:
    function = _function(expr)
    numbers = [_number(argument.value, f"`{expr.function}`", around) for argument in expr.arguments]
    _check_numbers(expr, numbers)
    value = function(*numbers)
    if not isinstance(value, range):
        return _bounded(value, expr.span)
    if len(value) > MOST_VALUES:
        raise bad("E008", f"this list is too large: the limit is {MOST_VALUES:,} values", expr.span)
    return tuple(value)


def _function(expr: tree.Apply) -> Callable[..., Number | range]:
    """The function of this name, if it takes so many arguments. Raises BadExpression E104, E105, E111."""
    name, given = expr.function, len(expr.arguments)
    if name not in FUNCTIONS:
        guess = nearest(name, FUNCTIONS)
        known = ", ".join(f"`{each}`" for each in FUNCTIONS)
        here = f"did you mean `{guess}`?" if guess else ""
        raise bad("E111", f"there is no function `{name}`", expr.span, here, f"the functions are {known}")
    function, fewest, most = FUNCTIONS[name]
    for argument in expr.arguments:
        if argument.name is not None:
            raise bad(
                "E104", f"`{name}` has no argument `{argument.name}`", argument.span, "its arguments have no names"
            )
    if not fewest <= given <= most:
        counts = f"at least {fewest}" if most == inf else f"{fewest}" if fewest == most else f"{fewest} to {most}"
        takes = f"{counts} argument{'' if counts.endswith('1') else 's'}"
        raise bad("E105", f"`{name}` takes {takes}, but {given} {'is' if given == 1 else 'are'} given", expr.span)
    return function


def _check_numbers(expr: tree.Apply, numbers: Sequence[Number]) -> None:
    """Whether a function has a value for these. Raises BadExpression E110, E112."""
    name = expr.function
    for number, argument in zip(numbers, expr.arguments, strict=True):
        if name == "range" and not isinstance(number, int):
            raise bad("E110", "`range` takes whole numbers", argument.span, f"this is {show(number)}")
    at = STEP_AT.get(name, len(numbers))
    if at < len(numbers) and numbers[at] <= 0:
        raise bad("E112", f"`{name}` takes a step over 0", expr.arguments[at].span, f"this is {show(numbers[at])}")


def round_half_up(number: Number) -> int:
    """The nearest whole number; of two equally near ones the larger: 0.5 -> 1, −0.5 -> 0."""
    return floor(number + Fraction(1, 2))


def round_to(number: Number, step: Number) -> Number:
    """The nearest multiple of `step` (half up), but at least `step`, and one step more if that is below 90 % of it.

    MobileNet's rule for channel counts: `_make_divisible` in tensorflow/models, research/slim/nets/mobilenet.
    """
    rounded = max(step, round_half_up(Fraction(number) / step) * step)
    return rounded + step if rounded < Fraction(9, 10) * number else rounded


def _axis(rank_from: int, position: int, rank_to: int = 3) -> Callable[[Shape], Dim | None]:
    """The size at a position, where the shape has so many axes."""
    return lambda shape: shape.sizes[position] if rank_from <= shape.rank <= rank_to else None


VALUE: dict[type, Callable[[Any, Surroundings], Value]] = {
    tree.Literal: lambda expr, around: expr.value,
    tree.Name: _name,
    tree.Incoming: _incoming,
    tree.Listing: _listing,
    tree.Operation: _operation,
    tree.Apply: _apply,
}

AXES: dict[str, Callable[[Shape], Dim | None]] = {
    "c": lambda shape: shape.channels,
    "h": _axis(2, -2),
    "w": _axis(2, -1),
    "d": _axis(3, 0),
    "l": _axis(1, 0, 1),
    "t": lambda shape: shape.tokens,
}
"""The sizes of a shape by letter: channels (features), height, width, depth (frames), length, tokens."""

_NOUNS = {"h": "height", "w": "width", "d": "depth", "l": "length", "t": "tokens"}

ARITHMETIC: dict[str, Callable[[Number, Number], Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: Fraction(a) / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}

COMPARE: dict[str, Callable[[Number, Number], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}

FUNCTIONS: dict[str, tuple[Callable[..., Number | range], int, float]] = {
    "min": (lambda *numbers: min(numbers), 1, inf),
    "max": (lambda *numbers: max(numbers), 1, inf),
    "round": (round_half_up, 1, 1),
    "ceil": (ceil, 1, 1),
    "floor": (floor, 1, 1),
    "round_to": (round_to, 2, 2),
    "range": (range, 1, 3),
}
"""The functions of expressions, each with the fewest and the most arguments that it takes."""

STEP_AT = {"round_to": 1, "range": 2}
"""Which argument of a function is a step, over 0."""
