"""The fully convolutional networks and DeepLab, by hand: sizes, weights, products, and where the crops lie."""

from __future__ import annotations

from fractions import Fraction

import pytest

from netspec.analysis.facts import Analysis, LayerFacts
from netspec.layers.conv import Conv
from netspec.layers.transposed import TransposedConv
from tests.shipped import analysed

VGG16 = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)]
VGG16 += [(256, 512), (512, 512), (512, 512), (512, 512), (512, 512), (512, 512)]
"""Channels in and out of its convolutions."""

SIZES = [698] * 2 + [349] * 2 + [175] * 3 + [88] * 3 + [44] * 3
"""What they give in an FCN: 500 + 2·100 − 2, halved and rounded up."""

HEADS = {
    "fcn32s": [("tconv", 64, 16)],
    "fcn16s": [("tconv", 4, 16), ("conv", 512, 44), ("tconv", 32, 34)],
    "fcn8s": [("tconv", 4, 16), ("conv", 512, 44), ("tconv", 4, 34), ("conv", 256, 88), ("tconv", 16, 70)],
}
"""Behind the scores of 16x16: kernel of a transposed convolution or channels into a 1x1, and the size that flows in."""


def named(network: Analysis, name: str) -> LayerFacts:
    (layer,) = (layer for layer in network.layers if layer.node.name == name)
    return layer


def grid(layer: LayerFacts) -> tuple[Fraction, Fraction]:
    """The middle of what the first place of a map sees, and how far the next is from it."""
    (field,) = layer.fields.values()
    start, size, jump = field.start[0], field.size[0], field.jump[0]
    assert isinstance(start, int) and isinstance(size, int) and isinstance(jump, int)
    return start + Fraction(size - 1, 2), Fraction(jump)


@pytest.mark.parametrize("name", HEADS)
def test_an_fcn_has_the_products_that_its_prototxt_gives_by_hand(name: str) -> None:
    trunk = sum(9 * a * b * n * n for (a, b), n in zip(VGG16, SIZES, strict=True))
    dense = (512 * 7 * 7 * 4096 + 4096 * 4096 + 4096 * 21) * 16 * 16
    head = sum(21 * k * n * n * (21 * k if kind == "tconv" else 1) for kind, k, n in HEADS[name])
    assert analysed(name).totals.macs == trunk + dense + head
    assert str(analysed(name).layers[-1].node.shape) == "21x500x500"


@pytest.mark.parametrize("name", HEADS)
def test_what_an_fcn_enlarges_sees_404_pixels_with_134_million_parameters(name: str) -> None:
    network = analysed(name)
    (field,) = named(network, "score_fr").fields.values()
    assert (field.size, field.jump) == ((404, 404), (32, 32))
    enlarging = [
        layer for layer in network.layers if layer.node.layer.name == "tconv" or "score_pool" in layer.node.name
    ]
    counts = [layer.parameters for layer in network.layers if layer not in enlarging]
    assert sum(count for count in counts if isinstance(count, int)) == 134_346_581


@pytest.mark.parametrize(
    ("name", "layer", "before", "cut"),
    [
        ("fcn32s", "upscore", "score_fr", None),
        ("fcn16s", "upscore2", "score_fr", "crop1"),
        ("fcn16s", "upscore16", "crop1", None),
        ("fcn8s", "upscore2", "score_fr", "crop1"),
        ("fcn8s", "upscore_pool4", "crop1", "crop2"),
        ("fcn8s", "upscore8", "crop2", None),
    ],
)
def test_what_is_enlarged_lies_over_the_image_and_over_what_it_is_added_to(
    name: str, layer: str, before: str, cut: str | None
) -> None:
    # Place i writes around place stride·i + (kernel − 1)/2 − cropped, so that one is to have its middle
    network = analysed(name)
    enlarge = named(network, layer).node.layer
    assert isinstance(enlarge, TransposedConv) and isinstance(enlarge.kernel, int) and isinstance(enlarge.stride, int)
    assert isinstance(enlarge.pad, tuple)
    ((cropped, _),) = enlarge.pad
    start, spacing = grid(named(network, before))
    first = start - (Fraction(enlarge.kernel - 1, 2) - int(cropped)) * spacing / enlarge.stride
    assert first == (0 if cut is None else grid(named(network, cut))[0])


def test_the_padded_unet_gives_a_map_as_large_as_the_image_whatever_its_size() -> None:
    for size in ("572x572", "512x512", "127x255"):
        assert str(analysed("unet_padded", f"3x{size}").layers[-1].node.shape) == f"2x{size}"


def test_the_padded_unet_at_512_needs_no_zeros_and_costs_what_its_figure_gives_by_hand() -> None:
    down = [(3, 64, 512), (64, 128, 256), (128, 256, 128), (256, 512, 64), (512, 1024, 32)]
    pairs = sum(9 * (a * b + b * b) * n * n for a, b, n in down)
    pairs += sum(9 * (2 * b * b + b * b) * n * n for _, b, n in down[:-1])
    enlarged = sum(4 * 2 * b * b * (n // 2) ** 2 for _, b, n in down[:-1])
    assert analysed("unet_padded", "3x512x512").totals.macs == pairs + enlarged + 64 * 2 * 512**2


def test_deeplab_has_the_weights_and_the_products_of_its_paper_by_hand() -> None:
    network = analysed("deeplab_largefov")
    sizes = [321] * 2 + [161] * 2 + [81] * 3 + [41] * 6
    macs = sum(9 * a * b * n * n for (a, b), n in zip(VGG16, sizes, strict=True))
    macs += (9 * 512 * 1024 + 1024 * 1024 + 1024 * 21) * 41 * 41
    assert network.totals.macs == macs
    assert isinstance(network.totals.parameters, int) and f"{network.totals.parameters / 1e6:.1f}" == "20.5"
    dilations = [layer.node.layer.dilation for layer in network.layers if isinstance(layer.node.layer, Conv)]
    assert dilations == [1] * 10 + [2] * 3 + [12, 1, 1]
