import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.language.highlight import Piece
from netspec.library import find, networks
from netspec.report.listing import STYLES, render, runs
from netspec.source import Source

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", [each.name for each in networks()])
def test_without_its_colours_the_text_is_the_files(name):
    source = find(name)
    coloured = render(source)
    assert coloured != source.text
    assert COLOUR.sub("", coloured) == source.text


@given(st.text('relu4C3 -(){}\n\r\t#"=@é', max_size=30))
def test_without_its_colours_any_text_is_itself(text):
    if not re.search(r"\r(?!\n)", text):
        assert COLOUR.sub("", render(Source(text))) == text


def test_every_kind_has_a_style_of_its_own_but_arguments():
    assert list(runs("a 1 b", (Piece("name", 0, 1), Piece("number", 2, 3)))) == [
        ("", ""), ("a", "name"), (" ", ""), ("1", "number"), (" b", ""),
    ]  # fmt: skip
    assert set(STYLES) == {"", "comment", "keyword", "layer", "short", "number", "name", "argument", "text"}
    styled = [style for style in STYLES.values() if style]
    assert len(styled) == len(set(styled)) == 7


def test_colours_stand_around_the_pieces():
    assert render(Source("20C5 - relu")) == "\x1b[1;36m20C5\x1b[0m - \x1b[36mrelu\x1b[0m"


def test_a_terminal_is_not_obeyed():
    shown = render(Source("relu\x1b[2J - \rgap # \x07bell\n\ttab\r\n"))
    assert "\x1b" not in shown and "\x07" not in shown
    assert shown == "relu␛[2J - ␍gap # ␇bell\n\ttab\r\n"
