"""Every layer's examples: the figures that they declare, and the same figures measured with torch."""

from __future__ import annotations

import pytest

from netspec.layers import TABLE, layer_class
from netspec.layers.base import Example, trained_count
from tests.layers.agreement import assert_agreement_with_torch
from tests.layers.reading import layer_of, shapes_of

EXAMPLES = [(name, example) for name in TABLE for example in layer_class(name).examples]
NAMES = [f"{name}: {example.spec} on {example.inputs}" for name, example in EXAMPLES]

every_example = pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=NAMES)


@every_example
def test_an_example_comes_out_as_it_says(name: str, example: Example) -> None:
    layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
    output = layer.out_shape(inputs)
    assert layer.name == name
    assert str(output) == example.output
    assert trained_count(layer.weights(inputs)) == example.parameters
    assert layer.macs(inputs, output) == example.macs


@every_example
def test_every_question_about_an_example_has_an_answer(name: str, example: Example) -> None:
    layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
    output = layer.out_shape(inputs)
    assert len(layer.window(inputs, output)) == len(inputs)
    steps = layer.explain(inputs, output)
    assert all(step.what and step.formula and step.worked and step.result for step in steps)
    if example.parameters:
        assert [step.result for step in steps if step.what == "parameters"] == [f"{example.parameters:,}"]
    if example.macs:
        assert [step.result for step in steps if step.what == "macs"] == [f"{example.macs:,}"]


@pytest.mark.parametrize("name", TABLE)
def test_a_layer_has_examples_and_says_what_it_does(name: str) -> None:
    layer = layer_class(name)
    assert layer.name == name
    assert layer.examples
    assert (layer.__doc__ or "").strip()


@every_example
def test_an_example_agrees_with_torch(name: str, example: Example) -> None:
    assert_agreement_with_torch(layer_of(example.spec), shapes_of(example.inputs))
