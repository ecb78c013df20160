from __future__ import annotations

import pytest

import netspec
from tests.elaborate.reading import codes, errors, findings, graph, names, shapes


def test_a_shape_at_the_beginning_is_the_input() -> None:
    made = graph("1x29x29-20C4")
    assert dict(made.inputs) == {"input": 0}
    assert shapes("784-10N") == ["784", "10"]


def test_a_shape_given_from_outside_replaces_the_specs_own() -> None:
    assert shapes("1x29x29-20C4", inputs="3x9x9") == ["3x9x9", "20x6x6"]
    assert shapes("input image 1x29x29\n20C4", inputs={"image": "3x9x9"})[0] == "3x9x9"
    assert shapes("input image 1x29x29\n20C4", inputs="3x9x9")[0] == "3x9x9"


def test_without_an_input_sizes_are_in_letters() -> None:
    assert shapes("64C3p-AP2")[-1] == "64x⌊H / 2⌋x⌊W / 2⌋"
    assert findings("64C3p-AP2") == ["N002"]
    assert findings("64C3p-AP2", inputs="3x32x32") == []


def test_without_an_input_branches_and_blocks_start_from_it() -> None:
    assert names("add { | 3C1 | 3C1 }", inputs="3x8x8") == ["input", "conv1", "conv2", "add1"]
    assert names("block b() { 3C1 }\nb() - b") == ["input", "b1.conv1", "b2.conv1"]
    assert names("share s { 3C1 }\ns")[0] == "input"
    assert names("output side { 3C1 }\n4C1") == ["input", "conv1", "conv2"]
    assert names("concat { | relu | identity }") == ["input", "relu1", "concat1"]


def test_letters_in_an_input_are_sizes_to_come() -> None:
    assert shapes("input 3xHxW\n8C3p1s2")[-1] == "8x⌊(H + 1) / 2⌋x⌊(W + 1) / 2⌋"
    assert shapes("input 3xHxH\nadd { | permute([0, 2, 1]) | identity }")[-1] == "3xHxH"


def test_behind_two_inputs_nothing_flows() -> None:
    assert (
        errors("input a 1x8x8\ninput b 1x8x8\nrelu")
        == """\
error[E115]: nothing flows in here
  --> net.spec:3:1
   |
 3 | relu
   | ^^^^
   |
   = help: begin with `@a` or `@b`

1 error"""
    )


def test_an_input_behind_the_first_layer() -> None:
    assert codes("relu\ninput 3x8x8") == ["E115"]


def test_two_inputs_of_one_name() -> None:
    assert codes("input 3x8x8\ninput 3x8x8\n@input - relu") == ["E109"]
    assert codes("input a 3x8x8\ninput a 3x8x8\n@a - relu") == ["E109"]


def test_a_shape_in_the_middle() -> None:
    assert (
        errors("3x8x8-4C3-3x9x9")
        == """\
error[E122]: `3x9x9` is a shape, and shapes stand at the beginning only
  --> net.spec:1:11
   |
 1 | 3x8x8-4C3-3x9x9
   |           ^^^^^ 4x6x6 flows in here

1 error"""
    )
    assert codes("input 3x8x8\nconcat { | 3x8x8 | relu }") == ["E122"]


def test_a_faulty_shape_poisons_what_stands_on_it() -> None:
    assert codes("input 3x0x8\n4C99") == ["E129"]
    assert codes("03x8x8-4C99") == ["E108"]


@pytest.mark.parametrize(
    ("inputs", "code"),
    [("nonsense", "E130"), ("3x0x0", "E130"), ({"x": "3x8x8"}, "E130")],
)
def test_an_input_given_from_outside_that_does_not_fit(inputs: object, code: str) -> None:
    assert codes("input image 3x9x9\nrelu", inputs=inputs) == [code]


def test_several_inputs_need_a_name_from_outside() -> None:
    assert codes("input a 3x8x8\ninput b 3x8x8\nadd { | @a | @b }", inputs="3x9x9") == ["E130"]


def test_height_times_width_times_channels_is_read_with_a_warning() -> None:
    made = graph("29x29x1-20C4")
    assert str(made.nodes[0].shape) == "1x29x29"
    assert [each.code for each in made.findings] == ["W001"]


def test_parameters_given_from_outside() -> None:
    text = "param width = 1.0\nparam aux = true\nlet c = width * 8\ninput 3x8x8\nconv(c, 3)"
    assert shapes(text, width=0.5)[-1] == "4x6x6"
    assert shapes(text, width="1/4")[-1] == "2x6x6"
    assert dict(graph(text, aux="false").parameters) == {"width": 1, "aux": False}
    assert (
        errors(text, wdth=2)
        == "error[E113]: this spec has no parameter `wdth`\n   = help: did you mean `width`?\n\n1 error"
    )
    assert shapes("param k = 3x3\ninput 3x8x8\nconv(4, k)", k="1x7")[-1] == "4x8x2"
    assert codes(text, aux=3) == ["E106"]
    assert codes(text, width=object()) == ["E106"]
    assert codes(text, width=float("nan")) == ["E106"]
    assert codes("input 3x8x8\nrelu", x=[1, 2]) == ["E113"]
    assert codes("param a = 1\ninput 3x8x8\nrelu", zzz=3) == ["E113"]


def test_a_bare_number_is_dense_where_that_is_certain() -> None:
    assert shapes("1x28x28-20C5-MP2-50-10")[-2:] == ["50", "10"]
    assert shapes("1x28x28-20C5-MP2-relu-50")[-1] == "50"
    assert shapes("784-512-10")[1:] == ["512", "10"]
    assert shapes("1x28x28-[20C5-20C5]-50")[-1] == "50"
    assert shapes("1x28x28-2*{20C5}-50")[-1] == "50"
    assert codes("1x28x28-20C5-050") == ["E108"]


def test_a_bare_number_is_a_dense_layer_like_one_with_its_letter() -> None:
    without = netspec.analyze("default dense(bias=false)\ninput 784\n10N").totals
    assert netspec.analyze("default dense(bias=false)\ninput 784\n10").totals == without
    assert errors("784-0") == errors("784-0N").replace("784-0N", "784-0")
    assert codes("784-2147483648") == codes("784-" + "9" * 5000) == ["E008"]


def test_only_0_to_9_are_digits_of_a_bare_number() -> None:
    assert codes("784-²") == ["E108"]
    assert codes("784-3²") == ["E108"]
    assert codes("784-٣") == ["E102"]
    assert codes("784-dense(10, ²=3)") == ["E104"]


def test_a_bare_number_behind_a_convolution_may_be_a_slip() -> None:
    assert (
        errors("1x28x28-20C5-relu-50")
        == """\
error[E121]: a bare `50` where a map flows may be a dense layer or a slip
  --> net.spec:1:19
   |
 1 | 1x28x28-20C5-relu-50
   |                   ^^ 20x24x24 flows in
   |
   = help: write `50N` for a dense layer of 50, `50C1` for a 1x1 convolution

1 error"""
    )


def test_restated_figures_are_checked() -> None:
    assert (
        errors("3x48x48-100C7-150MP2")
        == """\
error[E120]: `150MP2` says that 150 maps flow in, but 100 do
  --> net.spec:1:15
   |
 1 | 3x48x48-100C7-150MP2
   |               ^^^ 100x42x42 flows in

1 error"""
    )
    assert codes("1x28x28-12C3-MP2-2304FC512") == ["E120"]
    assert shapes("1x28x28-12C3-MP2-2028FC512")[-1] == "512"
    assert shapes("12C3-MP2-2304FC512")[-1] == "512"


def test_a_call_may_come_first() -> None:
    assert shapes("conv(8, 3)") == ["CxHxW", "8x(H − 2)x(W − 2)"]


def test_an_input_of_a_wrong_shape_has_its_name_all_the_same() -> None:
    assert codes("input left 3x0x4\n@left - 8C3 - rleu") == ["E129", "E102"]


def test_a_shape_from_outside_is_no_second_error_where_there_is_no_input() -> None:
    assert codes("let a = 3", inputs="3x8x8") == ["E123"]


def test_markers_let_the_flow_pass() -> None:
    assert names("Input-8C3-Output") == ["input", "conv1"]
    assert codes("Input") == ["E123"]


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "param a = 1", "block b() { relu }"])
def test_nothing_to_compile(text: str) -> None:
    assert codes(text) == ["E123"]


def test_a_spec_that_ends_behind_its_inputs_has_no_output() -> None:
    assert codes("input a 3x8x8\ninput b 3x8x8") == ["E115"]


def test_outputs_and_the_end() -> None:
    made = graph("input 3x8x8\n4C3 as trunk\noutput class { GAP - 10N }\noutput box { GAP - 4N }\nrelu")
    assert {name: str(made.nodes[number].shape) for name, number in made.outputs.items()} == {
        "class": "10", "box": "4", "main": "4x6x6",
    }  # fmt: skip


def test_an_output_with_nothing_in_it() -> None:
    assert codes("input a 3x8x8\ninput b 3x8x8\noutput x { }\nadd { | @a | @b }") == ["E115"]


def test_a_value_that_nothing_uses_is_warned_about() -> None:
    assert findings("input 3x8x8\n4C3 as a - relu\n@a - tanh") == ["W002"]
    assert findings("input a 3x8x8\ninput b 3x8x8\n@a - tanh") == ["W002"]


def test_the_unnamed_input_may_be_given_by_its_name() -> None:
    for text in ("1x29x29-20C4", "input 1x29x29\n20C4", "20C4"):
        assert shapes(text, inputs={"input": "3x9x9"})[0] == "3x9x9"
