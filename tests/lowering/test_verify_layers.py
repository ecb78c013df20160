"""Every example of every layer, as a network of its own, has the figures that torch measures."""

from __future__ import annotations

import re

import pytest

from netspec.layers import TABLE, layer_class
from netspec.layers.base import Example
from netspec.lowering.verify import verify

pytest.importorskip("torch")

EXAMPLES = [example for name in TABLE for example in layer_class(name).examples]


def network(example: Example) -> str:
    """The example behind inputs of its shapes; tokens are made of a row of pixels."""
    inputs = (example.inputs,) if isinstance(example.inputs, str) else example.inputs
    lines, values = [], []
    for number, shape in enumerate(inputs):
        tokens = re.fullmatch(r"(\d+) tokens x (\d+)", shape)
        lines.append(f"input in{number} {f'1x1x{tokens[1]}' if tokens else shape}")
        if tokens:
            lines.append(f"@in{number} - patches(1x1, {tokens[2]}) as v{number}")
        values.append(f"@v{number}" if tokens else f"@in{number}")
    branches = " ".join(f"| {value}" for value in values)
    lines.append(f"{values[0]} - {example.spec}" if len(values) == 1 else f"{example.spec} {{ {branches} }}")
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.spec} on {example.inputs}")
def test_a_layer_has_the_figures_that_torch_measures(example: Example) -> None:
    assert verify(network(example)).differences == ()
