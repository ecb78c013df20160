"""The shipped networks as a list for people: by family, with what each takes in and costs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from netspec.analysis.facts import Analysis
from netspec.library import Shipped
from netspec.report.figures import cell, short
from netspec.report.layout import shorten
from netspec.shape import Count

HEADINGS = ("name", "year", "input", "parameters", "MACs", "what")
RIGHT = (False, False, False, True, True, False)


def render(networks: Sequence[tuple[Shipped, Analysis]], width: int | None = None) -> str:
    """One line a network, families apart, titles shortened to fit a window of `width`; ends with a newline."""
    rows = [(shipped.family, _cells(shipped, analysis)) for shipped, analysis in networks]
    table = [HEADINGS, *(cells for _, cells in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [_line(HEADINGS, widths)]
    for family, group in groupby(rows, key=lambda row: row[0]):
        lines += ["", f"{family}:", *(_line(cells, widths) for _, cells in group)]
    return "\n".join(line if width is None else shorten(line, width) for line in lines) + "\n"


def _cells(shipped: Shipped, analysis: Analysis) -> tuple[str, ...]:
    nodes = analysis.graph.nodes
    inputs = ", ".join(str(nodes[number].shape) for number in analysis.graph.inputs.values())
    totals = analysis.totals
    return shipped.name, str(shipped.year), inputs, _short(totals.parameters), _short(totals.macs), shipped.title


def _short(count: Count) -> str:
    return short(count) if isinstance(count, int) else cell(count)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, RIGHT, strict=True)
    ]
    return "  ".join(padded).rstrip()
