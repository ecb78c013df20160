from __future__ import annotations

from tests.elaborate.reading import codes, errors, graph, names, shapes


def test_layers_are_named_by_kind_and_number() -> None:
    assert names("1x29x29-20C4-tanh-MP2-40C5-tanh-MP3-150N-10N") == [
        "input", "conv1", "tanh1", "maxpool1", "conv2", "tanh2", "maxpool2", "dense1", "dense2",
    ]  # fmt: skip


def test_a_name_given_with_as_is_the_nodes_name() -> None:
    assert names("input 1x8x8\n4C3 as first - relu\n4C3") == ["input", "first", "relu1", "conv2"]


def test_a_given_name_is_never_taken_by_an_unnamed_layer_before_it() -> None:
    assert names("input 1x8x8\n4C3 - relu\n4C3 as conv1") == ["input", "conv2", "relu1", "conv1"]


def test_a_block_is_a_scope_with_its_own_numbers() -> None:
    text = "block pair(c) { conv(c, 3) - relu }\ninput 1x9x9\npair(2) - pair(3) - 4C1"
    assert names(text) == ["input", "pair1.conv1", "pair1.relu1", "pair2.conv1", "pair2.relu1", "conv1"]


def test_a_named_block_takes_the_name_even_a_quoted_one() -> None:
    text = 'block pair(c) { conv(c, 3) - relu }\ninput 1x9x9\npair(2) as "3a/x"\nadd { | @"3a/x" | identity }'
    assert names(text)[1:3] == ["3a/x.conv1", "3a/x.relu1"]


def test_a_named_repetition_is_a_scope() -> None:
    text = "block pair(c) { conv(c, 3) - relu }\ninput 1x19x19\n2 * pair(2) as stage1\n@stage1 - GAP"
    assert names(text) == [
        "input", "stage1.pair1.conv1", "stage1.pair1.relu1", "stage1.pair2.conv1", "stage1.pair2.relu1", "gap1",
    ]  # fmt: skip


def test_an_unnamed_repetition_numbers_on() -> None:
    assert names("input 1x9x9\n2 * { 4C3 - relu }\n4C3") == ["input", "conv1", "relu1", "conv2", "relu2", "conv3"]


def test_names_in_a_repeated_chain_are_one_set_a_copy() -> None:
    text = "input 4x9x9\n2 * { 4C3p as a - relu\nadd { | @a | identity } }"
    assert names(text) == ["input", "a_1", "relu1", "add1", "a_2", "relu2", "add2"]
    made = graph(text)
    assert made["add2"].inputs == (made["a_2"].number, made["relu2"].number)


def test_names_in_each_round_are_its_own() -> None:
    text = "input 4x9x9\neach c in [4, 4] { conv(c, 3, pad=1) as a\nadd { | @a | relu } }"
    assert names(text) == ["input", "a_1", "relu1", "add1", "a_2", "relu2", "add2"]


def test_a_named_group_is_a_scope_that_sees_names_around_it() -> None:
    text = "input 4x9x9\n4C3p as a\n{ relu - 4C1\nadd { | @a | identity } } as part\nGAP"
    assert names(text) == ["input", "a", "part.relu1", "part.conv1", "part.add1", "gap1"]


def test_a_name_given_in_a_branch_can_be_used_behind_it() -> None:
    text = "input 3x8x8\nconcat { | 4C3p as a | 5C1 }\nconcat { | identity | @a }"
    assert shapes(text)[-1] == "13x8x8"


def test_a_name_for_a_value_that_has_one_already_is_an_alias() -> None:
    text = "input 3x8x8\n4C3p as a\n@a as b\nadd { | @a | @b }"
    assert names(text) == ["input", "a", "add1"]


def test_an_input_can_be_named_in_a_chain() -> None:
    assert shapes("input left 1x8x8\ninput right 1x8x8\nadd { | @left | @right }")[-1] == "1x8x8"


def test_the_unnamed_input_is_called_input() -> None:
    assert shapes("3x8x8\n3C3p\nadd { | @input | identity }")[-1] == "3x8x8"


def test_two_values_of_one_name() -> None:
    assert (
        errors("input 1x8x8\n4C3 as a\n4C3 as a")
        == """\
error[E109]: two values are called `a`
  --> net.spec:3:8
   |
 2 | 4C3 as a
   |        - given here first
 3 | 4C3 as a
   |        ^ given again here

1 error"""
    )


def test_a_name_that_is_not_there_suggests_the_nearest() -> None:
    assert (
        errors("input 1x8x8\n4C3 as pool3\n@pol3 - relu")
        == """\
error[E103]: nothing is called `pol3`
  --> net.spec:3:1
   |
 3 | @pol3 - relu
   | ^^^^^ did you mean `@pool3`?

1 error"""
    )


def test_names_outside_a_block_are_not_seen_inside_it() -> None:
    assert (
        errors("block skip() { add { | identity | @far } }\ninput 1x8x8\n1C3p as far\nskip()")
        == """\
error[E103]: nothing is called `far`
  --> net.spec:1:35
   |
 1 | block skip() { add { | identity | @far } }
   |                                   ^^^^ no value has a name here
   ⋮
 4 | skip()
   | ------ while expanding `skip`
   |
   = note: names outside a block can't be seen inside it

1 error"""
    )


def test_an_input_is_not_seen_inside_a_block_and_not_suggested_there() -> None:
    found = errors("block skip() { add { | identity | @image } }\ninput image 1x8x8\nskip()")
    assert "nothing is called `image`" in found and "did you mean" not in found


def test_a_reference_in_the_middle_of_a_chain_would_drop_what_flows() -> None:
    assert (
        errors("input 1x8x8\n4C3p as a - relu - @a - relu")
        == """\
error[E115]: `@` begins a chain, and here a chain leads into it
  --> net.spec:2:20
   |
 2 | 4C3p as a - relu - @a - relu
   |                    ^^ the `-` before it would drop what flows
   |
   = help: begin a line with it, or merge both: `add { | identity | @… }`

1 error"""
    )
    assert codes("input 1x8x8\n4C3p as a - relu - @a as b") == ["E115"]


def test_a_chain_may_start_from_a_name_on_any_line() -> None:
    text = "input 1x8x8\n4C3p as a - relu as b\n@a - tanh\nadd { | identity | @b }"
    assert names(text) == ["input", "a", "b", "tanh1", "add1"]


def test_a_long_name_that_is_taken_gets_an_underscore() -> None:
    text = "input 1x9x9\n2 * { 1C3p as a }\n1C1 as a_1"
    assert names(text) == ["input", "a_1", "a_2", "a_1_"]
