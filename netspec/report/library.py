"""The shipped networks as a list for people, with what each takes in and costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from netspec.report.entries import Entry
from netspec.report.figures import cell, short
from netspec.report.layout import shorten
from netspec.shape import Count, Polynomial, Symbol

HEADINGS = ("name", "family", "year", "input", "parameters", "MACs", "what")
RIGHT = frozenset(("parameters", "MACs"))


def render(entries: Sequence[Entry], width: int | None = None, *, by_family: bool = True) -> str:
    """One line a network in the order given; families apart, unless they are a column of their own.

    Titles are shortened to fit a window of `width`. Ends with a newline.
    """
    headings = tuple(each for each in HEADINGS if not (by_family and each == "family"))
    rows = [(entry.shipped.family, _cells(entry, headings)) for entry in entries]
    widths = [max(map(len, column)) for column in zip(headings, *(cells for _, cells in rows), strict=True)]
    lines = [_line(headings, widths, headings)]
    for family, group in groupby(rows, key=lambda row: row[0] if by_family else ""):
        lines += ["", f"{family}:"] if by_family else []
        lines += [_line(cells, widths, headings) for _, cells in group]
    return "\n".join(line if width is None else shorten(line, width) for line in lines) + "\n"


def inputs(entry: Entry) -> str:
    """What flows in: `3x224x224`, or several with commas between them."""
    return ", ".join(map(str, entry.inputs.values()))


def figure(count: Count) -> str:
    """`60.97 M`; what an unknown size decides is `by H, W`, for closed forms are as long as networks."""
    if isinstance(count, (Symbol, Polynomial)):
        letters = {atom.letter for atoms, _ in Polynomial.of(count).terms for atom in atoms}
        return f"by {', '.join(sorted(letters))}"
    return short(count) if isinstance(count, int) else cell(count)


def _cells(entry: Entry, headings: Iterable[str]) -> tuple[str, ...]:
    shipped = entry.shipped
    cells = {
        "name": shipped.name,
        "family": shipped.family,
        "year": str(shipped.year),
        "input": inputs(entry),
        "parameters": figure(entry.parameters),
        "MACs": figure(entry.macs),
        "what": shipped.title,
    }
    return tuple(cells[heading] for heading in headings)


def _line(cells: Sequence[str], widths: Sequence[int], headings: Sequence[str]) -> str:
    padded = [
        cell.rjust(width) if heading in RIGHT else cell.ljust(width)
        for cell, width, heading in zip(cells, widths, headings, strict=True)
    ]
    return "  ".join(padded).rstrip()
