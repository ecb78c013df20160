"""The plan of a module: which scopes are sections, what they are called, when layers run."""

from __future__ import annotations

import pytest

import netspec
from netspec.layers.base import Call, call
from netspec.lowering.names import attribute, class_name, unlike
from netspec.lowering.parts import Part, parts
from netspec.lowering.plan import Plan, Section, plan
from netspec.lowering.roles import roles
from tests.shipped import NAMES, analysed

BASIC = """block basic(c, s=1) {
  add {
    | conv(c, 3, stride=s, pad=1) - bn - relu
      conv(c, 3, pad=1) - bn
    | if s != 1 or in.c != c { conv(c, 1, stride=s) - bn }
  }
  relu
}
"""


def planned(spec: str) -> Plan:
    return plan(netspec.compile(spec))


def section(found: Plan, path: str = "") -> Section:
    """The section at this place."""
    at = found.root
    for name in path.split(".") if path else ():
        member = at.members[name]
        assert isinstance(member, Section)
        at = member
    return at


def steps(at: Section) -> list[str]:
    """The steps of a section, a line each."""
    return [
        f"{', '.join(map(str, step.outputs))} = "
        + " | ".join("self." + ".".join(each.member) if each.member else str(each.call) for each in step.applies)
        + f" of {', '.join(map(str, step.inputs))}"
        + (f" in {step.when}" if step.when else "")
        for step in at.steps
    ]


# Names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv1", "conv1"),
        ("3a", "_3a"),
        ("3x3_reduce", "_3x3_reduce"),
        ("inception_3a/1x1", "inception_3a_1x1"),
        ("layer1.0.conv1", "layer1_0_conv1"),
        ("größe", "größe"),
        ("ﬁlter", "filter"),
        ("a·b", "a_b"),
        ("१x", "_१x"),
        ("class", "class_"),
        ("type", "type_"),
        ("forward", "forward_"),
        ("_apply", "_apply_"),
        ("__init__", "_init_"),
        ("", ""),
    ],
)
def test_a_name_of_a_spec_becomes_an_attribute(name: str, expected: str) -> None:
    if not name:
        name, expected = "  ", "__"
    assert attribute(name) == expected
    assert attribute(name).isidentifier()


def test_no_attribute_hides_what_torch_modules_have() -> None:
    nn = pytest.importorskip("torch.nn")
    words = [word for word in dir(nn.Module()) if attribute(word) in dir(nn.Module())]
    assert words == []


def test_a_number_that_no_identifier_may_have_is_mended() -> None:
    assert attribute("größe\U00010107") == "gr__e_"


@pytest.mark.parametrize(
    ("word", "expected"),
    [("basic", "Basic"), ("basic_unit", "BasicUnit"), ("3a", "Net3a"), ("resnet18", "Resnet18"), ("{…}", "Net")],
)
def test_a_block_becomes_a_class(word: str, expected: str) -> None:
    assert class_name(word) == expected


def test_a_name_that_is_taken_gets_lines_behind_it() -> None:
    assert [unlike("a", ()), unlike("a", {"a"}), unlike("a", {"a", "a_"})] == ["a", "a_", "a__"]


def test_names_that_become_one_attribute_stay_apart() -> None:
    found = planned('input 3x8x8\n4C3 as "a b" - 4C3 as "a/b" - 4C3 as a_b')
    assert list(found.root.members) == ["a_b", "a_b_", "a_b__"]
    assert found.modules == {1: "a_b", 2: "a_b_", 3: "a_b__"}


# Sections


def test_a_block_is_a_section_whose_values_flow_in_and_out() -> None:
    found = planned(f"{BASIC}input 4x8x8\nbasic(4)\nbasic(8, s=2)")
    first = section(found, "basic1")
    assert first.members == {
        "conv1": call("nn.Conv2d", in_channels=4, out_channels=4, kernel_size=3, padding=1),
        "bn1": call("nn.BatchNorm2d", num_features=4),
        "relu1": call("nn.ReLU"),
        "conv2": call("nn.Conv2d", in_channels=4, out_channels=4, kernel_size=3, padding=1),
        "bn2": call("nn.BatchNorm2d", num_features=4),
        "relu2": call("nn.ReLU"),
    }
    assert (first.path, first.word, first.title) == (("basic1",), "basic", "basic(4)")
    assert (first.inputs, first.outputs) == ((0,), (7,))
    assert steps(first)[-2:] == ["6 = operator.add() of 5, 0", "7 = self.relu2 of 6"]
    assert steps(found.root) == ["7 = self.basic1 of 0", "16 = self.basic2 of 7"]
    assert found.modules[8] == "basic2.conv1"


def test_a_flattened_map_is_a_step_of_its_own() -> None:
    found = planned("3x4x4 - 5N")
    assert steps(found.root) == ["1 = torch.flatten(start_dim=1) | self.dense1 of 0"]


def test_a_layer_of_two_modules_names_the_one_without_weights_after_both() -> None:
    found = planned("input 3xHxW\nconv(4, 3, stride=2, pad=same)")
    assert list(found.root.members) == ["conv1_padsame", "conv1"]
    assert found.modules == {1: "conv1"}


def test_a_layer_whose_last_call_is_a_function_still_has_its_module() -> None:
    assert planned("3x8x8 - patches(4, 6)").modules == {1: "patches1"}


def test_a_named_chain_and_its_copies_are_sections() -> None:
    found = planned('3x16x16 - { 4C3 - relu } as "first/one"\n2 * { { 4C3 } as inner }\n{ 4C3 } as "a.b"')
    assert list(found.root.members) == ["first_one", "inner_1", "inner_2", "a_b"]
    assert isinstance(section(planned("input 3x8x8\n{ { relu } as a } as a"), "a").members["a"], Section)
    assert section(found, "inner_2").word == "inner_2"
    assert section(found, "a_b").members == {"conv1": call("nn.Conv2d", in_channels=4, out_channels=4, kernel_size=3)}


def test_scopes_of_a_graph_that_was_read_back_are_told_by_their_names() -> None:
    graph = netspec.compile("3x16x16 - 2 * { { 4C3 } as inner }")
    (first, second) = (item for item in parts(graph.nodes[1:]) if isinstance(item, Part))
    assert (first.called, second.called, first.first, second.last) == ("inner_1", "inner_2", 1, 2)


def test_what_a_block_gives_to_others_comes_out_of_it() -> None:
    found = planned("input 3x8x8\n{ 4C3p1 as a - relu\noutput side { 2C1 }\n3C1 } as stage - relu")
    stage = section(found, "stage") if isinstance(found.root.members["stage"], Section) else None
    assert stage is not None and stage.steps == ()  # an auxiliary head begins in it, so it is written out
    assert list(stage.members) == ["a", "relu1", "conv2", "conv3"]
    assert "3 = self.stage.conv2 of 2 in training" in steps(found.root)


def test_a_section_can_have_several_inputs_and_outputs() -> None:
    spec = """input 3x8x8
4C3p1 as a
4C3p1 as b
{ add { | @a | @b } - 2C1 as c
  3C1
} as stage
output other { identity }
relu"""
    found = planned(spec)
    assert section(found, "stage").inputs == (1, 2)


# Shares


def test_a_share_is_called_again() -> None:
    found = planned("""input left 1x16x16
input right 1x16x16
share trunk { 4C5 - relu - 6N }
distance { | @left - trunk | @right - trunk }""")
    assert list(found.root.members) == ["trunk"]
    assert steps(found.root) == [
        "4 = self.trunk of 0",
        "7 = self.trunk of 1",
        "8 = F.pairwise_distance(p=2, keepdim=True) of 4, 7",
    ]
    assert found.arguments == {"left": 0, "right": 1}
    assert found.modules[5] == found.modules[2] == "trunk.conv1"


def test_a_block_that_uses_a_share_of_the_file_is_written_out() -> None:
    found = planned("share trunk { 4C3p1 - relu }\nblock unit() { trunk - 3C1 }\ninput 3x8x8\n2 * unit")
    assert steps(found.root) == [
        "3 = self.unit1 of 0",
        "5 = self.unit1.trunk of 3",
        "6 = self.unit2.conv1 of 5",
    ]
    assert section(found, "unit2") == Section(
        ("unit2",), "unit", "unit", {"conv1": call("nn.Conv2d", in_channels=4, out_channels=3, kernel_size=1)}
    )


def test_a_share_on_a_size_that_needs_other_padding_is_written_out_with_the_same_weights() -> None:
    spec = """input a 3x8x8
input b 3x7x7
share trunk { conv(4, 3, stride=2, pad=same) - relu - GAP }
add { | @a - trunk | @b - trunk }"""
    found = planned(spec)
    assert list(found.root.members) == ["trunk"]
    assert steps(section(found, "trunk"))[0] == "2 = F.pad(pad=(0, 1, 0, 1)) | self.conv1 of 0"
    assert steps(found.root)[1:4] == [
        "5 = F.pad(pad=(1, 1, 1, 1)) | self.trunk.conv1 of 1",
        "6 = self.trunk.relu1 of 5",
        "7 = torch.mean(dim=(-2, -1)) of 6",
    ]


def test_what_has_no_weights_and_differs_is_made_anew_for_another_use() -> None:
    spec = """input a 3x8x8
input b 3x7x7
share trunk { maxpool(3, stride=2, pad=same) - 2C1 }
add { | @a - trunk | @b - trunk }"""
    found = planned(spec)
    assert section(found, "trunk").members == {
        "maxpool1": call("nn.MaxPool2d", kernel_size=3, stride=2),
        "conv1": call("nn.Conv2d", in_channels=3, out_channels=2, kernel_size=1),
    }
    assert section(found, "trunk2").members == {"maxpool1": call("nn.MaxPool2d", kernel_size=3, stride=2, padding=1)}


def test_weights_that_torch_keeps_in_another_module_can_not_be_shared() -> None:
    spec = "input a 4x8x8\ninput b 4\nshare norm { bn }\nadd { | @a - norm - GAP | @b - norm }"
    with pytest.raises(netspec.SpecError) as caught:
        planned(spec)
    assert str(caught.value) == (
        "error[E211]: `norm2.bn1` can't share the module of `norm.bn1`: torch has another one for what flows in here\n"
        "  --> <spec>:3:14\n"
        "   |\n"
        " 3 | share norm { bn }\n"
        "   |              ^^ `nn.BatchNorm1d(num_features=4)` here, `nn.BatchNorm2d(num_features=4)` there"
    )


# When layers run


def test_heads_beside_the_way_to_the_end_are_auxiliary() -> None:
    found = plan(analysed("googlenet").graph)
    assert found.auxiliary == {"head1", "head2"}
    head = section(found, "head1")
    assert [step.when for step in head.steps] == [""] * 7
    assert "softmax1" not in head.members  # training takes the logits, and a head is there in training only
    assert [line for line in steps(found.root) if " in " in line] == [
        "60 = self.head1 of 53 in training",
        "110 = self.head2 of 103 in training",
        "158 = self.softmax1 of 157 in evaluation",
    ]


def test_heads_on_the_value_of_main_are_no_auxiliary_ones() -> None:
    found = planned("input 3x8x8\n4C3 - relu - GAP as f\noutput class { 5N - softmax }\noutput box { 4N }")
    assert found.auxiliary == frozenset()
    assert found.outputs == {"class": 5, "box": 6, "main": 3}


@pytest.mark.parametrize(
    ("loss", "auxiliary"),
    [("cross_entropy", {"side"}), ("{ side: smooth_l1, main: cross_entropy }", set())],
)
def test_a_head_with_a_loss_of_its_own_is_no_auxiliary_one(loss: str, auxiliary: set[str]) -> None:
    written = f"loss = {loss}" if "{" not in loss else f"loss {loss}"
    found = planned(f"input 3x8x8\n4C3\noutput side {{ GAP }}\n4C3 - GAP\ntrain {{ {written} }}")
    assert found.auxiliary == auxiliary


def test_a_block_of_which_nothing_ever_runs_is_no_section() -> None:
    found = planned("block probs() { softmax }\ninput 4\n3N as a\noutput side { probs }\n2N")
    assert list(found.root.members) == ["a", "dense2"]
    assert found.outputs == {"side": 1, "main": 3}


def test_a_softmax_that_other_layers_use_runs_always() -> None:
    assert roles(netspec.compile("5 - softmax - 3N")).when == ("", "", "")
    assert roles(netspec.compile("5 - 3N - softmax")).when == ("", "", "evaluation")
    assert roles(netspec.compile("input 5\n3N - softmax\noutput side { 2N }")).when == ("", "", "", "")


def test_a_size_that_is_not_known_is_an_error_for_every_layer_that_needs_it() -> None:
    with pytest.raises(netspec.SpecError) as caught:
        planned("input 3xHxW\n4C3 - 5N\nrelu - 2N")
    assert str(caught.value) == (
        "error[E127]: `dense1` can't be built: a size that its module needs is not known\n"
        "  --> <spec>:2:7\n"
        "   |\n"
        " 2 | 4C3 - 5N\n"
        "   |       ^^ flattens 4x(H − 2)x(W − 2)\n"
        "   |\n"
        "   = help: give the size of what flows in: `--input 3x224x224`, or `inputs=` in Python"
    )
    assert [each.code for each in caught.value.diagnostics] == ["E127"]


# Laws


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_has_a_module_under_its_name_in_the_spec(name: str) -> None:
    graph = analysed(name).graph
    found = plan(graph)
    for node in graph.nodes:
        if graph.weights_of(node):
            assert found.modules[node.number] == ".".join(map(attribute, node.name.split(".")))
            at = section(found, found.modules[node.number].rpartition(".")[0])
            assert isinstance(at.members[found.modules[node.number].rpartition(".")[2]], Call)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_uses_values_that_are_there(name: str) -> None:
    def check(at: Section) -> None:
        known = set(at.inputs)
        for step in at.steps:
            assert set(step.inputs) <= known
            known.update(step.outputs)
        assert set(at.outputs) <= known
        for member in at.members.values():
            if isinstance(member, Section):
                check(member)

    check(plan(analysed(name).graph).root)
