"""Layers with random settings, measured with torch: what the examples show holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netspec.layers.adaptive import AdaptivePool
from netspec.layers.arguments import SAME, Padding, PerAxis
from netspec.layers.base import Layer, Misuse
from netspec.layers.conv import Conv, DepthwiseConv
from netspec.layers.dense import Dense
from netspec.layers.pool import AvgPool, MaxPool
from netspec.layers.transposed import TransposedConv
from netspec.shape import Shape
from tests.layers.agreement import assert_agreement_with_torch

RANKS = (1, 2, 3)


def each(rank: int, least: int, most: int) -> st.SearchStrategy[int | PerAxis]:
    """One number for all axes, or one an axis."""
    number = st.integers(least, most)
    return st.one_of(number, st.tuples(*(number,) * rank).map(PerAxis))


def paddings(rank: int) -> st.SearchStrategy[Padding]:
    """None, even, uneven, and TensorFlow's SAME."""
    pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
    even = st.integers(0, 2).map(lambda pad: ((pad, pad),))
    return st.one_of(st.just(SAME), even, st.tuples(*(pair,) * rank))


def maps(rank: int) -> st.SearchStrategy[Shape]:
    """Small maps of 4 channels."""
    return st.tuples(*(st.integers(4, 9),) * rank).map(lambda sizes: Shape(4, sizes))


@st.composite
def layers(draw: st.DrawFn, rank: int) -> Layer:
    """A layer of one of the kinds that torch has, with any settings."""
    kernel, stride, dilation = draw(each(rank, 1, 3)), draw(each(rank, 1, 3)), draw(each(rank, 1, 2))
    pad, flag, groups = draw(paddings(rank)), draw(st.booleans()), draw(st.sampled_from((1, 2, 4)))
    kinds: list[Layer] = [
        Conv(8, kernel, stride, pad, dilation, groups, flag),
        DepthwiseConv(kernel, stride, pad, dilation, groups, flag),
        TransposedConv(8, kernel, stride, pad, draw(each(rank, 0, 2)), dilation, groups, flag),
        MaxPool(kernel, stride, pad, dilation, flag),
        AvgPool(kernel, stride, pad, flag, draw(st.booleans())),
        AdaptivePool(draw(each(rank, 1, 9)), "max" if flag else "avg"),
        Dense(groups, flag),
    ]
    return draw(st.sampled_from(kinds))


@settings(max_examples=150, deadline=None)
@given(st.data())
@pytest.mark.parametrize("rank", RANKS)
def test_a_layer_with_any_settings_agrees_with_torch(rank: int, data: st.DataObject) -> None:
    layer, shape = data.draw(layers(rank)), data.draw(maps(rank))
    try:
        output = layer.out_shape((shape,))
    except Misuse:
        assume(False)
    assume(not any(call.target.startswith("ours.") for call in layer.torch((shape,), output)))
    assert_agreement_with_torch(layer, (shape,))
