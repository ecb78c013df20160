"""The words and signs of the language: kinds of tokens, keywords, operators, and the patterns that find them."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Any, NamedTuple

END = "$END"


class Token(NamedTuple):
    """A terminal of the grammar, or END, or BAD; its value; and the offsets where it begins and ends.

    The value of SEP is what is written, `-` say, followed by a newline where a line ends; that of an operator is its
    canonical spelling; that of a literal is what it stands for; that of BAD says what is wrong with it, if that has not
    been said already.
    """

    kind: str
    value: Any
    start: int
    end: int


class Mode(Enum):
    """What the characters at hand are part of."""

    CHAIN = auto()
    ARGUMENTS = auto()  # an expression in brackets: newlines are nothing
    VALUE = auto()  # an expression after `=` or `:`: ends with the line, or at a comma
    HEAD = auto()  # the condition of `if` and `assert`, the list of `each`: ends at `{` or with the line
    EACH = auto()  # the names of `each`, up to `in`


ENDS_WITH_LINE = frozenset((Mode.VALUE, Mode.HEAD, Mode.EACH))

# The patterns of the two languages. Each names a group for each sort of token.

_QUOTED = r'"(?:[^"\\\n]++|\\[^\n])*+"?'
_SHARED = rf"""
    (?P<newline> \n\s*+ ) | (?P<open> [(\[{{] ) | (?P<close> [)\]}}] ) | (?P<bar> \| )
    | (?P<text> {_QUOTED} ) | (?P<comment> \#[^\n]*+ ) | (?P<defines> =(?![=>]) | : ) | (?P<end> \Z )
    | (?P<stray> => | == | (?P<sign>.)(?P=sign)*+ )"""

CHAIN = re.compile(
    rf"""[^\S\n]*+(?:
    (?P<word> (?: FC | conv\d++ | c\d++s\d++ )-\d++(?!\w) | \d\w*+\{{z\}} | \d++@\d\w*+ | \w++(?:\.\w++)*+%? )
    | (?P<separator> -{{1,2}}> | [-–−—→,] ) | (?P<star> [*×] ) | (?P<reference> @(?:[^\W\d]\w*|{_QUOTED}) )
    | {_SHARED} )""",
    re.VERBOSE,
)

EXPRESSION = re.compile(
    rf"""[^\S\n]*+(?:
    (?P<incoming> in\.\w++ ) | (?P<name> [^\W\d]\w*+ )
    | (?P<number> (?:[0-9]++(?:\.[0-9]++)?+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+(?![\w.]) )
    | (?P<size> [0-9]++(?:x[0-9]++)++(?![\w.]) ) | (?P<odd> \.?\w[\w.]*+ )
    | (?P<operator> [=!<>]= | // | [-–−+*×/%<>] ) | (?P<comma> , )
    | {_SHARED} )""",
    re.VERBOSE,
)

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\r(?!\n)")
control = CONTROL.search

# Words and signs

OPERATORS = {
    "+": ("PLUS", "+"),
    **dict.fromkeys("-–−", ("MINUS", "-")),
    **dict.fromkeys("*×", ("MULTIPLY", "*")),
    **{operator: ("MULTIPLY", operator) for operator in ("/", "//", "%")},
    **{operator: ("COMPARE", operator) for operator in ("==", "!=", "<", "<=", ">", ">=")},
}

EXPRESSION_WORDS: dict[str, tuple[str, Any]] = {
    "and": ("AND", "and"),
    "or": ("OR", "or"),
    "not": ("NOT", "not"),
    "true": ("LITERAL", True),
    "false": ("LITERAL", False),
}

FIRM = frozenset(("param", "let", "if", "each", "assert"))
"""Keywords that name nothing else; the others are plain words where nothing follows that they could introduce."""

KEYWORDS = {
    word: word.upper()
    for word in (*FIRM, "netspec", "input", "default", "block", "use", "share", "output", "train", "as", "else")
}
"""The words that introduce something, where they begin an item."""

HEADS = {"if": Mode.HEAD, "assert": Mode.HEAD, "each": Mode.EACH}
"""Keywords that an expression follows."""

OPENERS = {"(": "LPAR", "[": "LBRACKET", "{": "LBRACE"}
CLOSERS = {")": "RPAR", "]": "RBRACKET", "}": "RBRACE"}
CLOSED = frozenset(CLOSERS.values())

BEGINS = frozenset(("", "SEP", "BAR", "LPAR", "LBRACKET", "LBRACE", "ELSE"))
"""After these (or at the beginning of the text) an item begins."""

WHOLE = CLOSED | {"NAME", "WORD", "NUMBER", "REFERENCE"}
"""With these an item may end."""

STRAY = {
    "=>": "layers are separated by `-` or `->`",
    "==": "comparisons stand after `if` and `assert`, and in brackets",
    ";": "layers are separated by `-` or a new line",
    "'": 'text stands in double quotes: `"…"`',
    "@": 'a name follows `@`; one that is not a plain word is quoted: `@"3a"`',
    "!": "write `not`",
    "&&": "write `and`",
    "\\": "in brackets a line goes on by itself",
}
"""What to write instead of signs that other languages have."""

# What surrounds a word and decides how it is read; each is asked at the word's end

plain = re.compile(r"[^\S\n]*+(?:[-–−—→,*×:|()\]}\n#]|=(?!=)|\Z)").match
firm = re.compile(r"[^\S\n]*+(?:=(?!=)|:)").match
goes_on_with_else = re.compile(r"[^\S\n]*+(?:\{|if\b)").match
opens = re.compile(r"[^\S\n]*+[(\[{]").match
star_follows = re.compile(r"[^\S\n]*+(?:[*×]|x(?!\w))").match
ends_the_item = re.compile(r"[^\S\n]*+\d+[^\S\n]*+(?:[-–−—→,)\]}|#\n]|as\b|\Z)").match

copies = re.compile(r"[x_][0-9]+").fullmatch
times = re.compile(r"[0-9]+x").fullmatch
number = re.compile(r"[0-9]+(?:\.[0-9]+)?").fullmatch
