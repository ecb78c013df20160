"""Limits, and what any text gives."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import SpecError
from netspec.language.parse import parse
from netspec.source import Source
from tests.language.plain import errors, read


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "{" * 101 + "a" + "}" * 101,
        "let x = " + "-" * 101 + "1",
        "let x = " + "1 + " * 101 + "1",
        "2 * " * 101 + "relu",
        "relu" + " * 2" * 101,
        "if a { b }" + " else if a { b }" * 101,
    ],
)
def test_more_than_a_hundred_things_inside_one_another_are_refused(text):
    (error,) = errors(text)
    assert error.startswith("E006: more than 100 brackets and operators stand one inside another | ")
    assert error.endswith("too deep | help: give a part a name: `let`, or a block")


def test_the_place_where_it_becomes_too_deep_is_shown():
    assert "100-101 too deep" in errors("(" * 10_000)[0]
    assert "8-413 too deep" in errors("let x = " + "1 + " * 101 + "1 + 1")[0]


def test_a_hundred_things_inside_one_another_are_read():
    assert not errors("{" * 100 + "a" + "}" * 100)
    assert not errors("let x = " + "1 + " * 100 + "1")


@pytest.mark.parametrize(("unit", "times"), [("20C4-", 150_001), ("()", 150_002), ("#\n- a\n", 100_001)])
def test_a_text_of_too_many_words_is_refused(unit, times):
    (error,) = errors(unit * times)
    assert error.startswith("E007: the text has more than 300,000 words and signs | ")
    assert error.endswith(" read up to here | help: repeat layers with `N * { … }`")


def test_a_long_word_is_read_and_a_long_number_refused_in_few_words():
    assert len(read("a" * 100_000)) == 100_000
    (error,) = errors(f"let x = {'9' * 100_000}")
    assert error.startswith("E008: `9999999999999999999999999999999…99999999` is out of reach")


LANGUAGE = [
    *"()[]{}|-,*×=:#\"\\@+/<>%. \n\t_x",
    *("\n", " ", " - ", "{ | ", "->", "==", "!=", "//", "in.c", "in", "as", "as x", "if", "else", "each x in", "a"),
    *("20C5", "MP2", "relu", "conv(", "32C5{z}", "FC-10", "3@2x2", "2x(", ")*2", "0.5", "1e9", "07", "1x7", "@x"),
    *("let x =", "param", "block b(c) {", "share s {", "train {", "loss {", "output o {", "input", "netspec 1", "use"),
    *("assert", "default", "and", "or", "not", "true", "(n - 1) * ", "$", "é", "\r\n", "²", "\x00", '"t"', "n"),
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(LANGUAGE), max_size=40))
def test_any_text_gives_a_tree_or_a_spec_error_with_places(pieces):
    source = Source("".join(pieces))
    found = ()
    try:
        parse(source)
    except SpecError as error:
        found = error.diagnostics or pytest.fail("an error that says nothing")
    for diagnostic in found:
        assert re.fullmatch(r"E(004|006|008|011|10[018]|118)", diagnostic.code)
        assert all(0 <= label.span.start <= label.span.end <= len(source.text) for label in diagnostic.labels)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(LANGUAGE), max_size=20))
def test_a_bad_line_does_not_keep_later_ones_from_being_read(pieces):
    bad = "".join(piece for piece in pieces if not set(piece) & set('()[]{}"\x00\r'))
    found = errors(f"{bad}\n)\nrelu relu")
    assert [error for error in found if error.startswith("E100: `)` closes nothing")]
    assert found[-1].startswith("E100: nothing separates `relu` and `relu`")
