"""Losses, compared with sums over images and classes by hand."""

from __future__ import annotations

from math import exp, log, log1p
from typing import Any

import pytest
import torch

import netspec
from netspec.recipe.choices import LOSSES
from netspec.training.errors import TrainingError
from netspec.training.losses import Losses, losses, sparsity

IMAGES, CLASSES = 4, 3
OUTPUTS = torch.randn(IMAGES, CLASSES, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2
NUMBERS = torch.tensor([2, 0, 1, 2])
ONES = torch.eye(CLASSES, dtype=torch.float64)[NUMBERS]
MIXED = 0.7 * ONES + 0.3 * ONES.flip(0)

ROWS = OUTPUTS.tolist()


def made(text: str, auxiliary: str = "") -> Losses:
    """The losses of a recipe; `text` is its `loss`, as a spec writes it."""
    return losses(recipe(text, auxiliary), ["main"])


def recipe(text: str, auxiliary: str = "") -> dict[str, Any]:
    return dict(netspec.compile(f"1x4x4\n2N\ntrain {{ loss = {text}\n{auxiliary} }}").train)


def value(text: str, outputs, targets, **given) -> float:
    total, _ = made(text)(outputs, targets, **given)
    assert total.dim() == 0
    return total.item()


def mean(numbers) -> float:
    numbers = list(numbers)
    return sum(numbers) / len(numbers)


def softened(row: list[float]) -> list[float]:
    total = sum(map(exp, row))
    return [exp(each) / total for each in row]


# One image, its outputs and targets as lists


def cross_entropy(row, target, smoothing=0.0):
    wanted = [(1 - smoothing) * each + smoothing / len(row) for each in target]
    return -sum(part * log(chance) for part, chance in zip(wanted, softened(row), strict=True))


def squared_error(row, target):
    return mean((a - b) ** 2 for a, b in zip(row, target, strict=True))


def multi_label(row, target):
    return sum(t * log1p(exp(-s)) + (1 - t) * log1p(exp(s)) for s, t in zip(row, target, strict=True))


def hinge(row, target, margin=1.0, power=2):
    sides = ((t, max(0.0, margin - s), max(0.0, margin + s)) for s, t in zip(row, target, strict=True))
    return sum(t * right**power + (1 - t) * wrong**power for t, right, wrong in sides)


def smooth_l1(row, target, beta=1.0):
    distances = [abs(a - b) for a, b in zip(row, target, strict=True)]
    return sum(d**2 / (2 * beta) if d < beta else d - beta / 2 for d in distances)


BY_HAND = {
    "cross_entropy": cross_entropy,
    "cross_entropy(0.2)": lambda row, target: cross_entropy(row, target, 0.2),
    "squared_error": squared_error,
    "multi_label": multi_label,
    "hinge": hinge,
    "hinge(margin=0.5, squared=false)": lambda row, target: hinge(row, target, 0.5, 1),
    "smooth_l1": smooth_l1,
    "smooth_l1(beta=0.3)": lambda row, target: smooth_l1(row, target, 0.3),
}
LINEAR = [text for text in BY_HAND if text.startswith(("cross_entropy", "multi_label", "hinge"))]


@pytest.mark.parametrize("text", BY_HAND)
@pytest.mark.parametrize("targets", [ONES, MIXED], ids=["ones", "mixed"])
def test_a_loss_is_the_mean_over_the_images_of_the_formula(text, targets):
    expected = mean(BY_HAND[text](row, target) for row, target in zip(ROWS, targets.tolist(), strict=True))
    assert value(text, OUTPUTS, targets) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("text", BY_HAND)
def test_a_class_number_is_a_vector_with_a_one_in_its_place(text):
    assert value(text, OUTPUTS, NUMBERS) == pytest.approx(value(text, OUTPUTS, ONES), rel=1e-12)


@pytest.mark.parametrize("text", LINEAR)
def test_the_loss_of_a_mixed_target_is_the_mix_of_the_losses(text):
    mixed = 0.7 * value(text, OUTPUTS, ONES) + 0.3 * value(text, OUTPUTS, ONES.flip(0))
    assert value(text, OUTPUTS, MIXED) == pytest.approx(mixed, rel=1e-12)


@pytest.mark.parametrize("text", BY_HAND)
def test_a_map_of_places_has_the_loss_of_its_places(text):
    """Two places an image: sums add up over them, means don't."""
    maps, numbers = torch.stack([OUTPUTS, OUTPUTS], 2), torch.stack([NUMBERS, NUMBERS], 1)
    factor = 1 if text.startswith(("cross_entropy", "squared_error")) else 2
    assert value(text, maps, numbers) == pytest.approx(factor * value(text, OUTPUTS, NUMBERS), rel=1e-12)


@pytest.mark.parametrize("text", ["squared_error", "multi_label", "hinge", "smooth_l1"])
def test_one_output_takes_one_number_an_image(text):
    outputs, targets = OUTPUTS[:, :1], torch.tensor([1, 0, 0, 1])
    expected = mean(BY_HAND[text](row[:1], [float(t)]) for row, t in zip(ROWS, targets.tolist(), strict=True))
    assert value(text, outputs, targets) == pytest.approx(expected)
    assert value(text, outputs, targets.double()) == pytest.approx(expected)


def test_all_losses_of_the_recipe_are_compared():
    compared = {text.partition("(")[0] for text in BY_HAND} | {"contrastive", "reconstruction"}
    assert compared == {choice.name for choice in LOSSES}
    with pytest.raises(ValueError, match="no loss is called focal"):
        losses({"loss": {"main": {"name": "focal", "weight": 1}}}, ["main"])(OUTPUTS, NUMBERS)


# Pairs


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_pairs_that_belong_together_are_drawn_near_and_others_apart(shape):
    distances, together = [0.5, 2.0, 0.25, 3.0], [1, 1, 0, 0]
    expected = mean([0.5**2, 2.0**2, (1.5 - 0.25) ** 2, 0]) / 2
    found = value("contrastive(1.5)", torch.tensor(distances).view(shape), torch.tensor(together))
    assert found == pytest.approx(expected)


def test_more_than_one_distance_for_a_pair_is_refused():
    with pytest.raises(TrainingError) as caught:
        made("contrastive")(OUTPUTS, torch.tensor([1, 0, 1, 0]))
    message = "`contrastive` takes one distance for each pair, and the network gives 3 numbers: end it in `distance`"
    assert str(caught.value) == message


# Reconstructions


def test_a_reconstruction_is_compared_with_the_images():
    images = torch.rand(2, 1, 3, 4, dtype=torch.float64)
    output = torch.rand(2, 12, dtype=torch.float64)
    expected = mean((a - b) ** 2 for a, b in zip(output.flatten().tolist(), images.flatten().tolist(), strict=True))
    assert value("reconstruction", output, NUMBERS, images=images) == pytest.approx(expected)
    assert value("reconstruction", output, NUMBERS, images=images.transpose(2, 3).contiguous().transpose(2, 3)) == (
        pytest.approx(expected)
    )


def test_a_sparse_code_has_the_mean_activation_that_is_aimed_at():
    code = torch.tensor([[0.1, 0.3, 0.05], [0.3, 0.5, 0.05]], dtype=torch.float64)
    images = output = torch.zeros(2, 4, dtype=torch.float64)

    def divergence(p, q):
        return p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))

    expected = 3 * (divergence(0.05, 0.2) + divergence(0.05, 0.4))
    assert value("reconstruction(sparsity=3)", output, NUMBERS, images=images, code=code) == pytest.approx(expected)
    assert value("reconstruction", output, NUMBERS, images=images, code=code) == 0


def test_sparsity_is_finite_at_its_ends():
    code = torch.tensor([[0.0, 1.0]], requires_grad=True)
    loss = sparsity(code, 0.05)
    loss.backward()
    assert loss.isfinite() and code.grad.isfinite().all()
    assert sparsity(torch.zeros(1, 2), 0.0).item() == pytest.approx(0, abs=1e-6)


def test_sparsity_of_maps_counts_every_unit():
    code = torch.rand(3, 2, 4, 5)
    assert sparsity(code, 0.1).item() == pytest.approx(sparsity(code.flatten(1), 0.1).item())


def test_a_reconstruction_without_what_it_needs_is_a_mistake_of_the_caller():
    for text, given in (("reconstruction", {}), ("reconstruction(sparsity=1)", {"images": torch.zeros(4, 3)})):
        with pytest.raises(ValueError, match="a reconstruction needs the images"):
            made(text)(OUTPUTS, NUMBERS, **given)


# Several outputs


def test_a_recipe_without_a_loss_has_cross_entropy():
    total, parts = losses({}, ["main"])(OUTPUTS, NUMBERS)
    assert total.item() == pytest.approx(value("cross_entropy", OUTPUTS, NUMBERS))
    assert parts.keys() == {"main"}


def test_auxiliary_outputs_count_by_their_factor_and_are_missed_by_nobody():
    train = recipe("cross_entropy(weight=2)", "auxiliary = 0.3")
    three = losses({**train, "loss": dict.fromkeys(["main", "head1", "head2"], train["loss"]["main"])}, [])
    outputs = {"main": OUTPUTS, "head1": OUTPUTS * 2, "head2": OUTPUTS * 3}
    alone = {name: value("cross_entropy", each, NUMBERS) for name, each in outputs.items()}
    total, parts = three(outputs, NUMBERS)
    assert total.item() == pytest.approx(2 * (alone["main"] + 0.3 * alone["head1"] + 0.3 * alone["head2"]))
    assert {name: each.item() for name, each in parts.items()} == pytest.approx(alone)
    total, parts = three(OUTPUTS, NUMBERS)  # in evaluation there is the one output
    assert total.item() == pytest.approx(2 * alone["main"]) and parts.keys() == {"main"}


def test_each_output_has_its_loss_and_its_targets():
    both = losses(
        {
            "loss": {
                "class": {"name": "cross_entropy", "smoothing": 0, "weight": 1},
                "box": {"name": "smooth_l1", "weight": 2, "beta": 1},
            }
        },
        ["class", "box", "features"],
    )
    boxes = torch.rand(IMAGES, 4, dtype=torch.float64)
    outputs = {"class": OUTPUTS, "box": torch.zeros_like(boxes), "features": torch.ones(IMAGES, 7)}
    total, parts = both(outputs, {"class": NUMBERS, "box": boxes})
    near = mean(smooth_l1([0.0] * 4, row) for row in boxes.tolist())
    assert total.item() == pytest.approx(value("cross_entropy", OUTPUTS, NUMBERS) + 2 * near)
    assert parts.keys() == {"class", "box"} and parts["box"].item() == pytest.approx(near)


def test_the_one_output_has_the_one_loss_whatever_its_name():
    only = losses({"loss": {"class": {"name": "squared_error", "weight": 1}}}, ["class"])
    total, parts = only(OUTPUTS, NUMBERS)
    assert total.item() == pytest.approx(value("squared_error", OUTPUTS, NUMBERS)) and parts.keys() == {"class"}


def test_outputs_without_any_loss_are_refused():
    only = losses({"loss": {"class": {"name": "squared_error", "weight": 1}}}, ["class", "box"])
    with pytest.raises(TrainingError, match="no output has a loss: the outputs are `box`, `main`"):
        only({"box": OUTPUTS, "main": OUTPUTS}, NUMBERS)


@pytest.mark.parametrize("text", ["squared_error", "multi_label", "hinge", "smooth_l1"])
def test_targets_of_another_size_are_refused_with_both(text):
    with pytest.raises(TrainingError) as caught:
        made(text)(OUTPUTS, torch.rand(IMAGES, 5))
    assert str(caught.value) == "the output `main` has 3 numbers for an image, and its targets have 5"


# Number types and gradients


def test_probabilities_have_the_loss_of_their_logits():
    chances = OUTPUTS.softmax(1)
    expected = value("cross_entropy(0.1)", OUTPUTS, NUMBERS)
    assert value("cross_entropy(0.1)", chances, NUMBERS, probabilities=["main"]) == pytest.approx(expected)
    certain = torch.tensor([[1.0, 0.0]])
    assert value("cross_entropy", certain, torch.tensor([0]), probabilities=["main"]) == pytest.approx(0, abs=1e-6)
    wrong = value("cross_entropy", certain, torch.tensor([1]), probabilities=["main"])
    assert 80 < wrong < 100  # as far as single precision can say


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("text", BY_HAND)
@pytest.mark.parametrize("targets", [NUMBERS, MIXED], ids=["numbers", "mixed"])
def test_outputs_of_half_precision_have_their_loss_in_single(text, dtype, targets):
    total, _ = made(text)(OUTPUTS.to(dtype), targets)
    assert total.dtype == torch.float32
    assert total.item() == pytest.approx(value(text, OUTPUTS.to(dtype).double(), targets), rel=1e-5)


@pytest.mark.parametrize("text", BY_HAND)
def test_gradients_are_those_of_small_steps(text):
    outputs = OUTPUTS.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda each: made(text)(each, MIXED)[0], outputs)


def test_gradients_of_pairs_and_codes_are_those_of_small_steps():
    distances = torch.tensor([0.5, 2.0, 0.25, 3.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda d: made("contrastive")(d, torch.tensor([1, 0, 0, 1]))[0], distances)
    code = torch.rand(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda each: sparsity(each, 0.2), code)
