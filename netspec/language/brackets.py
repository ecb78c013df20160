"""Which bracket closes which, found in one pass before the text is read.

So `(n - 1) * item` can be told from `(64C3)*2`, and a bracket that is never closed is reported once, at its opening.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from netspec.diagnostics import Diagnostic, Help, Label, SpecError
from netspec.records import frozen
from netspec.source import Source, Span

DEEPEST = 100
"""How many brackets and operators may stand one inside another; so every walk over the Tree fits Python's stack."""

MOST_TOKENS = 300_000
"""How many words and signs a text may have: 100,000 layers in their short forms, and room for more."""

MOST_ERRORS = 100
"""After so many errors the rest of the text is not read."""

CLOSER = {"(": ")", "[": "]", "{": "}"}
OPENER = {closer: opener for opener, closer in CLOSER.items()}

_BRACKETS = re.compile(r'[()\[\]{}]|(?:#[^\n]*+\s*+)++|"(?:[^"\\\n]++|\\[^\n])*+"?')


@frozen
class Brackets:
    """The brackets of a text, by offset.

    `closed_by` has the closing bracket of each opening one; `missing` the opening brackets that should have been closed
    before an offset (a closing bracket's, or the text's end), innermost first; `stray` the closing brackets that close
    nothing; `torn` the stretches from a bracket that isn't closed to where that shows.
    """

    closed_by: Mapping[int, int]
    missing: Mapping[int, str]
    stray: frozenset[int]
    torn: tuple[tuple[int, int], ...]
    errors: tuple[Diagnostic, ...]

    def torn_to(self, offset: int) -> int | None:
        """Up to where errors from this offset on only repeat that a bracket isn't closed; None where they don't."""
        return max((shows for opened, shows in self.torn if opened <= offset <= shows), default=None)


def match_brackets(source: Source) -> Brackets:
    """Matches all brackets outside of comments and quoted text.

    Raises:
        SpecError: E006 where they nest too deep, E007 where there are far too many; or a hundred errors E100 and E101.
    """
    text, open_, closed_by, stray, torn = source.text, list[int](), dict[int, int](), list[int](), []
    for found in _BRACKETS.finditer(text):
        bracket, at = found[0], found.start()
        if bracket in CLOSER:
            open_.append(at)
            if len(open_) > DEEPEST or len(closed_by) > MOST_TOKENS // 2:
                span = Span(source, at, at + 1)
                raise SpecError([too_deep(span) if len(open_) > DEEPEST else too_long(source, at)])
        elif bracket in OPENER:
            fit = next((n for n, opener in enumerate(reversed(open_)) if text[opener] == OPENER[bracket]), None)
            if fit is None:
                stray.append(at)
            else:
                torn += [(open_.pop(), at) for _ in range(fit)]
                closed_by[open_.pop()] = at
            if len(stray) + len(torn) >= MOST_ERRORS:
                break
    else:
        torn += [(opener, len(text)) for opener in reversed(open_)]
    errors = [_never_closed(source, *stretch) for stretch in torn] + [_closes_nothing(source, at) for at in stray]
    if len(errors) >= MOST_ERRORS:
        raise SpecError(sorted(errors, key=lambda error: error.labels[0].span.start)[:MOST_ERRORS])
    missing: dict[int, str] = {}
    for opener, shows in torn:
        missing[shows] = missing.get(shows, "") + text[opener]
    return Brackets(closed_by, missing, frozenset(stray), tuple(torn), tuple(errors))


def too_deep(span: Span) -> Diagnostic:
    """E006, for brackets and for operators alike."""
    title = f"more than {DEEPEST} brackets and operators stand one inside another"
    return Diagnostic("E006", title, (Label(span, "too deep"),), (), (Help("give a part a name: `let`, or a block"),))


def too_long(source: Source, at: int) -> Diagnostic:
    """E007, before a text of that size is taken apart in vain."""
    title = f"the text has more than {MOST_TOKENS:,} words and signs"
    return Diagnostic("E007", title, (Label(Span(source, at, at), "read up to here"),), (),
                      (Help("repeat layers with `N * { … }`"),))  # fmt: skip


def _never_closed(source: Source, opened: int, shows: int) -> Diagnostic:
    bracket = source.text[opened]
    if shows == len(source.text):
        noticed = Label(Span(source, shows, shows), "the text ends here")
    else:
        noticed = Label(Span(source, shows, shows + 1), f"`{source.text[shows]}` comes before `{CLOSER[bracket]}`")
    opening = Label(Span(source, opened, opened + 1), "opened here")
    return Diagnostic("E101", f"this `{bracket}` is not closed", (opening, noticed))


def _closes_nothing(source: Source, at: int) -> Diagnostic:
    bracket = source.text[at]
    here = Label(Span(source, at, at + 1), f"no `{OPENER[bracket]}` is open here")
    return Diagnostic("E100", f"`{bracket}` closes nothing", (here,))
