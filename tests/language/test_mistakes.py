"""Errors of the syntax, each compared as a whole: code and title, then what each label says and where, then helps."""

import pytest

from tests.language.plain import errors

MISTAKES = [
    (
        "20C4 relu",
        "E100: nothing separates `20C4` and `relu`",
        "5-9 `-` or a new line is expected before this",
    ),
    (
        "a - - b",
        "E100: nothing stands between the two `-`",
        "4-5 a layer is expected between them",
    ),
    (
        "a,,b",
        "E100: nothing stands between the two `,`",
        "2-3 a layer is expected between them",
    ),
    (
        "a -\n, b",
        "E100: nothing stands between `-` and `,`",
        "4-5 a layer is expected between them",
    ),
    (
        "a\n- , b",
        "E100: nothing stands between `-` and `,`",
        "4-5 a layer is expected between them",
    ),
    (
        '@"a\\b" c',
        "E118: `\\b` means nothing in a quoted text",
        "3-5 a backslash itself is written twice, and `/` parts folders",
    ),
    (
        'a @"x" b',
        'E100: nothing separates `a` and `@"x"`',
        "2-6 `-` or a new line is expected before this",
    ),
    (
        "- relu",
        "E100: nothing stands before this `-`",
        "0-1 a layer is expected first",
    ),
    (
        "add { | - a }",
        "E100: nothing stands before this `-`",
        "8-9 a layer is expected first",
    ),
    (
        "relu - # end",
        "E100: a layer is expected after `-`, but the text ends",
        "6-6 a layer is expected here",
    ),
    (
        "{ a - }",
        "E100: a layer is expected after `-`, but `}` closes the bracket",
        "6-7 a layer is expected here",
    ),
    (
        "()",
        "E100: a layer is expected after `(`, but `)` closes the bracket",
        "1-2 a layer is expected here",
    ),
    (
        "let x =\nrelu",
        "E100: a value is expected after `=`, but the line ends",
        "7-7 a value is expected here",
    ),
    (
        "let x 3",
        "E100: `=` is expected after `x`, but `3` follows",
        "6-7 `=` is expected here",
    ),
    (
        "let x = 3 + , b",
        "E100: a value is expected after `+`, but `,` follows",
        "12-13 a value is expected here",
    ),
    (
        "if x\n{ a }",
        "E100: `{` is expected after `x`, but the line ends",
        "4-4 `{` is expected here",
    ),
    (
        "conv(64 3)",
        "E100: `,` or `)` is expected after `64`, but `3` follows",
        "8-9 `,` or `)` is expected here",
    ),
    (
        "let x = [1 2]",
        "E100: `,` or `]` is expected after `1`, but `2` follows",
        "11-12 `,` or `]` is expected here",
    ),
    (
        "conv(,)",
        "E100: a value is expected after `(`, but `,` follows",
        "5-6 a value is expected here",
    ),
    (
        "use net",
        "E100: quoted text is expected after `use`, but `net` follows",
        "4-7 quoted text is expected here",
    ),
    (
        "a as - b",
        "E100: a name is expected after `as`, but `-` follows",
        "5-6 a name is expected here",
    ),
    (
        "input {",
        "E101: this `{` is not closed",
        "6-7 opened here",
        "7-7 the text ends here",
    ),
    (
        "input {}",
        "E100: a shape such as `3x224x224` is expected after `input`, but `{` follows",
        "6-7 a shape such as `3x224x224` is expected here",
    ),
    (
        "default conv",
        "E100: `(` is expected after `conv`, but the text ends",
        "12-12 `(` is expected here",
    ),
    (
        "each x [1] { a }",
        "E100: `in` is expected after `x`, but `[` follows",
        "7-8 `in` is expected here",
    ),
    (
        "a\n= 3",
        "E100: a layer is expected, but `=` follows",
        "2-3 a layer is expected here",
    ),
    (
        "relu { 20C5 - a }",
        "E100: a `{` after a layer holds branches, and each begins with `|`",
        "7-11 `|` is expected here",
        "help: branches are written `add { | 64C3p - relu | identity }`; a chain that follows, `- { … }`",
    ),
    (
        "x = 3",
        "E100: `=` stands in a chain",
        "2-3 nothing is defined here",
        "help: a name is defined by `let x = …` or `param x = …`",
    ),
    (
        "if a < b < c { d }",
        "E100: a second comparison, `<`, follows the first",
        "9-10 what is compared to what?",
        "help: comparisons are joined: `a < b and b < c`",
    ),
    (
        "{ a } * n",
        "E100: `*` follows what it should stand before",
        "6-7 the number of copies stands first",
        "help: repetition is written `n * layer` or `n * { … }`",
    ),
    (
        "a | b",
        "E100: `|` stands outside of branches",
        "2-3 no branches are open here",
        "help: branches stand in braces: `add { | … | … }`",
    ),
    (
        "a - else { b }",
        "E100: `else` follows no `if`",
        "4-8 no `if` ends right before this",
        "help: it stands after the `}` of an `if`",
    ),
    (
        "a as 3a",
        "E100: `3a` is not a plain word",
        "5-7 a name is expected here",
        'help: quote it: `"3a"`',
    ),
    (
        "let x = 64C3",
        "E100: `64C3` is neither a number nor a name",
        "8-12 a value is expected here",
    ),
    (
        "let x = 1.",
        "E100: `1.` is neither a number nor a name",
        "8-10 a value is expected here",
    ),
    (
        "a ) - b",
        "E100: `)` closes nothing",
        "2-3 no `(` is open here",
    ),
    (
        "conv(3",
        "E101: this `(` is not closed",
        "4-5 opened here",
        "6-6 the text ends here",
    ),
    (
        "{ conv(3 - a }",
        "E101: this `(` is not closed",
        "6-7 opened here",
        "13-14 `}` comes before `)`",
    ),
    (
        "a - {\n b - 32C5 32C5\n",
        "E101: this `{` is not closed",
        "4-5 opened here",
        "21-21 the text ends here",
    ),
    (
        "a $$ b",
        "E118: `$$` means nothing here",
        "2-4",
    ),
    (
        "a - ≈",
        "E118: `≈` means nothing here",
        "4-5 U+2248 ALMOST EQUAL TO",
    ),
    (
        "a; b",
        "E118: `;` means nothing here",
        "1-2",
        "help: layers are separated by `-` or a new line",
    ),
    (
        'use "a',
        'E118: the closing `"` of a quoted text is missing',
        "4-6 begins here",
        "6-6 the line ends here",
    ),
    (
        'use "a\\"',
        'E118: the closing `"` of a quoted text is missing',
        "4-8 begins here",
        "8-8 the line ends here",
    ),
    (
        'use "a\\b"',
        "E118: `\\b` means nothing in a quoted text",
        "6-8 a backslash itself is written twice, and `/` parts folders",
    ),
    (
        "a\x00b",
        "E004: the text holds the control character U+0000: is it a spec?",
        "1-2",
    ),
    (
        "a\rb",
        "E004: the text holds the control character U+000D: is it a spec?",
        "1-2",
    ),
    (
        "let x = 007",
        "E108: `007` begins with a zero",
        "8-11 a zero too many",
        "help: write `7`",
    ),
    (
        "let x = 00",
        "E108: `00` begins with a zero",
        "8-10 a zero too many",
        "help: write `0`",
    ),
    (
        "let x = 01.50",
        "E108: `01.50` begins with a zero",
        "8-13 a zero too many",
        "help: leave the zeros out",
    ),
    (
        "conv(2, 01x7)",
        "E108: `01` begins with a zero",
        "8-12 a zero too many",
        "help: write `1`",
    ),
    (
        "02 * relu",
        "E108: `02` begins with a zero",
        "0-2 a zero too many",
        "help: write `2`",
    ),
    (
        "relu * 02",
        "E108: `02` begins with a zero",
        "7-9 a zero too many",
        "help: write `2`",
    ),
    (
        "netspec 1.5",
        "E011: there is no version 1.5 of the language",
        "8-11 versions are whole numbers",
    ),
    (
        "let x = 1234567890123456789",
        "E008: `1234567890123456789` is out of reach: numbers go up to 10^18 and have at most 18 digits",
        "8-27",
    ),
    (
        "let x = 1e19",
        "E008: `1e19` is out of reach: numbers go up to 10^18 and have at most 18 digits",
        "8-12",
    ),
    (
        "let x = 1e-19",
        "E008: `1e-19` is out of reach: numbers go up to 10^18 and have at most 18 digits",
        "8-13",
    ),
    (
        "let x = 1e999",
        "E008: `1e999` is out of reach: numbers go up to 10^18 and have at most 18 digits",
        "8-13",
    ),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case[0])
def test_a_mistake_is_reported_once_and_in_these_words(case):
    text, *parts = case
    assert errors(text) == [" | ".join(parts)]


def test_all_errors_of_a_text_are_reported_in_their_order():
    text = "a b\nadd { | 20C5 $ | x = 3 }\nc ) - d\ntrain { lr 3, x = 2, y }\nconv(2 3, 4) - - e"
    assert [error.split(" |")[0] for error in errors(text)] == [
        "E100: nothing separates `a` and `b`",
        "E118: `$` means nothing here",
        "E100: `=` stands in a chain",
        "E100: `)` closes nothing",
        "E100: `=` is expected after `lr`, but `3` follows",
        "E100: `=` is expected after `y`, but `}` closes the bracket",
        "E100: `,` or `)` is expected after `2`, but `3` follows",
        "E100: nothing stands between the two `-`",
    ]


def test_an_error_hides_what_follows_it_up_to_the_next_separator():
    assert len(errors("a b $ c | ≈ = 01 02 - d")) == 1


def test_an_error_in_brackets_hides_the_rest_of_the_item_around_them():
    assert len(errors("conv(2 3, 4 5) { x } - relu")) == 1
    assert len(errors("let x = f(1 2, [3 4], { a - b })")) == 1


def test_what_comes_after_a_torn_bracket_is_reported_again():
    assert [error[:4] for error in errors("{ conv(3, 32C5 - a $ }\nb c")] == ["E101", "E100"]


def test_two_errors_at_one_bracket_are_told_apart():
    assert [error.split(" |")[0] for error in errors("{ ([ a }")] == [
        "E101: this `(` is not closed",
        "E101: this `[` is not closed",
    ]


def test_at_most_a_hundred_errors_are_reported():
    assert len(errors("a b\n" * 1000)) == 100
    assert len(errors("$ - " * 1000)) == 100
    assert len(errors(")" * 1000)) == 100
    assert len(errors("}\na b\n" * 60)) == 100


def test_brackets_that_are_not_closed_are_reported_in_their_order():
    found = errors("(a\n" * 30 + ")\n" * 5 + "]\n" * 80)
    assert [error[:4] for error in found] == ["E101"] * 25 + ["E100"] * 75
