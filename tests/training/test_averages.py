"""Mean weights, compared with torch's and with numbers by hand."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import netspec
from netspec.training.averages import Average


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))


def step(module: nn.Module, number: int) -> None:
    """Some step: the weights change, and the norm sees a batch."""
    module(torch.randn(5, 1, 4, 4, generator=torch.Generator().manual_seed(number)))
    with torch.no_grad():
        for each in module.parameters():
            each.add_(torch.randn(each.shape, generator=torch.Generator().manual_seed(number)))


def test_the_mean_is_torchs():
    module = network()
    ours = Average(module, 0.9)
    theirs = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    for number in range(6):
        step(module, number)
        ours.update()
        theirs.update_parameters(module)
        for name, each in ours.state_dict().items():
            if each.is_floating_point():
                torch.testing.assert_close(each, theirs.module.state_dict()[name])


def test_the_mean_by_hand():
    module = nn.Linear(1, 1, bias=False)
    average = Average(module, 0.75)
    for weight in (4.0, 8.0, 0.0):
        module.weight.data.fill_(weight)
        average.update()
    assert average.state_dict()["weight"].item() == 0.75 * (0.75 * 4 + 0.25 * 8)


def test_buffers_are_averaged_and_counts_are_the_newest():
    module = network()
    average = Average(module, 0.5)
    for number in range(2):
        step(module, number)
        average.update()
        if not number:
            first = module[1].running_mean.clone()
    torch.testing.assert_close(average.state_dict()["1.running_mean"], (first + module[1].running_mean) / 2)
    assert average.state_dict()["1.num_batches_tracked"].item() == 2


def test_a_mean_that_keeps_nothing_is_the_newest_weights():
    module = network()
    average = Average(module, 0.0)
    for number in range(3):
        step(module, number)
        average.update()
    assert all(torch.equal(each, module.state_dict()[name]) for name, each in average.state_dict().items())


def test_the_mean_is_the_networks_while_it_is_applied():
    module = network()
    average = Average(module, 0.9)
    for number in range(3):
        step(module, number)
        average.update()
    before = copy.deepcopy(module.state_dict())
    places = [each.data_ptr() for each in module.parameters()]
    applied = {}

    def interrupted():
        with average.applied():
            applied.update(copy.deepcopy(module.state_dict()))
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        interrupted()
    assert all(torch.equal(each, applied[name]) for name, each in average.state_dict().items())
    assert not torch.equal(applied["0.weight"], before["0.weight"])
    assert all(torch.equal(each, before[name]) for name, each in module.state_dict().items())
    assert places == [each.data_ptr() for each in module.parameters()]
    assert all(each.requires_grad for each in module.parameters())


def test_going_on_from_a_saved_mean_is_going_on():
    module = network()
    average = Average(module, 0.9)
    for number in range(2):
        step(module, number)
        average.update()
    other = copy.deepcopy(module)
    again = Average(other, 0.9)
    again.load_state_dict(copy.deepcopy(average.state_dict()), average.steps)
    for each, mean in ((module, average), (other, again)):
        step(each, 2)
        mean.update()
    assert all(torch.equal(each, again.state_dict()[name]) for name, each in average.state_dict().items())
    with pytest.raises(KeyError):
        again.load_state_dict({}, 1)


@pytest.mark.parametrize("spec", ["lenet5", "cifar_resnet18"])
def test_the_mean_has_the_names_of_the_networks_state(spec):
    module = netspec.build(spec)
    assert Average(module, 0.9).state_dict().keys() == module.state_dict().keys()


def test_gradients_do_not_flow_into_the_mean():
    module = network()
    average = Average(module, 0.9)
    average.update()
    assert not any(each.requires_grad for each in average.state_dict().values())
