from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import netspec
from netspec.compiler import compile_with
from netspec.diagnostics import render_all
from netspec.source import Source

SPEC = """\
param classes = 10
input 3x8x8
GAP - dense(classes)
train {
  optimizer = sgd(lr=0.1, momentum=0.9)
  schedule = cosine
  batch = 128
}
"""


def train(settings: dict[str, Any], spec: str = SPEC) -> Any:
    return compile_with(Source(spec, "net.spec"), {f"train.{name}": value for name, value in settings.items()}).train


def refusal(settings: dict[str, Any], spec: str = SPEC) -> str:
    with pytest.raises(netspec.SpecError) as caught:
        train(settings, spec)
    return render_all(caught.value.diagnostics)


def test_a_setting_given_from_outside_replaces_the_specs_own() -> None:
    assert train({"batch": "64"})["batch"] == 64
    assert train({"batch": 64})["batch"] == 64
    assert train({"batch": "all"})["batch"] == "all"
    assert train({"epochs": 3})["epochs"] == 3
    assert train({"schedule": "step(every=30, factor=0.1)"})["schedule"]["name"] == "step"
    assert [each["name"] for each in train({"augment": "{ hflip - crop(8, pad=1) }"})["augment"]] == ["hflip", "crop"]


def test_an_argument_of_a_choice_that_the_spec_makes_goes_by_its_own_name() -> None:
    optimizer = train({"lr": 0.05, "weight_decay": "5e-4"})["optimizer"]
    assert (optimizer["lr"], optimizer["momentum"]) == (Fraction(1, 20), Fraction(9, 10))
    assert optimizer["weight_decay"] == Fraction(1, 2000)
    assert train({"warmup": 5})["schedule"]["warmup"] == 5


def test_a_spec_without_a_recipe_takes_settings_too() -> None:
    assert train({"epochs": 3}, "784-10N") == {"epochs": 3}
    assert train({}, "784-10N") == {}


def test_what_is_no_setting() -> None:
    assert refusal({"bach": 3}) == (
        "error[E113]: the recipe has no setting `bach`\n   = help: did you mean `train.batch`?\n\n1 error"
    )
    assert refusal({"zzz": 3}) == "error[E113]: the recipe has no setting `zzz`\n\n1 error"
    assert "error[E113]" in refusal({"lr": 3}, "784-10N")


def test_a_value_that_a_setting_can_not_have_is_shown_where_it_was_given() -> None:
    assert "--> --set train.batch:1:17" in refusal({"batch": "0"})
    assert "error[E1" in refusal({"batch": "=="})
    assert "error[E106]: `train.batch` can't be <object" in refusal({"batch": object()})
