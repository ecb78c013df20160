"""The loop: what a step does, when a training ends, what it says and keeps."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from netspec.training import loop
from netspec.training.errors import TrainingError
from netspec.training.finite import NotFinite, all_finite
from netspec.training.loop import steps_in_all, train, train_step
from netspec.training.state import load
from netspec.training.under_way import take_up
from tests.training.small import folder, prepared, training, weights

PLAIN = (
    "input 1x6x6\n8C3 - relu - 4N - softmax\ntrain {{\n  optimizer = sgd(lr=0.1)\n  epochs = 2\n  batch = 8\n{}\n}}\n"
)


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(each, other[name]) for name, each in one.items())


def test_a_step_of_gradient_descent_is_the_one_by_hand() -> None:
    made, data = training(text=PLAIN.format(""))
    before, module = weights(made), made.network.module
    images, targets = data.feed.batch(0)
    loss = cross_entropy(module(images), targets)
    gradients = torch.autograd.grad(loss, list(module.parameters()))
    train_step(made, data.feed)
    for (name, after), gradient in zip(module.named_parameters(), gradients, strict=True):
        torch.testing.assert_close(after.detach(), before[name] - 0.1 * gradient)
    assert made.step == 1 and made.sums.tolist() == pytest.approx([loss.item() * 8, made.sums[1].item(), 8])


def test_parts_of_a_batch_make_the_step_of_the_whole() -> None:
    whole, data = training(text=PLAIN.format(""))
    parts, _ = training(text=PLAIN.format("  accumulate = 3"))
    for each in (whole, parts):
        train_step(each, data.feed)
    for name, weight in weights(whole).items():
        torch.testing.assert_close(weights(parts)[name], weight)
    torch.testing.assert_close(parts.sums, whole.sums)


def test_the_gradient_is_clipped_to_its_norm() -> None:
    made, data = training(text=PLAIN.format("  clip = 0.01"))
    before = weights(made)
    train_step(made, data.feed)
    moved = torch.cat([(each - before[name]).flatten() for name, each in weights(made).items()])
    assert moved.norm().item() == pytest.approx(0.1 * 0.01, rel=1e-3)


def test_l1_and_l2_add_to_the_gradient() -> None:
    plain, data = training(text=PLAIN.format(""))
    both, _ = training(text=PLAIN.format("  l1 = 0.01\n  l2 = 0.1"))
    before = weights(plain)
    for each in (plain, both):
        train_step(each, data.feed)
    for name, weight in weights(plain).items():
        expected = weight - 0.1 * (0.01 * before[name].sign() + 0.1 * before[name])
        torch.testing.assert_close(weights(both)[name], expected)


def test_frozen_layers_stay_as_they_are_with_their_statistics() -> None:
    made, data = training('  freeze = ["conv1..bn1"]')
    before = weights(made)
    train_step(made, data.feed)
    after = weights(made)
    changed = {name.partition(".")[0] for name in after if not torch.equal(after[name], before[name])}
    assert changed == {"dense1"}


HEADS = """input 1x6x6
4C3 - relu
output head {{ dense(4) as side - softmax }}
dense(4) as end - softmax
train {{
  optimizer = sgd(lr=0.1)
  batch = all
{}
}}
"""


def test_auxiliary_losses_count_by_their_factor() -> None:
    moved = {}
    for factor in (1, 0.5):
        made, data = training(text=HEADS.format(f"  auxiliary = {factor}"))
        before = weights(made)
        train_step(made, data.feed)
        moved[factor] = {name: each - before[name] for name, each in weights(made).items()}
    torch.testing.assert_close(moved[0.5]["side.weight"], moved[1]["side.weight"] / 2)
    torch.testing.assert_close(moved[0.5]["end.weight"], moved[1]["end.weight"])


def test_a_network_learns_what_can_be_learnt(tmp_path: Path) -> None:
    made, data = training(text=PLAIN.format(""), epochs=10, images="synthetic:1x6x6:4:80")
    rows = list(train(made, data, folder(tmp_path)))
    assert rows[-1]["train_loss"] < rows[0]["train_loss"] / 2 and rows[-1]["validation_top1"] == 1.0


def test_every_epoch_has_its_line_and_the_best_is_marked(tmp_path: Path) -> None:
    made, data = training()
    run = folder(tmp_path)
    rows = list(train(made, data, run))
    assert [(row["epoch"], row["step"]) for row in rows] == [(1, 5), (2, 10), (3, 15)]
    assert made.sums.tolist() == [0, 0, 0] and rows[0]["train_top1"] <= 1
    assert run.metrics() == rows and rows[0]["best"] is True
    best = [row for row in rows if row["best"]][-1]
    assert best["validation_top1"] == max(row["validation_top1"] for row in rows)
    assert run.read("best/metrics.json") == best == made.best
    assert (run.folder / "metrics.csv").read_text().splitlines()[0].startswith("epoch,step,rate,train_loss")
    assert len((run.folder / "metrics.csv").read_text().splitlines()) == 4


def test_without_validation_images_the_last_weights_are_kept(tmp_path: Path) -> None:
    made, data = training(validation=0)
    rows = list(train(made, data, folder(tmp_path)))
    assert data.validation is None and all(row["best"] and row["validation_loss"] is None for row in rows)


def test_epochs_and_steps_end_it_whichever_come_first() -> None:
    settings = prepared().task.settings
    from netspec.records import replace

    def steps(epochs: float | None, most: int | None) -> int:
        return steps_in_all(replace(settings, epochs=epochs, steps=most), 5)

    assert [steps(3, None), steps(3, 4), steps(3, 99), steps(None, 7), steps(0.5, None), steps(0.01, None)] == [
        15, 4, 15, 7, 3, 1,
    ]  # fmt: skip


def test_an_epoch_that_steps_cut_off_is_tested_as_well(tmp_path: Path) -> None:
    made, data = training(steps=7)
    assert [row["step"] for row in train(made, data, folder(tmp_path))] == [5, 7]


def test_it_stops_early_when_the_validation_loss_falls_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, data = training(epochs=20, early_stop=2)
    losses = iter([3.0, 2.0, 2.0, 2.5, 1.0])
    true = loop.validate

    def validated(*given: Any) -> Any:
        from netspec.records import replace

        return replace(true(*given), loss=next(losses))

    monkeypatch.setattr(loop, "validate", validated)
    assert len(list(train(made, data, folder(tmp_path)))) == 4 and made.over and made.step == 20


def test_a_training_that_is_asked_to_stop_finishes_its_step_and_saves(tmp_path: Path) -> None:
    made, data = training()
    run = folder(tmp_path)
    stops = iter([False] * 7 + [True])
    assert len(list(train(made, data, run, stop=lambda: next(stops)))) == 1
    assert made.step == 7 and load(run.state).facts["step"] == 7


@pytest.mark.parametrize("more", ["", "  ema = 0.9", "  schedule = plateau(patience=0)", "  optimizer = muon"])
def test_taken_up_at_any_step_it_ends_with_the_same_bits(more: str, tmp_path: Path) -> None:
    text = PLAIN.format("  augment { shift - hflip - mixup }")
    whole, data = training(text=text, **_settings(more))
    rows = list(train(whole, data, folder(tmp_path)))
    for at in range(0, whole.steps, 3):
        run = folder(tmp_path / str(at))
        first, _ = training(text=text, **_settings(more))
        stops = iter([False] * at + [True])
        list(train(first, data, run, stop=lambda stops=stops: next(stops)))
        second, _ = training(text=text, seed=0, **_settings(more))
        torch.rand(5)
        take_up(second, load(run.state))
        again = list(train(second, data, run))
        ends = [loop.state_of(each) for each in (second, whole)]
        assert same(*(dict(each.tensors) for each in ends))
        facts = [{**each.facts, "best": _exact(each.facts["best"])} for each in ends]
        assert facts[0] == facts[1]
        assert [_exact(row) for row in run.metrics()] == [_exact(row) for row in rows] and again


def test_counters_are_part_of_the_state() -> None:
    made, data = training("  schedule = plateau(patience=3)")
    assert made.plateau is not None
    train_step(made, data.feed)
    made.waited, made.lowest, made.plateau = 2, 0.25, made.plateau.after(0.5).after(0.75)
    other, _ = training("  schedule = plateau(patience=3)")
    take_up(other, loop.state_of(made))
    assert (other.step, other.waited, other.lowest, other.plateau) == (1, 2, 0.25, made.plateau)
    assert torch.equal(other.sums, made.sums) and other.sums[2] == 8


def _settings(more: str) -> dict[str, str]:
    name, equals, value = more.partition("=")
    return {name.strip(): value.strip()} if equals else {}


def _exact(row: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in row.items() if name not in ("seconds", "images_per_second")}


def test_numbers_out_of_bounds_stop_it_before_the_step(tmp_path: Path) -> None:
    made, data = training(text=PLAIN.format(""))
    run = folder(tmp_path)
    list(islice(train(made, data, run), 1))
    with torch.no_grad():
        made.network.module.get_parameter("dense1.weight").fill_(torch.inf)
    with pytest.raises(NotFinite, match=r"not a finite number at step 6; the first layer .* `dense1`"):
        list(train(made, data, run))
    assert load(run.state).facts["step"] == 5 and made.step == 5


def test_weights_out_of_bounds_are_never_saved(tmp_path: Path) -> None:
    made, data = training(text=PLAIN.format(""))
    run = folder(tmp_path)
    list(islice(train(made, data, run), 1))
    with torch.no_grad():
        made.network.module.get_parameter("dense1.bias")[0] = torch.nan
    assert not all_finite(made.network.module)
    with pytest.raises(NotFinite):
        loop.save(made, run)
    assert load(run.state).facts["step"] == 5


def test_the_mean_weights_are_tested_and_kept_as_the_best(tmp_path: Path) -> None:
    made, data = training("  ema = 0.5")
    run = folder(tmp_path)
    list(train(made, data, run))
    from netspec.lowering.weight_files import read

    now, last = weights(made), read(run.weights("last"))
    assert same(now, last) and not same(now, loop.tested_weights(made))
    assert read(run.weights("best")).keys() == now.keys()


def test_a_cpu_computes_in_single_precision_whatever_the_recipe_says() -> None:
    for precision in ("auto", "float16", "bfloat16", "float32"):
        assert prepared(precision=precision).task.settings.precision == "float32"


def test_a_recipe_that_cannot_be_followed_is_refused() -> None:
    with pytest.raises(TrainingError, match="the output `main` says the class, and the recipe gives it no loss"):
        training(text=HEADS.format("  loss { head: cross_entropy }"))
    with pytest.raises(TrainingError, match="the loss of `main` is `contrastive`"):
        prepared(loss="contrastive")


def test_an_auxiliary_loss_out_of_bounds_is_seen_as_well() -> None:
    made, data = training(text=HEADS.format(""))
    with torch.no_grad():
        made.network.module.get_parameter("side.weight").fill_(torch.nan)
    with pytest.raises(NotFinite, match="step 1; the first layer with such numbers is `side`"):
        train_step(made, data.feed)
