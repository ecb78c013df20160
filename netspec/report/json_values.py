"""Values of the Graph as JSON and back: numbers and fractions, words, sizes, shapes, places in a text.

What JSON has no word for stands in an object of one key: `{"fraction": "1/3"}`, `{"sizes": [1, 7]}` (written `1x7`),
`{"word": "same"}`. An unknown size is the letter of the input (`"H"`), its closed form key by key, or
`{"unknown": reason}`. There are no decimals, so that nothing is rounded. Reading checks everything: it raises
`Malformed`, which names the key at fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from netspec.language.evaluate import DEEPEST_LIST
from netspec.layers.arguments import LARGEST, PerAxis, Value, Word
from netspec.shape import Dim, Shape, Symbol, Unknown, letter
from netspec.source import Source, Span

FORMAT = "netspec graph"
"""What the first key of such a file says."""

VERSION = 1
"""Raised with every change: a file of another version is refused."""

LARGEST_NUMBER = 10**18
"""What numbers of a spec go up to, and the parts of its fractions."""

_FRACTION = re.compile(r"-?[0-9]{1,19}(?:/[1-9][0-9]{0,18})?")

Read = TypeVar("Read")


class Malformed(Exception):
    """A part of the JSON is not what it must be: `at` leads to it (`nodes[3].owner`), `what` ends the title."""

    def __init__(self, at: str, what: str) -> None:
        super().__init__(at, what)
        self.at = at
        self.what = what


# Writing


def encode(value: Any) -> Any:
    """A value of a spec, or a table or list of them, as plain data."""
    match value:
        case Mapping():
            return {key: encode(each) for key, each in value.items()}
        case PerAxis():
            return {"sizes": list(value)}
        case Word():
            return {"word": str(value)}
        case Fraction():
            return {"fraction": str(value)}
        case tuple() | list():
            return [encode(each) for each in value]
    return value


def encode_shape(shape: Shape) -> dict[str, Any]:
    """A shape by its parts; those that it hasn't are left out."""
    made: dict[str, Any] = {} if shape.rows is None else {"rows": encode_size(shape.rows)}
    if shape.tokens is not None:
        made["tokens"] = encode_size(shape.tokens)
    made["channels"] = encode_size(shape.channels)
    if shape.sizes:
        made["sizes"] = [encode_size(size) for size in shape.sizes]
    return made


def encode_size(size: Dim | str) -> Any:
    """A number, a letter, `factor·⌊(of + add) / divisor⌋ + offset`, or why it is unknown."""
    if isinstance(size, Unknown):
        return {"unknown": size.reason}
    if not isinstance(size, Symbol):
        return size
    if size == Symbol(size.inner) and isinstance(size.inner, str):
        return size.inner
    of = encode_size(size.inner)
    return {"of": of, "add": size.add, "divisor": size.divisor, "factor": size.factor, "offset": size.offset}


def encode_span(span: Span, number: int) -> dict[str, int]:
    """A place in the source of this number: offsets from 0, and for people line and column from 1."""
    return {"source": number, "start": span.start, "end": span.end, "line": span.line, "column": span.column}


# Reading


def table_of(value: Any, keys: Sequence[str], at: str) -> list[Any]:
    """The values of an object that has exactly these keys, in this order."""
    found = mapping(value, at)
    for key in keys:
        if key not in found:
            raise Malformed(f"{at}.{key}", "is missing")
    for key in found:
        if key not in keys:
            raise Malformed(f"{at}.{key}", "is not known: " + ", ".join(f"`{each}`" for each in keys) + " are")
    return [found[key] for key in keys]


def mapping(value: Any, at: str) -> dict[str, Any]:
    """An object of any keys."""
    if not isinstance(value, dict):
        raise Malformed(at, f"must be an object, not {shown(value)}")
    return value


def items(value: Any, at: str, read: Callable[[Any, str], Read]) -> tuple[Read, ...]:
    """An array, each entry read."""
    if not isinstance(value, list):
        raise Malformed(at, f"must be an array, not {shown(value)}")
    return tuple(read(each, f"{at}[{place}]") for place, each in enumerate(value))


def text(value: Any, at: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise Malformed(at, f"must be a string, not {shown(value)}")
    return value


def whole(value: Any, at: str, least: int = 0, most: int = LARGEST) -> int:
    """A whole number between two."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Malformed(at, f"must be a whole number from {least:,} to {most:,}, not {shown(value)}")
    return value


def one_of(value: Any, at: str, known: Mapping[str, Read], what: str) -> Read:
    """What a name stands for."""
    if text(value, at) not in known:
        raise Malformed(at, f"names {what}: {shown(value)}")
    return known[value]


def shown(value: Any) -> str:
    """A part of the JSON as an error shows it."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "an array"
    if isinstance(value, str):
        return f"`{value if len(value) <= 40 else value[:39] + '…'}`"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return f"{value:,}"


def decode(value: Any, at: str, depth: int = 0) -> Value:
    """A value of a spec."""
    match value:
        case bool() | str():
            return value
        case int():
            return whole(value, at, -LARGEST_NUMBER, LARGEST_NUMBER)
        case {"fraction": str(written)} if len(value) == 1:
            return _fraction(written, at)
        case {"sizes": list(sizes)} if len(value) == 1:
            return PerAxis(items(sizes, f"{at}.sizes", whole))
        case {"word": str(word)} if len(value) == 1:
            return Word(word)
        case list() if depth < DEEPEST_LIST:
            return items(value, at, lambda each, place: decode(each, place, depth + 1))
        case list():
            raise Malformed(at, f"stands more than {DEEPEST_LIST} deep in other lists")
    raise Malformed(at, f"is no value of a spec: {shown(value)}")


def _fraction(written: str, at: str) -> Fraction:
    value = Fraction(written) if _FRACTION.fullmatch(written) else None
    if value is None or str(value) != written:
        raise Malformed(f"{at}.fraction", f"must be a fraction in lowest terms such as `1/3`, not {shown(written)}")
    if max(abs(value.numerator), value.denominator) > LARGEST_NUMBER:
        raise Malformed(f"{at}.fraction", "is out of reach: numbers go up to 10^18, and so do the parts of a fraction")
    return value


def decode_input(value: Any, at: str) -> Shape:
    """The shape of an input: sizes are numbers from 1, or letters."""
    found = mapping(value, at)
    _, sizes, rows = table_of({"sizes": [], "rows": None, **found}, ("channels", "sizes", "rows"), at)
    channels = _size(found.get("channels"), f"{at}.channels")
    axes = items(sizes, f"{at}.sizes", _size)
    if len(axes) > 3:
        raise Malformed(f"{at}.sizes", f"has {len(axes)} axes, and a map has at most 3")
    if rows is not None and axes:
        raise Malformed(f"{at}.rows", "stands beside `sizes`, and only vectors come in rows")
    return Shape(channels, axes, rows=None if rows is None else _size(rows, f"{at}.rows"))


def _size(value: Any, at: str) -> Dim:
    if isinstance(value, str) and len(value) == 1 and "A" <= value <= "Z":
        return letter(value)
    if isinstance(value, str):
        raise Malformed(at, f"must be a size or a single capital letter, not {shown(value)}")
    return whole(value, at, 1)


def decode_span(value: Any, at: str, sources: Sequence[Source]) -> Span:
    """A place in one of the sources."""
    number, start, end, _, _ = table_of(value, ("source", "start", "end", "line", "column"), at)
    source = source_of(number, f"{at}.source", sources)
    last = whole(end, f"{at}.end", 0, len(source.text))
    span = Span(source, whole(start, f"{at}.start", 0, last), last)
    if encode_span(span, number) != value:
        raise Malformed(at, f"stands at line {span.line} and column {span.column}, and the file says otherwise")
    return span


def source_of(value: Any, at: str, sources: Sequence[Source]) -> Source:
    """The source of a number."""
    if not sources:
        raise Malformed(at, "names a source, and there are none")
    return sources[whole(value, at, 0, len(sources) - 1)]
