"""Activations: operations, slopes, pieces."""

from __future__ import annotations

import pytest

from netspec.layers.base import Step, Weight
from netspec.shape import Shape, letter
from tests.layers.reading import layer_of, shapes_of
from tests.layers.refusal import refusal


@pytest.mark.parametrize(
    ("text", "an_element"),
    [
        ("relu", 1),
        ("relu(limit=6)", 2),
        ("leaky", 2),
        ("prelu", 2),
        ("elu", 4),
        ("selu", 4),
        ("gelu", 5),
        ("gelu(approximate=true)", 9),
        ("silu", 5),
        ("hardswish", 5),
        ("hardsigmoid", 4),
        ("sigmoid", 4),
        ("tanh", 1),
        ("scaledtanh", 3),
        ("softmax", 5),
    ],
)
def test_an_activation_counts_so_many_operations_an_element(text: str, an_element: int) -> None:
    inputs = shapes_of("8x5x5")
    assert layer_of(text).ops(inputs, inputs[0]) == an_element * 200


def test_logsoftmax_takes_a_logarithm_for_each_place() -> None:
    layer = layer_of("logsoftmax")
    assert [layer.ops((shape,), shape) for shape in shapes_of(("10", "8x5x5", "4 tokens x 6"))] == [51, 1025, 124]


def test_an_activation_keeps_sizes_that_are_not_known() -> None:
    shape = Shape(8, (letter("H"), letter("W")))
    layer = layer_of("relu")
    assert layer.out_shape((shape,)) == shape
    assert str(layer.ops((shape,), shape)) == "8·H·W"


def test_a_rectifier_with_a_limit_is_torchs_relu6_only_at_6() -> None:
    inputs = shapes_of("4")
    assert [str(*layer_of(text).torch(inputs, inputs[0])) for text in ("relu", "relu(6)", "relu(0.5)")] == [
        "nn.ReLU()",
        "nn.ReLU6()",
        "nn.Hardtanh(min_val=0, max_val=0.5)",
    ]


def test_prelu_has_a_slope_per_channel_or_one_for_all() -> None:
    inputs = shapes_of("64x8x8")
    assert layer_of("prelu").weights(inputs) == {"weight": Weight((64,))}
    assert layer_of("prelu(shared=true)").weights(inputs) == {"weight": Weight((1,))}
    assert layer_of("prelu").explain(inputs, inputs[0]) == (Step("parameters", "1·C", "1·64", "64"),)
    assert layer_of("prelu(true)").explain(inputs, inputs[0]) == (Step("parameters", "1", "1", "1"),)


def test_prelu_turns_tokens_so_that_torch_finds_their_features() -> None:
    inputs = shapes_of("5 tokens x 8")
    assert [call.target for call in layer_of("prelu").torch(inputs, inputs[0])] == [
        "torch.transpose",
        "nn.PReLU",
        "torch.transpose",
    ]


def test_maxout_compares_pieces_minus_one_times_an_output() -> None:
    layer, inputs = layer_of("maxout(4)"), shapes_of("12x5x5")
    output = layer.out_shape(inputs)
    assert output == Shape(3, (5, 5))
    assert layer.ops(inputs, output) == 3 * 75
    assert layer.explain(inputs, output) == (Step("channels", "C/pieces", "12/4", "3"),)


def test_maxout_of_channels_that_are_not_known_divides_their_letter() -> None:
    assert str(layer_of("maxout(2)").out_shape((Shape(letter("C")),))) == "⌊C / 2⌋"


def test_maxout_refuses_channels_that_its_pieces_do_not_divide() -> None:
    assert refusal("maxout(5)", "96x28x28") == (
        "E209: 96 channels can't be divided into pieces of 5\nat pieces\n96x28x28 flows in"
    )
    assert refusal("maxout(5)", "96") == "E209: 96 features can't be divided into pieces of 5\nat pieces\n96 flows in"


def test_regularisation_costs_nothing_and_keeps_its_mask_only() -> None:
    inputs = shapes_of("4x5x5")
    kept = {}
    for text in ("dropout", "dropout(0)", "droppath(0.1)", "droppath(0)", "noise"):
        layer = layer_of(text)
        assert layer.out_shape(inputs) == inputs[0]
        assert layer.ops(inputs, inputs[0]) == 0
        keeps = layer.keeps(inputs, inputs[0])
        assert keeps.inputs == () and not keeps.output and keeps.extra_bytes == 0
        kept[text] = keeps.extra
    assert kept == {"dropout": 100, "dropout(0)": 0, "droppath(0.1)": 1, "droppath(0)": 0, "noise": 0}


def test_the_rate_of_dropout_is_below_one() -> None:
    assert refusal_of_argument("dropout(1)") == "`rate` of `dropout` takes a number from 0 to below 1, not 1"


def refusal_of_argument(text: str) -> str:
    from netspec.layers.base import Misuse

    with pytest.raises(Misuse) as caught:
        layer_of(text)
    return caught.value.what
