"""`conv` and `dwconv`: sizes, weights, hand calculations, torch calls and what goes wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.layers.arguments import SAME, PerAxis
from netspec.layers.base import Call, Fix, Keeps, Misuse, Step, Weight, call, trained_count
from netspec.layers.conv import Conv, DepthwiseConv
from netspec.layers.windows import Axes, Window
from netspec.shape import Shape, Unknown, letter
from tests.layers.reading import layer_of, shape_of

H, W = letter("H"), letter("W")
LENET5 = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5), (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5),
    (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5), (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip
"""LeNet-5's C3: which maps of S2 feed each map."""


def misuse(layer: Conv | DepthwiseConv, shape: Shape) -> Misuse:
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


# Sizes and weights


def test_every_layer_of_alexnet_has_its_published_figures() -> None:
    shape, found = Shape(3, (227, 227)), []
    for spec in ["96C11s4", "MP3s2", "256C5p2g2", "MP3s2", "384C3p1", "384C3p1g2", "256C3p1g2", "MP3s2"]:
        layer = layer_of(spec)
        output = layer.out_shape((shape,))
        found.append((str(output), trained_count(layer.weights((shape,))), layer.macs((shape,), output)))
        shape = output
    assert found == [
        ("96x55x55", 34_944, 105_415_200),
        ("96x27x27", 0, 0),
        ("256x27x27", 307_456, 223_948_800),
        ("256x13x13", 0, 0),
        ("384x13x13", 885_120, 149_520_384),
        ("384x13x13", 663_936, 112_140_288),
        ("256x13x13", 442_624, 74_760_192),
        ("256x6x6", 0, 0),
    ]


def test_grouping_halves_the_weights_and_a_bottleneck_does_better() -> None:
    def weights(spec: str, channels: int) -> object:
        return trained_count(layer_of(spec).weights((Shape(channels, (14, 14)),)))

    assert weights("conv(256, 3, bias=false)", 256) == 589_824
    assert weights("conv(256, 3, groups=2, bias=false)", 256) == 294_912
    assert weights("conv(32, 1, bias=false)", 256) == 8_192
    assert weights("conv(256, 3, bias=false)", 32) == 73_728


def test_lenet5s_third_layer_sees_the_maps_of_its_table() -> None:
    c3, s2 = Conv(16, 5, connect=LENET5), Shape(6, (14, 14))
    output = c3.out_shape((s2,))
    assert output == Shape(16, (10, 10))
    assert c3.weights((s2,)) == {"weight": Weight((60, 5, 5)), "bias": Weight((16,))}
    assert trained_count(c3.weights((s2,))) == 1_516
    assert c3.macs((s2,), output) == 150_000
    assert c3.torch((s2,), output) == (call("ours.ConnectedConv", out_channels=16, kernel_size=(5, 5), connect=LENET5),)


def test_an_unknown_size_gives_formulas() -> None:
    layer, inputs = Conv(64, 7, 2, ((3, 3),), bias=False), (Shape(3, (H, W)),)
    output = layer.out_shape(inputs)
    assert str(output) == "64x⌊(H + 1) / 2⌋x⌊(W + 1) / 2⌋"
    assert trained_count(layer.weights(inputs)) == 9_408
    assert str(layer.macs(inputs, output)) == "9,408·⌊(H + 1) / 2⌋·⌊(W + 1) / 2⌋"


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(5, 20), st.booleans())
def test_regions_take_as_many_macs_as_as_many_images(
    rows: int, kernel: int, stride: int, size: int, bias: bool
) -> None:
    layer = Conv(4, kernel, stride, bias=bias)
    one, many = (Shape(3, (size, size)),), (Shape(3, (size, size), rows=rows),)
    once, often = layer.out_shape(one), layer.out_shape(many)
    assert often == Shape(once.channels, once.sizes, rows=rows)
    assert layer.macs(many, often) == layer.macs(one, once) * rows
    assert layer.ops(many, often) == layer.ops(one, once) * rows
    assert layer.weights(many) == layer.weights(one)


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_a_depthwise_convolution_is_a_convolution_in_as_many_groups(kernel: int, stride: int, multiplier: int) -> None:
    inputs = (Shape(6, (9, 11)),)
    depthwise = DepthwiseConv(kernel, stride, multiplier=multiplier)
    grouped = Conv(6 * multiplier, kernel, stride, groups=6)
    output = depthwise.out_shape(inputs)
    assert output == grouped.out_shape(inputs)
    assert depthwise.weights(inputs) == grouped.weights(inputs)
    assert depthwise.macs(inputs, output) == grouped.macs(inputs, output)
    assert depthwise.ops(inputs, output) == grouped.ops(inputs, output)
    assert depthwise.window(inputs, output) == grouped.window(inputs, output)
    assert depthwise.keeps(inputs, output) == grouped.keeps(inputs, output)
    assert depthwise.torch(inputs, output) == grouped.torch(inputs, output)


def test_a_layer_without_bias_adds_nothing() -> None:
    inputs = (Shape(3, (8, 8)),)
    for layer in (Conv(3, 3, bias=False), DepthwiseConv(3, bias=False)):
        assert list(layer.weights(inputs)) == ["weight"]
        assert layer.ops(inputs, layer.out_shape(inputs)) == 0
        assert layer.torch(inputs, layer.out_shape(inputs))[0].arguments["bias"] is False


# Windows, memory and torch calls


def test_a_window_knows_its_kernel_stride_padding_and_dilation() -> None:
    layer, inputs = Conv(8, PerAxis((3, 5)), 2, ((1, 0), (2, 2)), PerAxis((1, 2))), (Shape(3, (20, 20)),)
    assert layer.window(inputs, layer.out_shape(inputs)) == (Axes((Window(3, 2, 1, 1), Window(5, 2, 2, 2))),)


def test_even_padding_is_torchs_own_and_uneven_padding_a_step_before() -> None:
    inputs = (Shape(3, (8, 10)),)
    even, uneven = Conv(4, 3, 2, ((1, 1),)), Conv(4, 3, 2, ((1, 0), (2, 3)))
    assert even.torch(inputs, even.out_shape(inputs)) == (
        call("nn.Conv2d", in_channels=3, out_channels=4, kernel_size=3, stride=2, padding=1),
    )
    assert even.keeps(inputs, even.out_shape(inputs)) == Keeps(inputs=(0,))
    assert uneven.torch(inputs, uneven.out_shape(inputs)) == (
        call("F.pad", pad=(2, 3, 1, 0)),
        call("nn.Conv2d", in_channels=3, out_channels=4, kernel_size=3, stride=2),
    )
    assert uneven.keeps(inputs, uneven.out_shape(inputs)) == Keeps(extra=3 * 9 * 15)


def test_same_padding_of_an_unknown_size_is_measured_while_running() -> None:
    layer, inputs = Conv(4, 3, 2, SAME), (Shape(3, (H, 8)),)
    output = layer.out_shape(inputs)
    assert layer.torch(inputs, output) == (
        call("ours.PadSame", kernel_size=3, stride=2),
        call("nn.Conv2d", in_channels=3, out_channels=4, kernel_size=3, stride=2),
    )
    assert layer.keeps(inputs, output) == Keeps(extra=Unknown("what `pad=same` adds depends on the input size"))


def test_groups_and_dilation_reach_torch() -> None:
    layer, inputs = Conv(4, PerAxis((1, 3)), dilation=2, groups=2), (Shape(6, (8, 8)),)
    assert layer.torch(inputs, layer.out_shape(inputs)) == (
        Call("nn.Conv2d", {"in_channels": 6, "out_channels": 4, "kernel_size": (1, 3), "dilation": 2, "groups": 2}),
    )


# Hand calculations


def test_alexnets_first_layer_is_worked_out_as_on_a_blackboard() -> None:
    assert steps("96C11s4", "3x227x227") == [
        "height and width: (n − k + 2p)/s + 1 = (227 − 11 + 2·0)/4 + 1 = 55",
        "height and width, as TensorFlow's VALID: ⌈(n − k + 1)/s⌉ = ⌈(227 − 11 + 1)/4⌉ = 55",
        "parameters: (kh·kw·C + 1)·K = (11·11·3 + 1)·96 = 34,944",
        "macs: H'·W'·K·(kh·kw·C) = 55·55·96·(11·11·3) = 105,415,200",
    ]


def test_groups_stand_in_the_calculation() -> None:
    assert steps("256C5p2g2", "96x27x27")[-2:] == [
        "parameters: (kh·kw·C/g + 1)·K = (5·5·96/2 + 1)·256 = 307,456",
        "macs: H'·W'·K·(kh·kw·C/g) = 27·27·256·(5·5·96/2) = 223,948,800",
    ]


def test_a_division_that_leaves_a_rest_shows_it() -> None:
    assert steps("conv(64, 7, stride=2, pad=3, bias=false)", "3x224x224") == [
        "height and width: ⌊(n − k + 2p)/s⌋ + 1 = ⌊(224 − 7 + 2·3)/2⌋ + 1 = ⌊111.5⌋ + 1 = 112",
        "parameters: kh·kw·C·K = 7·7·3·64 = 9,408",
        "macs: H'·W'·K·(kh·kw·C) = 112·112·64·(7·7·3) = 118,013,952",
    ]


def test_axes_that_differ_are_worked_out_one_by_one() -> None:
    assert steps("conv(8, 1x7, pad=[[0, 0], [3, 2]], dilation=2)", "4x17x17")[:3] == [
        "height: (n − d·(k − 1) − 1 + 2p)/s + 1 = (17 − 2·(1 − 1) − 1 + 2·0)/1 + 1 = 17",
        "width: (n − d·(k − 1) − 1 + before + after)/s + 1 = (17 − 2·(7 − 1) − 1 + 3 + 2)/1 + 1 = 10",
        "parameters: (kh·kw·C + 1)·K = (1·7·4 + 1)·8 = 232",
    ]


def test_the_connections_of_lenet5_are_counted() -> None:
    c3, inputs = Conv(16, 5, connect=LENET5), (Shape(6, (14, 14)),)
    assert c3.explain(inputs, c3.out_shape(inputs))[-2:] == (
        Step("parameters", "kh·kw·connections + K", "5·5·60 + 16", "1,516"),
        Step("macs", "H'·W'·(kh·kw·connections)", "10·10·(5·5·60)", "150,000"),
    )
    plain = Conv(16, 5, bias=False, connect=LENET5)
    assert plain.explain(inputs, plain.out_shape(inputs))[-2] == (
        Step("parameters", "kh·kw·connections", "5·5·60", "1,500")
    )


def test_mobilenets_first_layers_are_worked_out() -> None:
    assert steps("dwconv(3, pad=1, bias=false)", "32x112x112")[-2:] == [
        "parameters: kh·kw·C = 3·3·32 = 288",
        "macs: H'·W'·C·(kh·kw) = 112·112·32·(3·3) = 3,612,672",
    ]
    assert steps("dwconv(5, multiplier=2)", "3x32x32")[-2:] == [
        "parameters: (kh·kw + 1)·C·m = (5·5 + 1)·3·2 = 156",
        "macs: H'·W'·C·m·(kh·kw) = 28·28·3·2·(5·5) = 117,600",
    ]


def test_regions_and_other_ranks_have_their_letters() -> None:
    assert steps("8C3", "Rx4x9x9")[-1] == "macs: R·H'·W'·K·(kh·kw·C) = R·7·7·8·(3·3·4) = 14,112·R"
    assert steps("8C3", "4x9")[-1] == "macs: L'·K·(k·C) = 7·8·(3·4) = 672"
    assert steps("8C3", "1x9x9x9")[-1] == "macs: D'·H'·W'·K·(kd·kh·kw·C) = 7·7·7·8·(3·3·3·1) = 74,088"


def test_an_unknown_size_is_worked_out_in_letters() -> None:
    assert steps("8C3p1", "3xHxW")[:2] == [
        "height: (n − k + 2p)/s + 1 = (H − 3 + 2·1)/1 + 1 = H",
        "width: (n − k + 2p)/s + 1 = (W − 3 + 2·1)/1 + 1 = W",
    ]
    assert steps("8C3s2", "3xHxH")[0] == (
        "height and width: ⌊(n − k + 2p)/s⌋ + 1 = ⌊(H − 3 + 2·0)/2⌋ + 1 = ⌊(H + 1) / 2⌋ − 1"
    )
    assert steps("8C3s2p", "3x9x9")[0] == "height and width: ⌈n/s⌉ = ⌈9/2⌉ = 5"


# What goes wrong


def test_a_kernel_that_does_not_fit_is_an_error() -> None:
    error = misuse(Conv(120, 5), Shape(16, (4, 4)))
    assert (error.code, error.at) == ("E203", "kernel")
    assert error.what == "a 5x5 kernel does not fit a 4x4 input"
    assert error.here == "input here is 16x4x4"
    assert error.fixes == (Fix("pad by 1", {"pad": "1"}), Fix("pad so that the size stays", {"pad": "same"}))


def test_a_vector_is_no_map() -> None:
    error = misuse(Conv(20, 5), Shape(784))
    assert (error.code, error.at) == ("E201", None)
    assert error.what == "`conv` needs a map, but a vector flows in"
    assert error.here == "input here is 784"
    assert error.notes == ("784 = 28·28: for an image, write `1x28x28`",)
    assert misuse(DepthwiseConv(3), Shape(10)).notes == ()


def test_tokens_are_no_map() -> None:
    assert misuse(Conv(20, 5), Shape(768, tokens=196)).what == "`conv` needs a map, but a sequence of tokens flows in"


def test_groups_divide_channels_and_maps() -> None:
    error = misuse(Conv(256, 5, groups=2), Shape(3, (27, 27)))
    assert (error.code, error.at) == ("E204", "groups")
    assert error.what == "3 channels can't be divided into 2 groups"
    assert error.here == "3x27x27 flows in, 256 maps come out"
    assert misuse(Conv(9, 5, groups=2), Shape(4, (27, 27))).what == "9 maps can't be divided into 2 groups"


def test_channels_that_are_not_known_are_not_divided() -> None:
    assert Conv(8, 1, groups=2).out_shape((Shape(Unknown("because"), (4, 4)),)) == Shape(8, (4, 4))


@pytest.mark.parametrize(
    ("connect", "groups", "at", "what", "here"),
    [
        (((0,), (1,)), 2, "groups", "a connection table and groups both say which channels a map sees",
         "leave out one of the two"),
        (((0,),), 1, "connect", "the connection table has 1 row for 2 maps", "one row for each map: 2"),
        (((0,),) * 3, 1, "connect", "the connection table has 3 rows for 2 maps", "one row for each map: 2"),
        (((0,), ()), 1, "connect", "row 1 of the connection table is empty", "a map sees nothing"),
        (((0, 1, 0), (1,)), 1, "connect", "row 0 of the connection table names channel 0 twice", ""),
        (((0,), (4,)), 1, "connect", "row 1 of the connection table names channel 4, but there are 4",
         "4x9x9 flows in: channels 0 to 3"),
    ],
)  # fmt: skip
def test_a_connection_table_fits_maps_and_channels(
    connect: tuple[tuple[int, ...], ...], groups: int, at: str, what: str, here: str
) -> None:
    error = misuse(Conv(2, 3, groups=groups, connect=connect), Shape(4, (9, 9)))
    assert (error.code, error.at, error.what, error.here) == ("E207", at, what, here)


def test_a_connection_table_is_not_compared_with_unknown_channels() -> None:
    shape = Shape(Unknown("because"), (9, 9))
    assert Conv(2, 3, connect=((0,), (4,))).out_shape((shape,)) == Shape(2, (7, 7))
