"""What netspec has to say about a spec: errors, warnings and notes with the place they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from netspec.records import frozen
from netspec.source import Source, Span

if TYPE_CHECKING:
    from netspec.excerpt import Mark, Row

Severity: TypeAlias = Literal["error", "warning", "note"]

SEVERITIES: dict[str, Severity] = {"E": "error", "W": "warning", "N": "note"}
"""Severity by the first letter of a code."""


@frozen
class Label:
    """A stretch of text and what is to be seen there; the first label of a diagnostic is where it points."""

    span: Span
    text: str = ""


@frozen
class Edit:
    """Replace the characters of `span` by `text`."""

    span: Span
    text: str


@frozen
class Help:
    """What to do. With `edits`, they were tried before this was offered; they are shown as the line they make."""

    text: str
    edits: tuple[Edit, ...] = ()


@frozen
class Diagnostic:
    """One finding. `code` has a page in `docs/errors/`; `title` is what is wrong, in the user's words, with numbers."""

    code: str
    title: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[Help, ...] = ()

    @property
    def severity(self) -> Severity:
        """By the letter of the code: E, W or N."""
        return SEVERITIES[self.code[0]]

    @property
    def span(self) -> Span | None:
        """The place it points to, if it is about a place in a text."""
        return self.labels[0].span if self.labels else None


class SpecError(Exception):
    """A spec can't be compiled: `diagnostics` holds every error found, and the warnings beside them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        # Drawn when it is looked at: trying an edit raises many that nobody sees.
        return "\n\n".join(render(each) for each in self.diagnostics)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely stands for, or None if none is near."""
    from difflib import get_close_matches

    matches = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


# As text


def render(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """The diagnostic as text: title, place, the lines with carets, notes and helps. No newline at the end.

    The first label's characters are marked `^`, the others' `-`; a help's edits show the line that they make, with
    `+` under what is inserted and `~` under what is replaced. `colour` adds ANSI colours.
    """
    from netspec.excerpt import clean, paint

    severity = diagnostic.severity
    head = ((f"{severity}[{diagnostic.code}]", severity), (f": {clean(diagnostic.title)}", "title"))
    places = list(_places(diagnostic))
    remarks = list(_remarks(diagnostic))
    if places and remarks:
        places.append(BAR)
    rows = (*places, *(row for _, edited in remarks for row in edited))
    gutter = max([2, *(len(lead) for lead, _ in rows if lead.isdecimal())])
    lines = [paint(head, colour), *(_framed(row, gutter, colour) for row in places)]
    for remark, edited in remarks:
        lead, _, text = remark.partition(": ")
        text = ("\n" + " " * (gutter + 3)).join(map(clean, text.split("\n")))
        lines.append(" " * (gutter + 1) + paint(((f"= {lead}", "frame"), (f": {text}", "")), colour))
        lines += [_framed(row, gutter, colour) for row in edited]
    return "\n".join(lines)


def render_all(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """All diagnostics with a blank line between them, and a last line such as `2 errors, 1 warning`; "" for none."""
    if not diagnostics:
        return ""
    return "\n\n".join((*(render(each, colour=colour) for each in diagnostics), summary(diagnostics)))


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many of each severity: `2 errors, 1 warning`."""
    found = [each.severity for each in diagnostics]
    counts = [(found.count(severity), severity) for severity in SEVERITIES.values()]
    return ", ".join(f"{count:,} {severity}{'s' * (count != 1)}" for count, severity in counts if count)


BAR: Row = ("", ())
"""An empty row: the bar alone."""


def _framed(row: Row, gutter: int, colour: bool) -> str:
    """A row behind its gutter: ` 4 | MP2 - 120C5`, `   ⋮`, `  --> net.spec:4:7`."""
    from netspec.excerpt import paint

    lead, runs = row
    if lead in ("-->", ":::"):
        frame = " " * gutter + lead
    else:
        frame = " " * (gutter + 1) + lead if lead == "⋮" else f"{lead:>{gutter}} |"
    return paint(((frame, "frame"), (" ", ""), *runs), colour).rstrip()


def _places(diagnostic: Diagnostic) -> Iterator[Row]:
    """The labels' lines under the name of their source, that of the first label first."""
    from netspec.excerpt import Mark, excerpt

    marks: dict[Source, list[Mark]] = {}
    for number, label in enumerate(diagnostic.labels):
        span = label.span
        sign, style = ("-", "frame") if number else ("^", diagnostic.severity)
        marks.setdefault(span.source, []).append(Mark(span.start, span.end, sign, style, label.text))
    for number, (source, own) in enumerate(marks.items()):
        if number:
            yield BAR
        yield _header(":::" if number else "-->", source, own[0].start)
        yield BAR
        yield from excerpt(source, own)


def _header(arrow: str, source: Source, offset: int) -> Row:
    """The name of a source with a line and column in it."""
    from netspec.excerpt import clean

    return arrow, ((f"{clean(source.name)}:{source.line_of(offset)}:{source.column_of(offset)}", ""),)


def _remarks(diagnostic: Diagnostic) -> Iterator[tuple[str, list[Row]]]:
    """Notes and helps, each with what introduces it and the rows of its edits."""
    for note in diagnostic.notes:
        yield (note if note.startswith("sizes so far: ") else f"note: {note}"), []
    for help in diagnostic.helps:
        yield f"help: {help.text}", list(_edited(help.edits, diagnostic.span))


def _edited(edits: Sequence[Edit], at: Span | None) -> Iterator[Row]:
    """The lines that the edits make, with what is new marked; another source than that of `at` is named."""
    from netspec.excerpt import excerpt

    for source in dict.fromkeys(edit.span.source for edit in edits):
        own = sorted((edit for edit in edits if edit.span.source == source), key=lambda edit: edit.span.start)
        if at is None or at.source != source:
            yield _header(":::", source, own[0].span.start)
        text, marks = _apply(source.text, own)
        yield from excerpt(Source(text, source.name), marks)


def _apply(text: str, edits: Sequence[Edit]) -> tuple[str, list[Mark]]:
    """The text after the edits, which are in order, and marks on what is new in it, one a line."""
    from netspec.excerpt import Mark

    pieces: list[str] = []
    marks: list[Mark] = []
    taken = length = 0
    for edit in edits:
        pieces += (text[taken : edit.span.start], edit.text)
        length += edit.span.start - taken
        old, start, end = edit.span.text, length, length + len(edit.text)
        sign = "+" if edit.text.startswith(old) or edit.text.endswith(old) else "~"
        if sign == "+":
            start, end = (start + len(old), end) if edit.text.startswith(old) else (start, end - len(old))
        for line in edit.text[start - length : end - length].split("\n"):
            marks.append(Mark(start, start + len(line), sign if line else "", "help"))
            start += len(line) + 1
        length += len(edit.text)
        taken = edit.span.end
    return "".join((*pieces, text[taken:])), marks


# As data


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The diagnostic as plain data: lines and columns count from 1, and the end is the column after the last character.

    `file`, `line`, `column`, `end_line` and `end_column` are None where it is about no place in a text.
    """
    nowhere = dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "title": diagnostic.title,
        **(nowhere if diagnostic.span is None else _place(diagnostic.span)),
        "labels": [{**_place(label.span), "text": label.text} for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "helps": [
            {"text": help.text, "edits": [{**_place(edit.span), "text": edit.text} for edit in help.edits]}
            for help in diagnostic.helps
        ],
    }


def _place(span: Span) -> dict[str, str | int]:
    source = span.source
    return {
        "file": source.name,
        "line": span.line,
        "column": span.column,
        "end_line": source.line_of(span.end),
        "end_column": source.column_of(span.end),
    }
