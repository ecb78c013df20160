"""The report on a terminal: as wide as the window, weights bright, the rest quiet. The one report that imports rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.report import layout, plain
from netspec.report.sheet import Sheet

if TYPE_CHECKING:
    from rich.text import Text

QUIET, STRONG, TITLE, LABEL = "dim", "", "bold", "cyan"


def render(sheet: Sheet, width: int | None) -> Text:
    """The report as styled text for a window of `width` columns (None: as wide as it needs to be).

    Spec text such as `[n, 64]` is text and never markup.
    """
    from rich.text import Text

    sizes = layout.widths(sheet, width)
    rule = "─" * (sum(sizes) + len(layout.GAP) * (len(sizes) - 1))
    text = Text(no_wrap=width is None)
    title, *flow = plain.heading(sheet)
    text.append(title + "\n", TITLE)
    _append_labelled(text, flow, width)
    text.append("\n")
    for line in layout.lines([column.title for column in sheet.columns], sheet, sizes):
        text.append(line + "\n", LABEL)
    text.append(rule + "\n", QUIET)
    for row in sheet.lines:
        for line in layout.lines(row.cells, sheet, sizes):
            text.append(line + "\n", STRONG if row.strong else QUIET)
    text.append(rule + "\n", QUIET)
    for line in layout.lines(sheet.total, sheet, sizes):
        text.append(line + "\n", TITLE)
    text.append("\n")
    _append_labelled(text, layout.labelled(sheet.summary), width)
    if sheet.letters:
        text.append("\n")
        _append_labelled(text, layout.labelled(sheet.letters), width)
    for part in (sheet.remarks, sheet.convention):
        if part:
            text.append("\n" + "\n".join(part) + "\n", QUIET if part is sheet.convention else "")
    return text


def _append_labelled(text: Text, lines: list[str], width: int | None) -> None:
    """`label  text` lines, a text that is too long for the window going on under its own beginning."""
    for line in lines:
        label, _, rest = line.partition(layout.GAP)
        lead = len(line) - len(rest.lstrip())
        parts = [line[lead:]] if width is None else layout.broken(line[lead:], max(width - lead, layout.LEAST))
        text.append(label, LABEL)
        text.append(line[len(label) : lead] + ("\n" + " " * lead).join(parts) + "\n")
