"""Torch has the figures that netspec states, and where a module differs it is said how."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import pytest

import netspec
from netspec.diagnostics import SpecError
from netspec.lowering.verify import verify
from tests.shipped import NAMES, analysed, is_small

torch = pytest.importorskip("torch")

from netspec.lowering.build import build_graph  # noqa: E402 - needs torch
from netspec.lowering.verification import differences  # noqa: E402
from netspec.lowering.verification.differences import Difference  # noqa: E402

SPEC = "1x29x29-20C4-MP2-40C5-MP3-150N-10N"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


LARGE = [name for name in NAMES if len(analysed(name).layers) > 250 or not is_small(name, parameters=inf, macs=3e10)]
"""Networks whose receptive fields take long to measure: of many layers, or on many pixels."""

DEEPEST = [name for name in LARGE if len(analysed(name).layers) > 1000]
"""Networks that take long even without."""


def has_a_part(name: str) -> bool:
    """Whether a network has a map whose places see a known part of the input, unlike behind dense layers and tokens."""
    maps = [layer for layer in analysed(name).layers if layer.node.inputs and layer.node.shape.is_map]
    return any(layer.fields and not any(field.whole for field in layer.fields.values()) for layer in maps)


def check_shipped(name: str, *, field: bool) -> None:
    found = verify(name, field=field)
    assert found.differences == ()
    figures = netspec.analyze(name, inputs={each: str(shape) for each, shape in found.inputs.items()}).totals
    assert (found.parameters, found.macs) == (figures.parameters, figures.macs)
    assert found.kept_bytes == figures.training_bytes
    assert bool(found.field) == (field and has_a_part(name))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LARGE])
def test_a_shipped_network_has_the_figures_that_torch_measures(name: str) -> None:
    check_shipped(name, field=True)


@pytest.mark.parametrize("name", [name for name in LARGE if name not in DEEPEST])
def test_a_large_shipped_network_has_the_figures_that_torch_measures(name: str) -> None:
    check_shipped(name, field=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_receptive_fields_of_a_large_network_equal_footprints_of_gradients(name: str) -> None:
    check_shipped(name, field=True)


ODD = {
    "tokens": """
        input 3x32x32
        patches(8, 48) - classtoken - position
        2 * {
          add { | layernorm - attention(3) | identity }
          add { | layernorm - dense(96) - gelu - dense(48) | identity }
        }
        layernorm - taketoken - 10N - softmax
    """,
    "boxes of one image": """
        input image 3xHxW
        input rois Rx4
        @image - 8C3s2p1 - relu - MP2 as map
        roipool(7, scale=1/4) { | @map | @rois }
        16N - relu - dropout(0.5) as features
        output class { 3N - softmax }
        output box { 12N }
    """,
    "boxes by number, of an input that comes second": """
        input rois 5x4
        input image 3x32x32
        @image - 8C3s2p1 - relu as map
        roialign(2x4, samples=0) { | @map | @rois }
        16C1 - 4N
    """,
    "shared weights": """
        input left 1x32x32
        input right 1x32x32
        share trunk { 20C5 - bn - relu - MP2 - 15N }
        distance { | @left - trunk | @right - trunk }
    """,
    "merges": """
        input 16x28x28
        8C3 as unused
        @input - 16C3p - relu
        mul { | identity | GAP - dense(in.c // 4) - relu - dense(in.c) - sigmoid }
        max { | 16C3p | 16C5p | identity }
        sub { | DW3p | identity }
        mean { | 16C3p | identity | AP3s1p1 }
        scaledtanh - conv(8, 3, stride=2, pad=same) - maxpool(3, stride=2, pad=same) - 4N
    """,
    "an auxiliary head": """
        input 3x32x32
        8C3s2p1 - bn - relu as trunk
        output head { GAP - 10N - softmax }
        8C3p1 - relu - GAP - 10N - softmax
    """,
    "a shuffle of one group": "input 3x9x9\n8C1 - relu - shuffle(1) - DW3 - shuffle(2) - 4C3",
    "windows of attention": "input 8x6x9\nattention(2, 4, shift=1) - layernorm - 4N",
}


@pytest.mark.parametrize("spec", ODD.values(), ids=ODD)
def test_a_network_of_odd_layers_has_the_figures_that_torch_measures(spec: str) -> None:
    assert verify(spec).differences == ()


FIELDS = {
    "3x12x12 - 4C3p1 - maxout(2) - 64TC4s2p1 - DW3p": ("maxout1", "dwconv1"),
    "3x9x9 - 8C3s2p1 - upsample(2) - 4C3p": ("conv1", "conv2"),
    "3x9x9 - 8C3s2p1 - upsample(2, mode=bilinear)": ("conv1", "upsample1"),
    "3x9x9 - 16C3s2p1 - pixelshuffle(2) - 8C3p": ("conv1", "conv2"),
    "3x9x9 - 8C3pd2 - maxpool(2, pad=same) - 4C3s2p": ("conv1", "maxpool1", "conv2"),
    "3x9x11 - conv(8, 3x5, stride=2x1, pad=[[1, 0], [2, 2]]) - MP2": ("conv1", "maxpool1"),
    "2x100 - 4C9s4 - MP4": ("conv1", "maxpool1"),
    "2x8x9x9 - 4C3p1 - MP1x2x2": ("conv1", "maxpool1"),
    "3x9x9 - local(4, 3) - subsample(2)": ("local1", "subsample1"),
    "3x9x12 - 4C3 - permute([0, 2, 1]) - 4C3x1": ("conv2",),
    "3x9x9 - zeropad(1, 0) - MP2 - l2norm": ("zeropad1", "l2norm1"),
}
"""Specs, and the values whose receptive field is measured."""


@pytest.mark.parametrize(("spec", "values"), FIELDS.items())
def test_receptive_fields_equal_footprints_of_gradients(spec: str, values: tuple[str, ...]) -> None:
    found = verify(spec)
    assert found.field == values
    assert found.differences == ()


def test_the_field_is_not_measured_where_that_is_not_wanted() -> None:
    assert verify(SPEC, field=False).field is None


def test_an_unknown_size_is_the_least_from_32_on_that_works() -> None:
    found = verify("1xHxW - 4C5 - MP2")
    assert {name: str(shape) for name, shape in found.inputs.items()} == {"input": "1x32x32"}
    divided = "1xHxW - concat { | identity | MP7 - tconv(1, 7, stride=7) }"
    assert str(verify(divided, field=False).inputs["input"]) == "1x35x35"


def test_sizes_that_no_one_can_tell_have_to_be_given() -> None:
    with pytest.raises(SpecError) as error:
        verify("3xHxW - MP1009 - MP1013 - MP1019 - 4C1")
    assert str(error.value) == (
        "error[E130]: no size is known for `H` of the input with which the network can be built\n"
        "   = help: say which: `--input 3x224x224`"
    )


# A module that is another network's


def against(
    monkeypatch: pytest.MonkeyPatch, spec: str, *, change: Callable[[Any], Any] = lambda module: module
) -> None:
    """From here on every network is built as the module of this spec, changed."""

    def build(graph: Any) -> Any:
        other = netspec.compile(spec, inputs=str(graph.nodes[0].shape))
        return change(build_graph(other))

    monkeypatch.setattr(differences, "build_graph", build)


def found(spec: str, **options: bool) -> list[tuple[str, str, str, str]]:
    return [(each.layer, each.what, each.netspec, each.torch) for each in verify(spec, **options).differences]


def test_other_sizes_show_in_weights_shapes_macs_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    against(monkeypatch, "1x9x9 - 3C3 - relu - MP2")
    assert found("1x9x9 - 2C3 - relu - MP2", field=False) == [
        ("all", "conv1.weight", "2x1x3x3", "3x1x3x3"),
        ("all", "conv1.bias", "2", "3"),
        ("all", "parameters", "20", "30"),
        ("conv1", "output", "2x2x7x7", "2x3x7x7"),
        ("conv1", "MACs", "882", "1,323"),
        ("relu1", "output", "2x2x7x7", "2x3x7x7"),
        ("maxpool1", "output", "2x2x3x3", "2x3x3x3"),
        ("all", "MACs", "882", "1,323"),
        ("relu1", "bytes kept, batch of 2", "784", "1,176"),
        ("maxpool1", "bytes kept, batch of 2", "288", "432"),
        ("all", "bytes kept, batch of 2", "1,720", "2,256"),
        ("relu1", "bytes kept, batch of 3", "1,176", "1,764"),
        ("maxpool1", "bytes kept, batch of 3", "432", "648"),
        ("all", "bytes kept, batch of 3", "2,580", "3,384"),
    ]


@pytest.mark.parametrize(
    ("spec", "other", "where", "expected", "computed"),
    [
        ("1x9x9 - 2C3 - MP2", "1x9x9 - 2C3 - AP2", "maxpool1", "MaxPool2d", "AvgPool2d"),
        ("1x9x9 - 2C3 - MP2 - relu", "1x9x9 - 2C3 - MP2", "relu1", "ReLU", "nothing"),
        ("1x9x9 - 2C3 - MP2", "1x9x9 - 2C3 - MP2 - relu", "all", "nothing", "ReLU"),
        ("2x9x9 - gmp", "2x9x9 - gap", "gmp1", "amax", "mean"),
        ("2x9x9 - add { | relu | tanh }", "2x9x9 - sub { | relu | tanh }", "add1", "add", "sub"),
    ],
)
def test_a_module_that_computes_something_else_is_said_to(
    monkeypatch: pytest.MonkeyPatch, spec: str, other: str, where: str, expected: str, computed: str
) -> None:
    against(monkeypatch, other)
    assert found(spec)[0] == (where, "computes", expected, computed)


def test_a_field_that_differs_is_shown_with_the_unit_that_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    against(monkeypatch, "1x15x15 - 2C5p2 - relu - MP2")  # the unit's first pixel, -1, lies outside
    graph = netspec.compile("1x15x15 - 2C3p1 - relu - MP2")
    rows = list(differences.of_fields(netspec.analyze(graph), _units(graph)))
    assert rows == [
        Difference("relu1", "field of unit 1 in input", "3x3 from 0, 0", "4x4 from 0, 0"),
        Difference("maxpool1", "field of unit 1 in input", "4x4 from 1, 1", "6x6 from 0, 0"),
    ]


def _units(graph: Any) -> Any:
    from netspec.lowering.verification.units import chosen, units

    analysis = netspec.analyze(graph)
    return units(analysis, chosen(analysis))


def test_a_weight_that_is_not_trained_is_no_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    def frozen(module: Any) -> Any:
        weight = module.conv1.weight
        del module.conv1.weight
        module.conv1.register_buffer("weight", weight.detach())
        return module

    against(monkeypatch, "1x9x9 - 2C3", change=frozen)
    assert found("1x9x9 - 2C3", field=False)[:3] == [
        ("all", "conv1.weight", "2x1x3x3", "2x1x3x3, not trained"),
        ("all", "parameters", "20", "2"),
        ("all", "buffers", "0", "18"),
    ]


def test_a_layer_that_keeps_more_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def keeping(module: Any) -> Any:
        module.sigmoid1.forward = torch.nn.functional.gelu  # keeps what flows in, not what comes out
        return module

    against(monkeypatch, "4 - 3N - sigmoid - 2N", change=keeping)
    assert found("4 - 3N - sigmoid - 2N") == [
        ("dense1", "bytes kept, batch of 2", "0", "24"),
        ("all", "bytes kept, batch of 2", "56", "80"),
        ("dense1", "bytes kept, batch of 3", "0", "36"),
        ("all", "bytes kept, batch of 3", "84", "120"),
    ]
