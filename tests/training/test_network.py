"""The module that is trained: scores in training and in tests, whatever ends the network."""

from __future__ import annotations

import pytest
import torch

import netspec
from netspec.diagnostics import SpecError
from netspec.training.network import Network, network
from netspec.training.settings import resolved


def made(text: str) -> Network:
    graph = netspec.compile(text)
    return network(graph, resolved(graph))


def test_a_softmax_at_the_end_is_left_out_in_tests_too() -> None:
    found = made("1x6x6-4C3-5N-softmax")
    images = torch.randn(2, 1, 6, 6)
    found.train()
    training = found.scores(images)["main"]
    found.module.eval()
    assert torch.equal(found.scores(images)["main"], training) and not torch.allclose(training.sum(1), torch.ones(2))


def test_the_nearest_prototype_has_the_highest_score() -> None:
    found = made("1x2x2-rbf(3)")
    prototypes = found.module.get_buffer("rbf1.weight")
    scores = found.scores(prototypes.view(3, 1, 2, 2))["main"]
    assert torch.equal(scores.max(1).values, torch.zeros(3)) and (scores <= 0).all()


def test_auxiliary_heads_are_there_in_training_only() -> None:
    found = made("input 1x6x6\n4C3 - relu\noutput head { dense(4) }\ndense(4)")
    images = torch.randn(2, 1, 6, 6)
    found.train()
    assert set(found.scores(images)) == {"head", "main"} and found.primary == "main"
    found.module.eval()
    assert set(found.scores(images)) == {"main"}


def test_the_first_weights_depend_on_the_seed_alone() -> None:
    torch.rand(3)
    one = made("1x6x6-4C3-5N").module.state_dict()
    torch.rand(3)
    two = made("1x6x6-4C3-5N").module.state_dict()
    assert all(torch.equal(each, two[name]) for name, each in one.items())


def test_what_is_frozen_is_not_trained_and_keeps_its_statistics() -> None:
    found = made('input 1x6x6\n4C3 - bn - 5N\ntrain {\n  freeze = ["conv1..bn1"]\n}')
    found.train()
    assert found.frozen == ("conv1", "bn1") and not found.module.get_submodule("bn1").training
    trained = [name for name, each in found.module.named_parameters() if each.requires_grad]
    assert trained == ["dense1.weight", "dense1.bias"]


def test_a_layer_to_freeze_that_is_not_there_is_the_specs_fault() -> None:
    with pytest.raises(SpecError, match="`freeze` names a layer `conv9`"):
        made('input 1x6x6\n4C3 - 5N\ntrain {\n  freeze = ["conv9"]\n}')
