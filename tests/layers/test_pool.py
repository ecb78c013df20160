"""Pools over windows: sizes, hand calculations, torch calls and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.layers.arguments import SAME, Padding, PerAxis
from netspec.layers.base import Fix, Keeps, Misuse, Weight, call
from netspec.layers.pool import AvgPool, MaxPool, Subsample
from netspec.layers.windows import Axes, Window
from netspec.shape import Shape, Unknown, letter, product
from tests.layers.reading import layer_of, shape_of

H = letter("H")


def misuse(layer: MaxPool | AvgPool | Subsample, shape: Shape) -> Misuse:
    """The error that this input gives."""
    with pytest.raises(Misuse) as caught:
        layer.out_shape((shape,))
    return caught.value


def steps(spec: str, shape: str) -> list[str]:
    """The hand calculations of a layer, as they are printed."""
    layer, inputs = layer_of(spec), (shape_of(shape),)
    return [
        f"{step.what}: {step.formula} = {step.worked} = {step.result}"
        for step in layer.explain(inputs, layer.out_shape(inputs))
    ]


# Sizes


def test_alexnets_pools_overlap() -> None:
    sizes = [str(layer_of("MP3s2").out_shape((Shape(96, (n, n)),))) for n in (55, 27, 13)]
    assert sizes == ["96x27x27", "96x13x13", "96x6x6"]


def test_googlenets_pools_round_up() -> None:
    up, down = MaxPool(3, 2, ceil=True), MaxPool(3, 2)
    assert [up.out_shape((Shape(1, (n, n)),)).sizes[0] for n in (112, 56, 28, 14)] == [56, 28, 14, 7]
    assert [down.out_shape((Shape(1, (n, n)),)).sizes[0] for n in (112, 56, 28, 14)] == [55, 27, 13, 6]


def test_the_stride_of_a_pool_is_its_size_unless_written() -> None:
    shape = Shape(3, (12, 12))
    for pool in (MaxPool(PerAxis((2, 3))), AvgPool(PerAxis((2, 3))), Subsample(PerAxis((2, 3)))):
        assert pool.out_shape((shape,)) == Shape(3, (6, 4))


@settings(deadline=None)  # the first example imports torch
@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 16), st.booleans(), st.booleans())
def test_every_pool_that_netspec_takes_torch_takes_as_well(
    kernel: int, stride: int, pad: int, size: int, ceil: bool, count: bool
) -> None:
    torch = pytest.importorskip("torch")
    value = torch.empty(1, 1, size, size)
    shape = Shape(1, (size, size))
    most, mean = MaxPool(kernel, stride, ((pad, pad),), ceil=ceil), AvgPool(kernel, stride, ((pad, pad),), ceil, count)
    theirs = torch.nn.MaxPool2d(kernel, stride, pad, ceil_mode=ceil)
    assert sizes_or_none(lambda: most.out_shape((shape,)).dims) == sizes_or_none(lambda: theirs(value).shape[1:])
    theirs = torch.nn.AvgPool2d(kernel, stride, pad, ceil_mode=ceil, count_include_pad=count)
    assert sizes_or_none(lambda: mean.out_shape((shape,)).dims) == sizes_or_none(lambda: theirs(value).shape[1:])


def sizes_or_none(attempt: Callable[[], Any]) -> tuple[int, ...] | None:
    """The sizes, or None where they are refused."""
    try:
        return tuple(attempt())
    except (Misuse, RuntimeError):
        return None


def test_an_unknown_size_gives_a_formula() -> None:
    assert str(MaxPool(3, 2, ((1, 1),)).out_shape((Shape(64, (H, 8)),))) == "64x⌊(H + 1) / 2⌋x4"
    assert str(MaxPool(3, 2, ceil=True).out_shape((Shape(64, (H, 8)),))) == "64x⌊H / 2⌋x4"


def test_regions_are_pooled_one_by_one() -> None:
    shape = Shape(3, (12, 12), rows=letter("R"))
    for pool in (MaxPool(2), AvgPool(2), Subsample(2)):
        assert pool.out_shape((shape,)) == Shape(3, (6, 6), rows=letter("R"))


# Figures


def test_lenet5s_subsampling_has_the_papers_figures() -> None:
    s2, c1 = Subsample(2), Shape(6, (28, 28))
    output = s2.out_shape((c1,))
    assert s2.weights((c1,)) == {"weight": Weight((6,)), "bias": Weight((6,))}
    assert s2.macs((c1,), output) == 0
    assert s2.ops((c1,), output) == 5_880
    assert s2.keeps((c1,), output) == Keeps(inputs=(0,), extra=1_176)
    assert s2.torch((c1,), output) == (call("ours.Subsample", channels=6, kernel_size=2),)
    assert steps("subsample(2)", "6x28x28") == [
        "height and width: (n − k + 2p)/s + 1 = (28 − 2 + 2·0)/2 + 1 = 14",
        "height and width, as TensorFlow's VALID: ⌈(n − k + 1)/s⌉ = ⌈(28 − 2 + 1)/2⌉ = 14",
        "parameters: 2·C = 2·6 = 12",
        "ops: H'·W'·C·(kh·kw + 1) = 14·14·6·(2·2 + 1) = 5,880",
    ]


def test_a_maximum_takes_one_comparison_less_than_it_has_values() -> None:
    inputs = (Shape(96, (55, 55)),)
    output = MaxPool(3, 2).out_shape(inputs)
    assert MaxPool(3, 2).ops(inputs, output) == 96 * 27 * 27 * 8
    assert AvgPool(3, 2).ops(inputs, output) == 96 * 27 * 27 * 9


def test_a_pool_is_worked_out_as_on_a_blackboard() -> None:
    assert steps("MP3s2", "96x55x55") == [
        "height and width: (n − k + 2p)/s + 1 = (55 − 3 + 2·0)/2 + 1 = 27",
        "height and width, as TensorFlow's VALID: ⌈(n − k + 1)/s⌉ = ⌈(55 − 3 + 1)/2⌉ = 27",
        "ops: H'·W'·C·(kh·kw − 1) = 27·27·96·(3·3 − 1) = 559,872",
    ]
    assert steps("AP5s3", "512x14x14")[-1] == "ops: H'·W'·C·(kh·kw) = 4·4·512·(5·5) = 204,800"


def test_rounding_up_shows_what_is_rounded() -> None:
    assert steps("maxpool(3, stride=2, ceil=true)", "64x112x112")[0] == (
        "height and width: ⌈(n − k + 2p)/s⌉ + 1 = ⌈(112 − 3 + 2·0)/2⌉ + 1 = ⌈54.5⌉ + 1 = 56"
    )
    assert steps("maxpool(4, stride=3, ceil=true)", "1x9x9")[0] == (
        "height and width: ⌈(n − k + 2p)/s⌉ + 1 = ⌈(9 − 4 + 2·0)/3⌉ + 1 = ⌈1.67…⌉ + 1 = 3"
    )


def test_a_dropped_window_is_taken_off_in_the_calculation() -> None:
    assert steps("maxpool(2, pad=1, ceil=true)", "1x3x3")[0] == (
        "height and width, without a last window that starts in the padding: "
        "⌈(n − k + 2p)/s⌉ + 1 − 1 = ⌈(3 − 2 + 2·1)/2⌉ + 1 − 1 = ⌈1.5⌉ + 1 − 1 = 2"
    )
    assert steps("maxpool(2, pad=1, ceil=true)", "1xHxH")[0] == (
        "height and width, without a last window that starts in the padding: "
        "⌈(n − k + 2p)/s⌉ + 1 − 1 = ⌈(H − 2 + 2·1)/2⌉ + 1 − 1 = ⌊H / 2⌋ + 1"
    )


# Torch calls and what they keep


@pytest.mark.parametrize(
    ("layer", "calls", "keeps"),
    [
        (MaxPool(2), (call("nn.MaxPool2d", kernel_size=2),), Keeps((0,), extra_bytes=512)),
        (
            MaxPool(3, 2, ((1, 1),), ceil=True),
            (call("nn.MaxPool2d", kernel_size=3, stride=2, padding=1, ceil_mode=True),),
            Keeps((0,), extra_bytes=8 * 81),
        ),
        (
            MaxPool(3, 2, SAME),
            (call("F.pad", pad=(0, 1, 0, 1), value=-inf), call("nn.MaxPool2d", kernel_size=3, stride=2)),
            Keeps(extra=289, extra_bytes=512),
        ),
        (
            MaxPool(2, 1, SAME, dilation=4),
            (call("F.pad", pad=(2, 2, 2, 2), value=-inf), call("nn.MaxPool2d", kernel_size=2, stride=1, dilation=4)),
            Keeps(extra=400, extra_bytes=2048),
        ),
        (AvgPool(2), (call("nn.AvgPool2d", kernel_size=2),), Keeps((0,))),
        (
            AvgPool(3, 2, ((1, 1),)),
            (call("nn.AvgPool2d", kernel_size=3, stride=2, padding=1),),
            Keeps((0,)),
        ),
        (
            AvgPool(3, 1, ((1, 1),), count_pad=False),
            (call("nn.AvgPool2d", kernel_size=3, stride=1, padding=1, count_include_pad=False),),
            Keeps((0,)),
        ),
        (
            AvgPool(3, 1, SAME),
            (call("nn.AvgPool2d", kernel_size=3, stride=1, padding=1, count_include_pad=False),),
            Keeps((0,)),
        ),
        (
            AvgPool(3, 2, ((0, 1),)),
            (call("F.pad", pad=(0, 1, 0, 1)), call("nn.AvgPool2d", kernel_size=3, stride=2)),
            Keeps(extra=289),
        ),
        (
            AvgPool(3, 2, SAME),
            (call("ours.AvgPool", kernel_size=3, stride=2, pad=(0, 1, 0, 1)),),
            Keeps(extra=289, once=64),
        ),
    ],
)  # fmt: skip
def test_padding_that_torch_has_no_argument_for_is_put_on_first(
    layer: MaxPool | AvgPool, calls: object, keeps: Keeps
) -> None:
    size = 17 if isinstance(layer, MaxPool) and layer.ceil else 16
    inputs = (Shape(1, (size, size)),)
    output = layer.out_shape(inputs)
    assert layer.torch(inputs, output) == calls
    assert layer.keeps(inputs, output) == keeps


def test_same_padding_of_an_unknown_size_is_measured_while_running() -> None:
    inputs = (Shape(1, (H, H)),)
    most, mean = MaxPool(3, 2, SAME), AvgPool(3, 2, SAME)
    output = most.out_shape(inputs)
    assert most.torch(inputs, output)[0] == call("ours.PadSame", kernel_size=3, stride=2, value=-inf)
    assert mean.torch(inputs, output) == (call("ours.AvgPool", kernel_size=3, stride=2, pad="same"),)
    assert mean.keeps(inputs, output) == Keeps(
        extra=Unknown("what `pad=same` adds depends on the input size"), once=product(output.sizes)
    )


def test_a_window_knows_its_kernel_stride_padding_and_dilation() -> None:
    inputs = (Shape(1, (16, 16)),)
    for layer, window in (
        (MaxPool(3, 2, ((1, 1),), dilation=2), Window(3, 2, 1, 2)),
        (AvgPool(3, 2, ((1, 1),)), Window(3, 2, 1)),
        (Subsample(2), Window(2, 2)),
    ):
        assert layer.window(inputs, layer.out_shape(inputs)) == (Axes((window, window)),)


# What goes wrong


def test_a_pool_larger_than_its_input_is_an_error() -> None:
    error = misuse(MaxPool(3), Shape(8, (2, 2)))
    assert (error.code, error.at, error.what) == ("E203", "kernel", "a 3x3 pool does not fit a 2x2 input")
    assert error.here == "input here is 8x2x2"
    assert misuse(Subsample(3), Shape(8, (2, 2))).fixes == ()


@pytest.mark.parametrize(
    ("pad", "what", "most"),
    [
        (((2, 2),), "padding of 2 is more than half of a 3x3 pool", 1),
        (((0, 0), (2, 2)), "padding of 2 is more than half of a 3x3 pool", 1),
        (((3, 0),), "padding of 3 is too much for a 3x3 pool", 2),
        (((0, 3),), "padding of 3 is too much for a 3x3 pool", 2),
    ],
)
def test_a_window_must_not_lie_in_the_padding(pad: Padding, what: str, most: int) -> None:
    for layer in (MaxPool(3, 1, pad), AvgPool(3, 1, pad)):
        error = misuse(layer, Shape(8, (9, 9)))
        assert (error.code, error.at, error.what) == ("E205", "pad", what)
        assert error.here == f"at most {most} here"
        assert error.notes == ("a window must not lie wholly in the padding; PyTorch's limit is half of the pool",)
        assert error.fixes == (Fix("pad as far as the pool allows", {"pad": "1"}),)


def test_the_most_padding_is_offered_for_each_axis() -> None:
    error = misuse(MaxPool(PerAxis((2, 5)), 1, ((2, 2),)), Shape(8, (9, 9)))
    assert error.what == "padding of 2 is more than half of a 2x5 pool"
    assert error.fixes == (Fix("pad as far as the pool allows", {"pad": "1x2"}),)


def test_padding_of_a_signal_is_measured_against_one_number() -> None:
    assert misuse(AvgPool(4, 2, ((3, 3),)), Shape(8, (9,))).what == "padding of 3 is more than half of a pool of 4"


def test_rounding_up_needs_even_padding() -> None:
    error = misuse(MaxPool(3, 2, ((0, 1),), ceil=True), Shape(8, (9, 9)))
    assert (error.code, error.at) == ("E205", "pad")
    assert error.what == "`ceil=true` needs the same padding before and after, not 0 and 1"
    assert error.here == "which windows start in the padding would be unclear"


def test_a_vector_can_not_be_pooled() -> None:
    for layer in (MaxPool(2), AvgPool(2), Subsample(2)):
        assert misuse(layer, Shape(10)).what == f"`{layer.name}` needs a map, but a vector flows in"
