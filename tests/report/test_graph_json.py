"""The Graph as JSON: what is read back is the same network, and nothing else is read."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.cli import main
from netspec.diagnostics import Diagnostic, Edit, Help, Label, SpecError
from netspec.graph import Graph
from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import PerAxis, Word
from netspec.records import replace
from netspec.report import graph_json, interface, tree
from netspec.report.json_values import decode, encode
from tests.analysis.graphs import chain
from tests.layers.reading import layer_of, shapes_of
from tests.shipped import NAMES, analysed

SPECS = sorted((Path(__file__).parent.parent / "specs" / "ok").glob("*.spec"))
SMALL = """\
param width = 0.3
block down(c) { conv(c, 3, stride=2) - bn }
input left 3xHxW
input right 3xHxW
share trunk { down(8) as first - 2 * { leaky(width) } }
concat { | @left - trunk | @right - trunk }
output side { 4C1 - identity - GAP - 2N }
GAP - 10N - softmax
train {
  loss { main: cross_entropy(smoothing=0.1), side: squared_error }
  optimizer = sgd(lr=0.1, momentum=0.9)
  augment { crop(32, pad=4) - hflip }
  freeze = ["first"]
}
"""


def document(spec: str = SMALL) -> dict[str, Any]:
    """A network as the data of its JSON, to be changed."""
    content: dict[str, Any] = json.loads(graph_json.write(netspec.compile(spec)))
    return content


def assert_is_kept(graph: Graph) -> None:
    """The laws of a round trip."""
    written = graph_json.write(graph)
    again = graph_json.read(written)
    assert graph_json.write(again) == written
    assert again.nodes == tuple(
        replace(node, origin=new.origin) for node, new in zip(graph.nodes, again.nodes, strict=True)
    )
    kept = ("name", "inputs", "outputs", "parameters", "train")
    assert [getattr(again, key) for key in kept] == [getattr(graph, key) for key in kept]
    assert [*again.inputs] == [*graph.inputs] and [*again.outputs] == [*graph.outputs]
    for node, new in zip(graph.nodes, again.nodes, strict=True):
        span, other = node.origin.span, new.origin.span
        assert (span.line, span.column, span.text) == (other.line, other.column, other.text)
        assert [replace(s, span=span) for s in node.origin.trail] == [replace(s, span=span) for s in new.origin.trail]
    assert tree.render(again) == tree.render(graph)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_network_and_all_its_figures_come_back(name: str) -> None:
    analysis = analysed(name)
    assert_is_kept(analysis.graph)
    again = graph_json.read(graph_json.write(analysis.graph))
    assert interface.render(netspec.analyze(again)) == interface.render(analysis)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_every_construct_of_the_language_comes_back(spec: Path) -> None:
    assert_is_kept(netspec.compile(spec))


def test_a_network_of_text_alone_comes_back_equal() -> None:
    graph = netspec.compile(SMALL)
    assert graph.findings == () and graph.nodes[-1].shape.dims == (10,)
    assert graph_json.read(graph_json.write(graph)) == graph


def test_warnings_and_notes_come_back_with_their_places() -> None:
    graph = netspec.compile("227x227x3 - 8C3 - relu as a\n@a - conv3-8\n@a - MP2")
    assert {each.code for each in graph.findings} == {"W001", "W002", "N001"}
    assert graph_json.read(graph_json.write(graph)).findings == graph.findings


def test_a_remark_with_an_edit_comes_back() -> None:
    graph = netspec.compile("784 - 10N")
    span = graph.nodes[1].origin.span
    remark = Diagnostic("N001", "a title", (Label(span, "here"),), ("a note",), (Help("mend it", (Edit(span, "9N"),)),))
    with_remark = replace(graph, findings=(remark,))
    assert graph_json.read(graph_json.write(with_remark)) == with_remark


def test_a_size_that_is_unknown_comes_back_with_its_reason() -> None:
    graph = netspec.compile("input 3xHxW\nflatten")
    assert graph_json.read(graph_json.write(graph)) == graph
    assert document("input 3xHxW\nflatten")["nodes"][1]["shape"]["channels"].keys() == {"unknown"}


@pytest.mark.parametrize("name", TABLE)
def test_every_layer_comes_back_with_its_arguments(name: str) -> None:
    for example in layer_class(name).examples:
        layer = layer_of(example.spec)
        if len(shapes_of(example.inputs)) == 1 and "tokens" not in str(example.inputs):
            graph = chain(str(example.inputs), layer)
            assert graph_json.read(graph_json.write(graph)) == graph
        assert encode(decode(encode(PerAxis((1, 2))), "")) == {"sizes": [1, 2]}


VALUES = st.recursive(
    st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.fractions(-(10**12), 10**12, max_denominator=10**6)
    | st.text()
    | st.text().map(Word)
    | st.lists(st.integers(0, 9), max_size=3).map(PerAxis),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_comes_back_exactly_and_of_its_own_kind(value: object) -> None:
    again = decode(json.loads(json.dumps(encode(value))), "value")
    assert again == value and repr(again) == repr(value)


@given(VALUES)
def test_any_value_of_a_parameter_comes_back(value: object) -> None:
    graph = replace(netspec.compile("784 - 10N"), parameters={"value": value})
    assert repr(graph_json.read(graph_json.write(graph)).parameters) == repr(graph.parameters)


def test_a_third_and_a_closed_form_are_written_exactly() -> None:
    content = document("param part = 1/3\ninput 3xHxW\n64C7s2p3 - leaky(part)")
    assert content["parameters"] == {"part": {"fraction": "1/3"}}
    assert content["nodes"][2]["arguments"] == {"slope": {"fraction": "1/3"}}
    closed = {"of": "H", "add": 1, "divisor": 2, "factor": 1, "offset": 0}
    assert content["nodes"][1]["shape"] == {"channels": 64, "sizes": [closed, {**closed, "of": "W"}]}
    assert netspec.compile(json.dumps(content)).nodes[2].layer.slope == Fraction(1, 3)  # type: ignore[attr-defined]


# The commands


def test_commands_read_a_network_in_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec, file = tmp_path / "net.spec", tmp_path / "net.json"
    spec.write_text(SMALL, encoding="utf-8")
    file.write_text(graph_json.write(netspec.compile(spec)), encoding="utf-8")
    for command in (["analyze"], ["analyze", "--json"], ["explain"], ["tree"], ["check"]):
        printed = []
        for path in (spec, file):
            assert main([command[0], str(path), *command[1:]]) == 0
            printed.append(capsys.readouterr().out.replace(str(file), str(spec)))
        assert printed[0] == printed[1] != ""


def test_the_text_itself_is_taken_where_a_spec_is() -> None:
    graph = netspec.compile("784 - 10N")
    text = graph_json.write(graph)
    assert netspec.compile(text) == netspec.compile(json.dumps(json.loads(text))) == graph


def test_a_chain_in_braces_is_still_a_spec() -> None:
    assert netspec.compile('{ 20C5 - relu } as "a"').nodes[-1].name == "a.relu1"


def test_a_file_called_json_that_holds_a_spec_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text("784 - 10N")
    with pytest.raises(SpecError, match="is not a network in JSON: it breaks off or goes wrong here"):
        netspec.compile(path)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (
            {"width": 2},
            "error[E113]: a network in JSON has its parameters applied, so `width` can't be set",
        ),
        (
            {"inputs": "3x9x9"},
            "error[E130]: a network in JSON keeps the input that it has",
        ),
        ({"max_layers": 3}, "error[E007]: this network has more than 3 layers, the limit"),
    ],
)
def test_what_only_a_spec_can_be_given_is_refused(given: dict[str, Any], error: str) -> None:
    with pytest.raises(SpecError) as caught:
        netspec.compile(json.dumps(document()), **given)
    help = "\n   = help: give it to the spec when it is written as JSON"
    assert str(caught.value) == error + ("" if "max_layers" in given else help)
