"""What netspec has to say about a spec: errors, warnings and notes with the place they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

from netspec.source import Span

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of text and what is to be seen there; the first label of a diagnostic is where it points."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Help:
    """What to do. With `edits`, they were tried before this was offered; they are shown as the line they make."""

    text: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
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
        return {"E": "error", "W": "warning", "N": "note"}[self.code[0]]  # type: ignore[return-value]

    @property
    def span(self) -> Span | None:
        """The place it points to, if it is about a place in a text."""
        return self.labels[0].span if self.labels else None


class SpecError(Exception):
    """A spec can't be compiled: `diagnostics` holds every error found, and the warnings beside them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n\n".join(render(each) for each in self.diagnostics))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely stands for, or None if none is near."""
    matches = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def render(diagnostic: Diagnostic) -> str:
    """The diagnostic as plain text with its lines and carets."""
    return diagnostic.title
