"""Parts of a network that are trained otherwise than the rest: `freeze` and `rates`."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
import torch

from netspec.diagnostics import SpecError
from netspec.training.loop import train_step
from netspec.training.optimizers import first_rate
from netspec.training.settings import from_json, to_json
from netspec.training.under_way import state_of, take_up
from tests.training.small import prepared, training, weights

NET = """block pair(n) {
  conv(n, 3, pad=1) - bn - relu - dropout(0.5)
}
input 1x6x6
pair(4) as low
pair(6) as high
4N - softmax
train {
  optimizer = OPTIMIZER
  batch = 8
  epochs = 3
MORE
}
"""
OPTIMIZERS = (
    *("sgd(lr=0.1)", "momentum(lr=0.1, weight_decay=0.01)", "adagrad", "adadelta", "rmsprop"),
    *("adam", "adamw", "muon", "muon(weight_decay=0.1)"),
)


def net(more: str, optimizer: str = "sgd(lr=0.1)") -> str:
    return NET.replace("OPTIMIZER", optimizer).replace("MORE", more)


def trained_names(freeze: str) -> list[str]:
    made, _ = training(text=net(f"  freeze = [{freeze}]"))
    return [name for name, each in made.network.module.named_parameters() if each.requires_grad]


HIGH = ["high.conv1.weight", "high.conv1.bias", "high.bn1.weight", "high.bn1.bias"]
DENSE = ["dense1.weight", "dense1.bias"]


@pytest.mark.parametrize(
    ("freeze", "left"),
    [
        ('"low"', [*HIGH, *DENSE]),
        ('"low.conv1..low.bn1"', [*HIGH, *DENSE]),
        ('"low..high.conv1"', [*HIGH[2:], *DENSE]),
        ('"*.conv1", "*.bn?"', DENSE),
        ('"l[no]w", "dense1"', HIGH),
    ],
)
def test_names_blocks_ranges_and_patterns_are_frozen(freeze: str, left: list[str]) -> None:
    assert trained_names(freeze) == left


def test_what_is_frozen_has_no_gradient_and_does_not_change_in_training_statistics_included() -> None:
    made, data = training(text=net('  freeze = "low"\n  ema = 0.9'))
    before = weights(made)
    for _ in range(6):
        train_step(made, data.feed)
    module = made.network.module
    assert all(each.grad is None for each in module.get_submodule("low").parameters())
    after = weights(made)
    assert all(torch.equal(before[name], each) for name, each in after.items() if name.startswith("low."))
    assert not any(torch.equal(before[name], each) for name, each in after.items() if name.startswith("high.conv1"))
    assert made.average is not None
    assert torch.equal(made.average.state_dict()["low.bn1.running_mean"], before["low.bn1.running_mean"])


def test_no_gradient_flows_into_what_is_frozen_below() -> None:
    made, data = training(text=net('  freeze = "low"'))
    seen = []
    low = made.network.module.get_submodule("low.bn1")
    low.register_forward_hook(lambda module, given, result: seen.append(result.requires_grad))
    train_step(made, data.feed)
    assert seen == [False]


def test_what_is_frozen_drops_nothing_out() -> None:
    made, _ = training(text=net('  freeze = "low"'))
    made.network.train()
    assert not made.network.module.get_submodule("low.dropout1").training
    assert made.network.module.get_submodule("high.dropout1").training


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ('freeze = "lwo"', "`freeze` names a layer `lwo`, which is not there"),
        ('freeze = "low.conv2"', "`freeze` names a layer `low.conv2`, which is not there"),
        ('freeze = "conv*"', "`freeze` names a layer `conv*`, which is not there"),
        ('freeze = "high..low"', "`freeze` names `high..low`, but `low` is before `high`"),
        ('freeze = "low.relu1"', "`freeze` names `low.relu1`, which has no weights that are trained"),
        ('rates = "hig=0.1"', "`rates` names a layer `hig`, which is not there"),
        ('rates = "high.relu1=0.1"', "`rates` names `high.relu1`, which has no weights that are trained"),
        ('freeze = "low"\n  rates = "low.conv1=0.1"', "`rates` names `low.conv1`, which is frozen"),
    ],
)
def test_what_names_nothing_is_the_specs_fault(setting: str, what: str) -> None:
    with pytest.raises(SpecError) as caught:
        training(text=net(f"  {setting}"))
    assert caught.value.diagnostics[0].title == what


def test_a_block_that_is_near_is_named() -> None:
    with pytest.raises(SpecError, match="did you mean `high`"):
        training(text=net('  freeze = "hihg"'))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_part_takes_its_share_of_the_rate_whatever_the_optimiser(optimizer: str) -> None:
    rates = '  rates = ["*=0.1", "dense1=2"]\n  decay = weights'
    one, data = training(text=net(rates, optimizer))
    plain, _ = training(text=net("  decay = weights", optimizer))
    parameters = dict(one.network.module.named_parameters())
    names = {id(each): name for name, each in parameters.items()}
    theirs = {
        name: group["initial_lr"]
        for group in plain.optimizer.param_groups
        for each in group["params"]
        for name, other in plain.network.module.named_parameters()
        if other is each
    }
    seen = set()
    for group in one.optimizer.param_groups:
        for each in group["params"]:
            name = names[id(each)]
            factor = 2 if name.startswith("dense1") else 0.1
            assert group["initial_lr"] == pytest.approx(theirs[name] * factor)
            seen.add(name)
    assert seen == parameters.keys()
    train_step(one, data.feed)
    assert first_rate(one.optimizer) == pytest.approx(first_rate(plain.optimizer))


def test_a_step_of_plain_descent_is_as_long_as_its_factor_says() -> None:
    moved = []
    for more in ("", '  rates = "low=0.25"'):
        made, data = training(text=net(more).replace(" - dropout(0.5)", ""))
        before = weights(made)
        train_step(made, data.feed)
        moved.append({name: each - before[name] for name, each in weights(made).items()})
    assert torch.allclose(moved[1]["low.conv1.weight"], moved[0]["low.conv1.weight"] / 4, atol=1e-7)
    assert torch.equal(moved[1]["dense1.weight"], moved[0]["dense1.weight"])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_parts_go_on_as_if_nothing_had_been(optimizer: str) -> None:
    text = net('  freeze = "low.conv1"\n  rates = ["high=0.1", "dense1=3"]\n  schedule = cosine', optimizer)
    one, data = training(text=text)
    for _ in range(3):
        train_step(one, data.feed)
    other, _ = training(text=text)
    take_up(other, deepcopy(state_of(one)))
    for each in (one, other):
        train_step(each, data.feed)
    mine, theirs = state_of(one), state_of(other)
    assert json.dumps(mine.facts) == json.dumps(theirs.facts)
    assert all(torch.equal(each, theirs.tensors[name]) for name, each in mine.tensors.items())


def test_rates_are_kept_as_they_are_read_and_older_records_have_none() -> None:
    settings = prepared(text=net('  rates = "low = 0.1"')).task.settings
    assert settings.rates == ("low=0.1",)
    written = json.loads(json.dumps(to_json(settings)))
    assert from_json(written) == settings
    del written["rates"]
    assert from_json(written).rates == ()


@pytest.mark.parametrize(
    "rate", ['"low"', '"low="', '"=0.1"', '"low=0"', '"low=-1"', '"low=x"', '"low=nan"', "[]", "1"]
)
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(SpecError, match="`rates` takes layers with a factor over 0"):
        training(text=net(f"  rates = {rate}"))
