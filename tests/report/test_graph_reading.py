"""What is not a network in JSON is refused by the place of the fault, and nothing worse happens."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.diagnostics import SpecError, render
from netspec.graph import Graph
from netspec.report import graph_json, interface, tree
from netspec.source import Source
from tests.analysis.graphs import chain, layer
from tests.report.test_graph_json import document


def refusal(content: object) -> str:
    """The whole error that reading gives."""
    text = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(SpecError) as caught:
        graph_json.read(Source(text, "net.json"))
    (diagnostic,) = caught.value.diagnostics
    return render(diagnostic)


DELETE = object()


def changed(content: Any, way: str, value: object) -> Any:
    """The data with one part of it replaced: `nodes[3].owner`."""
    *before, last = [int(each) if each.isdigit() else each for each in re.findall(r"[\w@]+", way)]
    part = content
    for key in before:
        part = part[key]
    if value is DELETE:
        del part[last]
    else:
        part[last] = value
    return content


@pytest.mark.parametrize(
    ("way", "value", "error"),
    [
        ("outputs", DELETE, "`.outputs` is missing"),
        ("more", 1, "`.more` is not known: "),
        ("nodes[2].owner", DELETE, "is missing"),
        ("nodes[2].extra", 1, "is not known: "),
        ("nodes[0].arguments", None, "must be an object, not null"),
        ("nodes", {}, "must be an array, not an object"),
        ("nodes[2]", [], "must be an object, not an array"),
        ("name", None, "must be a string, not null"),
        ("sources", [], "`scopes[0].span.source` names a source, and there are none"),
        ("source", 9, "must be a whole number from 0 to 0, not 9"),
        ("nodes[2].inputs", ["side"], "`nodes[2].inputs[0]` names no node before this: `side`"),
        ("nodes[2].inputs", ["trunk.bn1"], "`nodes[2].inputs[0]` names no node before this: `trunk.bn1`"),
        ("nodes[2].inputs", [], "has 0 entries, which `conv` can't take"),
        ("nodes[2].inputs", ["left", "right"], "has 2 entries, which `conv` can't take"),
        ("nodes[0].inputs", ["left"], "`nodes[0].inputs[0]` names no node before this: `left`"),
        ("nodes[2].layer", "maxpol", "names no layer: `maxpol`"),
        ("nodes[2].layer", "__class__", "names no layer: `__class__`"),
        ("nodes[2].layer", 7, "must be a string, not 7"),
        ("nodes[2].name", "left", "must be a name that no other node has, not `left`"),
        ("nodes[2].name", "", "must be a name that no other node has, not ``"),
        ("nodes[2].arguments.maps", 0, "takes a whole number from 1, not 0"),
        ("nodes[2].arguments.maps", True, "takes a whole number from 1, not true"),
        ("nodes[2].arguments.maps", None, "is no value of a spec: null"),
        ("nodes[2].arguments.kernel", 10**18, "takes a size from 1 such as `3` or `1x7`, "),
        ("nodes[2].arguments.maps", 10**19, "must be a whole number from -1,000,000,000,000,000,000 "),
        ("nodes[2].arguments.maps", 9, "`nodes[2].shape` is not what the layer gives, which is 9x"),
        ("nodes[2].arguments.groups", 3, "`nodes[2]` can't be: "),
        ("nodes[2].arguments.kernel", {"sizes": "3x3"}, "is no value of a spec: an object"),
        ("nodes[2].arguments.pad", {"word": "valid"}, "is not in the form that is kept: [[0, 0]]"),
        ("nodes[2].shape.channels", 9, "`nodes[2].shape` is not what the layer gives, which is 8x"),
        ("nodes[2].span.line", 9, "`nodes[2].span` stands at line 2 and column 17, and the file says otherwise"),
        ("nodes[2].span.end", 10**9, "must be a whole number from 0 to "),
        ("nodes[2].span.source", 3, "must be a whole number from 0 to 0, not 3"),
        ("nodes[2].scope", 99, "must be a whole number from 0 to "),
        ("nodes[2].owner", "left", "names `left`, whose weights don't fit"),
        ("nodes[2].owner", "side", "names no node up to this: `side`"),
        ("nodes[0].shape.channels", "HH", "must be a size or a single capital letter, not `HH`"),
        ("nodes[0].shape.channels", 0, "must be a whole number from 1 to 2,147,483,647, not 0"),
        ("nodes[0].shape.sizes", [1, 1, 1, 1], "has 4 axes, and a map has at most 3"),
        ("nodes[0].shape.rows", 3, "stands beside `sizes`, and only vectors come in rows"),
        ("scopes[0].copies", 0, "must be a whole number from 1 to 2,147,483,647, not 0"),
        ("scopes[0].within", 0, "names a scope that doesn't stand before it"),
        ("inputs.left", "side", "names no node that is an input: `side`"),
        ("inputs.left", "right", "`inputs` must name every node that is an input, once"),
        ("inputs.left", DELETE, "`inputs` must name every node that is an input, once"),
        ("outputs.main", "nothing", "names no node: `nothing`"),
        ("outputs", {}, "is empty, and a network has at least one"),
        ("parameters.width", {"fraction": "2/4"}, "`parameters.width.fraction` must be a fraction in lowest terms "),
        ("parameters.width", {"fraction": "1/0"}, "`parameters.width.fraction` must be a fraction in lowest terms "),
        ("parameters.width", {"fraction": "9999999999999999999/7"}, "`parameters.width.fraction` is out of reach: "),
        ("parameters.width", [[[[[[[[[[[[1]]]]]]]]]]]], f"`parameters.width{'[0]' * 10}` stands more than 10 deep"),
        ("train.los", {}, "names no setting: `los`"),
        ("train.loss.main.name", "os.system", "names no choice: `os.system`"),
        ("train.loss.main.smoothing", 2, "takes a number from 0 to below 1, not 2"),
        ("train.loss.other", {}, "names no output"),
        ("train.augment[0].pad", DELETE, "is missing"),
        ("findings", [{"code": "E102", "title": "", "labels": [], "notes": [], "helps": []}],
         "`findings[0].code` is no warning or note: `E102`"),
    ],
)  # fmt: skip
def test_a_part_that_is_not_what_it_must_be_is_refused_by_its_place(way: str, value: object, error: str) -> None:
    error = error if error.startswith("`") else f"`{way}` {error}"
    assert refusal(changed(document(), way, value)).startswith(f"error[E131]: `net.json`: {error}")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[1]", "is not a network in JSON\n   = help: `netspec export SPEC --to json` writes one"),
        (
            '{"format": "netspec graph", "version": 2}',
            "has version 2 of the format, and version 1 is read\n   = help: write it again from its spec",
        ),
        (
            '{"format": "netspec graph", "version": null}',
            "has version null of the format, and version 1 is read\n   = help: write it again from its spec",
        ),
        (
            '{"version": 1, "totals": {}}',
            "is the report of `netspec analyze --json`, not the network\n"  # noqa: ISC004 - two lines of one error
            "   = help: `netspec export SPEC --to json` writes one",
        ),
        (
            '{"a": ',
            (
                "is not a network in JSON: it breaks off or goes wrong here\n"
                '  --> net.json:1:5\n   |\n 1 | {"a":\n   |     ^ expecting value behind this'
            ),
        ),
        ('{"a": 1.5}', "is not a network in JSON: it holds 1.5, and all its numbers are whole"),
        ('{"a": NaN}', "is not a network in JSON: it holds NaN, and all its numbers are whole"),
        (
            f'{{"a": {"9" * 5000}}}',
            "is not a network in JSON: a number of 5,000 digits is too large",
        ),
        (
            '{"a": 1, "a": 2}',
            "is not a network in JSON: the key `a` stands twice in one object",
        ),
        ("[" * 100_000, "is not a network in JSON: its brackets are nested too deep"),
    ],
)  # fmt: skip
def test_text_that_is_no_such_network_is_refused_with_the_whole_reason(text: str, error: str) -> None:
    assert refusal(text) == f"error[E131]: `net.json` {error}"


@pytest.mark.parametrize(
    ("spec", "sharing", "owner"),
    [
        ("3x9x9 - 8C3 - 8C3", "conv2", "conv1"),  # one sees 3 channels, the other 8
        ("input a 4\nshare s { 2N }\n@a - s as one\n@a - s as two\n@a - s as three", "three.dense1", "two.dense1"),
    ],
)
def test_only_weights_that_fit_and_are_their_owners_own_are_shared(spec: str, sharing: str, owner: str) -> None:
    content = document(spec)
    number = next(number for number, node in enumerate(content["nodes"]) if node["name"] == sharing)
    what = f"`nodes[{number}].owner` names `{owner}`, whose weights don't fit"
    assert refusal(changed(content, f"nodes[{number}].owner", owner)) == f"error[E131]: `net.json`: {what}"


def test_a_size_that_is_too_large_is_refused_where_it_comes_out() -> None:
    wide = chain(f"1x{2**31 - 1}", layer("upsample", 2))
    what = "`nodes[1]` can't be: a size comes out that is over 2,147,483,647"
    assert refusal(graph_json.write(wide)) == f"error[E131]: `net.json`: {what}"


def test_a_file_that_breaks_off_anywhere_is_refused() -> None:
    text = graph_json.write(netspec.compile("1x28x28 - 20C5 - MP2 - 10N"))
    for end in range(0, len(text.rstrip()), 7):
        assert "E131" in refusal(text[:end])


@given(st.data())
def test_a_file_with_any_part_replaced_is_read_or_refused_and_never_worse(data: st.DataObject) -> None:
    content = document()
    part: Any = content
    for _ in range(data.draw(st.integers(0, 5))):
        keys = [*range(len(part))] if isinstance(part, list) else [*part]
        inner = [key for key in keys if isinstance(part[key], (dict, list)) and part[key]]
        if not inner:
            break
        part = part[data.draw(st.sampled_from(inner))]
    key = data.draw(st.sampled_from([*range(len(part))] if isinstance(part, list) else [*part]))
    odd = [None, True, -1, 0, 1, 2, 3, 10**18, "", "H", "left", [], {}, [0], {"word": "same"}, {"fraction": "1/2"}]
    others = [content["nodes"][3], content["scopes"][0], content["nodes"][0]["shape"], content["nodes"][1]["inputs"]]
    part[key] = deepcopy(data.draw(st.sampled_from([*odd, *others])))
    graph = read_or_refused(json.dumps(content))
    if isinstance(graph, Graph):
        interface.render(netspec.analyze(graph))
        tree.render(graph)
        assert graph_json.write(graph_json.read(graph_json.write(graph))) == graph_json.write(graph)
    else:
        assert graph == ["E131"]


def read_or_refused(text: str) -> Graph | list[str]:
    """The network, or the codes of its errors."""
    try:
        return graph_json.read(text)
    except SpecError as error:
        return [each.code for each in error.diagnostics]
