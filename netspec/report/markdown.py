"""The report in Markdown: a heading, a table that GitHub and notebooks draw, the figures as a list."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.report.sheet import Sheet


def render(sheet: Sheet) -> str:
    """The whole report; ends with a newline."""
    flow = [f"{label} {_code(text)}" for label, text in sheet.flow]
    origin = [f"read from {_code(sheet.origin)}"] if sheet.origin else []
    parts = [
        f"### {escaped(sheet.title)}",
        " · ".join([*origin, *flow]),
        "\n".join(table(sheet)),
        "\n".join(f"- **{label}**: {escaped(text)}" for label, text in sheet.summary),
        "\n".join(f"- {escaped(f'{label} {text}'.strip())}" for label, text in sheet.letters),
        "\n".join(f"- {escaped(remark)}" for remark in sheet.remarks),
        f"*{escaped(' '.join(sheet.convention))}*",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(sheet: Sheet) -> list[str]:
    """The lines of the table, totals last and bold."""
    return [
        _line([column.title for column in sheet.columns]),
        _line(["---:" if column.right else "---" for column in sheet.columns]),
        *(_line(_cells(sheet, line.cells)) for line in sheet.lines),
        _line([f"**{escaped(cell)}**" if cell else "" for cell in sheet.total]),
    ]


def _cells(sheet: Sheet, cells: Sequence[str]) -> list[str]:
    return [
        _code(cell) if column.key == "layer" and cell else escaped(cell)
        for column, cell in zip(sheet.columns, cells, strict=True)
    ]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    """Text as it stands: in a table even a code span must not hold a bare `|`, and spec text has no backticks."""
    return "`" + text.replace("`", "'").replace("|", "\\|").replace("\n", " ") + "`" if text else ""


def escaped(text: str) -> str:
    """Text whose characters mean nothing to Markdown."""
    return "".join("\\" + each if each in "\\`*_[]<>|#" else each for each in text).replace("\n", " ")
