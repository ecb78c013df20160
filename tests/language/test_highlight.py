from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netspec.language.highlight import pieces
from netspec.library import folder
from netspec.source import Source

SPECS = sorted(folder().rglob("*.spec"))


def kinds(text: str) -> list[tuple[str, str]]:
    """The pieces as (text, kind)."""
    return [(text[piece.start : piece.end], piece.kind) for piece in pieces(Source(text))]


def kind(text: str, word: str) -> str | None:
    """What a word of the text is, None for nothing special."""
    return dict(kinds(text)).get(word)


def test_each_kind_of_piece_is_found_in_its_order() -> None:
    text = 'param n = 10 # why\nuse "a.spec"\ninput 3x8x8\n20C5 as c1 - conv(n, 3, pad=1) - relu - @c1 - rows(2)'
    assert kinds(text) == [
        ("param", "keyword"),
        ("n", "name"),
        ("10", "number"),
        ("# why", "comment"),
        ("use", "keyword"),
        ('"a.spec"', "text"),
        ("input", "keyword"),
        ("3x8x8", "number"),
        ("20C5", "short"),
        ("as", "keyword"),
        ("c1", "name"),
        ("conv", "layer"),
        ("3", "number"),
        ("pad", "argument"),
        ("1", "number"),
        ("relu", "layer"),
        ("@c1", "name"),
        ("rows", "name"),
        ("2", "number"),
    ]


def test_a_layers_name_is_a_layer_in_a_chain_only() -> None:
    assert kind("scale", "scale") == "layer"
    assert kind("conv(2 * (scale + 1), 3)", "scale") is None
    assert kind("let n = scale\nrelu", "scale") is None
    assert kind("let n = [scale, 2]\nrelu", "scale") is None
    assert kind("let n = (2) * scale\nrelu", "scale") is None
    assert kind("if scale { relu }", "scale") is None
    assert kind("if n { scale }", "scale") == "layer"
    assert kind("3 * { scale }", "scale") == "layer"
    assert kind("(scale - relu)", "scale") == "layer"
    assert kind("add { | let n = 2 | scale }", "scale") == "layer"
    assert kind("let n = 2\nscale", "scale") == "layer"


def test_what_a_spec_gives_a_name_is_a_name_whatever_it_is_elsewhere() -> None:
    for text in ("block relu { 4C3 }", "share relu { 4C3 }", "let relu = 1", "4C3 as relu", "output relu { 4C3 }"):
        assert kind(text, "relu") == "name", text
    assert kind('4C3 as "3a" - dropout(0.5)', '"3a"') == "name"
    assert kind("input left 1x8x8", "left") == "name"
    assert kind("each relu in [1, 2] { 4C3 }", "relu") == "name"


def test_a_recipe_has_settings_and_its_words_are_no_layers() -> None:
    text = "train {\n  loss = cross_entropy\n  augment { crop(32) - hflip }\n  shuffle = true\n}\ncrop(2)"
    found = kinds(text)
    assert [word for word, kind in found if kind == "argument"] == ["loss", "augment", "shuffle"]
    assert [word for word, kind in found if kind == "layer"] == ["crop"]
    assert kind(text, "true") == "keyword"


def test_a_word_that_is_refused_is_nothing_special_and_an_unknown_one_a_name() -> None:
    assert kinds("C64 - maxpol") == [("maxpol", "name")]


@pytest.mark.parametrize("text", ["conv(4, 3", "4C3 ) - relu", "relu - ; - 4C3", '"open', "as as", "{{{", "x" * 300])
def test_a_text_with_a_mistake_has_its_pieces(text: str) -> None:
    pieces(Source(text))
    assert ("relu", "layer") in kinds(f"relu\n{text}")


@pytest.mark.parametrize("text", ["\x1b[31m", "(" * 200, ";x" * 200])
def test_what_has_no_tokens_has_no_pieces(text: str) -> None:
    assert pieces(Source(f"relu\n{text}")) == ()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_pieces_are_in_order_and_apart_in_every_shipped_spec(path: Path) -> None:
    found = pieces(Source(path.read_text(encoding="utf-8")))
    assert len(found) > 10
    assert all(one.start < one.end <= other.start for one, other in pairwise(found))


@given(st.text('re lu(){}[]|-=:@"#\nas64C3,*x.\\\té', max_size=40))
@example("4C3*2")
@example("a_2 - 3x(relu)")
def test_pieces_are_in_order_and_apart_in_any_text(text: str) -> None:
    at = 0
    for piece in pieces(Source(text)):
        assert at <= piece.start < piece.end <= len(text)
        at = piece.end
