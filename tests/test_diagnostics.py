"""Errors as their whole text: what a person sees is what is compared."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import (
    Diagnostic,
    Edit,
    Help,
    Label,
    SpecError,
    nearest,
    render,
    render_all,
    summary,
    to_json,
)
from netspec.excerpt import WIDEST, clean, compose, width
from netspec.source import Source, Span


def at(text: str, source: Source, nth: int = 0) -> Span:
    """The span of the nth place where this text stands in the source."""
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def shown(diagnostic: Diagnostic) -> str:
    return "\n" + render(diagnostic) + "\n"


LENET = Source("# LeNet-5, on the wrong input\ninput 1x28x28\n6C5 - MP2 - 16C5\nMP2 - 120C5\n", "lenet.spec")


def test_an_error_shows_its_line_with_carets_and_its_notes_below():
    diagnostic = Diagnostic(
        "E203",
        "a 5x5 kernel does not fit a 4x4 input",
        (Label(at("120C5", LENET), "input here is 16x4x4"),),
        ("sizes so far: 1x28x28 → 6x24x24 → 6x12x12 → 16x8x8 → 16x4x4",),
        (Help("LeNet-5 expects 1x32x32; or pad this layer (120C5p)"),),
    )
    assert (
        shown(diagnostic)
        == """
error[E203]: a 5x5 kernel does not fit a 4x4 input
  --> lenet.spec:4:7
   |
 4 | MP2 - 120C5
   |       ^^^^^ input here is 16x4x4
   |
   = sizes so far: 1x28x28 → 6x24x24 → 6x12x12 → 16x8x8 → 16x4x4
   = help: LeNet-5 expects 1x32x32; or pad this layer (120C5p)
"""
    )


def test_without_notes_it_ends_with_the_last_label():
    diagnostic = Diagnostic("W002", "nothing uses this", (Label(at("MP2", LENET, 1)),))
    assert (
        shown(diagnostic)
        == """
warning[W002]: nothing uses this
  --> lenet.spec:4:1
   |
 4 | MP2 - 120C5
   | ^^^
"""
    )


def test_without_a_place_only_title_and_notes_are_shown():
    diagnostic = Diagnostic("N002", "no input is given", notes=("sizes stay unknown",), helps=(Help("give one"),))
    assert (
        shown(diagnostic)
        == """
note[N002]: no input is given
   = note: sizes stay unknown
   = help: give one
"""
    )


RESNET = Source(
    "input 64x32x32\n\nblock stage {\n}\nadd {\n"
    "  | conv(128, 3, stride=2, pad=1) - bn - relu - 128C3p1 - bn\n  | 128C1 - bn\n}\n",
    "resnet_cifar.spec",
)


def test_secondary_labels_are_dashed_in_source_order_and_an_edit_shows_what_it_inserts():
    diagnostic = Diagnostic(
        "E301",
        "`add` needs inputs of one shape, but its branches differ in height and width",
        (
            Label(at("add", RESNET), "cannot add 128x16x16 to 128x32x32"),
            Label(at("128C1", RESNET), "stays 32x32: stride is 1 here"),
            Label(at("stride=2", RESNET), "halves 32x32 to 16x16"),
        ),
        helps=(
            Help(
                "give the shortcut the same stride, and the network checks clean:",
                (Edit(at("128C1", RESNET), "128C1s2"),),
            ),
        ),
    )
    assert (
        shown(diagnostic)
        == """
error[E301]: `add` needs inputs of one shape, but its branches differ in height and width
  --> resnet_cifar.spec:5:1
   |
 5 | add {
   | ^^^ cannot add 128x16x16 to 128x32x32
 6 |   | conv(128, 3, stride=2, pad=1) - bn - relu - 128C3p1 - bn
   |                  -------- halves 32x32 to 16x16
 7 |   | 128C1 - bn
   |     ----- stays 32x32: stride is 1 here
   |
   = help: give the shortcut the same stride, and the network checks clean:
 7 |   | 128C1s2 - bn
   |          ++
"""
    )


SMALL = Source("\n".join([f"# {number}" for number in range(1, 120)]), "small.spec")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((2, 3), " 2 | # 2\n   | ^\n 3 | # 3\n   | -"),
        ((2, 4), " 2 | # 2\n   | ^\n 3 | # 3\n 4 | # 4\n   | -"),
        ((2, 5), " 2 | # 2\n   | ^\n   ⋮\n 5 | # 5\n   | -"),
        ((10, 2), " 2 | # 2\n   | -\n   ⋮\n10 | # 10\n   | ^"),
        ((2, 110), "  2 | # 2\n    | ^\n    ⋮\n110 | # 110\n    | -"),
    ],
)
def test_lines_between_labels_are_left_out_and_the_gutter_is_as_wide_as_the_largest_number(lines, expected):
    starts = [SMALL.line_starts[line - 1] for line in lines]
    text = render(Diagnostic("E100", "x", tuple(Label(Span(SMALL, start, start + 1)) for start in starts)))
    head, place, bar, rest = text.split("\n", 3)
    assert head == "error[E100]: x"
    assert place.lstrip() == f"--> small.spec:{lines[0]}:1"
    assert bar.strip() == "|"
    assert rest == expected


def on_one_line(text: str, *labels: tuple[int, int, str]) -> str:
    source = Source(text)
    diagnostic = Diagnostic("E100", "x", tuple(Label(Span(source, start, end), says) for start, end, says in labels))
    return "\n" + "\n".join(line[5:] for line in render(diagnostic).split("\n")[3:]) + "\n"


def test_several_labels_on_one_line_hang_below_it_and_the_last_stands_beside():
    assert (
        on_one_line("20C5 - MP2 - 40C5", (7, 10, "halves"), (0, 4, "first"), (13, 17, "here"))
        == """
20C5 - MP2 - 40C5
----   ^^^   ---- here
|      |
|      halves
first
"""
    )


def test_a_label_within_another_hangs_below_and_its_carets_win():
    assert (
        on_one_line("add { | 8C3 | 8C1 }", (14, 17, "inner"), (0, 19, "outer"))
        == """
add { | 8C3 | 8C1 }
--------------^^^--
|             |
|             inner
outer
"""
    )


def test_labels_that_begin_together_hang_one_below_the_other():
    assert (
        on_one_line("add { | 8C3 }", (0, 3, "first"), (0, 13, "whole"))
        == """
add { | 8C3 }
^^^----------
|
whole
first
"""
    )


def test_labels_side_by_side_do_not_overlap():
    assert on_one_line("64C3p1", (0, 4, ""), (4, 6, "here")) == "\n64C3p1\n^^^^-- here\n"


def test_a_label_that_says_nothing_does_not_hang():
    assert on_one_line("20C5 - MP2", (0, 4, ""), (7, 10, "here")) == "\n20C5 - MP2\n^^^^   --- here\n"


def test_a_label_over_several_lines_is_cut_to_its_first():
    assert on_one_line("add {   \n  | 8C3\n}", (0, 17, "here")) == "\nadd {\n^^^^^ here\n"


def test_a_label_at_the_end_of_a_line_has_one_caret():
    assert on_one_line("20C5 -\nMP2", (6, 6, "a layer is missing")) == "\n20C5 -\n      ^ a layer is missing\n"
    assert on_one_line("20C5 -\r\nMP2", (7, 8, "here")) == "\n20C5 -\n      ^ here\n"
    assert on_one_line("", (0, 0, "nothing")) == "\n\n^ nothing\n"


def test_tabs_are_one_space_and_wide_and_combining_characters_count_as_they_print():
    assert on_one_line("a\tb\tc", (2, 3, "here")) == "\na b c\n  ^ here\n"
    assert on_one_line("# 卷积 20C5", (2, 4, "two"), (5, 9, "one")) == ("\n# 卷积 20C5\n  ^^^^ ---- one\n  |\n  two\n")
    assert on_one_line("# e\u0301 20C5", (5, 9, "here")) == "\n# e\u0301 20C5\n    ^^^^ here\n"


def test_control_characters_are_shown_as_pictures_everywhere():
    source = Source("20C5\x1b[31m\x00\x7f\x85\u202e", "a\x1b.spec")
    diagnostic = Diagnostic("E004", "a \x1b here", (Label(Span(source, 4, 5), "\x07"),), ("\x00",), (Help("\x01"),))
    assert (
        shown(diagnostic)
        == """
error[E004]: a ␛ here
  --> a␛.spec:1:5
   |
 1 | 20C5␛[31m␀␡ �
   |     ^ ␇
   |
   = note: ␀
   = help: ␁
"""
    )


def test_a_note_of_several_lines_is_aligned():
    assert render(Diagnostic("E100", "x", notes=("one\ntwo",))) == "error[E100]: x\n   = note: one\n     two"


LONG = Source("20C5-" * 2000 + "maxpol(2)" + "-40C5" * 2000, "long.spec")


def test_a_very_long_line_is_cut_around_the_caret():
    text = render(Diagnostic("E102", "x", (Label(at("maxpol", LONG), "here"),)))
    line, marks = text.split("\n")[3:]
    assert line[5:] == "…" + ("20C5-" * 11)[-47:] + "maxpol" + ("(2)" + "-40C5" * 10)[:47] + "…"
    assert marks[5:].index("^^^^^^") == line[5:].index("maxpol")


def test_labels_far_apart_on_a_very_long_line_are_shown_one_stretch_each():
    labels = (Label(at("maxpol", LONG), "here"), Label(Span(LONG, 0, 4), "a"), Label(Span(LONG, 10, 14), "b"))
    _, _, _, first, marks, _, _, second, _ = render(Diagnostic("E102", "x", labels)).split("\n")
    assert first == " 1 | " + "20C5-" * 20 + "…"
    assert marks == "   | ----      ---- b"
    assert second.startswith(" 1 | …") and "maxpol" in second


def test_labels_half_a_window_apart_are_shown_apart():
    labels = (Label(Span(LONG, 0, 4)), Label(Span(LONG, 50, 54)))
    assert render(Diagnostic("E102", "x", labels)).count(" 1 | ") == 2
    labels = (Label(Span(LONG, 0, 4)), Label(Span(LONG, 49, 53)))
    assert render(Diagnostic("E102", "x", labels)).count(" 1 | ") == 1


def test_a_label_as_long_as_a_very_long_line_is_cut_with_it():
    text = render(Diagnostic("E102", "x", (Label(Span(LONG, 5, len(LONG.text)), "here"),)))
    assert text.split("\n")[3:] == [" 1 | …" + "20C5-" * 20 + "…", "   |  " + "^" * WIDEST + " here"]


def test_the_end_of_a_very_long_line_is_shown_with_what_stands_before():
    end = len(LONG.text)
    line, marks = render(Diagnostic("E100", "x", (Label(Span(LONG, end, end)),))).split("\n")[3:]
    assert line == " 1 | …" + "-40C5" * 20
    assert marks == "   |  " + " " * WIDEST + "^"


def test_a_very_long_line_between_two_labels_is_cut_at_its_end():
    source = Source("a\n" + "20C5-" * 100 + "\nb")
    text = render(Diagnostic("E100", "x", (Label(Span(source, 0, 1)), Label(at("b", source)))))
    assert text.split("\n")[5] == " 2 | " + "20C5-" * 20 + "…"


def test_labels_in_another_file_come_under_its_name():
    block = Source("block down(width) {\n  conv(width, 3) - relu\n}\n", "blocks/down.spec")
    net = Source("\n" * 9 + "down(512)", "net.spec")
    diagnostic = Diagnostic(
        "E203",
        "a 3x3 kernel does not fit a 2x2 input",
        (Label(at("3", block), "needs at least 3x3"), Label(at("down(512)", net), "while expanding `down`")),
        helps=(
            Help("pad by 1:", (Edit(at("3", block), "3, pad=1"),)),
            Help("or make it smaller:", (Edit(at("512", net), "4"),)),
        ),
    )
    assert (
        shown(diagnostic)
        == """
error[E203]: a 3x3 kernel does not fit a 2x2 input
  --> blocks/down.spec:2:15
   |
 2 |   conv(width, 3) - relu
   |               ^ needs at least 3x3
   |
  ::: net.spec:10:1
   |
10 | down(512)
   | --------- while expanding `down`
   |
   = help: pad by 1:
 2 |   conv(width, 3, pad=1) - relu
   |                +++++++
   = help: or make it smaller:
  ::: net.spec:10:6
10 | down(4)
   |      ~
"""
    )


def edited(text: str, *edits: tuple[int, int, str]) -> str:
    source = Source(text)
    help = Help("so:", tuple(Edit(Span(source, start, end), new) for start, end, new in edits))
    diagnostic = Diagnostic("E100", "x", (Label(Span(source, 0, 1)),), helps=(help,))
    return "\n" + render(diagnostic).partition("so:\n")[2] + "\n"


def test_edits_mark_insertions_with_plus_and_replacements_with_a_tilde():
    assert edited("20C5 - MP2", (4, 4, "p")) == "\n 1 | 20C5p - MP2\n   |     +\n"
    assert edited("20C5 - MP2", (0, 0, "input 1x28x28 - ")) == (
        "\n 1 | input 1x28x28 - 20C5 - MP2\n   | ++++++++++++++++\n"
    )
    assert edited("C5 - MP2", (0, 2, "20C5")) == "\n 1 | 20C5 - MP2\n   | ++\n"
    assert edited("20C5 - maxpol", (7, 13, "maxpool"), (2, 3, "c")) == ("\n 1 | 20c5 - maxpool\n   |   ~    ~~~~~~~\n")


def test_an_edit_that_deletes_shows_the_line_that_is_left():
    assert edited("20C5 - - MP2", (5, 7, "")) == "\n 1 | 20C5 - MP2\n"


def test_an_edit_of_several_lines_shows_them_all():
    assert edited("a\nadd {}\nb", (7, 7, "\n  | 8C3\n")) == ("\n 2 | add {\n 3 |   | 8C3\n   | +++++++\n 4 | }\n")


def test_a_help_with_edits_shows_its_file_when_the_error_is_about_no_place():
    source = Source("20C5", "net.spec")
    diagnostic = Diagnostic("N002", "no input", helps=(Help("give one:", (Edit(Span(source, 0, 0), "1x28x28 - "),)),))
    assert (
        shown(diagnostic)
        == """
note[N002]: no input
   = help: give one:
  ::: net.spec:1:1
 1 | 1x28x28 - 20C5
   | ++++++++++
"""
    )


def test_colour_adds_codes_and_changes_no_character():
    block = Source("\n\n\n8C3", "b.spec")
    diagnostic = Diagnostic(
        "E203",
        "x",
        (Label(at("120C5", LENET), "here"), Label(at("input", LENET)), Label(at("8C3", block), "there")),
        ("why",),
        (Help("so", (Edit(at("120C5", LENET), "120C5p"),)),),
    )
    coloured = render(diagnostic, colour=True)
    plain = coloured
    for code in ("0", "1", "1;31", "1;34", "1;32"):
        assert f"\x1b[{code}m" in plain
        plain = plain.replace(f"\x1b[{code}m", "")
    assert [line.rstrip() for line in plain.split("\n")] == render(diagnostic).split("\n")


def test_the_severity_has_its_colour():
    assert render(Diagnostic("W002", "x"), colour=True) == "\x1b[1;33mwarning[W002]\x1b[0m\x1b[1m: x\x1b[0m"
    assert render(Diagnostic("N002", "x"), colour=True) == "\x1b[1;36mnote[N002]\x1b[0m\x1b[1m: x\x1b[0m"


def test_all_diagnostics_end_with_how_many_there_are():
    error, warning = Diagnostic("E100", "x"), Diagnostic("W002", "y")
    assert render_all([warning, error, error]) == (
        "warning[W002]: y\n\nerror[E100]: x\n\nerror[E100]: x\n\n2 errors, 1 warning"
    )
    assert render_all([]) == ""
    assert "\x1b[1;31m" in render_all([error], colour=True)
    assert summary([error, Diagnostic("N001", "z")]) == "1 error, 1 note"


def test_a_spec_error_prints_all_it_holds():
    error = SpecError(iter([Diagnostic("E100", "x"), Diagnostic("E101", "y")]))
    assert str(error) == "error[E100]: x\n\nerror[E101]: y"
    assert [each.code for each in error.diagnostics] == ["E100", "E101"]


def test_the_nearest_word_is_near_or_none():
    assert nearest("maxpol", ["minimum", "maxpool"]) == "maxpool"
    assert nearest("quux", ["maxpool", "conv"]) is None


def test_as_data_places_are_lines_and_columns_from_one():
    diagnostic = Diagnostic(
        "E203",
        "x",
        (Label(at("120C5", LENET), "here"), Label(at("6C5", LENET))),
        ("why",),
        (Help("so", (Edit(at("120C5", LENET), "120C5p"),)),),
    )
    data = to_json(diagnostic)
    place = {"file": "lenet.spec", "line": 4, "column": 7, "end_line": 4, "end_column": 12}
    first = {"file": "lenet.spec", "line": 3, "column": 1, "end_line": 3, "end_column": 4}
    assert data == {
        "code": "E203",
        "severity": "error",
        "title": "x",
        **place,
        "labels": [{**place, "text": "here"}, {**first, "text": ""}],
        "notes": ["why"],
        "helps": [{"text": "so", "edits": [{**place, "text": "120C5p"}]}],
    }
    assert json.loads(json.dumps(data)) == data


def test_as_data_a_finding_without_a_place_has_none():
    data = to_json(Diagnostic("N002", "x"))
    assert data["file"] is None and data["end_column"] is None and data["labels"] == []


@given(
    st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.text(max_size=5)), min_size=1)
)
@settings(max_examples=200, deadline=None)
def test_any_text_with_any_labels_is_drawn_without_control_characters_or_trailing_spaces(text, places):
    source = Source(text)
    labels = tuple(
        Label(Span(source, min(start, len(text)), min(start + length, len(text))), says)
        for start, length, says in places
    )
    lines = render(Diagnostic("E100", "x", labels)).split("\n")
    assert all(line == line.rstrip() and line.isprintable() for line in lines)
    assert any("^" in line for line in lines[4:])


@given(st.text())
def test_cleaning_keeps_the_number_of_characters_and_leaves_nothing_unprintable(text):
    assert len(clean(text)) == len(text)
    assert clean(text).isprintable()
    assert clean(clean(text)) == clean(text)


def test_pieces_of_a_row_are_written_over_each_other_in_turn():
    assert compose([(0, "----", "frame"), (1, "^", "error"), (6, "x", "")]) == (
        ("-", "frame"), ("^", "error"), ("--", "frame"), ("  x", "")
    )  # fmt: skip
    assert width("a卷e\u0301") == 4
