"""The receptive fields that Araujo, Norris and Sim published (Distill 2019) of TF-Slim's models, at every end point."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.analysis.facts import Analysis

ROWS: list[list[Any]] = json.loads(
    (Path(__file__).parents[1] / "truth" / "receptive_fields_published.json").read_text(encoding="utf-8")
)["rows"]

VGG_A = """
64C3p1 as conv1_1 - relu - MP2 as pool1
128C3p1 as conv2_1 - relu - MP2 as pool2
256C3p1 as conv3_1 - relu - 256C3p1 as conv3_2 - relu - MP2 as pool3
512C3p1 as conv4_1 - relu - 512C3p1 as conv4_2 - relu - MP2 as pool4
512C3p1 as conv5_1 - relu - 512C3p1 as conv5_2 - relu - MP2 as pool5
"""
VGG_16 = """
64C3p1 as conv1_1 - relu - 64C3p1 - relu - MP2 as pool1
128C3p1 as conv2_1 - relu - 128C3p1 - relu - MP2 as pool2
256C3p1 as conv3_1 - relu - 256C3p1 as conv3_2 - relu - 256C3p1 - relu - MP2 as pool3
512C3p1 as conv4_1 - relu - 512C3p1 as conv4_2 - relu - 512C3p1 - relu - MP2 as pool4
512C3p1 as conv5_1 - relu - 512C3p1 as conv5_2 - relu - 512C3p1 - relu - MP2 as pool5
"""
ALEXNET_V2 = """
64C11s4 as conv1 - relu - MP3s2 as pool1
192C5p as conv2 - relu - MP3s2
384C3p as conv3 - relu - 384C3p as conv4 - relu - 256C3p as conv5 - relu - MP3s2 as pool5
"""
RESNET_V1_50 = """
default conv(bias=false)
block unit(c, s=1) {
  add {
    | conv(c, 1) - bn - relu - conv(c, 3, stride=s, pad=1) - bn - relu - conv(4 * c, 1) - bn
    | if in.c != 4 * c { conv(4 * c, 1, stride=s) - bn } else if s != 1 { maxpool(1, stride=s) }
  }
  relu
}
conv(64, 7, stride=2, pad=3) - bn - relu - MP3s2p
{ 2 * unit(64) - unit(64, s=2) } as block1
{ 3 * unit(128) - unit(128, s=2) } as block2
{ 5 * unit(256) - unit(256, s=2) } as block3
{ 3 * unit(512) } as block4
"""
"""TF-Slim halves a map in the last unit of a stage, and pads as SAME where torch pads both sides."""

MODELS = {"vgg_a": VGG_A, "vgg_16": VGG_16, "alexnet_v2": ALEXNET_V2, "resnet_v1_50": RESNET_V1_50}


@cache
def analysed(network: str, input: str) -> Analysis:
    return netspec.analyze(f"input {input or '3xHxW'}\n{MODELS[network]}")


@pytest.mark.parametrize(("network", "input", "point", "billions", "size", "stride", "padding"), ROWS)
def test_an_end_point_sees_what_is_published(
    network: str, input: str, point: str, billions: float | None, size: int, stride: int, padding: int | None
) -> None:
    layers = analysed(network, input).layers
    at = [layer for layer in layers if layer.node.name == point or layer.node.name.startswith(f"{point}.")][-1]
    (field,) = at.fields.values()
    assert (field.size, field.jump) == ((size, size), (stride, stride))
    assert field.start == ((None, None) if padding is None else (-padding, -padding))
    if billions is not None:  # two for a MAC, and what biases and pools add
        before = [layer for layer in layers[: at.node.number + 1] if layer.node.layer.name in ("conv", "maxpool")]
        flops = sum(2 * layer.macs + layer.ops for layer in before)
        assert flops / 1e9 == pytest.approx(billions, rel=0.01)
