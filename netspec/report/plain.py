"""The report as plain text, for pipes and files: complete, aligned, ASCII rules, nothing cut."""

from __future__ import annotations

from netspec.report import layout
from netspec.report.sheet import Sheet


def render(sheet: Sheet) -> str:
    """The whole report; ends with a newline."""
    sizes = layout.widths(sheet)
    rule = "-" * (sum(sizes) + len(layout.GAP) * (len(sizes) - 1))
    table = [
        *layout.lines([column.title for column in sheet.columns], sheet, sizes),
        rule,
        *(text for line in sheet.lines for text in layout.lines(line.cells, sheet, sizes)),
        rule,
        *layout.lines(sheet.total, sheet, sizes),
    ]
    parts = [
        heading(sheet),
        table,
        layout.labelled(sheet.summary),
        layout.labelled(sheet.letters),
        list(sheet.remarks),
        list(sheet.convention),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def heading(sheet: Sheet) -> list[str]:
    """The network's name, where it was read from, what goes in and comes out."""
    pairs = [("read from", sheet.origin)] if sheet.origin else []
    return [sheet.title, *layout.labelled([*pairs, *sheet.flow])]
