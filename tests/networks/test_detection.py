"""Detectors: a trunk on the whole image, and heads on its regions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netspec
from netspec.analysis.facts import Analysis
from netspec.library import find
from tests.shipped import analysed
from tests.test_given import counted, given_layer

TRUTH = Path(__file__).parent.parent / "truth" / "regions"
INPUTS = {"image": "3x600x1000", "rois": "1x4"}


def on_image(name: str, inputs: dict[str, str] = INPUTS, **params: object) -> Analysis:
    return netspec.analyze(netspec.compile(find(name), inputs=inputs, **params))


@pytest.mark.parametrize("path", sorted(TRUTH.glob("*.json")), ids=lambda path: path.stem)
def test_every_layer_has_the_shape_weights_and_macs_of_the_authors_definition(path: Path) -> None:
    given = json.loads(path.read_text())
    analysis = on_image(given["spec"], given["inputs"])
    ours = [layer for layer in analysis.layers if layer.node.layer.name in ("conv", "maxpool", "roipool", "dense")]
    for layer, row in zip(ours, given["layers"], strict=True):
        assert layer.node.name.rpartition(".")[2] == row[0].removeprefix("roi_")
        figures = counted(layer, False)
        dims = figures[0][1:] if layer.node.shape.rows is not None else figures[0]  # the one region
        assert (dims, *figures[1:]) == given_layer(row), row
    assert (analysis.totals.parameters, analysis.totals.macs) == (given["parameters"], given["macs"])


def test_heads_are_counted_for_each_region() -> None:
    one = on_image("fast_rcnn").totals.macs
    many = on_image("fast_rcnn", {"image": "3x600x1000", "rois": "2000x4"}).totals.macs
    heads = 102_760_448 + 16_777_216 + 86_016 + 344_064
    assert many - one == 1_999 * heads


def test_truncated_svd_leaves_t_times_u_plus_v_weights_of_a_layer() -> None:
    whole, low = analysed("fast_rcnn").layers, analysed("fast_rcnn", svd=True).layers
    for name, rank, u, v in (("fc6", 1024, 4096, 512 * 7 * 7), ("fc7", 256, 4096, 4096)):
        before, after = (next(layer for layer in each if layer.node.name == name) for each in (whole, low))
        assert before.parameters == u * v + u
        assert after.parameters == rank * (u + v) + u
    others = {layer.node.name: layer.parameters for layer in whole}
    assert all(layer.parameters == others[layer.node.name] for layer in low if layer.node.name not in ("fc6", "fc7"))


def test_a_place_of_the_map_is_centred_on_the_pixel_that_the_scale_of_the_regions_says() -> None:
    layers = {layer.node.name: layer for layer in on_image("fast_rcnn_caffenet").layers}
    (field,) = layers["map"].fields.values()
    assert field.jump == (16, 16)
    assert [start + (size - 1) // 2 for start, size in zip(field.start, field.size, strict=True)] == [0, 0]


def test_the_proposal_network_has_the_layers_of_the_authors_definition() -> None:
    layers = {layer.node.name: layer for layer in on_image("faster_rcnn").layers}
    rows = [("rpn_conv", 512, 2_359_808), ("rpn_cls_score", 18, 9_234), ("rpn_bbox_pred", 36, 18_468)]
    for name, maps, parameters in rows:
        assert str(layers[name].node.shape) == f"{maps}x38x63"
        assert layers[name].parameters == parameters


def test_faster_rcnn_takes_the_memory_that_albanies_convnet_burden_prints() -> None:
    parameters = analysed("faster_rcnn").totals.parameters
    assert isinstance(parameters, int) and round(4 * parameters / 2**20) == 523


def test_rcnn_is_caffenet_with_another_last_layer() -> None:
    rcnn, caffenet = analysed("rcnn").layers, analysed("caffenet").layers
    pairs = list(zip(rcnn, caffenet, strict=False))[:-1]
    assert all((a.node.layer, a.node.name) == (b.node.layer, b.node.name) for a, b in pairs)
    assert rcnn[-1].parameters == 200 * 4097
    assert analysed("rcnn", classes=21).layers[-1].parameters == 21 * 4097
