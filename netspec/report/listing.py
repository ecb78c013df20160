"""The text of a spec in colours, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.excerpt import Run, clean, paint
from netspec.language.highlight import Piece, pieces
from netspec.language.tokens import CONTROL
from netspec.source import Source

STYLES = {
    "": "",
    "comment": "2",
    "keyword": "35",
    "layer": "36",
    "short": "1;36",
    "number": "33",
    "name": "1",
    "argument": "",
    "text": "32",
}
"""The ANSI code of each kind of piece, and of what is none."""


def render(source: Source) -> str:
    """The text with ANSI colours; without these it is the same, but for characters that a terminal would obey."""
    shown = CONTROL.sub(lambda found: clean(found[0]), source.text)  # a picture each, so that offsets stay
    return paint(runs(shown, pieces(source)), colour=True, styles=STYLES)


def runs(text: str, pieces: tuple[Piece, ...]) -> Iterator[Run]:
    """All characters of the text in runs of one kind each."""
    at = 0
    for piece in pieces:
        yield text[at : piece.start], ""
        yield text[piece.start : piece.end], piece.kind
        at = piece.end
    yield text[at:], ""
