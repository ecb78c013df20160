"""Columns of text side by side: how wide each is, and where a cell is cut or goes on in the next line."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

from netspec.report.sheet import Sheet

GAP = "  "
SHORTENED = {"layer": 16, "name": 16, "weights": 12}
"""Columns that lose their ends first when a terminal is narrow, in this order, and the least width of each."""

LEAST = 12
"""No other column gets narrower than this; its cells go on in the next line."""


def width(text: str) -> int:
    """How many places a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def widths(sheet: Sheet, available: int | None = None) -> tuple[int, ...]:
    """The width of each column; with `available`, narrowed so that a line takes no more than that where possible."""
    table = [[column.title for column in sheet.columns], *[line.cells for line in sheet.lines], sheet.total]
    natural = [max(map(width, cells)) for cells in zip(*table, strict=True)]
    if available is None:
        return tuple(natural)
    excess = sum(natural) + len(GAP) * (len(natural) - 1) - available
    for key, least in SHORTENED.items():
        for at, column in enumerate(sheet.columns):
            if column.key == key and excess > 0:
                cut = min(excess, max(natural[at] - least, 0))
                natural[at], excess = natural[at] - cut, excess - cut
    while excess > 0 and max(natural) > LEAST:
        widest = natural.index(max(natural))
        natural[widest], excess = natural[widest] - 1, excess - 1
    return tuple(natural)


def shorten(text: str, limit: int) -> str:
    """The text, with `…` for its end where it is longer than `limit`."""
    if width(text) <= limit:
        return text
    while width(text) > limit - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def broken(text: str, limit: int) -> list[str]:
    """The text in lines of at most `limit`, broken where `_breaks` says or, if that is nowhere, at the limit."""
    lines = []
    while width(text) > limit:
        end = _breaks(text, limit)
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, text]


def _breaks(text: str, limit: int) -> int:
    """The last place behind a space, `·` or `x`; outside brackets if that fills half a line, never within a number."""
    depth, outside, inside = 0, 0, 0
    for at, character in enumerate(text[:limit], 1):
        depth += (character in "(⌊⌈") - (character in ")⌋⌉")
        if character in " ·x":
            outside, inside = (at, at) if depth == 0 else (outside, at)
    return (outside if 2 * outside >= limit else inside) or limit


def lines(cells: Sequence[str], sheet: Sheet, sizes: Sequence[int]) -> list[str]:
    """One row of the table as the lines that it takes, cells padded to their columns."""
    columns = [
        [shorten(cell, size)] if column.key in SHORTENED else broken(cell, size)
        for cell, column, size in zip(cells, sheet.columns, sizes, strict=True)
    ]
    result = []
    for number in range(max(map(len, columns), default=1)):
        parts = [texts[number] if number < len(texts) else "" for texts in columns]
        padded = [
            " " * (size - width(part)) + part if column.right else part + " " * (size - width(part))
            for part, column, size in zip(parts, sheet.columns, sizes, strict=True)
        ]
        result.append(GAP.join(padded).rstrip())
    return result


def labelled(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """`label  text` lines with the texts under each other."""
    widest = max((width(label) for label, _ in pairs), default=0)
    return [f"{label}{' ' * (widest - width(label))}{GAP}{text}" for label, text in pairs]
