"""Numbers, sizes and quoted text as they are written, and their values."""

from __future__ import annotations

import re
from fractions import Fraction

from netspec.diagnostics import Diagnostic, Help, Label
from netspec.layers.arguments import PerAxis
from netspec.source import Span

DIGITS = 18
"""How many digits a number may have: no figure of a network needs more, and Python's arithmetic stays quick."""

LARGEST = 10**DIGITS
"""The largest numerator and denominator of a number."""

_PLAIN = re.compile(r"0|[1-9][0-9]{0,17}")
_NUMBER = re.compile(r"([0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_ESCAPE = re.compile(r"\\(.)")


class BadLiteral(Exception):
    """A number or text is written in a way that it can't be; it carries the Diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.title)
        self.diagnostic = diagnostic


def read_number(text: str, span: Span) -> int | Fraction:
    """`128`, `0.5`, `5e-4` exactly; a decimal that is whole is an int. Raises BadLiteral E008, E108."""
    if _PLAIN.fullmatch(text):
        return int(text)
    match = _NUMBER.fullmatch(text)
    assert match is not None, text
    whole, decimals, exponent = match[1], match[2] or "", match[3] or "0"
    if len(whole) > 1 and whole[0] == "0":
        raise BadLiteral(_leading_zero(text, whole.lstrip("0") or "0", span))
    if len((whole + decimals).lstrip("0")) > DIGITS or len(exponent.lstrip("+-0")) > 2:
        raise BadLiteral(_too_long(text, span))
    value = Fraction(int(whole + decimals), 10 ** len(decimals)) * Fraction(10) ** int(exponent)
    if value.numerator > LARGEST or value.denominator > LARGEST:
        raise BadLiteral(_too_long(text, span))
    return value.numerator if value.denominator == 1 else value


def read_size(text: str, span: Span) -> PerAxis:
    """`1x7`: one whole number an axis. Raises BadLiteral E008, E108."""
    return PerAxis(int(read_number(number, span)) for number in text.split("x"))


def read_text(text: str, span: Span) -> str:
    r"""What stands between the quotes; `\"` is a quote and `\\` a backslash. Raises BadLiteral E118."""
    bare = _ESCAPE.sub("", text)
    if len(bare) < 2 or bare[-1] != '"':
        end = Label(Span(span.source, span.end, span.end), "the line ends here")
        raise BadLiteral(
            Diagnostic("E118", 'the closing `"` of a quoted text is missing', (Label(span, "begins here"), end))
        )
    for escape in _ESCAPE.finditer(text):
        if escape[1] not in '"\\':
            here = Span(span.source, span.start + escape.start(), span.start + escape.end())
            title = f"`{escape[0]}` means nothing in a quoted text"
            raise BadLiteral(
                Diagnostic("E118", title, (Label(here, "a backslash itself is written twice, and `/` parts folders"),))
            )
    return _ESCAPE.sub(r"\1", text[1:-1])


def shorten(text: str, most: int = 40) -> str:
    """The text as an error quotes it: cut in the middle when it is long."""
    return text if len(text) <= most else f"{text[: most - 9]}…{text[-8:]}"


def _leading_zero(text: str, meant: str, span: Span) -> Diagnostic:
    help = Help(f"write `{meant}`") if text.isdigit() else Help("leave the zeros out")
    return Diagnostic("E108", f"`{shorten(text)}` begins with a zero", (Label(span, "a zero too many"),), (), (help,))


def _too_long(text: str, span: Span) -> Diagnostic:
    title = f"`{shorten(text)}` is out of reach: numbers go up to 10^{DIGITS} and have at most {DIGITS} digits"
    return Diagnostic("E008", title, (Label(span),))
