"""A network up to one of its layers."""

from __future__ import annotations

import pytest
import torch

import netspec
from netspec.lowering.build import build_graph
from netspec.lowering.until import until

SPECS = {
    "branches": "input 1x8x8\n4C3p1 - relu as a\nadd { | @a | @a - 4C3p1 }\nMP2 - 5N - softmax",
    "an auxiliary head": "input 1x8x8\n4C3 - relu\noutput head { GAP - 4N }\nMP2 - 4N - softmax",
    "shared weights": "input left 1x8x8\ninput right 1x8x8\nshare trunk { 3C3 - relu - 5N }\n"
    "distance { | @left - trunk | @right - trunk }",
    "blocks": "block unit(c) { conv(c, 3, pad=1) - bn - relu }\ninput 1x8x8\n2 * unit(4) - GAP - 3N",
}


@pytest.mark.parametrize("kind", SPECS)
def test_each_layer_gives_what_it_gives_in_the_whole_network(kind: str) -> None:
    graph = netspec.compile(SPECS[kind])
    whole = build_graph(graph).eval()
    values = [torch.randn(2, 1, 8, 8) for _ in graph.inputs]
    state = whole.state_dict()
    for node in graph.nodes:
        if node.number in graph.inputs.values():
            continue
        part = build_graph(until(graph, node.number)).eval()
        own = part.state_dict()
        assert set(own) <= set(state), node.name
        part.load_state_dict({name: state[name] for name in own})
        given = part(*values)
        assert given.shape == (2, *map(int, node.shape.dims)), node.name
        if node.number == graph.outputs["main"]:
            torch.testing.assert_close(given, whole(*values))


def test_what_does_not_lead_there_is_left_out() -> None:
    graph = netspec.compile(SPECS["an auxiliary head"])
    cut = until(graph, graph["maxpool1"].number)
    assert [node.name for node in cut.nodes] == ["input", "conv1", "relu1", "maxpool1"]
    assert list(cut.outputs) == ["main"]
    cut = until(graph, graph.outputs["head"])
    assert [node.layer.name for node in cut.nodes] == ["input", "conv", "relu", "gap", "dense"]
