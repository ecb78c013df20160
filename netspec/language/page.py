"""The page that `format.py` writes on: lines, indents, and the author's comments and blank lines in their places."""

from __future__ import annotations

import re

from netspec.source import Source, Span

BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


class Page:
    """Lines being written, and how far the source has been followed: `at` is the end of what was written last.

    Comments are taken over at each new line: one on the source line of what was just written trails it, others get
    lines of their own. So every comment comes out once, whatever it stood in.
    """

    def __init__(self, source: Source, comments: tuple[Span, ...]) -> None:
        self.source = source
        self.indent = 0
        self.at = 0
        self._comments = list(reversed(comments))
        self._lines: list[str] = []
        self._line = ""
        self._trailing: dict[int, tuple[str, int]] = {}  # comments behind lines, with the author's columns
        self._commented = False  # whether the line ends in a comment
        self._after_comment = False  # whether it is nothing else

    def write(self, text: str, upto: int | None = None) -> None:
        """Continue the line; `upto` is where in the source this text ends."""
        self._line += text
        if upto is not None:
            self.at = max(self.at, upto)

    def new_line(self, start: int, *, blank: bool = True) -> None:
        """Begin the line of what starts at `start` in the source, behind the comments before it.

        With `blank`, a blank line of the author's is kept.
        """
        self.comments(start, blank=blank)
        self._break(start, blank or self._after_comment)

    def comments(self, start: int, *, blank: bool = True) -> None:
        """Take over the comments before `start`, with the indent as it is now; a new line must follow."""
        while self._comments and self._comments[-1].start < start:
            self._comment(self._comments.pop(), blank or self._after_comment)

    def text(self) -> str:
        """Everything written, with the comments that are left."""
        self.indent = 0
        self.new_line(len(self.source.text) + 1, blank=True)
        for run in self._runs():
            width = max(len(self._lines[number]) for number in run)
            for number in run:
                self._lines[number] = f"{self._lines[number]:{width}}  {self._trailing[number][0]}"
        lines = "\n".join(self._lines).strip("\n")
        return lines + "\n" if lines else ""

    def _runs(self) -> list[list[int]]:
        """The lines with a comment behind them, those together whose comments the author put into one column."""
        runs: list[list[int]] = []
        for number, (_, column) in self._trailing.items():
            if runs and runs[-1][-1] == number - 1 and self._trailing[number - 1][1] == column:
                runs[-1].append(number)
            else:
                runs.append([number])
        return runs

    def between(self, start: int, end: int) -> str:
        """The source from `start` to `end` without its comments."""
        text = self.source.text[start:end]
        return re.sub(r"#[^\n]*", "", text) if "#" in text else text

    def _comment(self, span: Span, blank: bool) -> None:
        """On the line of what it was written behind, or on a line of its own."""
        trails = self._line.strip() and not self._commented and "\n" not in self.source.text[self.at : span.start]
        if trails:
            self._trailing[len(self._lines)] = span.text.rstrip(), self.source.column_of(span.start)
        else:
            self._break(span.start, blank)
            self._after_comment = True
            self._line += span.text.rstrip()
        self._commented = True
        self.at = max(self.at, span.end)

    def _break(self, start: int, blank: bool) -> None:
        if self._line.strip():
            self._lines.append(self._line.rstrip())
            if blank and BLANK_LINE.search(self.source.text, self.at, max(start, self.at)):
                self._lines.append("")
        self._line = " " * self.indent
        self._commented = self._after_comment = False
