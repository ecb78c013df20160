"""Python code as lines of at most 120 columns, laid out as ruff would: what doesn't fit has one argument a line."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from textwrap import wrap
from typing import Any

from netspec.records import field, frozen

WIDTH = 120


@frozen
class Raw:
    """Code that is written as it is: `x + y`, the name of a variable."""

    text: str


@frozen
class Called:
    """A call: positional arguments, then those with names."""

    name: str
    positional: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)


def literal(value: Any) -> str:
    """A value or call as Python writes it, on one line: `nn.Conv2d(3, 96, 11, stride=4)`."""
    match value:
        case Raw(text):
            return text
        case Called(name, positional, named):
            return f"{name}({', '.join([*map(literal, positional), *(f'{k}={literal(v)}' for k, v in named.items())])})"
        case float() if not isfinite(value):
            return f'float("{value}")'
        case str():
            return _quoted(value)
        case tuple() | list():
            return f"({literal(value[0])},)" if len(value) == 1 else f"({', '.join(map(literal, value))})"
        case dict():
            return f"{{{', '.join(f'{literal(key)}: {literal(each)}' for key, each in value.items())}}}"
    return repr(value)


def layout(value: Any, indent: int, before: str = "", after: str = "", comment: str = "") -> list[str]:
    """The lines of `before value after  # comment`; the comment goes above where it doesn't fit behind."""
    margin = " " * indent
    line = f"{margin}{before}{literal(value)}{after}"
    remark = f"  # {comment}" if comment else ""
    if len(line) + len(remark) <= WIDTH:
        return [line + remark]
    above = [f"{margin}# {comment}"] if comment else []
    opening, elements, closing = _opened(value)
    if len(line) <= WIDTH or not elements:
        return [*above, line]
    inner = [each for name, element in elements for each in layout(element, indent + 4, name, ",")]
    return [*above, f"{margin}{before}{opening}", *inner, f"{margin}{closing}{after}"]


def _opened(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """What a value opens with, its elements with what goes before each, and what closes it."""
    match value:
        case Called(name, positional, named):
            return f"{name}(", [*(("", each) for each in positional), *((f"{k}=", v) for k, v in named.items())], ")"
        case tuple() | list():
            return "(", [("", each) for each in value], ")"
        case dict():
            return "{", [(f"{literal(key)}: ", each) for key, each in value.items()], "}"
    return "", [], ""


def _quoted(text: str) -> str:
    """Text in double quotes, unless single ones save escapes."""
    written = repr(text)
    if written[0] == '"' or '"' in text:
        return written
    return '"' + written[1:-1].replace("\\'", "'") + '"'


def folded(text: str, indent: int = 0, opening: str = "") -> list[str]:
    """Prose as lines of at most 120 columns: shapes and counts of unknown size are formulas, which may be long."""
    margin = " " * indent
    return wrap(text, WIDTH, initial_indent=margin + opening, subsequent_indent=margin, break_long_words=False)


def docstring(text: str) -> str:
    """Text that may stand between `\"\"\"`."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
