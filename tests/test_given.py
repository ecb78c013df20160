"""The figures that others have counted, measured or printed: `tests/truth/` says where each comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netspec.analysis.facts import LayerFacts
from tests.shipped import analysed

TRUTH = Path(__file__).parent / "truth"
KINDS = {
    "Conv2d": ("conv",),
    "BatchNorm2d": ("bn",),
    "Linear": ("dense",),
    "MaxPool2d": ("maxpool",),
    "AvgPool2d": ("avgpool",),
    "Convolution": ("conv",),
    "InnerProduct": ("dense",),
    "Pooling": ("maxpool", "avgpool", "gap"),
    "Concat": ("concat",),
}
LAYERS = sorted(path.stem for path in (TRUTH / "layers").glob("*.json"))
MEASURED_BY_HOOKS = [name for name in LAYERS if name not in ("alexnet", "googlenet", "squeezenet", "nin_imagenet")]


def truth(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((TRUTH / f"{name}.json").read_text())
    return content


def given_layers(name: str) -> tuple[list[LayerFacts], list[list[Any]]]:
    """The layers of the kinds that the truth lists, in execution order, and the truth's rows."""
    given = truth(f"layers/{name}")
    analysis = analysed(given["spec"], given["input"], **({"aux": False} if "set" in given else {}))
    kinds = {kind for row in given["layers"] for kind in KINDS[row[1]]}
    return [layer for layer in analysis.layers if layer.node.layer.name in kinds], given["layers"]


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_the_shape_parameters_and_macs_that_others_count(name: str) -> None:
    ours, rows = given_layers(name)
    for layer, row in zip(ours, rows, strict=True):
        kind, output, parameters, macs = row[1], row[-3], row[-2], row[-1]
        assert layer.node.layer.name in KINDS[kind], row
        assert list(layer.node.shape.dims) == (output[:1] if output[1:] == [1, 1] else output), row
        assert (layer.parameters, layer.macs) == (parameters, macs), row


@pytest.mark.parametrize("name", MEASURED_BY_HOOKS)
def test_every_weight_has_the_shape_that_torchvision_gives_it(name: str) -> None:
    ours, rows = given_layers(name)
    for layer, row in zip(ours, rows, strict=True):
        assert [list(weight.shape) for weight in layer.weights.values() if weight.trained] == row[2], row


@pytest.mark.parametrize("name", LAYERS)
def test_the_totals_are_the_sums_of_those_layers(name: str) -> None:
    given = truth(f"layers/{name}")
    totals = analysed(given["spec"], given["input"], **({"aux": False} if "set" in given else {})).totals
    assert (totals.parameters, totals.macs) == (given["parameters"], given["macs"])


@pytest.mark.parametrize(
    ("name", "params", "input", "parameters", "macs", "source"),
    truth("totals")["totals"],
    ids=lambda value: str(value)[:24],
)
def test_totals_that_others_print(
    name: str, params: dict[str, Any], input: str, parameters: int, macs: int | None, source: str
) -> None:
    totals = analysed(name, input, **params).totals
    assert totals.parameters == parameters, source
    assert macs is None or totals.macs == macs, source


@pytest.mark.parametrize(("width", "input", "macs", "parameters"), truth("mobilenet")["grid"])
def test_mobilenets_widths_and_sizes_cost_what_the_paper_prints(
    width: str, input: str, macs: int, parameters: float
) -> None:
    totals = analysed("mobilenet", input, width=float(width)).totals
    assert isinstance(totals.macs, int) and abs(totals.macs / 1e6 - macs) < 1
    assert isinstance(totals.parameters, int) and totals.parameters / 1e6 == pytest.approx(parameters, abs=0.05)


@pytest.mark.parametrize(("name", "point", "size", "jump", "start"), truth("receptive_fields")["points"])
def test_receptive_fields_at_the_points_that_others_measured(
    name: str, point: str, size: int, jump: int, start: int
) -> None:
    layers = analysed(name).layers
    at = [layer for layer in layers if layer.node.name == point or layer.node.name.startswith(f"{point}.")]
    (field,) = at[-1].fields.values()
    assert (field.size, field.jump, field.start) == ((size, size), (jump, jump), (start, start))
    assert field.aligned == (True, True)


def test_alexnet_has_about_the_neurons_that_its_paper_prints() -> None:
    computing = [layer for layer in analysed("alexnet").layers if layer.node.layer.name in ("conv", "dense")]
    assert sum(layer.activations for layer in computing) == 659_272  # printed: 650,000


def test_lenet5s_layers_have_the_counts_of_its_paper() -> None:
    counts = {layer.node.name: layer.parameters for layer in analysed("lenet5").layers}
    assert [counts[name] for name in ("c1", "s2", "c3", "s4", "c5", "f6")] == [156, 12, 1_516, 32, 48_120, 10_164]


def test_vgg16_without_biases_has_the_weights_that_lectures_print() -> None:
    layers = [layer for layer in analysed("vgg16").layers if layer.parameters]
    weights = [layer.parameters - layer.node.shape.channels for layer in layers]
    printed = [1_728, 36_864, 73_728, 147_456, 294_912, 589_824, 589_824, 1_179_648, *[2_359_296] * 5]
    assert weights == [*printed, 102_760_448, 16_777_216, 4_096_000]


def test_small_networks_have_the_maps_that_lectures_print() -> None:
    def pools(name: str) -> list[str]:
        return [str(layer.node.shape) for layer in analysed(name).layers if layer.node.layer.name == "maxpool"]

    assert pools("mcdnn") == ["20x13x13", "40x3x3"]
    assert pools("simple_cnn") == ["20x14x14", "50x5x5"]
    assert pools("stl10_small")[-1] == "16x9x9"
    assert pools("caltech_small")[-1] == "16x9x9"
    assert pools("cifar_small")[-1] == "24x5x5"
    assert pools("zfnet") == ["96x55x55", "256x13x13", "256x6x6"]
