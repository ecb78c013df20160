"""What a layer must declare, and how the declared data prints."""

from __future__ import annotations

from fractions import Fraction

import pytest

from netspec.layers.base import Layer, Weight, call, decimal, trained_count
from netspec.shape import letter


def test_a_layer_that_leaves_a_question_open_does_not_load() -> None:
    with pytest.raises(TypeError) as caught:
        type("Half", (Layer,), {"name": "half", "family": "none", "out_shape": None})
    assert str(caught.value) == (
        "layer Half does not declare examples, weights, macs, ops, window, keeps, explain, torch"
    )


def test_a_torch_call_prints_as_python_writes_it() -> None:
    assert str(call("nn.Conv2d", in_channels=3, kernel_size=(1, 7))) == "nn.Conv2d(in_channels=3, kernel_size=(1, 7))"


def test_buffers_are_not_trained() -> None:
    weights = {"weight": Weight((64,)), "running_mean": Weight((64,), trained=False)}
    assert trained_count(weights) == 64
    assert trained_count({"weight": Weight((10, letter("N")))}) == letter("N") * 10
    assert trained_count({}) == 0


@pytest.mark.parametrize(
    ("value", "text"), [(2, "2"), (Fraction(4, 2), "2"), (Fraction(1, 10), "0.1"), (Fraction(1, 3), "1/3")]
)
def test_a_number_is_written_as_short_as_it_is_exact(value: Fraction | int, text: str) -> None:
    assert decimal(value) == text
