"""The layers as CSV: every layer one line, raw figures, a heading of column names; no totals, so that columns sum."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.facts import Analysis
from netspec.report.columns import COLUMNS, chosen
from netspec.report.rows import Row

ALL = tuple(key for key in COLUMNS if key != "share")


def render(analysis: Analysis, columns: Sequence[str] = ALL) -> str:
    """All layers, blocks opened; the inputs of the network are left out. Raises KeyError on an unknown column."""
    import csv
    from io import StringIO

    inputs = frozenset(analysis.graph.inputs.values())
    rows = [
        Row(facts.node.name, facts.node.title, (facts,)) for facts in analysis.layers if facts.node.number not in inputs
    ]
    picked = chosen(columns)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.key for column in picked])
    writer.writerows(zip(*(column.raw(analysis, rows) for column in picked), strict=True))
    return text.getvalue()
