"""Darknet's networks: the operations and the sizes of files that its author prints."""

from __future__ import annotations

import pytest

from tests.shipped import analysed


@pytest.mark.parametrize(
    ("name", "input", "billions"),
    [
        ("darknet19", "3x224x224", "5.58"),
        ("darknet19", "3x256x256", "7.29"),
        ("darknet_reference", "3x224x224", "0.81"),
        ("tiny_darknet", "3x224x224", "0.98"),
    ],
)
def test_twice_the_macs_are_the_operations_that_are_printed(name: str, input: str, billions: str) -> None:
    macs = analysed(name, input).totals.macs
    assert isinstance(macs, int) and f"{2 * macs / 1e9:.2f}" == billions


def test_darknet53_has_the_operations_that_are_printed_when_all_of_them_count() -> None:
    macs, ops = analysed("darknet53").totals.macs, analysed("darknet53").totals.ops
    assert isinstance(macs, int) and isinstance(ops, int)
    assert 18.65 <= (2 * macs + ops) / 1e9 < 18.75 and f"{2 * macs / 1e9:.2f}" == "18.57"


@pytest.mark.parametrize(("name", "mebibytes"), [("darknet_reference", "28"), ("tiny_darknet", "4")])
def test_weights_fill_a_file_of_the_size_that_is_printed(name: str, mebibytes: str) -> None:
    size = analysed(name).totals.weight_bytes
    assert isinstance(size, int) and f"{size / 2**20:.0f}" == mebibytes


@pytest.mark.parametrize(("name", "layers", "pools"), [("darknet19", 19, 5), ("darknet53", 53, 0)])
def test_the_names_count_the_layers(name: str, layers: int, pools: int) -> None:
    kinds = [layer.node.layer.name for layer in analysed(name).layers]
    assert kinds.count("conv") + kinds.count("dense") == layers and kinds.count("maxpool") == pools


def test_the_reference_networks_last_pool_rounds_up() -> None:
    layers = [layer for layer in analysed("darknet_reference").layers if layer.node.layer.name in ("conv", "maxpool")]
    assert [str(layer.node.shape) for layer in layers[-3:]] == ["512x4x4", "1024x4x4", "1000x4x4"]
    widths = [3, 16, 32, 64, 128, 256, 512, 1024]
    halved = [224, 112, 56, 28, 14, 7, 4]
    macs = sum(9 * a * b * n * n for a, b, n in zip(widths, widths[1:], halved, strict=False))
    assert analysed("darknet_reference").totals.macs == macs + 1024 * 1000 * 16
