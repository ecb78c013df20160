"""The figures that others have counted, measured or printed: `tests/truth/` says where each comes from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from netspec.analysis.facts import Analysis, LayerFacts
from tests.shipped import analysed

TRUTH = Path(__file__).parent / "truth"
PRODUCTS = ("conv", "dwconv", "dense")
"""A dense layer on a pooled map may be a 1x1 convolution elsewhere; their weights have the same numbers."""

KINDS = {
    "Conv1d": PRODUCTS,
    "Conv2d": PRODUCTS,
    "Conv3d": PRODUCTS,
    "ConvTranspose2d": ("tconv",),
    "Linear": PRODUCTS,
    "BatchNorm2d": ("bn",),
    "LayerNorm": ("layernorm",),
    "MaxPool2d": ("maxpool",),
    "AvgPool2d": ("avgpool",),
    "Convolution": ("conv",),
    "InnerProduct": ("dense",),
    "Pooling": ("maxpool", "avgpool", "gap"),
    "Concat": ("concat",),
}
LAYERS = sorted(path.stem for path in (TRUTH / "layers").glob("*.json"))


def truth(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((TRUTH / f"{name}.json").read_text())
    return content


def given_analysis(given: dict[str, Any]) -> Analysis:
    return analysed(given["spec"], given["input"], **given.get("set", {}))


def without_ones(sizes: Iterable[int]) -> tuple[int, ...]:
    """Sizes up to the last that isn't 1: `512x1x1` and `512` are the same numbers."""
    kept = list(sizes)
    while kept and kept[-1] == 1:
        kept.pop()
    return tuple(kept)


def counted(layer: LayerFacts, with_weights: bool) -> tuple[Any, ...]:
    """What is compared of a layer: output, parameters, MACs, and the shapes of its weights where others give them."""
    weights = [without_ones(weight.shape) for weight in layer.weights.values() if weight.trained]
    return without_ones(layer.node.shape.dims), layer.parameters, layer.macs, *(weights if with_weights else ())


def given_layer(row: Sequence[Any]) -> tuple[Any, ...]:
    """The same of a row of the truth, which has weights where it has six columns."""
    weights = map(without_ones, row[2]) if len(row) == 6 else ()
    return without_ones(row[-3]), row[-2], row[-1], *weights


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_the_shape_weights_and_macs_that_others_count(name: str) -> None:
    given = truth(f"layers/{name}")
    rows = given["layers"]
    kinds = {kind for row in rows for kind in KINDS[row[1]]}
    ours = [layer for layer in given_analysis(given).layers if layer.node.layer.name in kinds]
    if given.get("order") == "any":  # the others compute the branches in another order
        assert Counter(counted(layer, len(rows[0]) == 6) for layer in ours) == Counter(map(given_layer, rows))
        return
    for layer, row in zip(ours, rows, strict=True):
        assert layer.node.layer.name in KINDS[row[1]], row
        assert counted(layer, len(row) == 6) == given_layer(row), row


@pytest.mark.parametrize("name", LAYERS)
def test_the_totals_are_those_that_others_count(name: str) -> None:
    given = truth(f"layers/{name}")
    totals = given_analysis(given).totals
    assert (totals.parameters, totals.macs) == (given["parameters"], given["macs"])


TOTALS = [row for path in sorted((TRUTH / "totals").glob("*.json")) for row in json.loads(path.read_text())["totals"]]


@pytest.mark.parametrize(
    ("name", "params", "input", "parameters", "macs", "source"), TOTALS, ids=lambda value: str(value)[:24]
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
