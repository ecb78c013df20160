"""Schedules, compared with torch's and with numbers by hand."""

from __future__ import annotations

from math import cos, nan, pi
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as torchs

import netspec
from netspec.recipe.choices import SCHEDULES
from netspec.training.schedules import Plateau, plateau, rate

EPOCH, STEPS = 7, 70
WARM = ("constant", "step(every=3)", "multistep([2, 5])", "exponential", "polynomial", "cosine", "plateau")


def chosen(text: str) -> dict[str, Any]:
    """The recipe's `schedule` as a spec writes it."""
    found: dict[str, Any] = netspec.compile(f"1x4x4\n2N\ntrain {{ schedule = {text} }}").train["schedule"]
    return found


def rates(text: str, steps: int = STEPS, epoch: int = EPOCH) -> list[float]:
    schedule = chosen(text)
    return [rate(schedule, step, epoch=epoch, steps=steps) for step in range(steps)]


def of_torch(make, steps: int = STEPS, every: int = 1) -> list[float]:
    """What torch's scheduler makes of a rate of 1, stepped after every so many steps."""
    made = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, found = make(made), []
    for step in range(1, steps + 1):
        found.append(made.param_groups[0]["lr"])
        made.step()
        if step % every == 0 and step < steps:
            scheduler.step()
    return found


def same(found: list[float], expected: list[float]) -> None:
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


# As torch


def test_step_is_torchs_step_lr():
    same(rates("step(every=3, factor=0.3)"), of_torch(lambda o: torchs.StepLR(o, 3, 0.3), every=EPOCH))


def test_multistep_is_torchs_multi_step_lr():
    same(
        rates("multistep([2, 5, 9], factor=0.3)"),
        of_torch(lambda o: torchs.MultiStepLR(o, [2, 5, 9], 0.3), every=EPOCH),
    )


def test_exponential_is_torchs_exponential_lr():
    same(rates("exponential(0.8)"), of_torch(lambda o: torchs.ExponentialLR(o, 0.8), every=EPOCH))


@pytest.mark.parametrize("power", [0.5, 1, 3])
def test_polynomial_is_torchs_polynomial_lr(power):
    same(rates(f"polynomial({power})"), of_torch(lambda o: torchs.PolynomialLR(o, STEPS, power)))


@pytest.mark.parametrize("final", [0, 0.1, 1])
def test_cosine_is_torchs_cosine_annealing_lr(final):
    same(rates(f"cosine(final={final})"), of_torch(lambda o: torchs.CosineAnnealingLR(o, STEPS, final)))


@pytest.mark.parametrize("shape", ["cosine", "linear"])
@pytest.mark.parametrize("rise", [0.3, 0.5, 0.123])
def test_onecycle_is_torchs_one_cycle_lr(shape, rise):
    def make(made):
        anneal = "cos" if shape == "cosine" else "linear"
        given = {"div_factor": 20, "final_div_factor": 50, "anneal_strategy": anneal}
        return torchs.OneCycleLR(made, 1.0, STEPS, pct_start=rise, cycle_momentum=False, **given)

    same(rates(f"onecycle(rise={rise}, start=0.05, final=0.001, shape={shape})"), of_torch(make))


def test_the_defaults_of_onecycle_are_torchs():
    same(rates("onecycle"), of_torch(lambda o: torchs.OneCycleLR(o, 1.0, STEPS, cycle_momentum=False)))


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_plateau_is_torchs_reduce_lr_on_plateau(patience):
    losses = torch.rand(60, generator=torch.Generator().manual_seed(patience), dtype=torch.float64).tolist()
    made = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torchs.ReduceLROnPlateau(made, factor=0.5, patience=patience, threshold=0, eps=0)
    ours = plateau(chosen(f"plateau(0.5, {patience})"))
    for loss in losses:
        theirs.step(loss)
        ours = ours.after(loss)
        assert ours.part == made.param_groups[0]["lr"]
    assert ours.part < 1


# By hand


def test_a_step_falls_in_the_middle_of_an_epoch_if_it_is_asked_to():
    assert rates("step(every=0.5, factor=0.5)", 6, epoch=2) == [1, 0.5, 0.25, 0.125, 0.0625, 0.03125]
    assert rates("multistep([0.5, 1.25], factor=0.1)", 8, epoch=4) == pytest.approx(
        [1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01]
    )


def test_a_fall_at_a_decimal_is_exact():
    """0.1 of 10 steps is one step; a sum of binary tenths would come a step late."""
    assert rates("step(every=0.1, factor=0.5)", 4, epoch=10) == [1, 0.5, 0.25, 0.125]
    assert rates("multistep([0.3], factor=0.5)", 5, epoch=10) == [1, 1, 1, 0.5, 0.5]


def test_polynomial_falls_along_a_line_to_a_step_before_nought():
    assert rates("polynomial", 4) == pytest.approx([1, 0.75, 0.5, 0.25])


def test_cosine_is_half_way_in_the_middle():
    found = rates("cosine(final=0.2)", 100)
    assert found[0] == 1 and found[50] == pytest.approx(0.6) and found[25] == pytest.approx(0.6 + 0.4 * cos(pi / 4))


def test_onecycle_by_hand():
    assert rates("onecycle(rise=0.6, start=0, final=0.5, shape=linear)", 5) == pytest.approx([0, 0.5, 1, 0.75, 0.5])
    assert rates("onecycle(rise=0, start=0.5, final=0, shape=linear)", 5) == pytest.approx([1, 0.75, 0.5, 0.25, 0])
    assert rates("onecycle(rise=1, start=0, final=0, shape=linear)", 5) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert rates("onecycle", 1) == [1]


def test_a_warmup_rises_from_nought_and_wastes_no_step():
    assert rates("constant(warmup=2)", 6, epoch=2) == [0.25, 0.5, 0.75, 1, 1, 1]
    assert rates("constant(warmup=1.25)", 4, epoch=2) == pytest.approx([0.4, 0.8, 1, 1])
    assert rates("constant(warmup=0.1)", 3, epoch=2) == [1, 1, 1]


def test_a_curve_begins_when_the_warmup_is_over_and_ends_with_the_training():
    warm = rates("cosine(warmup=2)")
    assert warm[: 2 * EPOCH] == pytest.approx([(step + 1) / (2 * EPOCH) for step in range(2 * EPOCH)])
    assert warm[2 * EPOCH :] == pytest.approx(rates("cosine", STEPS - 2 * EPOCH))
    assert rates("polynomial(2, warmup=2)")[2 * EPOCH :] == pytest.approx(rates("polynomial(2)", STEPS - 2 * EPOCH))


def test_a_fall_at_an_epoch_counts_from_the_beginning():
    warm, plain = rates("step(every=3, warmup=2)"), rates("step(every=3)")
    assert warm[2 * EPOCH :] == plain[2 * EPOCH :] and warm[0] == pytest.approx(1 / 14)


@pytest.mark.parametrize("text", WARM)
def test_a_warmup_longer_than_the_training_only_rises(text):
    name, _, given = text.partition("(")
    given = f"{given.removesuffix(')')}, " if given else ""
    found = rates(f"{name}({given}warmup=20)", STEPS)
    assert found[:EPOCH] == pytest.approx([(step + 1) / 140 for step in range(EPOCH)])  # later some fall as well


@pytest.mark.parametrize("text", [*WARM, "onecycle"])
def test_the_rate_is_from_0_to_1_and_stays_so_beyond_the_end(text):
    schedule = chosen(text)
    found = [rate(schedule, step, epoch=EPOCH, steps=STEPS) for step in range(2 * STEPS)]
    assert all(0 <= each <= 1 for each in found)
    if text in ("polynomial", "cosine", "onecycle"):
        assert found[STEPS:] == pytest.approx([found[STEPS]] * STEPS)


def test_every_schedule_of_the_recipe_is_known_and_no_other():
    assert {text.partition("(")[0] for text in (*WARM, "onecycle")} == {choice.name for choice in SCHEDULES}
    with pytest.raises(ValueError, match="no schedule is called warm"):
        rate({"name": "warm", "warmup": 0}, 0, epoch=1, steps=1)


def test_no_schedule_is_a_constant_one():
    assert rate(None, 5, epoch=1, steps=1) == 1.0 and plateau(None) is None and plateau(chosen("cosine")) is None


# Plateau


def after(state: Plateau, *losses: float) -> Plateau:
    for loss in losses:
        state = state.after(loss)
    return state


def test_a_plateau_waits_as_many_epochs_as_its_patience_and_then_falls():
    state = after(Plateau(0.1, 2), 1.0, 0.5)
    assert (state.part, state.waited, state.lowest) == (1, 0, 0.5)
    assert after(state, 0.5, 0.6).part == 1
    assert after(state, 0.5, 0.6, 0.7) == Plateau(0.1, 2, 0.1, 0.5, 0)


def test_a_lower_loss_ends_the_waiting():
    assert after(Plateau(0.1, 1), 1.0, 1.0, 0.9, 0.9).part == 1


def test_a_loss_that_is_no_number_is_not_lower():
    assert after(Plateau(0.5, 0), nan) == Plateau(0.5, 0, 0.5, None, 0)
    assert after(Plateau(0.5, 0), nan, 3.0).lowest == 3.0


def test_a_plateau_stays_what_it_was():
    state = Plateau(0.1, 0)
    state.after(1.0)
    assert state == Plateau(0.1, 0)
