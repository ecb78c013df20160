"""Concatenation with and without cropping, distances and inner products."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.layers.base import Step
from netspec.layers.windows import Axes, Window, carry, everything
from netspec.shape import Shape, Unknown, letter
from tests.layers.measured import kept_and_macs, kept_by
from tests.layers.reading import layer_of, shapes_of
from tests.layers.refusal import refusal

H, W = letter("H"), letter("W")


# concat


def test_concat_adds_up_channels_and_shows_the_sum() -> None:
    layer, inputs = layer_of("concat"), shapes_of(("64x28x28", "128x28x28", "32x28x28", "32x28x28"))
    output = layer.out_shape(inputs)
    assert output == Shape(256, (28, 28))
    assert layer.explain(inputs, output) == (
        Step("channels", "C₁ + C₂ + C₃ + C₄", "64 + 128 + 32 + 32", "256"),
    )  # fmt: skip


def test_concat_of_many_branches_writes_its_formula_short() -> None:
    inputs = shapes_of(("2", "3") * 6)
    (step,) = layer_of("concat").explain(inputs, layer_of("concat").out_shape(inputs))
    assert (step.what, step.formula, step.result) == ("features", "C₁ + … + C₁₂", "30")


def test_concat_of_maps_that_differ_offers_to_crop_them() -> None:
    assert refusal("concat", "64x568x568", "64x392x390") == (
        "E302: `concat` joins channels, so all other sizes must agree, but its branches differ in height and width\n"
        "cannot join 64x568x568 and 64x392x390\n"
        "fix: cut the larger maps about their centre: {'crop': 'true'}\n"
        "branch 1"
    )


def test_concat_of_tokens_and_of_kinds_does_not_offer_to_crop() -> None:
    assert refusal("concat", "49 tokens x 96", "50 tokens x 96") == (
        "E302: `concat` joins features, so all other sizes must agree, but its branches differ in tokens\n"
        "cannot join 49 tokens x 96 and 50 tokens x 96\n"
        "branch 1"
    )
    assert refusal("concat", "120", "16x5x5") == (
        "E302: `concat` joins values of one kind, but a vector and a map flow in\n"
        "cannot join 120 and 16x5x5\n"
        "note: `flatten` or `gap` makes a vector of a map\n"
        "branch 1"
    )


def test_concat_of_regions_that_differ_in_size_as_well_does_not_offer_to_crop() -> None:
    assert "fix" not in refusal("concat", Shape(8, (7, 7), rows=2), Shape(8, (5, 5), rows=3))


def test_concat_at_sizes_that_never_agree_offers_to_crop() -> None:
    assert refusal("concat", Shape(8, (H, W)), Shape(4, (H - 4, W))) == (
        "E304: the branches of `concat` differ in height at every size of the input\n"
        "cannot join 8xHxW and 4x(H − 4)xW\n"
        "fix: cut the larger maps about their centre: {'crop': 'true'}\n"
        "branch 1"
    )


def test_concat_with_crop_cuts_to_the_smallest_of_each_axis() -> None:
    layer, inputs = layer_of("concat(crop=true)"), shapes_of(("64x10x7", "32x6x12", "1x6x7"))
    output = layer.out_shape(inputs)
    assert output == Shape(97, (6, 7))
    assert layer.window(inputs, output) == (
        Axes((Window(before=-2), Window(before=0))),
        Axes((Window(before=0), Window(before=-2))),
        carry,
    )
    assert str(*layer.torch(inputs, output)) == "ours.CropConcat()"


def test_concat_with_nothing_to_crop_is_a_plain_one() -> None:
    layer, inputs = layer_of("concat(crop=true)"), shapes_of(("8x5x5", "4x5x5"))
    assert str(*layer.torch(inputs, layer.out_shape(inputs))) == "torch.cat(dim=1)"
    assert layer.out_shape(shapes_of(("8", "4"))) == Shape(12)


def test_concat_with_crop_works_at_sizes_in_letters() -> None:
    layer = layer_of("concat(crop=true)")
    small = ((H - 4) // 2) * 2  # two 3x3 convolutions, halved and doubled: at most H − 4
    inputs = (Shape(64, (H - 4, H)), Shape(64, (small, H - 4)))
    output = layer.out_shape(inputs)
    assert output.sizes == (small, H - 4)
    assert layer.window(inputs, output) == (Axes((Window(before=None), Window(before=-2))), carry)


def test_concat_with_crop_of_sizes_that_take_turns_is_not_known() -> None:
    turns = (H // 3) * 3 + 1
    output = layer_of("concat(crop=true)").out_shape((Shape(8, (turns, 4)), Shape(8, (H, 4))))
    assert output.sizes == (Unknown("it is the smaller of 3·⌊H / 3⌋ + 1 and H"), 4)


@given(st.lists(st.sampled_from(["8x6x5", "3x6x5", "1x6x5", "4x6x5"]), min_size=2, max_size=6))
def test_concat_has_as_many_elements_as_its_branches(texts: list[str]) -> None:
    inputs = shapes_of(tuple(texts))
    assert layer_of("concat").out_shape(inputs).elements == sum(shape.elements for shape in inputs)


# distance and dot


def test_distance_and_dot_need_vectors_of_one_length() -> None:
    assert refusal("distance", "150", "100") == (
        "E301: `distance` needs inputs of one shape, but its branches differ in features\n"
        "cannot measure from 150 to 100\n"
        "branch 1"
    )
    assert refusal("dot", "150", "16x5x5") == (
        "E201: `dot` needs vectors, but a map flows in\n"
        "branch 2 is 16x5x5\n"
        "note: `flatten` makes a vector of a map\n"
        "branch 1"
    )
    assert refusal("dot", "5 tokens x 8", "8") == (
        "E201: `dot` needs vectors, but a sequence of tokens flows in\n"
        "branch 1 is 5 tokens x 8\n"
        "note: `taketoken` takes one token as a vector\n"
        "branch 0"
    )


def test_distance_counts_by_its_norm() -> None:
    inputs = shapes_of(("150", "150"))
    counts = [layer_of(text).ops(inputs, Shape(1)) for text in ("distance", "distance(1)", "distance(3)", "dot")]
    assert counts == [451, 450, 601, 300]


def test_distance_and_dot_of_regions_come_out_for_each() -> None:
    shape = Shape(8, rows=3)
    assert layer_of("distance").out_shape((shape, shape)) == Shape(1, rows=3)
    assert layer_of("dot").window((shape, shape), Shape(1, rows=3)) == (everything, everything)


@pytest.mark.parametrize("norm", ["1", "2", "3"])
def test_what_a_distance_keeps_is_what_torch_keeps(norm: str) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    kept, _ = kept_and_macs(lambda a, b: functional.pairwise_distance(a, b, p=int(norm), keepdim=True), (1, 9), (1, 9))
    assert kept_by(layer_of(f"distance({norm})"), Shape(9), Shape(9)) == kept
