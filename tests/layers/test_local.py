"""`local`: kernels for each place, or for each block of places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.layers.arguments import PerAxis
from netspec.layers.base import Keeps, Misuse, Weight, call, trained_count
from netspec.layers.conv import Conv
from netspec.layers.local import Local
from netspec.layers.windows import Axes, Window
from netspec.shape import Shape, Unknown, letter
from tests.layers.reading import layer_of, shape_of

H, W = letter("H"), letter("W")


def steps(spec: str, shape: str) -> list[str]:
    """The hand calculations of a layer, as they are printed."""
    layer, inputs = layer_of(spec), (shape_of(shape),)
    return [
        f"{step.what}: {step.formula} = {step.worked} = {step.result}"
        for step in layer.explain(inputs, layer.out_shape(inputs))
    ]


@given(st.integers(1, 3), st.integers(1, 2), st.integers(0, 1), st.integers(1, 4), st.integers(1, 4))
def test_blocks_are_as_many_as_lie_side_by_side(kernel: int, stride: int, pad: int, high: int, wide: int) -> None:
    layer = Local(4, kernel, stride, ((pad, pad),), PerAxis((high, wide)))
    inputs = (Shape(3, (7, 9)),)
    height, width = layer.out_shape(inputs).sizes
    rows, columns = {y // high for y in range(height)}, {x // wide for x in range(width)}  # type: ignore[arg-type]
    assert layer.weights(inputs)["weight"].shape == (len(rows), len(columns), 4, 3, kernel, kernel)
    assert layer.weights(inputs)["bias"].shape == (len(rows), len(columns), 4)


@given(st.integers(1, 3), st.integers(1, 2), st.booleans())
def test_unshared_weights_cost_no_more_macs_than_a_convolution(kernel: int, stride: int, bias: bool) -> None:
    local, conv = Local(4, kernel, stride, bias=bias), Conv(4, kernel, stride, bias=bias)
    inputs = (Shape(3, (7, 9)),)
    output = local.out_shape(inputs)
    assert output == conv.out_shape(inputs)
    assert local.macs(inputs, output) == conv.macs(inputs, output)
    assert local.ops(inputs, output) == conv.ops(inputs, output)
    assert local.window(inputs, output) == conv.window(inputs, output)
    assert trained_count(local.weights(inputs)) == trained_count(conv.weights(inputs)) * output.positions


def test_one_block_over_everything_is_a_convolution() -> None:
    inputs = (Shape(3, (7, 9)),)
    local, conv = Local(4, 3, share=100), Conv(4, 3)
    assert trained_count(local.weights(inputs)) == trained_count(conv.weights(inputs))


def test_kernels_for_each_place_can_not_be_counted_before_the_size_is_known() -> None:
    layer, inputs = Local(4, 3), (Shape(2, (H, W)),)
    output = layer.out_shape(inputs)
    because = Unknown("there is a kernel for each of H − 2 places")
    assert layer.weights(inputs)["weight"] == Weight(
        (because, Unknown("there is a kernel for each of W − 2 places"), 4, 2, 3, 3)
    )
    assert trained_count(layer.weights(inputs)) == because
    assert str(layer.macs(inputs, output)) == "72·H·W − 144·H − 144·W + 288"


def test_the_windows_are_kept_side_by_side() -> None:
    layer, inputs = Local(4, 3), (Shape(2, (6, 6)),)
    assert layer.keeps(inputs, layer.out_shape(inputs)) == Keeps(extra=16 * 2 * 9)
    assert layer.window(inputs, layer.out_shape(inputs)) == (Axes((Window(3), Window(3))),)


def test_the_torch_call_knows_the_size_and_the_blocks() -> None:
    inputs = (Shape(2, (6, 8)),)
    plain, shared = Local(4, 3), Local(4, 3, 2, ((1, 1),), PerAxis((2, 3)), bias=False)
    assert plain.torch(inputs, plain.out_shape(inputs)) == (
        call("ours.Local", in_channels=2, out_channels=4, kernel_size=3, output_size=(4, 6)),
    )
    assert shared.torch(inputs, shared.out_shape(inputs)) == (
        call("F.pad", pad=(1, 1, 1, 1)),
        call(
            "ours.Local", in_channels=2, out_channels=4, kernel_size=3, output_size=(3, 4), stride=2, share=(2, 3),
            bias=False,
        ),
    )  # fmt: skip


def test_deepids_layers_are_worked_out_as_on_a_blackboard() -> None:
    assert steps("local(60, 3, share=2x2)", "40x8x6")[-4:] == [
        "blocks along the height: ⌈n'/share⌉ = ⌈6/2⌉ = 3",
        "blocks along the width: ⌈n'/share⌉ = ⌈4/2⌉ = 2",
        "parameters: (kh·kw·C + 1)·K·blocks = (3·3·40 + 1)·60·3·2 = 129,960",
        "macs: H'·W'·K·(kh·kw·C) = 6·4·60·(3·3·40) = 518,400",
    ]
    assert steps("local(80, 2)", "60x3x2")[-2:] == [
        "parameters: (kh·kw·C + 1)·K·H'·W' = (2·2·60 + 1)·80·2·1 = 38,560",
        "macs: H'·W'·K·(kh·kw·C) = 2·1·80·(2·2·60) = 38,400",
    ]
    assert steps("local(4, 3, bias=false)", "Rx1x5")[-2:] == [
        "parameters: k·C·K·L' = 3·1·4·3 = 36",
        "macs: R·L'·K·(k·C) = R·3·4·(3·1) = 36·R",
    ]


@pytest.mark.parametrize(
    ("layer", "shape", "code", "at"),
    [
        (Local(4, 3), Shape(10), "E201", None),
        (Local(4, 3), Shape(2, (2, 2)), "E203", "kernel"),
        (Local(4, 3, share=PerAxis((2, 2))), Shape(2, (9,)), "E202", "share"),
    ],
)
def test_what_does_not_fit_is_an_error(layer: Local, shape: Shape, code: str, at: str | None) -> None:
    with pytest.raises(Misuse) as caught:
        layer.out_shape((shape,))
    assert (caught.value.code, caught.value.at) == (code, at)


def test_what_a_shared_kernel_keeps_at_an_unknown_size_is_unknown() -> None:
    layer, inputs = layer_of("local(8, 3, share=2)"), (shape_of("3xHxW"),)
    kept = layer.keeps(inputs, layer.out_shape(inputs))
    assert isinstance(kept.once, Unknown)
