"""What the parser says when a word or sign stands where it can't: in the words of someone who writes networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from netspec.diagnostics import Diagnostic, Help, Label
from netspec.language.literals import shorten
from netspec.language.tokens import CLOSED, END, Token
from netspec.source import Source, Span

WANTED = {
    "REFERENCE": "a layer",
    "WORD": "a shape such as `3x224x224`",
    "LITERAL": "a value",
    "EQUALS": "`=`",
    "LBRACE": "`{`",
    "IN": "`in`",
    "COLON": "`:`",
    "NUMBER": "a number",
    "NAME": "a name",
    "TEXT": "quoted text",
    "CALL": "`(`",
    "BAR": "`|`",
    "RPAR": "`)`",
    "RBRACKET": "`]`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "SEP": "`-` or a new line",
}
"""What may come next, by kind of token: the more telling first."""

_STARTS_ITEM = frozenset(("NAME", "WORD", "NUMBER", "REFERENCE", "LBRACE", "LPAR", "LBRACKET", "COUNT", "OUTPUT"))
_SIGNS = frozenset(("PLUS", "MINUS", "MULTIPLY", "COMPARE", "STAR", "TIMES"))


class Mistake(NamedTuple):
    """A token that doesn't fit, the one before it, and the kinds of token that would have fitted."""

    source: Source
    before: Token | None
    token: Token
    expected: frozenset[str]

    @property
    def ends(self) -> bool:
        """Whether the text or the line ends where more is expected."""
        return self.token.kind == END or self.token.value == "\n"

    def shown(self, token: Token) -> str:
        """The token as it is written, in backticks."""
        return f"`{shorten(self.source.text[token.start : token.end].strip())}`"


Said: TypeAlias = tuple[str, str, str]
"""The title, the label, and the help (empty: none)."""


def unexpected(source: Source, before: Token | None, token: Token, expected: frozenset[str]) -> Diagnostic:
    """E100 for a token that doesn't fit where it stands."""
    mistake = Mistake(source, before, token, expected)
    title, here, help = next(said for say in SAY if (said := say(mistake)) is not None)
    at = before.end if mistake.ends and before is not None else token.start
    label = Label(Span(source, at, at if mistake.ends else token.end), here)
    return Diagnostic("E100", title, (label,), (), (Help(help),) if help else ())


def _two_separators(mistake: Mistake) -> Said | None:
    before, token = mistake.before, mistake.token
    if token.kind != "SEP" or mistake.ends or "REFERENCE" not in mistake.expected:
        return None
    if before is None or before.kind != "SEP":
        return f"nothing stands before this {mistake.shown(token)}", "a layer is expected first", ""
    if mistake.shown(before) == mistake.shown(token):
        title = f"nothing stands between the two {mistake.shown(token)}"
    else:
        title = f"nothing stands between {mistake.shown(before)} and {mistake.shown(token)}"
    return title, "a layer is expected between them", ""


def _no_branch(mistake: Mistake) -> Said | None:
    if mistake.expected != {"BAR"}:
        return None
    return (
        "a `{` after a layer holds branches, and each begins with `|`",
        "`|` is expected here",
        ("branches are written `add { | 64C3p - relu | identity }`; a chain that follows, `- { … }`"),
    )


def _no_separator(mistake: Mistake) -> Said | None:
    before, token = mistake.before, mistake.token
    if before is None or token.kind not in _STARTS_ITEM or not {"SEP", "TIMES"} <= mistake.expected:
        return None
    return (
        f"nothing separates {mistake.shown(before)} and {mistake.shown(token)}",
        ("`-` or a new line is expected before this"),
        "",
    )


def _wrong_sign(mistake: Mistake) -> Said | None:
    kind, shown = mistake.token.kind, mistake.shown(mistake.token)
    if kind == "EQUALS" and "SEP" in mistake.expected:
        return "`=` stands in a chain", "nothing is defined here", "a name is defined by `let x = …` or `param x = …`"
    if kind == "COMPARE" and "AND" in mistake.expected:
        return (
            f"a second comparison, {shown}, follows the first",
            "what is compared to what?",
            ("comparisons are joined: `a < b and b < c`"),
        )
    if kind == "STAR" and "SEP" in mistake.expected:
        return (
            f"{shown} follows what it should stand before",
            "the number of copies stands first",
            ("repetition is written `n * layer` or `n * { … }`"),
        )
    if kind == "ELSE":
        return "`else` follows no `if`", "no `if` ends right before this", "it stands after the `}` of an `if`"
    if kind in ("WORD", "NUMBER") and {"NAME", "TEXT"} <= mistake.expected:
        return f"{shown} is not a plain word", "a name is expected here", f'quote it: `"{shown[1:-1]}"`'
    if kind == "BAR" and mistake.expected & {"SEP", "REFERENCE"}:
        return (
            "`|` stands outside of branches",
            "no branches are open here",
            ("branches stand in braces: `add { | … | … }`"),
        )
    return None


def _anything_else(mistake: Mistake) -> Said:
    wanted = next((WANTED[kind] for kind in WANTED if kind in mistake.expected), "something else")
    if {"COMMA", "RPAR"} <= mistake.expected:
        wanted = "`,` or `)`"
    elif {"COMMA", "RBRACKET"} <= mistake.expected:
        wanted = "`,` or `]`"
    before = mistake.shown(mistake.before) if mistake.before else "``"
    where = "" if before == "``" else f" after {before}"
    if mistake.ends:
        what = "the text ends" if mistake.token.kind == END else "the line ends"
    else:
        what = f"{mistake.shown(mistake.token)} {'closes the bracket' if mistake.token.kind in CLOSED else 'follows'}"
    return f"{wanted} is expected{where}, but {what}", f"{wanted} is expected here", ""


SAY: tuple[Callable[[Mistake], Said | None], ...] = (
    _two_separators,
    _no_branch,
    _no_separator,
    _wrong_sign,
    _anything_else,
)
"""What may be wrong, the most telling first; the last one always has something to say."""
