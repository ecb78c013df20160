from __future__ import annotations

import pytest

from tests.elaborate.reading import codes, errors, graph, names, shapes

BASIC = """\
block basic(c, s=1) {
  add {
    | conv(c, 3, stride=s, pad=1) - bn - relu
      conv(c, 3, pad=1) - bn
    | if s != 1 or in.c != c { conv(c, 1, stride=s) - bn }
  }
  relu
}
"""


def test_a_condition_sees_the_shape_that_flows_in() -> None:
    text = BASIC + "input 64x56x56\nbasic(64)\nbasic(128, s=2)"
    made = graph(text)
    assert [node.name for node in made.nodes if node.name.startswith("basic1.conv")] == ["basic1.conv1", "basic1.conv2"]
    assert [str(node.shape) for node in made.nodes if node.name.startswith("basic2.conv")] == [
        "128x28x28", "128x28x28", "128x28x28",
    ]  # fmt: skip


def test_the_trail_says_which_expansions_a_node_comes_from() -> None:
    made = graph(BASIC + "input 64x56x56\n2 * basic(64)")
    first, second = (made[f"basic{number}.conv1"].origin.trail for number in (1, 2))
    assert [(scope.title, scope.name, scope.copy, scope.copies) for scope in first] == [("basic(64)", "basic1", 0, 2)]
    assert second[0].copy == 1
    assert made["basic1.conv1"].origin.trail[0] is made["basic1.relu2"].origin.trail[0]


def test_each_copy_of_a_repeated_chain_has_its_own_scope_on_the_trail() -> None:
    made = graph("input 3x9x9\n3 * { 4C3 - relu }")
    assert [(node.origin.trail[0].title, node.origin.trail[0].copy) for node in made.nodes[1:]] == [
        ("{ 4C3 - relu }", 0), ("{ 4C3 - relu }", 0), ("{ 4C3 - relu }", 1),
        ("{ 4C3 - relu }", 1), ("{ 4C3 - relu }", 2), ("{ 4C3 - relu }", 2),
    ]  # fmt: skip


def test_a_long_repeated_chain_has_a_short_title() -> None:
    made = graph("input 3x99x99\n2 * { 4C3 - relu - 4C3 - relu - 4C3 - relu }")
    assert made.nodes[1].origin.trail[0].title == "{ 4C3 - relu - 4C3 - relu - …}"


def test_arguments_may_be_named_and_defaults_may_use_those_before() -> None:
    text = "block wide(c, d=2 * c) { conv(c, 1) - conv(d, 1) }\ninput 1x4x4\nwide(c=3) - wide(2, d=5)"
    assert shapes(text)[1:] == ["3x4x4", "6x4x4", "2x4x4", "5x4x4"]


def test_a_block_title_shows_values_and_names() -> None:
    text = "param w = 0.5\nblock b(c, s=1) { conv(c, 1, stride=s) }\ninput 1x4x4\nb(8 * w, s=2)"
    assert graph(text).nodes[-1].origin.trail[0].title == "b(4, s=2)"


def test_a_block_may_be_used_before_it_is_defined_and_use_others() -> None:
    text = "input 1x9x9\nouter()\nblock outer() { inner(2) - inner(3) }\nblock inner(c) { conv(c, 3) }"
    assert names(text) == ["input", "outer1.inner1.conv1", "outer1.inner2.conv1"]


def test_a_let_in_a_block_stays_there() -> None:
    text = "block b(c) { let d = 2 * c\nconv(d, 1) }\ninput 1x4x4\nb(3)\nlet d = 5\nconv(d, 1)"
    assert shapes(text)[1:] == ["6x4x4", "5x4x4"]


def test_defaults_hold_from_their_line_on() -> None:
    made = graph("input 3x9x9\n4C3\ndefault conv(bias=false)\n4C3 - conv(4, 3, bias=true)")
    assert [len(made.weights_of(node)) for node in made.nodes[1:]] == [2, 1, 2]


def test_later_defaults_add_to_earlier_ones() -> None:
    made = graph("default conv(bias=false)\ndefault conv(pad=same)\ninput 3x9x9\n4C3")
    assert made.nodes[-1].shape.sizes == (9, 9)
    assert list(made.weights_of(made.nodes[-1])) == ["weight"]


def test_else_is_taken_when_the_condition_does_not_hold() -> None:
    text = "param deep = true\ninput 3x9x9\nif deep { 4C3 } else { 5C3 }"
    assert shapes(text)[-1] == "4x7x7"
    assert shapes(text, deep=False)[-1] == "5x7x7"


def test_each_walks_rows_and_plain_values() -> None:
    assert shapes("input 1x9x9\neach c, k in [[2, 3], [4, 5]] { conv(c, k) }")[1:] == ["2x7x7", "4x3x3"]
    assert shapes("input 1x9x9\neach c in [2, 4] { conv(c, 1) }")[1:] == ["2x9x9", "4x9x9"]


def test_a_repetition_of_nought_copies_is_nothing() -> None:
    assert names("input 1x9x9\n0 * 4C3 - 5C3\n(2 - 2) * { relu }") == ["input", "conv1"]


def test_a_repetition_that_makes_nothing_ends_at_once() -> None:
    assert names("input 1x9x9\n1000000000 * { if false { relu } }\n4C3") == ["input", "conv1"]


def test_the_numbered_notation_counts_its_layers() -> None:
    assert shapes("3x32x32-(300nC3-MP2)*2-2C1-300nC2")[1:] == [
        "300x30x30", "300x15x15", "600x13x13", "600x6x6", "2x6x6", "900x5x5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("b(1, 2)", "E105"),
        ("b()", "E105"),
        ("b(c=1, c=2)", "E105"),
        ("b(1, c=2)", "E105"),
        ("b(k=1)", "E104"),
        ("b(cc=1)", "E104"),
        ("b(width)", "E111"),
        ("b(1) { | relu | relu }", "E125"),
        ("let x = in.h\nif x { relu }", "E112"),
        ("each c in 3 { relu }", "E112"),
        ("each c, d in [[1, 2], [3]] { relu }", "E116"),
        ("(0 - 1) * relu", "E117"),
        ("assert in.c == 4", "E114"),
    ],
)
def test_misused_blocks_and_values(text: str, code: str) -> None:
    assert codes("block b(c) { conv(c, 1) }\ninput 3x8x8\n" + text) == [code]


def test_a_missing_argument_names_it_and_where_it_is_asked_for() -> None:
    assert (
        errors("block b(c, d=1) { conv(c, 1) }\ninput 3x8x8\nb(d=2)")
        == """\
error[E105]: block `b` needs `c`
  --> net.spec:3:1
   |
 1 | block b(c, d=1) { conv(c, 1) }
   |         - asked for here
 2 | input 3x8x8
 3 | b(d=2)
   | ^^^^^^ missing here

1 error"""
    )


def test_rows_of_another_length_are_shown_in_the_list() -> None:
    assert (
        errors("input 3x8x8\neach t, c in [\n  [1, 2],\n  [3],\n] { conv(c, 1) }")
        == """\
error[E116]: row 2 has 1 value for 2 names
  --> net.spec:4:3
   |
 2 | each t, c in [
   |      ---- each row fills these
 3 |   [1, 2],
 4 |   [3],
   |   ^^^

1 error"""
    )


def test_an_error_in_a_repeated_block_is_reported_once() -> None:
    assert codes("block b() { 4C9 }\ninput 3x8x8\n3 * b()\n@input - b()") == ["E203"]


def test_what_stands_behind_an_error_stays_silent() -> None:
    assert codes("input 3x8x8\n4C9 - 2 * { conv(in.c, in.h) } - add { | 4C99 | relu }\nassert in.c == 1\n3C1") == [
        "E203"
    ]


def test_every_error_of_a_file_is_reported_in_one_run() -> None:
    text = "input 3x8x8\nadd { | 4C3 | 5C3 }\n@input - convv(3, 3)\n@input - MP9\n@nowhere - relu"
    assert codes(text) == ["E301", "E102", "E203", "E103"]


def test_a_block_that_uses_itself() -> None:
    assert (
        errors("block a() { b() }\nblock b() { relu - a() }\ninput 3x8x8\na()")
        == """\
error[E010]: block `a` uses itself
  --> net.spec:2:20
   |
 1 | block a() { b() }
   |       -     --- while expanding `b`
   |       |
   |       defined here
 2 | block b() { relu - a() }
   |                    ^^^ uses itself here
 3 | input 3x8x8
 4 | a()
   | --- while expanding `a`

1 error"""
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("block conv(c) { relu }\ninput 3x8x8\nrelu", "E124"),
        ("block b() { relu }\nblock b() { tanh }\ninput 3x8x8\nb()", "E109"),
        ("share s { relu }\nblock s() { tanh }\ninput 3x8x8\ns", "E109"),
        ("param a = 1\nparam a = 2\ninput 3x8x8\nrelu", "E109"),
        ("default conv(bais=false)\ninput 3x8x8\n4C3", "E104"),
        ("default conv(3)\ninput 3x8x8\n4C3", "E104"),
        ("default conv(bias=3)\ninput 3x8x8\n4C3", "E106"),
        ("default cnv(bias=false)\ninput 3x8x8\n4C3", "E102"),
        ("default conv(bias=maybe)\ninput 3x8x8\n4C3", "E111"),
        ("input 3x8x8\nadd { | { param a = 1 } | relu }", "E122"),
        ("input 3x8x8\nif true { input 3x4x4 }\nrelu", "E122"),
        ("input 3x8x8\nrelu\nnetspec 1", "E122"),
        ("netspec 2\ninput 3x8x8\nrelu", "E011"),
        ("input 3x8x8\nrelu\ntrain { epochs = 1 }\ntrain { epochs = 2 }", "E109"),
        ("input 3x8x8\nrelu\ntrain { epoch = 1 }", "E401"),
        ("input 3x8x8\noutput a { relu }\noutput a { tanh }", "E109"),
        ("input 3x8x8\noutput main { relu }\ntanh", "E109"),
    ],
)
def test_misplaced_and_repeated_statements(text: str, code: str) -> None:
    assert code in codes(text)


def test_the_version_line_is_read() -> None:
    assert names("netspec 1\ninput 3x8x8\nrelu") == ["input", "relu1"]


def test_in_is_the_shape_that_flows_into_the_innermost_braces() -> None:
    squeeze = "input 3x8x8\n64C3p - mul { | identity | GAP - dense(4) - relu - dense(in.c) - sigmoid }"
    assert shapes(squeeze)[-1] == "64x8x8"
    assert shapes("block b(c=in.c) { 8C1 - conv(c + in.c, 1) }\ninput 3x8x8\nrelu - b()")[-1] == "6x8x8"
    assert shapes("input 3x8x8\n8C1 - conv(2 * in.c, 1)")[-1] == "16x8x8"
    assert shapes("input 3x8x8\n2 * { 8C1 - conv(2 * in.c, 1) }")[1:] == ["8x8x8", "6x8x8", "8x8x8", "12x8x8"]
