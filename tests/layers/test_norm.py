"""Normalisation: weights, operations, what is kept, and where it can stand."""

from __future__ import annotations

import pytest

from netspec.layers.base import Keeps, Step, Weight
from netspec.shape import Shape, letter
from tests.layers.measured import kept_and_macs, kept_by
from tests.layers.reading import layer_of, shapes_of
from tests.layers.refusal import refusal


def test_batch_normalisation_trains_two_tensors_and_keeps_two_statistics() -> None:
    weights = layer_of("bn").weights(shapes_of("64x8x8"))
    trained, running = Weight((64,)), Weight((64,), trained=False)
    assert list(weights.items()) == [
        ("weight", trained),
        ("bias", trained),
        ("running_mean", running),
        ("running_var", running),
    ]


def test_batch_normalisation_without_factors_has_buffers_only() -> None:
    layer, inputs = layer_of("bn(affine=false)"), shapes_of("64x8x8")
    assert list(layer.weights(inputs)) == ["running_mean", "running_var"]
    assert layer.explain(inputs, inputs[0]) == (Step("buffers", "2·C", "2·64", "128"),)
    assert layer.ops(inputs, inputs[0]) == 2 * 4096


def test_batch_normalisation_shows_both_calculations() -> None:
    inputs = shapes_of("64x8x8")
    assert layer_of("bn").explain(inputs, inputs[0]) == (
        Step("parameters", "2·C", "2·64", "128"),
        Step("buffers", "2·C", "2·64", "128"),
    )


@pytest.mark.parametrize(
    ("shape", "targets"),
    [
        ("8", ["nn.BatchNorm1d"]),
        ("8x20", ["nn.BatchNorm1d"]),
        ("8x5x5", ["nn.BatchNorm2d"]),
        ("8x4x5x5", ["nn.BatchNorm3d"]),
        ("5 tokens x 8", ["torch.transpose", "nn.BatchNorm1d", "torch.transpose"]),
    ],
)
def test_batch_normalisation_is_torchs_for_the_number_of_axes(shape: str, targets: list[str]) -> None:
    inputs = shapes_of(shape)
    calls = layer_of("bn").torch(inputs, inputs[0])
    assert [call.target for call in calls] == targets
    assert next(call.arguments for call in calls if "Norm" in call.target) == {"num_features": 8}


def test_batch_normalisation_passes_on_only_what_differs_from_torch() -> None:
    inputs = shapes_of("8x5x5")
    (call,) = layer_of("bn(0.001, momentum=0.01, affine=false)").torch(inputs, inputs[0])
    assert str(call) == "nn.BatchNorm2d(num_features=8, eps=0.001, momentum=0.01, affine=False)"


@pytest.mark.parametrize(
    ("text", "an_element"),
    [
        ("bn", 4),
        ("layernorm", 7),
        ("groupnorm(2)", 7),
        ("instancenorm", 5),
        ("instancenorm(affine=true)", 7),
        ("lrn(5)", 9),
        ("scale", 1),
        ("scale(bias=true)", 2),
    ],
)
def test_a_normalisation_counts_so_many_operations_an_element(text: str, an_element: int) -> None:
    inputs = shapes_of("8x5x5")
    assert layer_of(text).ops(inputs, inputs[0]) == an_element * 200


def test_l2norm_takes_a_root_for_each_place() -> None:
    inputs = shapes_of("8x5x5")
    assert layer_of("l2norm").ops(inputs, inputs[0]) == 3 * 200 + 25
    assert layer_of("l2norm(20)").ops(inputs, inputs[0]) == 4 * 200 + 25


def test_layer_normalisation_of_a_map_turns_its_channels_last() -> None:
    inputs = shapes_of("96x7x7")
    assert [str(call) for call in layer_of("layernorm(1e-6)").torch(inputs, inputs[0])] == [
        "torch.movedim(source=1, destination=-1)",
        "nn.LayerNorm(normalized_shape=96, eps=1e-06)",
        "torch.movedim(source=-1, destination=1)",
    ]


def test_group_normalisation_refuses_groups_that_do_not_divide() -> None:
    assert refusal("groupnorm(32)", "48x8x8") == (
        "E204: 48 channels can't be divided into 32 groups\nat groups\n48x8x8 flows in"
    )


def test_group_normalisation_of_channels_that_are_not_known_waits() -> None:
    shape = Shape(letter("C"), (8, 8))
    assert layer_of("groupnorm(32)").out_shape((shape,)) == shape


def test_group_normalisation_of_tokens_names_the_layer_to_take() -> None:
    assert refusal("groupnorm(4)", "5 tokens x 8") == (
        "E201: `groupnorm` needs a map or a vector, but a sequence of tokens flows in\n"
        "input here is 5 tokens x 8\n"
        "note: `layernorm` normalises the features of each token"
    )


@pytest.mark.parametrize("text", ["lrn", "instancenorm"])
def test_what_sums_over_places_needs_a_map(text: str) -> None:
    assert refusal(text, "10") == f"E201: `{text}` needs a map, but a vector flows in\ninput here is 10"


def test_statistics_of_regions_are_kept_for_each() -> None:
    shape = Shape(8, (7, 7), rows=5)
    kept = [layer_of(text).keeps((shape,), shape).extra for text in ("groupnorm(4)", "instancenorm", "layernorm")]
    assert kept == [5 * 8, 5 * 16, 2 * 5 * 49]


def test_a_scale_says_over_how_many_axes_its_factors_stand() -> None:
    calls = [str(*layer_of("scale(0.5)").torch((shape,), shape)) for shape in shapes_of(("8", "8x5x5", "5 tokens x 8"))]
    assert calls == [
        "ours.Scale(features=8, init=0.5)",
        "ours.Scale(features=8, init=0.5, places=2)",
        "ours.Scale(features=8, init=0.5)",
    ]
    inputs = shapes_of("8x5x5")
    assert str(*layer_of("scale(bias=true)").torch(inputs, inputs[0])) == (
        "ours.Scale(features=8, init=1, places=2, bias=True)"
    )


def test_a_factor_that_is_not_trained_is_a_number_without_weights_or_memory() -> None:
    (shape,) = shapes_of(("8x5x5",))
    fixed = layer_of("scale(0.125, trained=false)")
    assert str(*fixed.torch((shape,), shape)) == "torch.mul(other=0.125)"
    assert fixed.weights((shape,)) == {} and fixed.explain((shape,), shape) == ()
    assert fixed.keeps((shape,), shape) == Keeps() and fixed.ops((shape,), shape) == 200


def test_a_factor_that_is_not_trained_has_no_bias() -> None:
    assert refusal("scale(2, bias=true, trained=false)", "8x5x5") == (
        "E105: `scale` has no bias where its factor is not trained\nat bias\na trained constant per channel"
    )


def test_l2norm_with_a_scale_is_two_calls() -> None:
    shapes = shapes_of(("8x5x5", "8"))
    assert [str(call) for shape in shapes for call in layer_of("l2norm(20)").torch((shape,), shape)] == [
        "F.normalize(dim=1)",
        "ours.Scale(features=8, init=20, places=2)",
        "F.normalize(dim=1)",
        "ours.Scale(features=8, init=20)",
    ]


def test_what_l2norm_with_a_scale_keeps_is_what_torch_keeps() -> None:
    torch = pytest.importorskip("torch")

    class Scaled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(8, 1, 1))

        def forward(self, x: object) -> object:
            return torch.nn.functional.normalize(x, dim=1) * self.weight

    kept, _ = kept_and_macs(Scaled(), (1, 8, 5, 5))
    assert kept_by(layer_of("l2norm(20)"), *shapes_of("8x5x5")) == kept


@pytest.mark.parametrize("shape", ["4x1x1", "4x1"])
def test_instance_normalisation_refuses_a_single_place(shape: str) -> None:
    assert refusal("instancenorm", shape) == (
        f"E201: `instancenorm` needs more than one place\ninput here is {shape}\n"
        "note: the variance of one value is 0, and PyTorch refuses to divide by it"
    )


@pytest.mark.parametrize("shape", ["4", "4x1x1"])
def test_group_normalisation_refuses_groups_of_one_value(shape: str) -> None:
    assert refusal("groupnorm(4)", shape) == (
        f"E201: `groupnorm` needs groups of more than one value\nat groups\n4 groups of {shape}\n"
        "note: the variance of one value is 0, and PyTorch refuses to divide by it"
    )
