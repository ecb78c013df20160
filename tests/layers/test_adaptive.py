"""Pooling to a given size, against windows laid down one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.layers.adaptive import AdaptivePool, GlobalAvgPool, GlobalMaxPool, pooled_along
from netspec.layers.arguments import PerAxis
from netspec.layers.base import Keeps, Misuse, Step, call
from netspec.layers.windows import Axes, Stretch, everything
from netspec.shape import Shape, Unknown, letter

H, R = letter("H"), letter("R")


@given(st.integers(1, 60), st.integers(1, 60))
def test_the_windows_of_adaptive_pooling_hold_as_many_inputs_as_are_counted(size: int, outputs: int) -> None:
    windows = [range(o * size // outputs, -(-(o + 1) * size // outputs)) for o in range(outputs)]
    assert pooled_along(size, outputs) == sum(map(len, windows))


def test_how_windows_overlap_is_unknown_when_the_size_is() -> None:
    assert pooled_along(H, 1) == H
    assert pooled_along(H, 7) == Unknown("how the 7 windows of adaptive pooling overlap depends on the input size")


def test_adaptive_pooling_gives_the_size_that_is_asked_for() -> None:
    assert AdaptivePool(7).out_shape((Shape(512, (H, 20)),)) == Shape(512, (7, 7))
    assert AdaptivePool(PerAxis((2, 3))).out_shape((Shape(8, (9, 9), rows=R),)) == Shape(8, (2, 3), rows=R)


def test_adaptive_pooling_takes_as_many_operations_as_its_windows_hold() -> None:
    inputs = (Shape(2, (7, 9)),)
    output = Shape(2, (3, 3))
    mean, most = AdaptivePool(3), AdaptivePool(3, "max")
    assert mean.ops(inputs, output) == 2 * 9 * 9
    assert most.ops(inputs, output) == 2 * 9 * 9 - 18
    regions = (Shape(2, (7, 9), rows=R),)
    assert mean.ops(regions, Shape(2, (3, 3), rows=R)) == R * 162


def test_an_adaptive_window_stretches() -> None:
    assert AdaptivePool(7).window((Shape(8, (H, 14)),), Shape(8, (7, 7))) == (Axes((Stretch(H, 7), Stretch(14, 7))),)


def test_the_windows_of_an_adaptive_pool_are_worked_out() -> None:
    inputs = (Shape(256, (13, H)),)
    layer = AdaptivePool(6)
    assert layer.explain(inputs, layer.out_shape(inputs)) == (
        Step("height of output o", "⌊o·n/m⌋ … ⌈(o + 1)·n/m⌉ − 1", "⌊o·13/6⌋ … ⌈(o + 1)·13/6⌉ − 1", "6"),
        Step("width of output o", "⌊o·n/m⌋ … ⌈(o + 1)·n/m⌉ − 1", "⌊o·H/6⌋ … ⌈(o + 1)·H/6⌉ − 1", "6"),
    )


def test_a_size_for_another_number_of_axes_is_an_error() -> None:
    with pytest.raises(Misuse) as caught:
        AdaptivePool(PerAxis((7, 7))).out_shape((Shape(8, (100,)),))
    assert (caught.value.code, caught.value.at) == ("E202", "size")
    assert caught.value.what == "7x7 is for 2 axes, but what flows in has 1 axis"


def test_global_pools_leave_a_vector() -> None:
    for layer in (GlobalAvgPool(), GlobalMaxPool()):
        assert layer.out_shape((Shape(1024, (H, H)),)) == Shape(1024)
        assert layer.out_shape((Shape(64, (5, 5), rows=R),)) == Shape(64, rows=R)
        assert layer.out_shape((Shape(768, tokens=196),)) == Shape(768)
        assert layer.window((Shape(8, (5, 5)),), Shape(8)) == (everything,)


def test_a_vector_has_nothing_to_pool() -> None:
    with pytest.raises(Misuse) as caught:
        GlobalAvgPool().out_shape((Shape(10),))
    assert caught.value.what == "`gap` needs a map, but a vector flows in"


def test_a_mean_takes_an_operation_for_each_element_and_a_maximum_one_less_for_each_map() -> None:
    inputs, output = (Shape(1024, (7, 7)),), Shape(1024)
    assert GlobalAvgPool().ops(inputs, output) == 50_176
    assert GlobalMaxPool().ops(inputs, output) == 49_152
    assert GlobalAvgPool().explain(inputs, output) == (Step("ops", "C·H·W", "1024·7·7", "50,176"),)
    assert GlobalMaxPool().explain(inputs, output) == (Step("ops", "C·(H·W − 1)", "1024·(7·7 − 1)", "49,152"),)
    regions, result = (Shape(8, (5, 5), rows=R),), Shape(8, rows=R)
    assert GlobalAvgPool().explain(regions, result) == (Step("ops", "R·C·H·W", "R·8·5·5", "200·R"),)
    tokens = (Shape(768, tokens=196),)
    assert GlobalMaxPool().explain(tokens, Shape(768)) == (Step("ops", "C·(T − 1)", "768·(196 − 1)", "149,760"),)


def test_what_torch_keeps_depends_on_the_kind_of_pool() -> None:
    inputs, output = (Shape(8, (6, 6)),), Shape(8, (3, 3))
    assert GlobalMaxPool().keeps(inputs, Shape(8)) == Keeps(inputs=(0,), output=True)
    assert AdaptivePool(3, "max").keeps(inputs, output) == Keeps(inputs=(0,), extra_bytes=8 * 72)
    assert AdaptivePool(3).keeps(inputs, output) == Keeps(inputs=(0,))
    assert AdaptivePool(1).keeps(inputs, Shape(8, (1, 1))) == Keeps()


def test_torch_pools_the_last_axes_or_the_tokens() -> None:
    assert GlobalAvgPool().torch((Shape(8, (6, 6)),), Shape(8)) == (call("torch.mean", dim=(-2, -1)),)
    assert GlobalMaxPool().torch((Shape(8, tokens=4),), Shape(8)) == (call("torch.amax", dim=-2),)
    assert AdaptivePool(PerAxis((2, 3)), "max").torch((Shape(8, (6, 6)),), Shape(8, (2, 3))) == (
        call("nn.AdaptiveMaxPool2d", output_size=(2, 3)),
    )
