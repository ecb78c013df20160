"""What the pieces of a text are, for whoever shows it in colours: a terminal, a page, an editor.

Tokens come from the lexer, and what a token is follows from where it stands: `scale` is a layer in a chain and
somebody's parameter in an expression. A text with mistakes has its pieces all the same; it need not parse.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, TypeAlias

from netspec.diagnostics import SpecError
from netspec.language.lexer import read_tokens
from netspec.language.reading import Misread
from netspec.language.shapes import is_shape
from netspec.language.shorthand import read_word
from netspec.language.tokens import CLOSED, KEYWORDS, Token
from netspec.layers import TABLE
from netspec.records import frozen
from netspec.source import Source

Kind: TypeAlias = Literal["comment", "keyword", "layer", "short", "number", "name", "argument", "text"]
"""`short` is a layer in the notation of papers (`20C4`); `name` is one that the spec gives or refers to, a block's too;
`argument` is the name before a `=`, in a call or in a recipe."""

Place: TypeAlias = Literal["chain", "recipe", "arguments", "value"]
"""Where a token stands: in a chain; in the braces of `train`; in an expression in brackets, or in one without."""


@frozen
class Piece:
    """The characters `start` up to `end` of a text, and what they are."""

    kind: Kind
    start: int
    end: int


def pieces(source: Source) -> tuple[Piece, ...]:
    """The pieces of a text in order, without those that are nothing special; none where there are no tokens at all."""
    try:
        lexed = read_tokens(source)
    except SpecError:  # control characters, or errors by the hundred
        return ()
    found = [Piece("comment", span.start, span.end) for span in lexed.comments]
    before = ""
    for (token, after), place in zip(pairwise(lexed.tokens), _places(lexed.tokens), strict=False):
        kind = _kind(token, before, after.kind, place)
        if kind is not None:
            found.append(Piece(kind, token.start, token.end))
        before = token.kind
    return tuple(sorted(found, key=lambda piece: piece.start))


def _places(tokens: list[Token]) -> Iterator[Place]:
    """Where each token stands, as the lexer's modes say."""
    open_: list[Place] = ["chain"]
    before = ""
    for token in tokens:
        kind = token.kind
        if kind in CLOSED or kind in ("SEP", "BAR"):
            while open_[-1] == "value":
                open_.pop()
        if kind in CLOSED and len(open_) > 1:
            open_.pop()
        yield open_[-1]
        if kind == "LBRACE":
            open_.append("recipe" if before == "TRAIN" or open_[-1] == "recipe" else "chain")
        elif kind in ("CALL", "COUNT"):
            open_.append("arguments")
        elif kind in ("LPAR", "LBRACKET"):
            open_.append("arguments" if open_[-1] == "value" else open_[-1])
        elif kind in ("EQUALS", "COLON", "IF", "ASSERT", "EACH") and open_[-1] not in ("arguments", "value"):
            open_.append("value")
        before = kind


SIMPLE: dict[str, Kind] = {
    **dict.fromkeys((*KEYWORDS.values(), "IN", "AND", "OR", "NOT"), "keyword"),
    "NUMBER": "number",
    "REFERENCE": "name",
    "TEXT": "text",
}
"""What tokens are wherever they stand."""

GIVES_A_NAME = frozenset(("AS", "BLOCK", "SHARE", "OUTPUT", "PARAM", "LET", "EACH"))
"""After these stands a name."""


def _kind(token: Token, before: str, after: str, place: Place) -> Kind | None:
    if token.kind == "LITERAL":
        return "keyword" if isinstance(token.value, bool) else "number"
    if token.kind in ("NAME", "WORD", "TEXT"):
        if before in GIVES_A_NAME or (before == "INPUT" and after in ("NAME", "WORD", "NUMBER")):
            return "name"
        if token.kind != "TEXT":
            return _word(token.value, after, place)
    return SIMPLE.get(token.kind)


def _word(text: str, after: str, place: Place) -> Kind | None:
    """What a word is that nothing before it gives as a name."""
    if after == "EQUALS" or (place == "recipe" and after == "LBRACE"):
        return "argument"
    if place != "chain":
        return None
    if text in TABLE:
        return "layer"
    if is_shape(text):
        return "number"
    try:
        return "name" if read_word(text) is None else "short"
    except Misread:
        return None
