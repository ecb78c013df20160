"""Autoencoders: what comes out is as large as what went in."""

from __future__ import annotations

from itertools import pairwise

from tests.shipped import analysed


def test_the_autoencoder_of_mnist_narrows_to_a_code_of_30_numbers_that_is_linear() -> None:
    nodes = [layer.node for layer in analysed("autoencoder_mnist").layers]
    widths = [node.shape.channels for node in nodes if node.layer.name in ("input", "dense")]
    assert widths == [784, 1000, 500, 250, 30, 250, 500, 1000, 784]
    linear = [node.name for node, after in pairwise(nodes) if node.layer.name == after.layer.name == "dense"]
    assert linear == ["encode4"]


def test_each_decoder_gives_back_what_its_code_was_made_of() -> None:
    graph = analysed("stacked_autoencoder").graph
    sizes = {name: str(graph.nodes[number].shape) for name, number in graph.outputs.items()}
    assert sizes == {"decoded1": "784", "decoded2": "784", "main": "10"}
    inputs = {node.name: graph.nodes[node.inputs[0]].name for node in graph.nodes if node.inputs}
    assert inputs["encode2"] == inputs["decode1"] == "code1"
    assert inputs["decode2"] == "code2"


def test_without_decoders_the_classifier_is_the_only_output() -> None:
    assert set(analysed("stacked_autoencoder", decoders=False).graph.outputs) == {"main"}
