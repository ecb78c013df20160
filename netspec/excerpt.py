"""Lines of a text with marks under them, as diagnostics show them.

`excerpt` turns a source and marks on it into rows; a row is what stands in the gutter (a line number, `⋮`, or nothing)
and runs of characters with a style each. Colour is put on at the very end (`paint`), or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TypeAlias

from netspec.records import frozen, replace
from netspec.source import Source

Run: TypeAlias = tuple[str, str]
"""Characters and their style."""

Row: TypeAlias = tuple[str, tuple[Run, ...]]
"""What stands in the gutter, and the runs behind the bar."""

WIDEST = 100
"""A line of more characters than this is cut around its marks, and `…` stands for the rest."""

LEFT_OUT: Row = ("⋮", ())

STYLES = {
    "": "",
    "title": "1",
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "frame": "1;34",
    "help": "1;32",
}
"""Each style's ANSI code: numbers of "select graphic rendition"."""


@frozen
class Mark:
    """`sign` repeated under the characters `start` up to `end` of a text, and what it says about them."""

    start: int
    end: int
    sign: str
    style: str
    says: str = ""


@frozen
class Drawn:
    """A mark in its place on a row: columns count from 0 as characters print."""

    column: int
    width: int
    mark: Mark


def excerpt(source: Source, marks: Iterable[Mark]) -> Iterator[Row]:
    """The marked lines in source order, each with its marks under it.

    A mark over several lines is drawn under its first. One line between two marked ones is shown, more are left out.
    """
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(source.line_of(mark.start), []).append(mark)
    marked = sorted(by_line)
    lines = marked[:1]
    for previous, line in pairwise(marked):
        lines += [line] if line == previous + 1 else [line - 1 if line == previous + 2 else 0, line]
    for line in lines:
        if line:
            yield from _line(source, line, by_line.get(line, []))
        else:
            yield LEFT_OUT


def _line(source: Source, line: int, marks: Sequence[Mark]) -> Iterator[Row]:
    """One line with its marks; a very long one once for each stretch that holds marks."""
    start = source.line_starts[line - 1]
    end = source.line_starts[line] - 1 if line < len(source.line_starts) else len(source.text)
    if end > start and source.text[end - 1] == "\r":
        end -= 1
    within = sorted((_clipped(mark, source.text, end) for mark in marks), key=lambda mark: (mark.start, mark.end))
    for low, high, together in _stretches(start, end, within):
        before, after = "…" * (low > start), "…" * (high < end)
        yield str(line), ((before + clean(source.text[low:high]) + after, ""),)
        drawn = []
        for mark in together:
            lead = width(before + clean(source.text[low : mark.start]))
            drawn.append(Drawn(lead, max(1, width(clean(source.text[mark.start : min(mark.end, high)]))), mark))
        yield from (("", runs) for runs in _mark_rows(drawn))


def _clipped(mark: Mark, text: str, end: int) -> Mark:
    """The mark within its line: where it goes on beyond, up to the last character that is no space."""
    start = min(mark.start, end)
    if mark.end <= end:
        return replace(mark, start=start)
    return replace(mark, start=start, end=start + len(text[start:end].rstrip()))


def _stretches(start: int, end: int, marks: Sequence[Mark]) -> Iterator[tuple[int, int, list[Mark]]]:
    """The stretches of a line that are shown, with the marks in each: the whole line if it isn't too long."""
    if end - start <= WIDEST:
        yield start, end, list(marks)
        return
    if not marks:
        yield start, start + WIDEST, []
        return
    groups: list[list[Mark]] = []
    for mark in marks:
        if groups and mark.start - groups[-1][0].start < WIDEST // 2:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    for group in groups:
        first = group[0].start
        extent = min(WIDEST, max(mark.end for mark in group) - first)
        low = max(start, first - (WIDEST - extent) // 2)
        high = min(end, low + WIDEST)
        yield max(start, high - WIDEST), high, group


def _mark_rows(drawn: Sequence[Drawn]) -> Iterator[tuple[Run, ...]]:
    """The signs under a line. What the last one says stands beside it, what the others say hangs below on a `|`."""
    signs = sorted(drawn, key=lambda each: (each.mark.sign == "^", -each.width))
    pieces = [(each.column, each.mark.sign * each.width, each.mark.style) for each in signs]
    beside = None
    if drawn and all(each.column + each.width <= drawn[-1].column for each in drawn[:-1]):
        beside = drawn[-1]
        pieces.append((beside.column + beside.width + 1, clean(beside.mark.says), beside.mark.style))
    row = compose(pieces)
    if row:
        yield row
    hanging = [each for each in drawn if each.mark.says and each is not beside]
    if hanging:
        yield compose((each.column, "|", each.mark.style) for each in hanging)
    while hanging:
        lowest = hanging.pop()
        bars = ((each.column, "|", each.mark.style) for each in hanging)
        yield compose([*bars, (lowest.column, clean(lowest.mark.says), lowest.mark.style)])


def compose(pieces: Iterable[tuple[int, str, str]]) -> tuple[Run, ...]:
    """The runs of a row on which each piece (column, text, style) is written in turn, later ones over earlier ones."""
    cells: list[Run] = []
    for column, text, style in pieces:
        if text:
            cells.extend([(" ", "")] * (column + len(text) - len(cells)))
            cells[column : column + len(text)] = [(character, style) for character in text]
    return tuple(("".join(map(itemgetter(0), run)), style) for style, run in groupby(cells, key=itemgetter(1)))


def paint(runs: Iterable[Run], colour: bool, styles: Mapping[str, str] = STYLES) -> str:
    """The runs as text, with ANSI colours if wanted."""
    return "".join(
        f"\x1b[{styles[style]}m{text}\x1b[0m" if colour and styles[style] and text.strip() else text
        for text, style in runs
    )


def clean(text: str) -> str:
    """The text as a terminal may show it: what can't be printed becomes a space, its picture (`␀`) or `�`.

    Every character stays one character, so offsets keep their meaning.
    """
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    if character == "\t" or (character.isspace() and character > "\x7f"):
        return " "
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "�"


def width(text: str) -> int:
    """How many columns the text takes: two for a wide (East Asian) character, none for a combining mark."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(each) in ("Mn", "Me") else 2 if east_asian_width(each) in ("W", "F") else 1 for each in text
    )
