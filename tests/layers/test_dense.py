"""`dense`, `lowrank`, `rbf`, and the views `flatten` and `reshape`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.layers.arguments import PerAxis
from netspec.layers.base import Keeps, Layer, Misuse, Weight, call, trained_count
from netspec.layers.dense import Dense, LowRank, Rbf
from netspec.layers.flatten import Flatten, Reshape
from netspec.layers.windows import carry, everything
from netspec.shape import Shape, Unknown, letter
from tests.layers.reading import layer_of, shape_of

H, W, R = letter("H"), letter("W"), letter("R")


def steps(spec: str, shape: str) -> list[str]:
    """The hand calculations of a layer, as they are printed."""
    layer, inputs = layer_of(spec), (shape_of(shape),)
    return [
        f"{step.what}: {step.formula} = {step.worked} = {step.result}"
        for step in layer.explain(inputs, layer.out_shape(inputs))
    ]


# Dense


def test_the_dense_layers_of_alexnet_have_their_published_figures() -> None:
    shape, found = Shape(256, (6, 6)), []
    for units in (4096, 4096, 1000):
        layer = Dense(units)
        output = layer.out_shape((shape,))
        found.append((trained_count(layer.weights((shape,))), layer.macs((shape,), output)))
        shape = output
    assert found == [(37_752_832, 37_748_736), (16_781_312, 16_777_216), (4_097_000, 4_096_000)]


def test_a_million_neurons_over_a_million_pixels_are_counted_at_once() -> None:
    inputs = (Shape(1, (1000, 1000)),)
    assert trained_count(Dense(1_000_000, bias=False).weights(inputs)) == 10**12


def test_the_lectures_102_million_are_fewer() -> None:
    first, second = Dense(1000), Dense(3)
    image = (Shape(1, (285, 350)),)
    hidden = (first.out_shape(image),)
    assert trained_count(first.weights(image)) + trained_count(second.weights(hidden)) == 99_754_003


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.integers(1, 9))
def test_flattening_first_changes_no_figure(channels: int, height: int, width: int, units: int) -> None:
    layer, here = Dense(units), (Shape(channels, (height, width)),)
    there = (Flatten().out_shape(here),)
    output = layer.out_shape(here)
    assert output == layer.out_shape(there)
    assert layer.weights(here) == layer.weights(there)
    assert layer.macs(here, output) == layer.macs(there, output)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 20))
def test_a_dense_layer_is_a_convolution_as_large_as_its_input(channels: int, units: int, size: int) -> None:
    inputs = (Shape(channels, (size, size)),)
    kernel = layer_of(f"conv({units}, {size})")
    assert trained_count(Dense(units).weights(inputs)) == trained_count(kernel.weights(inputs))
    assert Dense(units).macs(inputs, Shape(units)) == kernel.macs(inputs, kernel.out_shape(inputs))


def test_tokens_are_seen_one_by_one() -> None:
    layer, inputs = Dense(3072), (Shape(768, tokens=197),)
    output = layer.out_shape(inputs)
    assert output == Shape(3072, tokens=197)
    assert layer.weights(inputs) == {"weight": Weight((3072, 768)), "bias": Weight((3072,))}
    assert layer.macs(inputs, output) == 197 * 768 * 3072
    assert layer.ops(inputs, output) == 197 * 3072
    assert layer.window(inputs, output) == (carry,)
    assert layer.window((Shape(8),), Shape(4)) == (everything,)


def test_regions_are_seen_one_by_one() -> None:
    layer, inputs = Dense(4096), (Shape(512, (7, 7), rows=R),)
    output = layer.out_shape(inputs)
    assert output == Shape(4096, rows=R)
    assert layer.macs(inputs, output) == R * 102_760_448
    assert layer.weights(inputs)["weight"].shape == (4096, 25_088)


def test_the_weights_after_a_flatten_of_unknown_size_are_unknown() -> None:
    inputs = (Shape(512, (H // 32, W // 32), rows=R),)
    because = Unknown("flattens 512x⌊H / 32⌋x⌊W / 32⌋")
    for layer in (Dense(10), LowRank(10, 3)):
        assert trained_count(layer.weights(inputs)) == because
        assert layer.macs(inputs, layer.out_shape(inputs)) == because
    assert Flatten().out_shape(inputs) == Shape(because, rows=R)


def test_a_dense_layer_without_bias_adds_nothing() -> None:
    layer, inputs = Dense(10, bias=False), (Shape(64),)
    assert layer.ops(inputs, Shape(10)) == 0
    assert layer.torch(inputs, Shape(10)) == (call("nn.Linear", in_features=64, out_features=10, bias=False),)


def test_a_map_is_flattened_before_torchs_linear() -> None:
    assert Dense(10).torch((Shape(2, (3, 3)),), Shape(10)) == (
        call("nn.Flatten"),
        call("nn.Linear", in_features=18, out_features=10),
    )


def test_a_dense_layer_is_worked_out_as_on_a_blackboard() -> None:
    assert steps("4096N", "256x6x6") == [
        "n: C·H·W = 256·6·6 = 9,216",
        "parameters: n·units + units = 9216·4096 + 4096 = 37,752,832",
        "macs: n·units = 9216·4096 = 37,748,736",
    ]
    assert steps("dense(10, bias=false)", "64") == [
        "parameters: n·units = 64·10 = 640",
        "macs: n·units = 64·10 = 640",
    ]
    assert steps("3072N", "197 tokens x 768")[-1] == "macs: T·n·units = 197·768·3072 = 464,781,312"
    assert steps("10N", "Rx4")[-1] == "macs: R·n·units = R·4·10 = 40·R"


# Low rank


def test_a_layer_of_rank_t_has_t_times_u_plus_v_weights() -> None:
    layer, inputs = LowRank(4096, 1024), (Shape(512, (7, 7)),)
    weights = layer.weights(inputs)
    assert weights == {"v": Weight((1024, 25_088)), "u": Weight((4096, 1024)), "bias": Weight((4096,))}
    assert trained_count(weights) == 1024 * (25_088 + 4096) + 4096
    assert layer.macs(inputs, Shape(4096)) == 1024 * (25_088 + 4096)
    assert layer.ops(inputs, Shape(4096)) == 4096
    assert layer.keeps(inputs, Shape(4096)) == Keeps(inputs=(0,), extra=1024)
    assert layer.window(inputs, Shape(4096)) == (everything,)


def test_a_layer_of_low_rank_is_worked_out() -> None:
    assert steps("lowrank(4096, rank=1024)", "512x7x7") == [
        "n: C·H·W = 512·7·7 = 25,088",
        "parameters: t·(n + units) + units = 1024·(25088 + 4096) + 4096 = 29,888,512",
        "macs: t·(n + units) = 1024·(25088 + 4096) = 29,884,416",
    ]


def test_a_layer_of_low_rank_works_on_tokens_and_regions() -> None:
    layer = LowRank(10, 3)
    tokens, regions = (Shape(8, tokens=5),), (Shape(8, rows=R),)
    assert layer.out_shape(tokens) == Shape(10, tokens=5)
    assert layer.window(tokens, Shape(10, tokens=5)) == (carry,)
    assert layer.macs(tokens, Shape(10, tokens=5)) == 5 * 3 * 18
    assert layer.macs(regions, Shape(10, rows=R)) == R * 54
    assert layer.torch(tokens, Shape(10, tokens=5)) == (call("ours.LowRank", in_features=8, out_features=10, rank=3),)


# LeNet-5's output


def test_lenet5s_output_has_840_connections_and_trains_none() -> None:
    layer, inputs = Rbf(10), (Shape(84),)
    assert layer.weights(inputs) == {"weight": Weight((10, 84), trained=False)}
    assert trained_count(layer.weights(inputs)) == 0
    assert layer.macs(inputs, Shape(10)) == 0
    assert layer.ops(inputs, Shape(10)) == 2_520
    assert layer.keeps(inputs, Shape(10)) == Keeps(extra=840)
    assert steps("rbf(10)", "84") == [
        "connections: n·units = 84·10 = 840",
        "ops: 3·n·units = 3·84·10 = 2,520",
    ]


def test_prototypes_see_a_flattened_map_or_each_token() -> None:
    layer = Rbf(4)
    image, tokens = (Shape(2, (3, 3)),), (Shape(8, tokens=5),)
    assert layer.torch(image, Shape(4)) == (call("nn.Flatten"), call("ours.Rbf", in_features=18, out_features=4))
    assert layer.window(image, Shape(4)) == (everything,)
    assert layer.window(tokens, layer.out_shape(tokens)) == (carry,)


# Views


def test_flattening_keeps_regions_and_puts_tokens_one_after_the_other() -> None:
    assert Flatten().out_shape((Shape(512, (7, 7), rows=R),)) == Shape(25_088, rows=R)
    assert Flatten().out_shape((Shape(768, tokens=196),)) == Shape(150_528)
    assert Flatten().out_shape((Shape(768, tokens=H),)) == Shape(Unknown("flattens H tokens x 768"))
    assert Flatten().out_shape((Shape(10),)) == Shape(10)
    assert steps("flatten", "16x5x5") == ["n: C·H·W = 16·5·5 = 400"]
    assert steps("flatten", "400") == []


def test_a_flattened_entry_sees_what_its_place_saw() -> None:
    assert Flatten().torch((Shape(16, (5, 5)),), Shape(400)) == (call("nn.Flatten"),)
    assert Flatten().window((Shape(16, (5, 5)),), Shape(400)) == (carry,)


@pytest.mark.parametrize(
    ("before", "shape", "after"),
    [
        (Shape(400), (16, 5, 5), Shape(16, (5, 5))),
        (Shape(16, (5, 5)), (400,), Shape(400)),
        (Shape(16, (5, 5), rows=R), (80, 5), Shape(80, (5,), rows=R)),
        (Shape(8, tokens=10), (8, 10), Shape(8, (10,))),
    ],
)
def test_reshaping_keeps_the_elements_and_the_regions(before: Shape, shape: tuple[int, ...], after: Shape) -> None:
    layer = Reshape(PerAxis(shape))
    assert layer.out_shape((before,)) == after
    assert layer.torch((before,), after) == (call("torch.reshape", shape=(-1, *shape)),)


def test_reshaping_to_another_number_of_elements_is_an_error() -> None:
    with pytest.raises(Misuse) as caught:
        Reshape(PerAxis((16, 5, 5))).out_shape((Shape(12, (5, 5), rows=R),))
    error = caught.value
    assert (error.code, error.at) == ("E208", "shape")
    assert error.what == "12x5x5 can't be reshaped to 16x5x5: 300 elements are not 400"
    assert error.here == "this holds 400 elements"


def test_reshaping_an_unknown_size_is_refused_where_it_never_fits() -> None:
    assert Reshape(PerAxis((10,))).out_shape((Shape(2, (H,)),)) == Shape(10)
    assert Reshape(PerAxis((10,))).out_shape((Shape(2, (H, W)),)) == Shape(10)
    with pytest.raises(Misuse) as caught:
        Reshape(PerAxis((11,))).out_shape((Shape(2, (H,)),))
    assert caught.value.what == "2xH can't be reshaped to 11: 2·H elements are not 11"


def test_where_elements_go_decides_what_they_see() -> None:
    image = Shape(16, (5, 5))
    assert Reshape(PerAxis((400,))).window((image,), Shape(400)) == (carry,)
    assert Reshape(PerAxis((16, 25))).window((image,), Shape(16, (25,))) == (everything,)
    assert Reshape(PerAxis((16, 5, 5))).window((image,), image) == (carry,)


def test_reshaping_shows_that_no_element_is_lost() -> None:
    assert steps("reshape(16x5x5)", "400") == ["elements: before = after = 400 = 16·5·5 = 400"]


@pytest.mark.parametrize("layer", [Flatten(), Reshape(PerAxis((400,)))])
def test_a_view_costs_nothing(layer: Layer) -> None:
    inputs, output = (Shape(16, (5, 5)),), Shape(400)
    assert layer.weights(inputs) == {}
    assert layer.macs(inputs, output) == layer.ops(inputs, output) == 0
    assert layer.keeps(inputs, output) == Keeps()
