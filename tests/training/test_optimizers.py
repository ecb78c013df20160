"""Optimisers, compared with the formulas of their papers, one number at a time in double precision."""

from __future__ import annotations

import copy
from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
import torch
from torch import nn

import netspec
from netspec.recipe.choices import OPTIMIZERS
from netspec.training import optimizers
from netspec.training.errors import TrainingError
from netspec.training.muon import orthogonal
from netspec.training.optimizers import optimizer, set_rate

SETTINGS = (
    "sgd(0.1)",
    "sgd(0.1, weight_decay=0.02)",
    "sgd(0.1, momentum=0.9, weight_decay=0.02)",
    "sgd(0.1, momentum=0.9, nesterov=true, weight_decay=0.02)",
    "momentum(0.1)",
    "momentum(0.1, 0.8, nesterov=true)",
    "adagrad",
    "adagrad(0.1, eps=0.01, weight_decay=0.02)",
    "adadelta",
    "adadelta(0.5, rho=0.8, eps=0.01, weight_decay=0.02)",
    "rmsprop",
    "rmsprop(0.1, alpha=0.8, eps=0.01, weight_decay=0.02)",
    "rmsprop(0.1, momentum=0.9, weight_decay=0.02)",
    "adam",
    "adam(0.1, beta1=0.8, beta2=0.7, eps=0.01, weight_decay=0.02)",
    "adamw",
    "adamw(0.1, beta1=0.8, beta2=0.7, eps=0.01, weight_decay=0.3)",
    "muon",
    "muon(0.1, momentum=0.8, nesterov=false, steps=3, weight_decay=0.3, rest=0.05)",
)
STEPS = 6


def chosen(text: str) -> dict[str, Any]:
    """The recipe's `optimizer` as a spec writes it."""
    found: dict[str, Any] = netspec.compile(f"1x4x4\n2N\ntrain {{ optimizer = {text} }}").train["optimizer"]
    return found


class Small(nn.Module):
    """A kernel, a tall and a wide matrix, a bias, a norm, and one that is frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 2)
        self.norm = nn.BatchNorm2d(2)
        self.tall, self.wide = nn.Linear(2, 3, bias=False), nn.Linear(4, 2, bias=False)
        self.frozen = nn.Linear(2, 2)
        self.frozen.requires_grad_(False)


def small() -> Small:
    torch.manual_seed(0)
    return Small().double()


KERNELS = ("conv.weight", "tall.weight", "wide.weight")


def gradients(module: nn.Module, step: int) -> dict[str, torch.Tensor]:
    """Some gradient of each trained parameter, others at every step."""
    generator = torch.Generator().manual_seed(step)
    return {
        name: torch.randn(each.shape, generator=generator, dtype=torch.float64)
        for name, each in module.named_parameters()
        if each.requires_grad
    }


def stepped(module: nn.Module, made: torch.optim.Optimizer, step: int) -> None:
    for name, gradient in gradients(module, step).items():
        module.get_parameter(name).grad = gradient
    made.step()


# One number at a time


def sgd(weight, gradient, time, state, lr, momentum, nesterov, weight_decay):
    gradient += weight_decay * weight
    if momentum:
        state["v"] = momentum * state["v"] + gradient if time > 1 else gradient
        gradient = gradient + momentum * state["v"] if nesterov else state["v"]
    return weight - lr * gradient


def adagrad(weight, gradient, time, state, lr, eps, weight_decay):
    gradient += weight_decay * weight
    state["sum"] = state.get("sum", 0) + gradient**2
    return weight - lr * gradient / (sqrt(state["sum"]) + eps)


def adadelta(weight, gradient, time, state, lr, rho, eps, weight_decay):
    gradient += weight_decay * weight
    state["g"] = rho * state.get("g", 0) + (1 - rho) * gradient**2
    change = sqrt(state.get("x", 0) + eps) / sqrt(state["g"] + eps) * gradient
    state["x"] = rho * state.get("x", 0) + (1 - rho) * change**2
    return weight - lr * change


def rmsprop(weight, gradient, time, state, lr, alpha, eps, momentum, weight_decay):
    gradient += weight_decay * weight
    state["g"] = alpha * state.get("g", 0) + (1 - alpha) * gradient**2
    change = gradient / (sqrt(state["g"]) + eps)
    if momentum:
        state["v"] = change = momentum * state.get("v", 0) + change
    return weight - lr * change


def adam(weight, gradient, time, state, lr, beta1, beta2, eps, weight_decay):
    gradient += weight_decay * weight
    state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * gradient
    state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * gradient**2
    mean, square = state["m"] / (1 - beta1**time), state["v"] / (1 - beta2**time)
    return weight - lr * mean / (sqrt(square) + eps)


def adamw(weight, gradient, time, state, lr, beta1, beta2, eps, weight_decay):
    weight -= lr * weight_decay * weight
    return adam(weight, gradient, time, state, lr, beta1, beta2, eps, 0)


PLAIN: dict[str, Callable[..., float]] = {
    "sgd": sgd,
    "momentum": sgd,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
}


# Muon, by lists of lists

Matrix = list[list[float]]


def product(a: Matrix, b: Matrix) -> Matrix:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def transposed(a: Matrix) -> Matrix:
    return [list(column) for column in zip(*a, strict=True)]


def combined(*parts: tuple[float, Matrix]) -> Matrix:
    rows, columns = len(parts[0][1]), len(parts[0][1][0])
    return [[sum(factor * matrix[i][j] for factor, matrix in parts) for j in range(columns)] for i in range(rows)]


def plainly_orthogonal(a: Matrix, steps: int) -> Matrix:
    if len(a) > len(a[0]):
        return transposed(plainly_orthogonal(transposed(a), steps))
    norm = sqrt(sum(value**2 for row in a for value in row)) + 1e-7
    a = combined((1 / norm, a))
    for _ in range(steps):
        square = product(a, transposed(a))
        fourth = product(square, square)
        a = combined((3.4445, a), (-4.7750, product(square, a)), (2.0315, product(fourth, a)))
    return a


def plain_muon(weight: Matrix, gradient: Matrix, state, lr, momentum, nesterov, steps, weight_decay, **_) -> Matrix:
    before = state.get("mean", combined((0, gradient)))
    state["mean"] = combined((momentum, before), (1 - momentum, gradient))
    ahead = combined((1 - momentum, gradient), (momentum, state["mean"])) if nesterov else state["mean"]
    length = lr * sqrt(max(1, len(weight) / len(weight[0])))
    return combined((1 - lr * weight_decay, weight), (-length, plainly_orthogonal(ahead, steps)))


class Plain:
    """A plain optimiser: the weights as lists, and what is kept of them."""

    def __init__(self, choice: dict[str, Any], module: nn.Module, decay: str) -> None:
        self.choice = {name: float(each) if name not in ("name", "steps") else each for name, each in choice.items()}
        self.values = {name: each.detach().clone() for name, each in module.named_parameters()}
        self.decay, self.time = decay, 0
        self.states: dict[Any, dict[str, Any]] = {}

    def arguments(self, name: str) -> tuple[str, dict[str, Any]]:
        """Which formula a parameter follows, and with which arguments."""
        given = {key: each for key, each in self.choice.items() if key != "name"}
        formula = self.choice["name"]
        if formula == "muon" and name not in KERNELS:
            decaying = given["weight_decay"]
            formula, given = "adamw", {"lr": given["rest"], "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
            given["weight_decay"] = decaying
        if self.decay == "weights" and name not in KERNELS:
            given["weight_decay"] = 0.0
        return formula, given

    def step(self, gradients: dict[str, torch.Tensor]) -> None:
        self.time += 1
        for name, gradient in gradients.items():
            formula, given = self.arguments(name)
            if formula == "muon":
                rows = [each.flatten(1).tolist() for each in (self.values[name], gradient)]
                made = torch.tensor(plain_muon(*rows, self.states.setdefault(name, {}), **given), dtype=torch.float64)
                self.values[name] = made.view_as(gradient)
                continue
            numbers = zip(self.values[name].flatten().tolist(), gradient.flatten().tolist(), strict=True)
            new = [
                PLAIN[formula](weight, each, self.time, self.states.setdefault((name, place), {}), **given)
                for place, (weight, each) in enumerate(numbers)
            ]
            self.values[name] = torch.tensor(new, dtype=torch.float64).view_as(gradient)


@pytest.mark.parametrize("decay", ["all", "weights"])
@pytest.mark.parametrize("text", SETTINGS)
def test_six_steps_are_those_of_the_papers_formula(text, decay):
    module = small()
    made, plain = optimizer(chosen(text), module, decay), Plain(chosen(text), module, decay)
    for step in range(STEPS):
        stepped(module, made, step)
        plain.step(gradients(module, step))
        for name, each in module.named_parameters():
            torch.testing.assert_close(each.detach(), plain.values[name], rtol=1e-10, atol=1e-12, msg=f"{name}, {step}")


def test_every_optimiser_of_the_recipe_is_compared():
    assert {text.partition("(")[0] for text in SETTINGS} == {choice.name for choice in OPTIMIZERS}


# What holds for all


@pytest.mark.parametrize("text", SETTINGS)
def test_going_on_from_a_saved_state_is_going_on(text):
    module = small()
    made = optimizer(chosen(text), module)
    for step in range(3):
        stepped(module, made, step)
    other, kept = copy.deepcopy(module), copy.deepcopy(made.state_dict())
    again = optimizer(chosen(text), other)
    again.load_state_dict(kept)
    for step in range(3, STEPS):
        stepped(module, made, step)
        stepped(other, again, step)
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("text", SETTINGS)
def test_a_state_holds_tensors_numbers_and_words_only(text):
    """So that it can be written without a pickle."""
    module = small()
    made = optimizer(chosen(text), module)
    stepped(module, made, 0)
    for state in made.state_dict()["state"].values():
        assert all(isinstance(each, torch.Tensor | int | float | None) for each in state.values())
    for group in made.state_dict()["param_groups"]:
        for each in group.values():
            assert isinstance(each, int | float | str | bool | list | tuple | None)


@pytest.mark.parametrize("text", SETTINGS)
def test_a_parameter_without_gradient_stays(text):
    module = small()
    made = optimizer(chosen(text), module)
    before = {name: each.detach().clone() for name, each in module.named_parameters()}
    module.tall.weight.grad = torch.ones_like(module.tall.weight)
    module.norm.bias.grad = torch.ones_like(module.norm.bias)
    made.step()
    changed = {name for name, each in module.named_parameters() if not torch.equal(each, before[name])}
    assert changed == {"tall.weight", "norm.bias"}


@pytest.mark.parametrize("text", SETTINGS)
def test_the_rate_is_a_part_of_each_groups_own(text):
    made = optimizer(chosen(text), small())
    before = [group["lr"] for group in made.param_groups]
    for part in (0.5, 0.1, 1.0):
        set_rate(made, part)
        assert [group["lr"] for group in made.param_groups] == [each * part for each in before]


@pytest.mark.parametrize("text", SETTINGS)
def test_a_loss_falls(text):
    """The mean square of a linear map from one to another, in 300 steps."""
    torch.manual_seed(0)
    module, goal, inputs = nn.Sequential(nn.Linear(4, 3)), nn.Linear(4, 3), torch.randn(64, 4)
    choice = {**chosen(text), "weight_decay": 0}
    made = optimizer(choice, module)
    losses = []
    for _ in range(300):
        made.zero_grad()
        loss = (module(inputs) - goal(inputs).detach()).square().mean()
        loss.backward()
        made.step()
        losses.append(loss.item())
    assert losses[-1] < (0.9 if "adadelta" in text else 0.5) * losses[0]


def test_only_what_is_trained_is_in_a_group():
    module = small()
    made = optimizer(chosen("adam"), module)
    held = {id(each) for group in made.param_groups for each in group["params"]}
    assert held == {id(each) for each in module.parameters() if each.requires_grad}


def test_the_decay_of_weights_spares_biases_and_norms():
    module = small()
    names = {id(each): name for name, each in module.named_parameters()}
    made = optimizer(chosen("sgd(0.1, weight_decay=0.02)"), module, "weights")
    groups = {group["weight_decay"]: {names[id(each)] for each in group["params"]} for group in made.param_groups}
    assert groups == {0.02: set(KERNELS), 0.0: {"conv.bias", "norm.weight", "norm.bias"}}


def test_one_pass_over_the_weights_where_torch_has_it():
    for text in ("sgd(0.1)", "adam", "adamw", "adagrad"):
        assert optimizer(chosen(text), small()).defaults["fused"]


def test_what_torch_can_not_do_in_one_pass_is_done_plainly(monkeypatch):
    class Plainly(torch.optim.Adam):
        def __init__(self, *args, fused=False, **given):
            if fused:
                raise RuntimeError("`fused=True` requires all the params to be on another device")
            super().__init__(*args, **given)

    monkeypatch.setattr(torch.optim, "Adam", Plainly)
    monkeypatch.setattr(optimizers, "FUSED", (Plainly,))
    assert not optimizer(chosen("adam"), small()).defaults["fused"]


# Muon


def test_orthogonal_matrices_keep_their_singular_vectors():
    generator = torch.Generator().manual_seed(0)
    for shape in ((3, 6, 6), (2, 4, 9), (2, 9, 4)):
        matrices = torch.randn(*shape, generator=generator, dtype=torch.float64)
        left, _, right = torch.linalg.svd(matrices, full_matrices=False)
        core = left.mT @ orthogonal(matrices, 5) @ right.mT
        values = core.diagonal(dim1=1, dim2=2)
        torch.testing.assert_close(core, torch.diag_embed(values), rtol=0, atol=1e-9)
        assert values.min() > 0.5 and values.max() < 1.25


def test_orthogonal_matrices_of_half_precision_are_made_in_single():
    matrices = torch.randn(1, 4, 6, generator=torch.Generator().manual_seed(0))
    result = orthogonal(matrices.bfloat16(), 5)
    assert result.dtype == torch.bfloat16
    torch.testing.assert_close(result.float(), orthogonal(matrices.bfloat16().float(), 5), rtol=0.01, atol=0.01)


def test_no_gradient_makes_no_step():
    assert orthogonal(torch.zeros(1, 3, 4), 5).abs().max() == 0


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch before 2.9 has no Muon")
@pytest.mark.parametrize("shape", [(5, 3), (3, 5)])
def test_torchs_own_muon_agrees_on_matrices(shape):
    """To the number type in which torch iterates, bfloat16."""
    ours, theirs = nn.Linear(*shape[::-1], bias=False), nn.Linear(*shape[::-1], bias=False)
    theirs.load_state_dict(ours.state_dict())
    one = optimizer(chosen("muon(0.1, momentum=0.9, weight_decay=0.1)"), ours)
    other = torch.optim.Muon(theirs.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    for step in range(STEPS):
        gradient = gradients(ours, step)["weight"].float()
        ours.weight.grad, theirs.weight.grad = gradient, gradient.clone()
        one.step()
        other.step()
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=0.05, atol=0.05)


def test_a_count_of_steps_stays_exact_when_a_state_of_half_precision_is_loaded():
    """301 is no number of bfloat16."""
    module = small().bfloat16()
    made = optimizer(chosen("muon"), module)
    module.norm.bias.grad = torch.ones_like(module.norm.bias)
    made.step()
    made.state[module.norm.bias]["step"].fill_(301)
    again = optimizer(chosen("muon"), module)
    again.load_state_dict(copy.deepcopy(made.state_dict()))
    assert again.state[module.norm.bias]["step"].item() == 301


def test_a_closure_is_called_with_gradients_and_its_loss_given_back():
    module = small()
    made = optimizer(chosen("muon"), module)

    def closure():
        loss = module.tall.weight.square().sum()
        loss.backward()
        return loss

    before = module.tall.weight.detach().clone()
    assert made.step(closure).item() == before.square().sum().item()
    assert not torch.equal(module.tall.weight, before)


# What can't be done


def test_nothing_to_train_is_refused():
    module = small().requires_grad_(False)
    with pytest.raises(TrainingError) as caught:
        optimizer(chosen("adam"), module)
    assert str(caught.value) == "there is nothing to train: all parameters are frozen, or the network has none"


@pytest.mark.parametrize("text", ["sgd(0.1, nesterov=true)", "momentum(0.1, momentum=0, nesterov=true)"])
def test_a_look_ahead_without_momentum_is_refused(text):
    with pytest.raises(TrainingError) as caught:
        optimizer(chosen(text), small())
    name = text.partition("(")[0]
    message = f"`nesterov` of `{name}` looks ahead along the momentum, which is 0: give it one, such as `momentum=0.9`"
    assert str(caught.value) == message


def test_an_optimiser_that_is_not_there_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="no optimiser is called adamax"):
        optimizer({"name": "adamax", "lr": 1, "weight_decay": 0}, small())
