"""Help is offered only after it was tried: the edited text is compiled, and what does not mend the error is dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netspec.diagnostics import Diagnostic, Edit, Help, SpecError
from netspec.records import replace
from netspec.source import Source

_TRIES = 12
"""Compilations that one run spends on trying edits."""

_LARGEST_TEXT = 50_000
"""Characters; beyond this no edits are tried."""


def advised(
    diagnostics: Iterable[Diagnostic], source: Source, compile_again: Callable[[Source], object]
) -> tuple[Diagnostic, ...]:
    """The diagnostics with the first of their edits that mends each; untried and useless ones are left out."""
    found = tuple(diagnostics)
    errors = sum(each.severity == "error" for each in found)
    tries = iter(range(_TRIES if len(source.text) <= _LARGEST_TEXT else 0))

    def tried(help: Help) -> Help | None:
        if not help.edits:
            return help
        if any(edit.span.source is not source for edit in help.edits) or next(tries, None) is None:
            return None
        left = _errors_after(help.edits, source, compile_again)
        if left >= errors:
            return None
        clean = ", and the network checks clean" if left == 0 else ""
        return replace(help, text=help.text + clean)

    advised = []
    for diagnostic in found:
        kept: list[Help] = []
        for help in diagnostic.helps:
            if help.edits and any(each.edits for each in kept):
                continue
            result = tried(help)
            if result is not None:
                kept.append(result)
        advised.append(replace(diagnostic, helps=tuple(kept)))
    return tuple(advised)


def _errors_after(edits: tuple[Edit, ...], source: Source, compile_again: Callable[[Source], object]) -> int:
    text = source.text
    for edit in sorted(edits, key=lambda each: -each.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    try:
        compile_again(Source(text, source.name, source.path))
    except SpecError as error:
        return sum(each.severity == "error" for each in error.diagnostics)
    return 0
