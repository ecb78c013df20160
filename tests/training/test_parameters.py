"""Which parameters are kernels and matrices: the same that the recipe's `init` draws."""

from __future__ import annotations

import pytest
import torch

from netspec.diagnostics import SpecError
from netspec.layers import TABLE, layer_class
from netspec.layers.base import no_count
from netspec.lowering.build import build_graph
from netspec.training.parameters import decays, is_kernel, trained
from tests.layers.reading import layer_of, shapes_of
from tests.lowering.one_layer import network_of

EXAMPLES = [example for name in TABLE for example in layer_class(name).examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.spec)
def test_kernels_are_the_weights_that_init_draws(example):
    graph = network_of(layer_of(example.spec), shapes_of(example.inputs))
    try:
        with torch.device("meta"):
            module = build_graph(graph)
    except SpecError:  # its size is not known
        return
    node = graph.nodes[-1]
    drawn = type(node.layer).macs is not no_count
    weights = [name for name, weight in graph.weights_of(node).items() if weight.trained and drawn]
    found = [name for name, each in trained(module).items() if is_kernel(name, each)]
    expected = [name for name in weights if not name.endswith(("bias", "table"))]
    assert [name.partition(".")[2] for name in found] == expected


def test_a_frozen_parameter_is_not_trained_and_a_shared_one_counts_once():
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    module[1].weight = module[0].weight
    module[0].bias.requires_grad_(False)
    assert list(trained(module)) == ["0.weight", "1.bias"]


def test_all_decay_unless_only_weights_do():
    kernel, bias = torch.zeros(2, 2), torch.zeros(2, 2, 2)
    assert decays("conv.weight", kernel, "all") and decays("conv.bias", bias, "all")
    assert decays("conv.weight", kernel, "weights") and not decays("local.bias", bias, "weights")
