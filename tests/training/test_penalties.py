"""L1 and L2, compared with sums over the weights and with autograd."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netspec.training.penalties import penalty


def network() -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2)).double()
    module[3].bias.requires_grad_(False)
    module[3].weight.data[0, 0] = 0
    return module


ALL = ["0.weight", "0.bias", "1.weight", "1.bias", "3.weight"]
WEIGHTS = ["0.weight", "3.weight"]


@pytest.mark.parametrize(("decay", "names"), [("all", ALL), ("weights", WEIGHTS)])
@pytest.mark.parametrize(("l1", "l2"), [(0.1, 0), (0, 0.3), (0.1, 0.3)])
def test_the_penalty_and_its_gradient_are_those_of_the_formula(decay, names, l1, l2):
    module, plain = network(), network()
    asked = penalty({"l1": l1, "l2": l2, "decay": decay}, module)
    values = [each for name in names for each in module.get_parameter(name).flatten().tolist()]
    expected = l1 * sum(map(abs, values)) + l2 / 2 * sum(each**2 for each in values)
    assert asked.value().item() == pytest.approx(expected)
    for each in module.parameters():
        each.grad = torch.ones_like(each) if each.requires_grad else None
    asked.add_gradients()
    weights = [plain.get_parameter(name) for name in names]
    sum(l1 * each.abs().sum() + l2 / 2 * each.square().sum() for each in weights).backward()
    for name, each in module.named_parameters():
        if each.requires_grad:
            own = plain.get_parameter(name).grad
            torch.testing.assert_close(each.grad, 1 + own if own is not None else torch.ones_like(each))


def test_all_parameters_are_meant_unless_the_decay_is_of_weights():
    assert len(penalty({"l2": 1}, network()).parameters) == len(ALL)


def test_a_weight_without_gradient_gets_none():
    module = network()
    penalty({"l1": 1, "l2": 1}, module).add_gradients()
    assert all(each.grad is None for each in module.parameters())


def test_no_factor_and_nothing_trained_is_no_penalty():
    assert penalty({}, network()) is None
    assert penalty({"l1": 0, "l2": 0}, network()) is None
    assert penalty({"l1": 1}, network().requires_grad_(False)) is None
