"""Networks of tokens and of windows, by hand: every weight, and what the papers print."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest

from netspec.layers.attention import Attention
from netspec.layers.regularise import DropPath
from netspec.shape import Dim
from tests.shipped import analysed

Shape = tuple[Dim, ...]


def norm(f: int) -> list[Shape]:
    return [(f,), (f,)]


def dense(before: int, after: int) -> list[Shape]:
    return [(after, before), (after,)]


def mlp(f: int, between: int) -> list[Shape]:
    return [*norm(f), *dense(f, between), *dense(between, f)]


def vit(f: int, layers: int, patch: int) -> list[Shape]:
    """Patches, class token, positions, then attention and two dense layers at each of so many layers, and the head."""
    encoder = [*norm(f), *dense(f, 3 * f), *dense(f, f), *mlp(f, 4 * f)]
    positions = (224 // patch) ** 2 + 1
    start = [(f, 3, patch, patch), (f,), (1, 1, f), (1, positions, f)]
    return [*start, *encoder * layers, *norm(f), *dense(f, 1000)]


def swin(f: int, heads: int, layers: tuple[int, ...]) -> list[Shape]:
    """Stages that halve the map and double features and heads; a table of 13·13 relative positions for each head."""
    shapes: list[Shape] = [(f, 3, 4, 4), (f,), *norm(f)]
    for stage, units in enumerate(layers):
        if stage:
            shapes += [*norm(4 * f), (2 * f, 4 * f)]
            f, heads = 2 * f, 2 * heads
        shapes += [*norm(f), (169, heads), *dense(f, 3 * f), *dense(f, f), *mlp(f, 4 * f)] * units
    return [*shapes, *norm(f), *dense(f, 1000)]


def mixer(f: int, layers: int, tokens: int, channels: int) -> list[Shape]:
    """Dense layers along the 196 patches, then along the features."""
    layer = [*norm(f), *dense(196, tokens), *dense(tokens, 196), *mlp(f, channels)]
    return [(f, 3, 16, 16), (f,), *layer * layers, *norm(f), *dense(f, 1000)]


def convmixer(f: int, layers: int) -> list[Shape]:
    layer = [(f, 1, 7, 7), (f,), *norm(f), *dense(f, f), *norm(f)]
    return [(f, 3, 7, 7), (f,), *norm(f), *layer * layers, *dense(f, 1000)]


WEIGHTS = {
    "vit_b16": vit(768, 12, 16),
    "vit_b32": vit(768, 12, 32),
    "vit_l16": vit(1024, 24, 16),
    "vit_s16": vit(384, 12, 16),
    "swin_t": swin(96, 3, (2, 2, 6, 2)),
    "swin_s": swin(96, 3, (2, 2, 18, 2)),
    "swin_b": swin(128, 4, (2, 2, 18, 2)),
    "mlp_mixer_b16": mixer(768, 12, 384, 3072),
    "mlp_mixer_s16": mixer(512, 8, 256, 2048),
    "convmixer_768_32": convmixer(768, 32),
}


def trained(name: str) -> Iterator[Shape]:
    """The shapes of all weights in the order of flow; a 1x1 convolution is a dense layer for each place."""
    for layer in analysed(name).layers:
        for weight in layer.weights.values():
            if weight.trained:
                yield weight.shape[:2] if weight.shape[2:] == (1, 1) else weight.shape


@pytest.mark.parametrize("name", WEIGHTS)
def test_every_weight_has_the_shape_that_the_paper_gives_by_hand(name: str) -> None:
    assert list(trained(name)) == WEIGHTS[name]


@pytest.mark.parametrize(
    ("name", "millions", "billions"),
    [
        ("vit_b16", "86.6", "17.6"),  # 86 in table 1, which cuts
        ("vit_s16", "22.1", "4.6"),
        ("swin_t", "28.3", "4.5"),
        ("swin_s", "49.6", "8.7"),
        ("swin_b", "87.8", "15.4"),
        ("convmixer_768_32", "21.1", "20.7"),
        ("poolformer_s12", "11.9", "1.8"),
    ],
)
def test_parameters_and_multiply_adds_round_to_what_others_print(name: str, millions: str, billions: str) -> None:
    totals = analysed(name).totals
    assert isinstance(totals.macs, int) and isinstance(totals.parameters, int)
    assert (f"{totals.parameters / 1e6:.1f}", f"{totals.macs / 1e9:.1f}") == (millions, billions)


@pytest.mark.parametrize(("name", "features", "millions"), [("mlp_mixer_b16", 768, 59), ("mlp_mixer_s16", 512, 18)])
def test_mixers_have_the_millions_of_the_paper_without_their_heads(name: str, features: int, millions: int) -> None:
    head = 1000 * features + 1000
    parameters = analysed(name).totals.parameters
    assert isinstance(parameters, int) and round((parameters - head) / 1e6) == millions


def test_vit_l_has_the_307_million_of_its_paper_with_patches_of_32() -> None:
    positions, pixels = 1024 * (7 * 7 - 14 * 14), 1024 * 3 * (32 * 32 - 16 * 16)
    assert analysed("vit_l16").totals.parameters + positions + pixels == 306_535_400  # torchvision's vit_l_32


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("vit_s16", "0.1"),
        ("mlp_mixer_b16", "0.1"),
        ("swin_t", "0.2"),
        ("swin_s", "0.3"),
        ("swin_b", "0.5"),
        ("poolformer_s12", "0.1"),
    ],
)
def test_both_parts_of_a_unit_are_left_out_more_often_the_later_it_comes(name: str, last: str) -> None:
    rates = [layer.node.layer.rate for layer in analysed(name).layers if isinstance(layer.node.layer, DropPath)]
    rates = [rate for rate in rates if rate]  # none at the first unit, which is never left out
    units = len(rates) // 2 + 1
    assert rates == [Fraction(last) * unit / (units - 1) for unit in range(1, units) for _ in range(2)]


@pytest.mark.parametrize(("name", "heads"), [("vit_b16", 12), ("vit_b32", 12), ("vit_l16", 16), ("vit_s16", 6)])
def test_attention_has_the_heads_of_the_paper(name: str, heads: int) -> None:
    layers = [layer.node.layer for layer in analysed(name).layers]
    assert {layer.heads for layer in layers if isinstance(layer, Attention)} == {heads}


def test_swins_windows_are_moved_in_every_second_unit() -> None:
    layers = [layer.node.layer for layer in analysed("swin_t").layers]
    attentions = [layer for layer in layers if isinstance(layer, Attention)]
    assert [layer.shift for layer in attentions] == [0, 3] * 6
    assert [layer.heads for layer in attentions] == [3] * 2 + [6] * 2 + [12] * 6 + [24] * 2


def test_swins_merging_puts_rows_before_columns_as_the_authors_do() -> None:
    names = [f"merge1.{name}" for name in ("reshape1", "permute1", "reshape2", "reshape3", "permute2", "reshape4")]
    made = [str(layer.node.shape) for layer in analysed("swin_t").layers if layer.node.name in names]
    assert made == ["96x28x2x56", "2x96x28x56", "192x28x56", "192x28x28x2", "2x192x28x28", "384x28x28"]
