r"""The report in LaTeX: a plain `tabular` that needs no package, for any document that pdflatex reads."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.report.sheet import Sheet

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    '"': "''",
    "·": r"$\cdot$",
    "⌊": r"$\lfloor$",
    "⌋": r"$\rfloor$",
    "⌈": r"$\lceil$",
    "⌉": r"$\rceil$",
    "−": "$-$",
    "×": r"$\times$",
    "–": "--",
    "…": r"\ldots{}",
    "≡": r"$\equiv$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    **{power: f"$^{number}$" for number, power in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}


def render(sheet: Sheet) -> str:
    """The table with its totals; figures and convention as comments, so that they travel with it."""
    order = "".join("r" if column.right else "l" for column in sheet.columns)
    lines = [
        f"% {sheet.title}" + (f", read from {sheet.origin}" if sheet.origin else ""),
        *(f"% {label}: {text}" for label, text in (*sheet.flow, *sheet.summary, *sheet.letters)),
        *(f"% {line}" for line in (*sheet.remarks, *sheet.convention)),
        rf"\begin{{tabular}}{{{order}}}",
        r"\hline",
        _line([column.title for column in sheet.columns]),
        r"\hline",
        *(_line(line.cells) for line in sheet.lines),
        r"\hline",
        _line(sheet.total),
        r"\hline",
        r"\end{tabular}",
    ]
    return "\n".join(" ".join(line.split("\n")) for line in lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"


def escaped(text: str) -> str:
    """Text whose characters mean nothing to LaTeX."""
    return "".join(_SPECIAL.get(each, each) for each in text)
