from __future__ import annotations

import pytest

from tests.elaborate.reading import codes, errors, findings, graph, shapes


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        ("convv(3, 3)", "E102"),
        ("frobnicate", "E102"),
        ("conv(3, 3, 1, 0, 1, 1, true, 4, 5)", "E105"),
        ("relu(1, 2, 3)", "E105"),
        ("tanh(1)", "E105"),
        ("conv(3, 3, kernel=5)", "E105"),
        ("conv(3)", "E105"),
        ("conv", "E105"),
        ("conv(3, 3, strid=2)", "E104"),
        ("conv(3, 3, 2.5)", "E110"),
        ('conv(3, "three")', "E106"),
        ("conv(3, nosuch)", "E111"),
        ("conv(3, 3, groups=2)", "E204"),
        ("conv(3, 1x3x3)", "E202"),
        ("add", "E125"),
        ("relu { | relu | relu }", "E125"),
        ("conv(3, 3) { | relu | relu }", "E125"),
        ("Input { | relu | relu }", "E102"),
        ("frobnicate { | relu | relu }", "E102"),
        ("frobnicate(3) { | relu | relu }", "E102"),
        ("01C3", "E108"),
        ("C64", "E107"),
        ("LIF", "E119"),
    ],
)
def test_layers_that_are_not_or_do_not_fit(layer: str, code: str) -> None:
    assert codes("input 3x8x8\n" + layer) == [code]


def test_the_argument_at_fault_is_the_place() -> None:
    assert (
        errors("input 6x8x8\nconv(8, 3, groups=4)")
        == """\
error[E204]: 6 channels can't be divided into 4 groups
  --> net.spec:2:19
   |
 2 | conv(8, 3, groups=4)
   |                   ^ 6x8x8 flows in, 8 maps come out

1 error"""
    )


def test_an_argument_of_a_short_form_is_found_in_the_word() -> None:
    assert "net.spec:2:4\n" in errors("input 6x8x8\n8C3g4")


def test_merges_with_a_call_as_head() -> None:
    assert shapes("input 3x8x8\nconcat(crop=true) { | 4C3 | 5C5 }")[-1] == "9x4x4"


def test_the_title_is_the_canonical_form_of_what_was_written() -> None:
    titles = [node.title for node in graph("param c = 8\ninput 3x8x8\nconv(c, 3, pad=same) - mp2 - FC-10").nodes]
    assert titles == ["3x8x8", "8C3p", "MP2", "10N"]


def test_the_same_remark_is_made_once() -> None:
    assert findings("conv3-8 - conv3-8 - P2 - P2", inputs="3x32x32") == ["N001", "N001"]


def test_true_is_not_one() -> None:
    assert codes("input 3x8x8\nconv(4, 3, groups=1)\nconv(4, 3, groups=true)") == ["E106"]


def test_edits_of_long_forms_replace_or_add_arguments() -> None:
    text = errors("input 3x4x4\nconv(8, 7, pad=1)")
    assert " 2 | conv(8, 7, pad=2)\n   |                ~" in text
    assert "pad=same" not in text


def test_branches_of_other_kinds_show_what_comes_out_of_them() -> None:
    assert (
        errors("input 3x8x8\nadd { | GAP | identity }")
        == """\
error[E301]: `add` needs inputs of one shape, but a vector and a map flow in
  --> net.spec:2:1
   |
 2 | add { | GAP | identity }
   | ^^^     ---   -------- 3x8x8 comes out of this branch
   | |       |
   | |       makes 3 of 3x8x8
   | cannot add 3 to 3x8x8
   |
   = note: `flatten` or `gap` makes a vector of a map

1 error"""
    )


def test_a_branch_may_begin_elsewhere() -> None:
    text = errors("input a 3x8x8\ninput b 3x4x4\nadd { | @a | @b }")
    assert "error[E301]" in text
    assert "comes out of this branch" in text


def test_an_error_in_a_let_is_the_only_one() -> None:
    assert codes("let n = 4 / 0\ninput 3x8x8\nconv(n, 3)\nblock b() { let m = 1 / 0\nconv(m, 1) }\n@input - b()") == [
        "E112",
        "E112",
    ]


def test_a_file_that_can_not_be_read_hides_no_layers() -> None:
    assert codes('use "nosuch.spec"\ninput 3x8x8\ntheirs(3) - relu') == ["E001"]


def test_arguments_that_are_the_default_are_not_shown() -> None:
    text = "block b(c, s=1) { conv(c, 3, stride=s, pad=0) }\ninput 3x8x8\nb(4) - b(4, s=2)"
    assert [node.title for node in graph(text).nodes] == ["3x8x8", "4C3", "4C3s2"]
    assert graph("default conv(stride=2)\ninput 3x8x8\nconv(4, 3, stride=1)").nodes[-1].title == "4C3s1"
