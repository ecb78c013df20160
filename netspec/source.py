"""Text and places in it: `Source` is what was read, `Span` is a stretch of it.

Offsets count characters (Unicode code points) from 0; lines and columns, which only people see, count from 1.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from pathlib import Path

from netspec.records import frozen


@frozen
class Source:
    """A text, the name under which errors show it (a path, `<stdin>`, `<spec>`), and the file it was read from."""

    text: str
    name: str = "<spec>"
    path: Path | None = None

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of each line."""
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at != -1:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return tuple(starts)

    def line_of(self, offset: int) -> int:
        """The line, from 1, on which the character at `offset` stands."""
        return bisect_right(self.line_starts, offset)

    def column_of(self, offset: int) -> int:
        """The column, from 1, of the character at `offset`."""
        return offset - self.line_starts[self.line_of(offset) - 1] + 1


@frozen
class Span:
    """The characters `start` up to `end` of a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line, from 1, on which the span begins."""
        return self.source.line_of(self.start)

    @property
    def column(self) -> int:
        """The column, from 1, at which the span begins."""
        return self.source.column_of(self.start)

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the beginning of this span to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))
