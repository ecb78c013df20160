"""The arguments of layers: what kinds there are, and how values that a spec writes become fields.

`argument(COUNT, "number of kernels")` is a field that carries its kind and its help; `bind` makes a layer of
evaluated values and raises `Misuse` naming the argument that doesn't fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias, TypeVar

from netspec.layers.base import Layer, Misuse, decimal
from netspec.records import MISSING, field, fields, frozen


class PerAxis(tuple[int, ...]):
    """One number an axis, as `1x7` is written: height first."""

    __slots__ = ()

    def __str__(self) -> str:
        return "x".join(map(str, self))


class Word(str):
    """A bare word as an argument (`pad=same`, `mode=bilinear`)."""

    __slots__ = ()


Value: TypeAlias = "int | Fraction | bool | str | PerAxis | Word | tuple[Value, ...]"
"""What an expression of a spec evaluates to; a list is a tuple, a decimal an exact fraction."""

LARGEST = 2**31 - 1
"""The largest size, count or stride: what torch's own indices hold."""


@frozen
class Kind:
    """A kind of argument: `says` names it in errors and help, `read` converts a value or returns None."""

    says: str
    read: Callable[[Value], Any]
    words: tuple[str, ...] = ()


@frozen
class Argument:
    """One argument of a layer as `netspec layers NAME`, suggestions and the editor see it."""

    name: str
    kind: Kind
    help: str
    default: Any = MISSING

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is MISSING


def argument(kind: Kind, help: str, default: Any = MISSING) -> Any:
    """A field for an argument of a layer."""
    metadata = {"kind": kind, "help": help}
    default = Word(default) if isinstance(default, str) else default  # as a spec that writes it out gives it
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def whole(value: Value) -> int | None:
    """The value as a whole number (a decimal that comes out whole counts), or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else None


def _whole_from(least: int) -> Callable[[Value], int | None]:
    def read(value: Value) -> int | None:
        number = whole(value)
        return number if number is not None and least <= number <= LARGEST else None

    return read


def _number(value: Value) -> Fraction | int | None:
    return value if isinstance(value, (int, Fraction)) and not isinstance(value, bool) else None


def _positive(value: Value) -> Fraction | int | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _share(value: Value) -> Fraction | int | None:
    number = _number(value)
    return number if number is not None and 0 <= number < 1 else None


def _flag(value: Value) -> bool | None:
    return value if isinstance(value, bool) else None


def _sizes_from(least: int) -> Callable[[Value], int | PerAxis | None]:
    """One whole number for all axes, or one an axis: `3`, `1x7`, `[1, 7]`."""
    read_whole = _whole_from(least)

    def read(value: Value) -> int | PerAxis | None:
        if isinstance(value, tuple):
            numbers = [read_whole(number) for number in value]
            return None if None in numbers or not 1 <= len(numbers) <= 3 else PerAxis(numbers)  # type: ignore[arg-type]
        return read_whole(value)

    return read


SAME = Word("same")

Padding: TypeAlias = "Word | tuple[tuple[int, int], ...]"
"""`same`, or (before, after) for each axis; one pair stands for all axes."""


def _padding(value: Value) -> Padding | None:
    """`same`, `valid`, `1`, `2x0`, `[before, after]` on every axis, `[[before, after], …]` an axis."""
    if isinstance(value, str):
        return SAME if value == "same" else ((0, 0),) if value == "valid" else None
    read = _whole_from(0)
    if isinstance(value, PerAxis):
        return tuple((number, number) for number in value)
    if isinstance(value, tuple):
        if all(isinstance(pair, tuple) for pair in value):
            pairs = tuple(_pair(pair) for pair in value)
            return None if None in pairs or not 1 <= len(pairs) <= 3 else pairs  # type: ignore[return-value]
        pair = _pair(value)
        return None if pair is None else (pair,)
    number = read(value)
    return None if number is None else ((number, number),)


def _pair(value: Value) -> tuple[int, int] | None:
    if not isinstance(value, tuple) or len(value) != 2:
        return None
    before, after = (_whole_from(0)(number) for number in value)
    return None if before is None or after is None else (before, after)


def _both_sides(value: Value) -> tuple[int, int] | None:
    """`8` before and after, or `[before, after]`."""
    number = _whole_from(0)(value)
    return _pair(value) if number is None else (number, number)


def _table(value: Value) -> tuple[tuple[int, ...], ...] | None:
    if not isinstance(value, tuple) or isinstance(value, PerAxis) or not value:
        return None
    read, rows = _whole_from(0), []
    for row in value:
        if not isinstance(row, tuple) or isinstance(row, PerAxis):
            return None
        numbers = tuple(number for number in map(read, row) if number is not None)
        if len(numbers) != len(row):
            return None
        rows.append(numbers)
    return tuple(rows)


def _integers(value: Value) -> tuple[int, ...] | None:
    if not isinstance(value, tuple):
        return None
    read = _whole_from(-LARGEST)
    numbers = [read(number) for number in value]
    return None if None in numbers else tuple(numbers)  # type: ignore[arg-type]


def _counts(value: Value) -> tuple[int, ...] | None:
    numbers = _integers(value)
    return numbers if numbers and min(numbers) >= 1 and not isinstance(value, PerAxis) else None


def _shape(value: Value) -> PerAxis | None:
    """Channels and up to three sizes: `400`, `16x5x5`, `[16, 5, 5]`."""
    read = _whole_from(1)
    numbers = [read(number) for number in (value if isinstance(value, tuple) else (value,))]
    return None if None in numbers or not 1 <= len(numbers) <= 4 else PerAxis(numbers)  # type: ignore[arg-type]


COUNT = Kind("a whole number from 1", _whole_from(1))
WHOLE = Kind("a whole number from 0", _whole_from(0))
INTEGER = Kind("a whole number", _whole_from(-LARGEST))
NUMBER = Kind("a number", _number)
POSITIVE = Kind("a number over 0", _positive)
SHARE = Kind("a number from 0 to below 1", _share)
FLAG = Kind("`true` or `false`", _flag)
SIZE = Kind("a size from 1 such as `3` or `1x7`", _sizes_from(1))
AMOUNT = Kind("a whole number from 0, or one an axis such as `1x0`", _sizes_from(0))
PADDING = Kind("`same`, `valid`, a number, `2x0`, or `[before, after]`", _padding, ("same", "valid"))
BORDER = Kind(
    "a number, `2x0`, or `[before, after]`", lambda value: None if isinstance(value, str) else _padding(value)
)
SIDES = Kind("a whole number from 0, or `[before, after]`", _both_sides)
TABLE = Kind("a list of lists of whole numbers", _table)
INTEGERS = Kind("a list of whole numbers", _integers)
COUNTS = Kind("a list of whole numbers from 1", _counts)
SHAPE = Kind("a shape such as `16x5x5` or `400`", _shape)


def one_of(*words: str) -> Kind:
    """A kind that takes one of these bare words."""
    listed = ", ".join(f"`{word}`" for word in words[:-1]) + f" or `{words[-1]}`"
    return Kind(listed, lambda value: Word(value) if isinstance(value, str) and value in words else None, words)


@cache
def arguments_of(layer: type[Layer]) -> tuple[Argument, ...]:
    """The arguments of a layer, in the order in which they are given by position.

    A field ends in `_` where its word is also that of a method of `Layer`, as attention's `window_` does.
    """
    return tuple(
        Argument(each.name.removesuffix("_"), each.metadata["kind"], each.metadata["help"], each.default)
        for each in fields(layer)
    )


AnyLayer = TypeVar("AnyLayer", bound=Layer)


def bind(layer: type[AnyLayer], positional: Sequence[Value] = (), named: Mapping[str, Value] | None = None) -> AnyLayer:
    """The layer with these arguments.

    Raises:
        Misuse: E104 an argument that the layer doesn't have, E105 one too many, missing or given twice, E106 a value
            of the wrong kind, E110 a decimal where a whole number is needed.
    """
    accepted = arguments_of(layer)
    given: dict[str, Any] = {}
    if len(positional) > len(accepted):
        takes = f"takes {len(accepted) or 'no'} argument{'s' * (len(accepted) != 1)}"
        number = f"{len(positional)} {'is' if len(positional) == 1 else 'are'} given"
        raise Misuse("E105", f"`{layer.name}` {takes}, but {number}", at=str(len(accepted)))
    for each, value in zip(accepted, positional, strict=False):
        given[each.name] = _convert(layer, each, value)
    for name, value in (named or {}).items():
        known = next((each for each in accepted if each.name == name), None)
        if known is None:
            raise Misuse("E104", f"`{layer.name}` has no argument `{name}`", at=name, here=_nearest(name, accepted))
        if name in given:
            raise Misuse("E105", f"`{name}` of `{layer.name}` is given twice", at=name)
        given[name] = _convert(layer, known, value)
    for each in accepted:
        if each.required and each.name not in given:
            raise Misuse("E105", f"`{layer.name}` needs `{each.name}`: {each.help}", here=f"`{each.name}` is missing")
    return layer(*(given.get(each.name, each.default) for each in accepted))


def _convert(layer: type[Layer], each: Argument, value: Value) -> Any:
    result = each.kind.read(value)
    if result is not None:
        return result
    if isinstance(value, Fraction) and each.kind.read(int(value)) is not None:
        raise Misuse(
            "E110",
            f"`{each.name}` of `{layer.name}` must be a whole number, and this is {decimal(value)}",
            at=each.name,
            here=f"this is {decimal(value)}",
            notes=("`floor(…)`, `round(…)` or `round_to(…, 8)` make a whole number of it",),
        )
    raise Misuse(
        "E106",
        f"`{each.name}` of `{layer.name}` takes {each.kind.says}, not {show(value)}",
        at=each.name,
        here=each.help,
    )


def _nearest(name: str, accepted: Sequence[Argument]) -> str:
    from netspec.diagnostics import nearest

    names = [each.name for each in accepted]
    guess = nearest(name, names)
    if guess:
        return f"did you mean `{guess}`?"
    return "it has " + ", ".join(f"`{known}`" for known in names) if names else "it takes none"


def show(value: Value) -> str:
    """A value as a spec would write it."""
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, (Word, PerAxis)):
        return f"`{value}`"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "a list"
    return decimal(value)


def per_axis(value: int | PerAxis, rank: int, at: str) -> tuple[int, ...]:
    """One number an axis. Raises Misuse E202 if it was written for another number of axes."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise _wrong_rank(str(value), len(value), rank, at)
    return value


def padding_along(pad: tuple[tuple[int, int], ...], rank: int, at: str = "pad") -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis. Raises Misuse E202 if it was written for another number of axes."""
    if len(pad) == rank:
        return pad
    if len(pad) != 1:
        raise _wrong_rank("this padding", len(pad), rank, at)
    return pad * rank


def _wrong_rank(what: str, given: int, rank: int, at: str) -> Misuse:
    axes = ("no axes", "1 axis", "2 axes", "3 axes")
    return Misuse("E202", f"{what} is for {axes[given]}, but what flows in has {axes[rank]}", at=at)
