"""Merging element by element: one shape or an error that shows both, and broadcasting."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.layers import TABLE, layer_class
from netspec.layers.base import OF_TWO, Misuse
from netspec.layers.windows import carry, everything
from netspec.shape import Shape, Unknown, letter
from tests.layers.measured import kept_and_macs, kept_by
from tests.layers.reading import layer_of, shapes_of
from tests.layers.refusal import refusal

H, W = letter("H"), letter("W")
LATER = Unknown("a SAME pad decides it")


def out(text: str, *inputs: str) -> str:
    return str(layer_of(text).out_shape(shapes_of(inputs)))


# Branches of one shape


def test_add_shows_both_shapes_and_blames_the_later_branch() -> None:
    assert refusal("add", "128x16x16", "128x32x32") == (
        "E301: `add` needs inputs of one shape, but its branches differ in height and width\n"
        "cannot add 128x16x16 to 128x32x32\n"
        "branch 1"
    )


def test_add_names_every_axis_that_differs() -> None:
    assert refusal("add", "64x4x8x8", "32x2x8x9") == (
        "E301: `add` needs inputs of one shape, but its branches differ in channels, depth and width\n"
        "cannot add 64x4x8x8 to 32x2x8x9\n"
        "branch 1"
    )


def test_of_three_branches_the_one_that_stands_alone_is_to_blame() -> None:
    assert refusal("max", "8", "4", "4") == (
        "E301: `max` needs inputs of one shape, but its branches differ in features\ncannot compare 8 with 4\nbranch 0"
    )
    assert refusal("mean", "4", "4", "8").endswith("cannot average 4 and 8\nbranch 2")


def test_a_map_and_a_vector_are_not_added() -> None:
    assert refusal("add", "64x8x8", "64") == (
        "E301: `add` needs inputs of one shape, but a map and a vector flow in\n"
        "cannot add 64x8x8 to 64\n"
        "note: `flatten` or `gap` makes a vector of a map\n"
        "branch 1"
    )


def test_a_map_and_tokens_are_not_added() -> None:
    assert refusal("add", "64x8x8", "64 tokens x 64") == (
        "E301: `add` needs inputs of one shape, but a map and a sequence of tokens flow in\n"
        "cannot add 64x8x8 to 64 tokens x 64\n"
        "branch 1"
    )


def test_a_signal_and_a_clip_are_not_added() -> None:
    assert refusal("sub", "8x20", "8x4x5x5") == (
        "E301: `sub` needs inputs of one shape, but a signal and a clip flow in\n"
        "cannot subtract 8x4x5x5 from 8x20\n"
        "branch 1"
    )


def test_maps_of_regions_are_a_kind_of_their_own() -> None:
    regions = Shape(8, (7, 7), rows=letter("R"))
    assert refusal("add", regions, "8x7x7").splitlines()[0] == (
        "E301: `add` needs inputs of one shape, but a map for each region and a map flow in"
    )
    assert layer_of("add").out_shape((regions, regions)) == regions
    assert refusal("add", Shape(8, rows=3), Shape(8, rows=4)).splitlines()[0] == (
        "E301: `add` needs inputs of one shape, but its branches differ in regions"
    )


def test_tokens_differ_in_tokens_or_features() -> None:
    assert refusal("add", "197 tokens x 768", "196 tokens x 384") == (
        "E301: `add` needs inputs of one shape, but its branches differ in tokens and features\n"
        "cannot add 197 tokens x 768 to 196 tokens x 384\n"
        "branch 1"
    )


@pytest.mark.parametrize("text", ["add", "mul", "max", "mean", "concat"])
def test_a_merge_needs_two_branches(text: str) -> None:
    assert refusal(text, "8") == f"E303: `{text}` needs at least two branches, but has 1\neach branch begins with `|`"


@pytest.mark.parametrize("text", ["sub", "distance", "dot"])
def test_what_compares_needs_exactly_two_branches(text: str) -> None:
    assert refusal(text, "8", "8", "8") == (
        f"E303: `{text}` needs exactly two branches, but has 3\neach branch begins with `|`"
    )


# Sizes in letters


def test_sizes_that_agree_for_some_inputs_pass_and_the_simplest_goes_on() -> None:
    back = (H // 2) * 2
    assert layer_of("add").out_shape((Shape(8, (back, W)), Shape(8, (H, W)))) == Shape(8, (H, W))


def test_a_number_goes_on_before_a_letter() -> None:
    assert layer_of("add").out_shape((Shape(8, (H, W)), Shape(8, (32, W)))) == Shape(8, (32, W))


def test_an_unknown_size_agrees_with_any() -> None:
    assert layer_of("add").out_shape((Shape(8, (LATER, 4)), Shape(8, (H, 4)))) == Shape(8, (H, 4))
    assert layer_of("add").out_shape((Shape(8, (LATER, 4)), Shape(8, (LATER, 4)))) == Shape(8, (LATER, 4))


def test_sizes_that_never_agree_are_an_error_of_their_own() -> None:
    assert refusal("add", Shape(8, (H, W)), Shape(8, (H + 1, W))) == (
        "E304: the branches of `add` differ in height at every size of the input\n"
        "cannot add 8xHxW to 8x(H + 1)xW\n"
        "branch 1"
    )


def test_numbers_that_differ_come_before_letters_that_never_agree() -> None:
    assert refusal("add", Shape(8, (H, W)), Shape(4, (H + 1, W))).splitlines()[0] == (
        "E301: `add` needs inputs of one shape, but its branches differ in channels and height"
    )


# mul


def test_a_gate_on_the_wrong_channels_is_refused() -> None:
    assert refusal("mul", "64x8x8", "16") == (
        "E301: `mul` needs inputs of one shape, but its branches differ in channels\n"
        "cannot multiply 64x8x8 by 16\n"
        "note: a vector is broadcast over a map or tokens, and a size of 1 over any\n"
        "branch 1"
    )


def test_mul_broadcasts_vectors_over_maps_and_tokens_in_any_order() -> None:
    assert out("mul", "64", "64x8x8") == "64x8x8"
    assert out("mul", "5 tokens x 64", "64") == "5 tokens x 64"
    assert out("mul", "64x1x1", "1x8x8", "64") == "64x8x8"
    assert out("mul", "64", "64") == "64"


def test_mul_takes_a_size_in_letters_over_one() -> None:
    assert layer_of("mul").out_shape((Shape(8, (1, 1)), Shape(8, (H, W)))) == Shape(8, (H, W))


@settings(deadline=None)  # importing torch takes its time
@given(st.lists(st.tuples(*[st.sampled_from([1, 2, 3])] * 3), min_size=2, max_size=4))
def test_mul_broadcasts_as_torch_does(sizes: list[tuple[int, int, int]]) -> None:
    torch = pytest.importorskip("torch")
    inputs = tuple(Shape(c, (h, w)) for c, h, w in sizes)
    try:
        expected = tuple(torch.broadcast_shapes(*sizes))
    except RuntimeError:
        with pytest.raises(Misuse):
            layer_of("mul").out_shape(inputs)
    else:
        assert layer_of("mul").out_shape(inputs).dims == expected


def test_mul_says_which_torch_call_broadcasts() -> None:
    def target(*inputs: str) -> str:
        shapes = shapes_of(inputs)
        return str(*layer_of("mul").torch(shapes, layer_of("mul").out_shape(shapes)))

    assert target("8x5x5", "8x5x5") == target("8", "8") == target("8x5x5", "1x5x5") == "operator.mul()"
    assert target("8x5x5", "8") == "ours.Multiply(axis=1)"
    assert target("8", "4 tokens x 8") == "ours.Multiply(axis=2)"


def test_mul_sees_all_of_what_it_broadcasts() -> None:
    inputs = shapes_of(("64x8x8", "64", "1x8x8", "64x1x1"))
    layer = layer_of("mul")
    assert layer.window(inputs, layer.out_shape(inputs)) == (carry, everything, carry, everything)


def test_mul_counts_and_keeps_the_products_on_the_way() -> None:
    layer, inputs = layer_of("mul"), shapes_of(("64x1x1", "1x8x8", "64", "64x8x8"))
    output = layer.out_shape(inputs)
    assert layer.ops(inputs, output) == 3 * 4096
    assert layer.keeps(inputs, output).extra == 2 * 4096
    two = shapes_of(("64x8x8", "64"))
    assert layer.keeps(two, layer.out_shape(two)).extra == 0


def test_operations_of_a_merge_grow_with_its_branches() -> None:
    three = shapes_of(("8x5x5",) * 3)
    assert [layer_of(text).ops(three, three[0]) for text in ("add", "max", "mean", "mul")] == [400, 400, 600, 400]
    assert layer_of("sub").ops(three[:2], three[0]) == 200


def test_a_merge_is_a_function_of_two_of_a_list_or_a_module_of_our_own() -> None:
    for name in (name for name in TABLE if layer_class(name).merges):
        for example in layer_class(name).examples:
            layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
            target = layer.torch(inputs, layer.out_shape(inputs))[0].target
            assert target in OF_TWO or target == "torch.cat" or target.startswith("ours.")


def test_what_a_gate_keeps_is_what_torch_keeps() -> None:
    pytest.importorskip("torch")
    kept, _ = kept_and_macs(lambda x, gate: x * gate[:, :, None, None], (1, 8, 5, 5), (1, 8))
    assert kept_by(layer_of("mul"), *shapes_of(("8x5x5", "8"))) == kept
