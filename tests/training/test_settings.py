"""A recipe resolved: defaults, numbers, JSON."""

from __future__ import annotations

import json

import pytest

import netspec
from netspec.training.errors import TrainingError
from netspec.training.settings import from_json, resolved, to_json

RECIPE = """input 3x8x8
4C3 - relu - 10N - softmax
train {
  loss = cross_entropy(smoothing=0.1)
  optimizer = sgd(lr=0.1, momentum=0.9, nesterov=true, weight_decay=5e-4)
  schedule = multistep([1, 2.5])
  epochs = 3
  batch = all
  augment { crop(8, pad=1) - hflip - colour(0.1) }
  input = pad(8)
  normalize = given([0.5, 0.5, 0.5], [1, 1, 0.25])
  clip = 1
  ema = 0.99
  freeze = ["conv1"]
}
"""


def test_a_spec_without_a_recipe_is_trained_by_adam_along_a_cosine() -> None:
    found = resolved(netspec.compile("1x8x8-4C3-10N"))
    assert found.loss == {"main": {"name": "cross_entropy", "smoothing": 0, "weight": 1}}
    assert (found.optimizer["name"], found.optimizer["lr"], found.schedule["name"]) == ("adam", 0.001, "cosine")
    assert (found.epochs, found.steps, found.batch, found.validation, found.clip) == (10.0, None, 64, 0.1, None)


def test_an_optimiser_without_a_schedule_keeps_its_rate() -> None:
    spec = "input 1x8x8\n10N\ntrain { optimizer = sgd(lr=0.1) }"
    assert resolved(netspec.compile(spec)).schedule == {"name": "constant", "warmup": 0}


def test_steps_alone_say_how_long_it_takes() -> None:
    found = resolved(netspec.compile("input 1x8x8\n10N\ntrain {\n  steps = 7\n}"))
    assert (found.epochs, found.steps) == (None, 7)


def test_numbers_are_floats_and_all_batches_are_one() -> None:
    found = resolved(netspec.compile(RECIPE))
    assert found.optimizer["lr"] == 0.1 and type(found.optimizer["weight_decay"]) is float
    assert found.schedule["at"] == (1, 2.5) and found.batch is None and found.clip == 1.0
    assert [each["name"] for each in found.augment] == ["crop", "hflip", "colour"]


def test_settings_come_back_from_json_as_they_were() -> None:
    found = resolved(netspec.compile(RECIPE))
    assert from_json(json.loads(json.dumps(to_json(found)))) == found


@pytest.mark.parametrize(("wrong", "what"), [("lr", "has an unknown setting `lr`"), (None, "lacks setting `batch`")])
def test_a_record_of_other_settings_is_refused(wrong: str | None, what: str) -> None:
    written = to_json(resolved(netspec.compile("1x8x8-10N")))
    if wrong is None:
        del written["batch"]
    else:
        written[wrong] = 1
    with pytest.raises(TrainingError, match=what):
        from_json(written)
