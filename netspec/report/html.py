"""The report in HTML: a self-contained table for notebooks, and a page around it."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.facts import Analysis
from netspec.report.sheet import Sheet, sheet

STYLE = """
.netspec { font: 14px/1.45 system-ui, sans-serif; margin: 0 0 1em }
.netspec table { border-collapse: collapse; font-variant-numeric: tabular-nums }
.netspec caption { text-align: left; font-weight: 600; padding: .3em 0 }
.netspec th, .netspec td { padding: .12em .8em .12em 0; text-align: left; vertical-align: top; border: 0 }
.netspec .right { text-align: right }
.netspec thead th { border-bottom: 1px solid currentColor }
.netspec tfoot td { border-top: 1px solid currentColor; font-weight: 600 }
.netspec tr.quiet { opacity: .55 }
.netspec code { font: inherit }
.netspec small { display: block; opacity: .7 }
""".strip()


def table(analysis: Analysis) -> str:
    """The report of an analysis as a fragment: what a notebook shows."""
    return fragment(sheet(analysis))


def page(sheet: Sheet) -> str:
    """A whole document; ends with a newline."""
    head = f'<meta charset="utf-8">\n<title>{_escaped(sheet.title)}</title>'
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{fragment(sheet)}</body>\n</html>\n'


def fragment(sheet: Sheet) -> str:
    """The report as one `div` with its own style."""
    flow = [f"{label} {text}" for label, text in sheet.flow]
    origin = [f"read from {sheet.origin}"] if sheet.origin else []
    body = [
        '<div class="netspec">',
        f"<style>\n{STYLE}\n</style>",
        "<table>",
        f"<caption>{_escaped(' · '.join([sheet.title, *origin, *flow]))}</caption>",
        f"<thead><tr>{_row('th', [column.title for column in sheet.columns], sheet)}</tr></thead>",
        "<tbody>",
        *(_line(sheet, line.cells, line.strong) for line in sheet.lines),
        "</tbody>",
        f"<tfoot><tr>{_row('td', sheet.total, sheet)}</tr></tfoot>",
        "</table>",
        *(f"<div><b>{_escaped(label)}</b> {_escaped(text)}</div>" for label, text in (*sheet.summary, *sheet.letters)),
        *(f"<div>{_escaped(remark)}</div>" for remark in sheet.remarks),
        *(f"<small>{_escaped(line)}</small>" for line in sheet.convention),
        "</div>",
    ]
    return "\n".join(body) + "\n"


def _line(sheet: Sheet, cells: Sequence[str], strong: bool) -> str:
    start = "<tr>" if strong else '<tr class="quiet">'
    return f"{start}{_row('td', cells, sheet)}</tr>"


def _row(tag: str, cells: Sequence[str], sheet: Sheet) -> str:
    return "".join(
        f'<{tag} class="right">{_escaped(cell)}</{tag}>' if column.right else f"<{tag}>{_escaped(cell)}</{tag}>"
        for cell, column in zip(cells, sheet.columns, strict=True)
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
