"""Layers that move values about or enlarge maps: sizes, errors, and which input an output sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.layers.arguments import bind
from netspec.layers.arrange import Permute
from netspec.layers.base import Step
from netspec.layers.windows import Axes, Axis, Enlarge, Stretch, Window, carry, everything
from netspec.shape import Shape, letter
from tests.layers.reading import layer_of, shape_of, shapes_of
from tests.layers.refusal import refusal

H, W = letter("H"), letter("W")


def out(text: str, shape: str | Shape) -> str:
    return str(layer_of(text).out_shape((shape_of(shape) if isinstance(shape, str) else shape,)))


# slice


def test_slice_takes_channels_features_or_entries() -> None:
    assert [out("slice(2, 6)", shape) for shape in ("8x5x5", "3 tokens x 8", "8")] == ["4x5x5", "3 tokens x 4", "4"]


def test_slices_that_meet_hold_all_channels() -> None:
    parts = [layer_of(text).out_shape(shapes_of("8x5x5")) for text in ("slice(0, 3)", "slice(3, 8)")]
    assert layer_of("concat").out_shape(tuple(parts)) == shape_of("8x5x5")


def test_slice_of_channels_that_are_not_there_is_refused() -> None:
    assert refusal("slice(64, 128)", "96x8x8") == (
        "E206: `slice` takes channels 64 up to 128, but there are 96\nat stop\n96x8x8 flows in"
    )
    assert refusal("slice(0, 9)", "8") == "E206: `slice` takes features 0 up to 9, but there are 8\nat stop\n8 flows in"


def test_slice_of_nothing_is_refused() -> None:
    assert refusal("slice(4, 4)", "8x5x5") == "E206: `slice` from 4 up to 4 takes no channels\nat stop"


def test_slice_of_channels_that_are_not_known_waits() -> None:
    assert out("slice(0, 9)", Shape(letter("C"), (8, 8))) == "9x8x8"


# crop and zeropad


def test_crop_cuts_the_smaller_part_before() -> None:
    layer, inputs = layer_of("crop(4x6)"), shapes_of("8x9x6")
    output = layer.out_shape(inputs)
    assert output == Shape(8, (4, 6))
    assert layer.window(inputs, output) == (Axes((Window(before=-2), Window(before=0))),)
    assert layer.explain(inputs, output) == (
        Step("cut before height", "⌊(n − m)/2⌋", "⌊(9 − 4)/2⌋", "2"),
        Step("cut before width", "⌊(n − m)/2⌋", "⌊(6 − 6)/2⌋", "0"),
    )
    assert str(*layer.torch(inputs, output)) == "ours.CenterCrop(size=(4, 6))"


def test_crop_to_the_same_size_moves_nothing() -> None:
    inputs = shapes_of("8x5x5")
    assert layer_of("crop(5)").window(inputs, inputs[0]) == (carry,)


def test_crop_of_a_size_that_is_not_known_starts_anywhere() -> None:
    layer, inputs = layer_of("crop(32)"), (Shape(8, (H, 40)),)
    output = layer.out_shape(inputs)
    assert output == Shape(8, (32, 32))
    assert layer.window(inputs, output) == (Axes((Window(before=None), Window(before=-4))),)
    assert layer.explain(inputs, output) == ()


def test_crop_refuses_what_is_too_small() -> None:
    assert refusal("crop(40)", "8x32x64") == "E206: `crop` can't take 40x40 out of 32x64\nat size\n8x32x64 flows in"
    assert refusal("crop(4x4)", "8x32") == "E202: 4x4 is for 2 axes, but what flows in has 1 axis\nat size"
    assert refusal("crop(4)", "8") == "E201: `crop` needs a map, but a vector flows in\ninput here is 8"


def test_zeropad_takes_one_number_or_one_an_axis_before_and_after() -> None:
    layer, inputs = layer_of("zeropad(1x0, 2)"), shapes_of("8x5x6")
    output = layer.out_shape(inputs)
    assert output == Shape(8, (8, 8))
    assert layer.window(inputs, output) == (Axes((Window(before=1), Window(before=0))),)
    assert str(*layer.torch(inputs, output)) == "F.pad(pad=(0, 2, 1, 2))"
    assert layer.explain(inputs, output) == (
        Step("height", "n + before + after", "5 + 1 + 2", "8"),
        Step("width", "n + before + after", "6 + 0 + 2", "8"),
    )


def test_zeropad_of_sizes_in_letters_adds_to_them() -> None:
    assert out("zeropad(3)", Shape(3, (H, W))) == "3x(H + 6)x(W + 6)"


def test_zeropad_adds_channels_before_and_after() -> None:
    layer, inputs = layer_of("zeropad(channels=[1, 3])"), shapes_of("8x5x6")
    output = layer.out_shape(inputs)
    assert output == Shape(12, (5, 6))
    assert layer.window(inputs, output) == (Axes((Window(), Window())),)
    assert str(*layer.torch(inputs, output)) == "F.pad(pad=(0, 0, 0, 0, 1, 3))"
    assert layer.explain(inputs, output)[0] == Step("channels", "C + before + after", "8 + 1 + 3", "12")
    assert out("zeropad(after=1)", Shape(3, (4, 4))) == "3x5x5"


def test_zeropad_refuses_to_add_nothing_and_lists_of_another_kind() -> None:
    assert refusal("zeropad", "8x5x5").startswith("E105: `zeropad` needs `before`, `after` or `channels`")
    assert refusal("zeropad(channels=[1, 2, 3])", "8x5x5").startswith(
        "E106: `channels` of `zeropad` takes a whole number from 0, or `[before, after]`"
    )


# shuffle, identity, permute


def test_shuffle_refuses_groups_that_do_not_divide() -> None:
    assert refusal("shuffle(3)", "8x5x5") == (
        "E204: 8 channels can't be divided into 3 groups\nat groups\n8x5x5 flows in"
    )


def test_a_shuffle_of_one_group_is_the_identity() -> None:
    inputs = shapes_of("8x5x5")
    assert str(*layer_of("shuffle(1)").torch(inputs, inputs[0])) == "nn.Identity()"
    assert str(*layer_of("shuffle(2)").torch(inputs, inputs[0])) == "nn.ChannelShuffle(groups=2)"


def test_identity_is_what_flows_in() -> None:
    assert [out("identity", shape) for shape in ("8x5x5", "3 tokens x 8", "8")] == ["8x5x5", "3 tokens x 8", "8"]


@given(st.permutations([0, 1, 2, 3]))
def test_permute_orders_axes_as_torch_does(order: list[int]) -> None:
    shape = Shape(2, (3, 4, 5))
    output = bind(Permute, [tuple(order)]).out_shape((shape,))
    assert output.dims == tuple(shape.dims[axis] for axis in order)


def test_permute_of_regions_leaves_them_first() -> None:
    assert layer_of("permute([1, 2, 0])").out_shape((Shape(2, (3, 4), rows=5),)) == Shape(3, (4, 2), rows=5)


def test_permute_follows_places_as_long_as_channels_stay() -> None:
    inputs = shapes_of("3x20x30")
    kept, moved = layer_of("permute([0, 2, 1])"), layer_of("permute([1, 2, 0])")
    assert kept.window(inputs, kept.out_shape(inputs)) == (Axes((Window(), Window()), (1, 0)),)
    assert moved.window(inputs, moved.out_shape(inputs)) == (everything,)
    tokens = shapes_of("5 tokens x 8")
    turned = layer_of("permute([1, 0])")
    assert turned.window(tokens, turned.out_shape(tokens)) == (everything,)


@pytest.mark.parametrize("line", ["input 2x9x7 - patches(2, 6)", "input 2x9 - patches(2, 6)", "input 2x9x7"])
def test_a_permutation_that_changes_nothing_sees_what_flows_in(line: str) -> None:
    order = "[0, 1]" if "patches" in line else "[0, 1, 2]"
    before, after = netspec.analyze(f"{line} - permute({order})").layers[-2:]
    assert after.fields == before.fields


def test_permute_refuses_an_order_that_is_not_one() -> None:
    assert refusal("permute([0, 1, 1])", "3x20x30") == (
        "E202: the order of `permute` must name each axis of 3x20x30 once\n"
        "at order\n"
        "its axes are 0 channels, 1 height and 2 width"
    )
    assert refusal("permute([0])", "5 tokens x 8") == (
        "E202: the order of `permute` must name each axis of 5 tokens x 8 once\n"
        "at order\n"
        "its axes are 0 tokens and 1 features"
    )
    assert refusal("permute([0])", "8") == (
        "E201: `permute` needs a map or tokens, but a vector flows in\ninput here is 8"
    )


# upsample and pixelshuffle


def test_upsample_multiplies_each_axis() -> None:
    assert out("upsample(2x3)", "8x5x5") == "8x10x15"
    assert out("upsample", Shape(8, (H, W))) == "8x2·Hx2·W"


def test_upsample_counts_a_weighted_sum_of_the_places_around() -> None:
    counts = []
    for text, shape in (("upsample", "1x5x5"), ("upsample(2, linear)", "1x5"), ("upsample(2, bilinear)", "1x5x5")):
        output = layer_of(text).out_shape(shapes_of(shape))
        counts.append(layer_of(text).ops(shapes_of(shape), output))
    output = layer_of("upsample(2, linear)").out_shape(shapes_of("1x2x2x2"))
    counts.append(layer_of("upsample(2, trilinear)").ops(shapes_of("1x2x2x2"), output))
    assert counts == [0, 3 * 10, 7 * 100, 15 * 64]


def test_upsample_shows_one_calculation_for_axes_that_are_alike() -> None:
    def steps(text: str, shape: Shape) -> tuple[Step, ...]:
        return layer_of(text).explain((shape,), layer_of(text).out_shape((shape,)))

    assert steps("upsample(2)", Shape(1, (5, 5))) == (Step("height and width", "n·factor", "5·2", "10"),)
    assert steps("upsample(2)", Shape(1, (5, 5, 5))) == (Step("each axis", "n·factor", "5·2", "10"),)
    assert steps("upsample(2)", Shape(1, (H + 1, 5))) == (
        Step("height", "n·factor", "(H + 1)·2", "2·H + 2"),
        Step("width", "n·factor", "5·2", "10"),
    )


def test_upsample_refuses_a_mode_for_other_axes() -> None:
    assert refusal("upsample(2, mode=bilinear)", "8x20") == (
        "E202: `bilinear` is for 2 axes, but what flows in has 1 axis\n"
        "at mode\n"
        "8x20 flows in: `linear` works along any number of axes"
    )
    assert out("upsample(2, mode=linear)", "8x4x5x6") == "8x8x10x12"


def test_upsample_lines_up_corners_only_between_places() -> None:
    assert refusal("upsample(2, corners=true)", "8x5x5") == (
        "E106: `corners` is for linear upsampling, and the mode is `nearest`\nat corners"
    )


def test_pixelshuffle_refuses_channels_that_make_no_square() -> None:
    assert refusal("pixelshuffle(2)", "27x8x8") == (
        "E209: 27 channels can't be divided by 2² = 4\nat factor\n27x8x8 flows in"
    )
    assert refusal("pixelshuffle(2)", "8x20") == (
        "E202: `pixelshuffle` is for 2 axes, but what flows in has 1 axis\n8x20 flows in"
    )
    assert out("pixelshuffle(2)", Shape(letter("C"), (H, 5))) == "⌊C / 4⌋x2·Hx10"


# What an output sees, against the footprint of a gradient


def seen(axis: Axis, place: int, length: int) -> set[int]:
    """The inputs that output `place` sees along an axis of `length` inputs, by the rules of `windows`."""
    if isinstance(axis, Window):
        assert axis.before is not None
        return {place * axis.stride - axis.before + axis.dilation * tap for tap in range(axis.kernel)} & {
            *range(length)
        }
    if isinstance(axis, Enlarge) and not axis.linear:
        return {place // axis.factor}
    if isinstance(axis, Enlarge):
        left = (2 * place + 1 - axis.factor) // (2 * axis.factor)
        exact = (2 * place + 1 - axis.factor) % (2 * axis.factor) == 0
        return {min(max(at, 0), length - 1) for at in ((left,) if exact else (left, left + 1))}
    assert isinstance(axis, Stretch) and axis.corners and isinstance(axis.outputs, int)
    left, rest = divmod(place * (length - 1), axis.outputs - 1)
    return {left, left + 1} if rest else {left}


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("zeropad(2, 1)", "1x7"),
        ("upsample(3)", "1x5"),
        ("upsample(3, linear)", "1x5"),
        ("upsample(2, linear)", "1x5"),
        ("upsample(2, linear, corners=true)", "1x5"),
        ("pixelshuffle(2)", "4x3x3"),
    ],
)
def test_an_output_sees_the_footprint_of_its_gradient(text: str, shape: str) -> None:
    torch = pytest.importorskip("torch")
    layer, inputs = layer_of(text), shapes_of(shape)
    output = layer.out_shape(inputs)
    (reach,) = layer.window(inputs, output)
    (call,) = layer.torch(inputs, output)
    family, _, name = call.target.partition(".")
    value = torch.rand(1, *inputs[0].dims, dtype=torch.float64).requires_grad_()
    if family == "nn":
        result = getattr(torch.nn, name)(**call.arguments)(value)
    else:
        result = getattr(torch.nn.functional, name)(value, **call.arguments)
    length, others = inputs[0].sizes[-1], (0,) * (output.rank - 1)
    for place in range(output.sizes[-1]):  # type: ignore[arg-type]
        (gradient,) = torch.autograd.grad(result[(0, 0, *others, place)], value, retain_graph=True)
        touched = gradient.abs().sum(dim=tuple(range(gradient.dim() - 1))).gt(1e-12).nonzero()
        assert isinstance(reach, Axes) and isinstance(length, int)
        assert {int(at) for at in touched} == seen(reach.axes[-1], place, length)


def test_a_list_is_before_and_after_in_zeropad_as_in_the_padding_of_a_convolution() -> None:
    assert out("zeropad([1, 0])", "3x8x8") == out("zeropad(1, 0)", "3x8x8") == "3x9x9"
    assert out("zeropad([[1, 0], [2, 2]])", "3x8x8") == "3x9x12"
