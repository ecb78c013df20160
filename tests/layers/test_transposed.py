"""`tconv`: the sizes of a convolution turned round, its weights, calculations and calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.layers.arguments import SAME, PerAxis
from netspec.layers.base import Keeps, Misuse, Weight, call
from netspec.layers.lengths import window_count
from netspec.layers.transposed import TransposedConv
from netspec.layers.windows import Axes, Spread
from netspec.shape import Shape, letter
from tests.layers.reading import layer_of, shape_of

H, W, R = letter("H"), letter("W"), letter("R")


def misuse(layer: TransposedConv, shape: Shape) -> Misuse:
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


@given(
    st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2), st.integers(0, 2), st.integers(1, 3)
)
def test_its_sizes_are_those_of_a_convolution_turned_round(
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int
) -> None:
    reach = dilation * (kernel - 1) + 1
    for extra in range(stride):
        layer = TransposedConv(1, kernel, stride, ((before, after),), extra, dilation)
        whole = (size - 1) * stride + reach + extra
        if whole - before - after >= 1:
            output = layer.out_shape((Shape(1, (size,)),)).sizes[0]
            assert output == whole - before - after
            # A convolution with the same arguments takes each of these sizes back to the one that it came from.
            assert window_count(output, reach, stride, before, after) == size


@given(st.integers(1, 20), st.integers(1, 6), st.integers(1, 6))
def test_same_padding_multiplies_the_size_by_the_stride(size: int, kernel: int, stride: int) -> None:
    layer = TransposedConv(1, kernel, stride, SAME)
    assert layer.out_shape((Shape(1, (size, H)),)) == Shape(1, (size * stride, H * stride))


def test_an_unknown_size_gives_a_formula() -> None:
    layer = TransposedConv(64, 4, 2, ((1, 1),))
    assert str(layer.out_shape((Shape(8, (H // 2, W)),))) == "64x2·⌊H / 2⌋x2·W"


def test_dcgans_second_layer_has_its_figures() -> None:
    layer, inputs = TransposedConv(256, 4, 2, ((1, 1),), bias=False), (Shape(512, (4, 4)),)
    output = layer.out_shape(inputs)
    assert output == Shape(256, (8, 8))
    assert layer.weights(inputs) == {"weight": Weight((512, 256, 4, 4))}
    assert layer.macs(inputs, output) == 16 * 512 * 256 * 16
    assert layer.ops(inputs, output) == 0
    assert layer.keeps(inputs, output) == Keeps(inputs=(0,))


def test_groups_share_out_the_weights() -> None:
    layer, inputs = TransposedConv(6, 3, groups=2), (Shape(4, (5, 5)),)
    assert layer.weights(inputs) == {"weight": Weight((4, 3, 3, 3)), "bias": Weight((6,))}
    assert layer.ops(inputs, layer.out_shape(inputs)) == 6 * 49


def test_an_input_spreads_over_the_outputs_that_it_writes() -> None:
    layer = TransposedConv(4, PerAxis((3, 5)), 2, ((1, 0), (2, 2)), dilation=PerAxis((1, 2)))
    assert layer.window((Shape(3, (9, 9)),), Shape(4, (18, 21))) == (Axes((Spread(3, 2, 1, 1), Spread(5, 2, 2, 2))),)


def test_even_padding_and_output_padding_are_torchs_own() -> None:
    layer, inputs = TransposedConv(64, 3, 2, ((1, 1),), 1, groups=2, dilation=2, bias=False), (Shape(8, (9, 9)),)
    assert layer.torch(inputs, layer.out_shape(inputs)) == (
        call(
            "nn.ConvTranspose2d", in_channels=8, out_channels=64, kernel_size=3, stride=2, padding=1, output_padding=1,
            groups=2, dilation=2, bias=False,
        ),
    )  # fmt: skip


def test_what_torch_can_not_crop_is_cropped_afterwards() -> None:
    layer, inputs = TransposedConv(4, 3, 2, ((1, 2), (2, 0))), (Shape(8, (9, 9)),)
    assert layer.torch(inputs, layer.out_shape(inputs)) == (
        call("nn.ConvTranspose2d", in_channels=8, out_channels=4, kernel_size=3, stride=2, padding=(1, 0)),
        call("F.pad", pad=(-2, 0, 0, -1)),
    )


def test_uneven_cropping_leaves_what_same_padding_promises() -> None:
    torch = pytest.importorskip("torch")
    layer, inputs = TransposedConv(4, 3, 2, ((1, 2), (2, 0)), bias=False), (Shape(8, (9, 9)),)
    output = layer.out_shape(inputs)
    module, crop = layer.torch(inputs, output)
    weight, value = torch.randn(8, 4, 3, 3), torch.randn(1, 8, 9, 9)
    own = torch.nn.functional.conv_transpose2d(value, weight, stride=2, padding=(1, 0))
    found = torch.nn.functional.pad(own, **crop.arguments)
    whole = torch.nn.functional.conv_transpose2d(value, weight, stride=2)
    assert module.arguments["padding"] == (1, 0)
    assert tuple(found.shape[1:]) == output.dims
    assert torch.equal(found, whole[:, :, 1:-2, 2:])


def test_a_transposed_convolution_is_worked_out_as_on_a_blackboard() -> None:
    assert steps("512TC2s2", "1024x28x28") == [
        "height and width: (n − 1)·s − 2p + k = (28 − 1)·2 − 2·0 + 2 = 56",
        "parameters: C·K·kh·kw + K = 1024·512·2·2 + 512 = 2,097,664",
        "macs: H·W·(C·K·kh·kw) = 28·28·(1024·512·2·2) = 1,644,167,168",
    ]
    assert steps("tconv(6, 3, stride=2, pad=[1, 2], output_pad=1, dilation=2, groups=2, bias=false)", "Rx4x5x7") == [
        "height: (n − 1)·s − before − after + d·(k − 1) + 1 + output_pad = (5 − 1)·2 − 1 − 2 + 2·(3 − 1) + 1 + 1 = 11",
        "width: (n − 1)·s − before − after + d·(k − 1) + 1 + output_pad = (7 − 1)·2 − 1 − 2 + 2·(3 − 1) + 1 + 1 = 15",
        "parameters: C·K/g·kh·kw = 4·6/2·3·3 = 108",
        "macs: R·H·W·(C·K/g·kh·kw) = R·5·7·(4·6/2·3·3) = 3,780·R",
    ]
    assert steps("64TC3s2p", "8x8x8x8")[0] == "each axis: n·s = 8·2 = 16"


def test_an_unknown_size_is_worked_out_in_letters() -> None:
    assert steps("64TC4s2", "8xHxH")[0] == "height and width: (n − 1)·s − 2p + k = (H − 1)·2 − 2·0 + 4 = 2·H + 2"


def test_what_is_added_at_the_end_is_less_than_the_stride() -> None:
    error = misuse(TransposedConv(4, 3, 2, output_pad=2), Shape(8, (9, 9)))
    assert (error.code, error.at) == ("E205", "output_pad")
    assert error.what == "`output_pad` of 2 must be smaller than the stride, which is 2"
    assert error.notes == ("it chooses between the sizes that a convolution of this stride maps to one size",)


def test_something_must_be_left_after_cropping() -> None:
    error = misuse(TransposedConv(4, 3, 1, ((3, 3),)), Shape(8, (4, 4)))
    assert (error.code, error.at) == ("E205", "pad")
    assert error.what == "padding of 3 on the two sides crops away all 6 outputs"
    uneven = misuse(TransposedConv(4, 3, 1, ((2, 4),)), Shape(8, (4, 4)))
    assert uneven.what == "padding of 2 and 4 on the two sides crops away all 6 outputs"
    assert error.here == "input here is 8x4x4"


def test_it_needs_a_map_and_groups_that_divide() -> None:
    assert misuse(TransposedConv(4, 3), Shape(8)).code == "E201"
    assert misuse(TransposedConv(4, 3, groups=3), Shape(9, (4, 4))).what == "4 maps can't be divided into 3 groups"


def test_a_size_for_another_number_of_axes_is_an_error() -> None:
    error = misuse(TransposedConv(4, 3, output_pad=PerAxis((1, 1))), Shape(8, (4,)))
    assert (error.code, error.at) == ("E202", "output_pad")
