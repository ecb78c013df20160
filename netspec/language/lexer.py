"""Text to tokens.

One-liners and files are one language, and `-`, `(` and `*` mean one thing in a chain and another in an expression: the
lexer keeps track of which it is in (`tokens.Mode`). It is in a chain at the outset, in `{ … }`, and in the `( … )` and
`[ … ]` of papers; in an expression in the arguments of a call, in a list, after `=` and `:`, and in the head of `if`,
`each` and `assert`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from netspec.diagnostics import Diagnostic, Help, Label, SpecError
from netspec.language import tokens as words
from netspec.language.brackets import CLOSER, MOST_ERRORS, MOST_TOKENS, Brackets, match_brackets, too_long
from netspec.language.literals import BadLiteral, read_number, read_size, read_text, shorten
from netspec.language.tokens import BEGINS, CHAIN, CLOSED, CLOSERS, END, EXPRESSION, KEYWORDS, OPENERS, Mode, Token
from netspec.source import Source, Span


class Lexed(NamedTuple):
    """The tokens of a text, END at the end; the spans of its comments; its brackets, with what is wrong about them."""

    tokens: list[Token]
    comments: tuple[Span, ...]
    brackets: Brackets


def read_tokens(source: Source) -> Lexed:
    """All tokens of a text. A token that is no part of the language is BAD and has the Diagnostic as its value.

    Raises:
        SpecError: E004 a control character, E006 brackets too deep, E007 far too long, or a hundred other errors.
    """
    found = words.control(source.text)
    if found:
        title = f"the text holds the control character U+{ord(found[0]):04X}: is it a spec?"
        raise SpecError([Diagnostic("E004", title, (Label(Span(source, found.start(), found.end())),))])
    return _Lexer(source).run()


class _Lexer:
    """The state of reading one text. `READ` has the method for each group of the patterns."""

    __slots__ = ("brackets", "comments", "errors", "modes", "pending", "previous", "source", "text", "tokens")

    def __init__(self, source: Source) -> None:
        self.source, self.text = source, source.text
        self.brackets = match_brackets(source)
        self.tokens: list[Token] = []
        self.comments: list[Span] = []
        self.errors: list[Diagnostic] = []
        self.modes = [Mode.CHAIN]
        self.pending: tuple[str, int, int] | None = None  # a separator that is not a token yet: value, start, end
        self.previous = ""  # the kind of the last token

    def run(self) -> Lexed:
        at = 1 if self.text.startswith("\ufeff") else 0
        while self.previous != END:
            match = (CHAIN if self.modes[-1] is Mode.CHAIN else EXPRESSION).match(self.text, at)
            assert match is not None and match.lastgroup is not None  # `stray` is any character
            group, at = match.lastgroup, match.end()
            READ[group](self, match[group], match.start(group), at)
            if len(self.tokens) + len(self.comments) > MOST_TOKENS:
                raise SpecError([too_long(self.source, at)])
        return Lexed(self.tokens, tuple(self.comments), self.brackets)

    def emit(self, kind: str, value: Any, start: int, end: int) -> None:
        """Adds a token; the separator before it first, unless it is a newline that separates nothing."""
        if self.pending is not None:
            needless = self.previous in BEGINS or kind in CLOSED or kind in ("BAR", END)
            if self.pending[0] != "\n" or not needless:
                self.tokens.append(Token("SEP", *self.pending))
            self.pending = None
        self.tokens.append(Token(kind, value, start, end))
        self.previous = kind

    def bad(self, diagnostic: Diagnostic, start: int, end: int) -> None:
        """Adds a token that is no part of the language."""
        if self.brackets.torn_to(start) is None:
            self.errors.append(diagnostic)
            if len(self.errors) >= MOST_ERRORS:
                raise SpecError(self.errors)
        self.emit("BAD", diagnostic, start, end)

    def follows(self) -> str:
        """The kind of token that comes before the next one."""
        return self.previous if self.pending is None else "SEP"

    def leave_line(self) -> None:
        """Ends the expressions that end with the line."""
        while self.modes[-1] in words.ENDS_WITH_LINE:
            self.modes.pop()

    # What stands in chains

    def word(self, text: str, start: int, end: int) -> None:
        if text in KEYWORDS and self.keyword(text, start, end):
            return
        follows = self.follows()
        if follows in CLOSED and words.copies(text):
            self.emit("TIMES", "*", start, start + 1)
            self.emit("NUMBER", text[1:], start + 1, end)
        elif text[-1] == "x" and words.times(text) and words.opens(self.text, end):
            self.emit("NUMBER", text[:-1], start, end - 1)
            self.emit("STAR", "*", end - 1, end)
        elif text == "x" and (follows == "NUMBER" or follows in CLOSED):
            self.star(text, start, end)
        elif text.isidentifier():
            self.emit("NAME", text, start, end)
        else:
            self.emit("NUMBER" if words.number(text) else "WORD", text, start, end)

    def keyword(self, text: str, start: int, end: int) -> bool:
        """Reads a word that introduces something; False if it doesn't here and is a plain word."""
        follows = self.follows()
        if text == "as":
            introduces = follows in words.WHOLE
        elif text == "else":
            introduces = (follows == "RBRACE" or follows in BEGINS) and bool(words.goes_on_with_else(self.text, end))
            if introduces and self.pending is not None and self.pending[0] == "\n":
                self.pending = None
        else:
            introduces = follows in BEGINS and not (words.firm if text in words.FIRM else words.plain)(self.text, end)
        if introduces:
            self.emit(KEYWORDS[text], text, start, end)
            if text in words.HEADS:
                self.modes.append(words.HEADS[text])
        return introduces

    def separator(self, text: str, start: int, end: int) -> None:
        if self.pending is None:
            self.pending = (text, start, end)
        elif self.pending[0] == "\n":
            self.pending = (text + "\n", start, end)
        else:
            self.tokens.append(Token("SEP", *self.pending))
            self.pending, self.previous = (text, start, end), "SEP"

    def star(self, text: str, start: int, end: int) -> None:
        """A `*` that follows an item and precedes a lone number repeats the item; any other, what comes next."""
        repeats_item = self.follows() != "NUMBER" and words.ends_the_item(self.text, end)
        self.emit("TIMES" if repeats_item else "STAR", "*", start, end)

    def reference(self, text: str, start: int, end: int) -> None:
        if text[1] == '"':
            self.literal("REFERENCE", read_text, text[1:], start, end)
        else:
            self.emit("REFERENCE", text[1:], start, end)

    # What stands in expressions

    def name(self, text: str, start: int, end: int) -> None:
        if text == "in" and self.modes[-1] is Mode.EACH:
            self.modes[-1] = Mode.HEAD
            self.emit("IN", text, start, end)
        else:
            kind, value = words.EXPRESSION_WORDS.get(text, ("NAME", text))
            self.emit(kind, value, start, end)

    def incoming(self, text: str, start: int, end: int) -> None:
        self.emit("INCOMING", text[3:], start, end)

    def number(self, text: str, start: int, end: int) -> None:
        self.literal("LITERAL", read_number, text, start, end)

    def size(self, text: str, start: int, end: int) -> None:
        self.literal("LITERAL", read_size, text, start, end)

    def odd(self, text: str, start: int, end: int) -> None:
        here = Label(Span(self.source, start, end), "a value is expected here")
        self.bad(Diagnostic("E100", f"`{shorten(text)}` is neither a number nor a name", (here,)), start, end)

    def operator(self, text: str, start: int, end: int) -> None:
        kind, value = words.OPERATORS[text]
        self.emit(kind, value, start, end)

    def comma(self, text: str, start: int, end: int) -> None:
        if self.modes[-1] is Mode.VALUE:
            self.leave_line()
            self.separator(text, start, end)
        else:
            self.emit("COMMA", text, start, end)

    # What stands in both

    def newline(self, text: str, start: int, end: int) -> None:
        self.leave_line()
        if self.modes[-1] is Mode.ARGUMENTS:
            return
        if self.pending is None:
            self.pending = ("\n", start, start + 1)
        elif not self.pending[0].endswith("\n"):
            self.pending = (self.pending[0] + "\n", *self.pending[1:])

    def open(self, text: str, start: int, end: int) -> None:
        kind = OPENERS[text]
        if text == "{":
            self.leave_line()
        elif text == "(" and self.follows() == "NAME":
            kind = "CALL"
        elif text == "(" and self.modes[-1] is Mode.CHAIN and self.counts(start):
            kind = "COUNT"
        in_chain = text == "{" or (kind in ("LPAR", "LBRACKET") and self.modes[-1] is Mode.CHAIN)
        self.emit(kind, text, start, end)
        self.modes.append(Mode.CHAIN if in_chain else Mode.ARGUMENTS)

    def counts(self, opener: int) -> bool:
        """Whether a bracket holds a number of copies: `(n - 1) * item`, and not `(64C3 - 64C3) * 2`."""
        closer = self.brackets.closed_by.get(opener)
        star = None if closer is None else words.star_follows(self.text, closer + 1)
        return star is not None and not words.ends_the_item(self.text, star.end())

    def close(self, text: str, start: int, end: int) -> None:
        self.close_missing(start)
        if start in self.brackets.stray:
            self.emit("BAD", None, start, end)
        else:
            self.shut(text, start, end)

    def close_missing(self, at: int) -> None:
        """Puts in the closing brackets that are missing here, so that the brackets around them are read aright."""
        for opener in self.brackets.missing.get(at, ""):
            self.shut(CLOSER[opener], at, at)

    def shut(self, text: str, start: int, end: int) -> None:
        self.leave_line()
        self.modes.pop()
        self.emit(CLOSERS[text], text, start, end)

    def bar(self, text: str, start: int, end: int) -> None:
        self.leave_line()
        self.emit("BAR", text, start, end)

    def quoted(self, text: str, start: int, end: int) -> None:
        self.literal("TEXT", read_text, text, start, end)

    def literal(self, kind: str, read: Callable[[str, Span], Any], text: str, start: int, end: int) -> None:
        """A token with a value, which `read` takes from the text; the text ends where the token does."""
        try:
            value = read(text, Span(self.source, end - len(text), end))
        except BadLiteral as bad:
            self.bad(bad.diagnostic, start, end)
        else:
            self.emit(kind, value, start, end)

    def defines(self, text: str, start: int, end: int) -> None:
        """`=` and `:`. In a chain they begin an expression."""
        in_chain = self.modes[-1] is Mode.CHAIN
        self.emit("EQUALS" if text == "=" else "COLON", text, start, end)
        if in_chain:
            self.modes.append(Mode.VALUE)

    def comment(self, text: str, start: int, end: int) -> None:
        self.comments.append(Span(self.source, start, end))

    def stray(self, text: str, start: int, end: int) -> None:
        here = Label(Span(self.source, start, end), "" if text.isascii() else _unicode_name(text[0]))
        helps = (Help(words.STRAY[text]),) if text in words.STRAY else ()
        self.bad(Diagnostic("E118", f"`{shorten(text)}` means nothing here", (here,), (), helps), start, end)

    def end(self, text: str, start: int, end: int) -> None:
        self.close_missing(end)
        self.leave_line()
        self.emit(END, "", end, end)


def _unicode_name(character: str) -> str:
    from unicodedata import name

    return f"U+{ord(character):04X} {name(character, '')}".rstrip()


READ: dict[str, Callable[[_Lexer, str, int, int], None]] = {
    "word": _Lexer.word,
    "separator": _Lexer.separator,
    "newline": _Lexer.newline,
    "open": _Lexer.open,
    "close": _Lexer.close,
    "star": _Lexer.star,
    "bar": _Lexer.bar,
    "reference": _Lexer.reference,
    "text": _Lexer.quoted,
    "comment": _Lexer.comment,
    "defines": _Lexer.defines,
    "stray": _Lexer.stray,
    "end": _Lexer.end,
    "incoming": _Lexer.incoming,
    "name": _Lexer.name,
    "number": _Lexer.number,
    "size": _Lexer.size,
    "odd": _Lexer.odd,
    "operator": _Lexer.operator,
    "comma": _Lexer.comma,
}
