"""The calculations that lectures do on the blackboard."""

from __future__ import annotations

from math import prod

import pytest

import netspec
from netspec.analysis.explain import explain, lines


def weights(spec: str) -> list[int]:
    """The weights of each layer that has some, without biases."""
    layers = [layer for layer in netspec.analyze(spec).layers if "weight" in layer.weights]
    return [prod(layer.weights["weight"].shape) for layer in layers]


def board(spec: str, name: str) -> tuple[str, ...]:
    analysis = netspec.analyze(spec)
    return lines(explain(analysis, name))


def test_alexnets_first_maps_have_55_and_27_places() -> None:
    spec = "3x227x227 - 96C11s4 - MP3s2"
    assert [str(layer.node.shape) for layer in netspec.analyze(spec).layers[1:]] == ["96x55x55", "96x27x27"]
    assert "height and width: (55 − 3 + 2·0)/2 + 1 = 27" in board(spec, "maxpool1")


@pytest.mark.parametrize(("n", "k", "s"), [(227, 11, 4), (224, 7, 2), (32, 5, 1), (55, 3, 2), (110, 3, 2)])
def test_a_size_is_that_of_tensorflows_valid(n: int, k: int, s: int) -> None:
    (size,) = {*netspec.analyze(f"1x{n}x{n} - 1C{k}s{s}").layers[-1].node.shape.sizes}
    assert size == (n - k) // s + 1 == -(-(n - k + 1) // s)


def test_a_convolution_of_256_maps_is_halved_by_two_groups_and_less_through_1x1() -> None:
    assert weights("256x8x8 - 256C3p") == [589_824]
    assert weights("256x8x8 - 256C3pg2") == [294_912]
    narrow = weights("256x8x8 - 32C1 - 256C3p")
    assert narrow == [8_192, 73_728] and sum(narrow) == 81_920


def test_a_1x1_convolution_first_saves_most_of_a_5x5_one() -> None:
    assert weights("128x100x100 - 32C5") == [102_400]
    narrow = weights("128x100x100 - 32C1 - 32C5")
    assert narrow == [4_096, 25_600] and sum(narrow) == 29_696


@pytest.mark.parametrize(("copies", "seen", "small", "large"), [(2, 5, 18, 25), (3, 7, 27, 49)])
def test_small_kernels_see_as_much_as_a_large_one_with_fewer_weights(
    copies: int, seen: int, small: int, large: int
) -> None:
    many, one = netspec.analyze(f"1x32x32 - {copies} * 1C3"), netspec.analyze(f"1x32x32 - 1C{seen}")
    for analysis in (many, one):
        (field,) = analysis.layers[-1].fields.values()
        assert field.size == (seen, seen)
    assert many.layers[-1].node.shape == one.layers[-1].node.shape
    assert (sum(weights(f"1x32x32 - {copies} * 1C3")), sum(weights(f"1x32x32 - 1C{seen}"))) == (small, large)


def test_two_3x3_cost_less_than_a_5x5_on_maps_of_more_than_ten_pixels() -> None:
    one, two = (netspec.analyze(f"1xXxX - {layers}").totals.macs for layers in ("1C5", "1C3 - 1C3"))
    assert (str(one), str(two)) == ("25·X² − 200·X + 400", "18·X² − 108·X + 180")
    for x in range(5, 40):
        costs = [netspec.analyze(f"1x{x}x{x} - {layers}").totals.macs for layers in ("1C5", "1C3 - 1C3")]
        assert costs == [25 * x * x - 200 * x + 400, 18 * x * x - 108 * x + 180]
        assert (costs[1] < costs[0]) == (x > 10)


@pytest.mark.parametrize("c", [1, 16, 512])
def test_a_depthwise_separable_convolution_costs_9c_plus_c_squared_instead_of_9c_squared(c: int) -> None:
    whole, parts = (netspec.analyze(f"{c}xHxW - {layers}").totals.macs for layers in (f"{c}C3p1", f"DW3p1 - {c}C1"))
    assert (str(whole), str(parts)) == (f"{9 * c * c:,}·H·W", f"{9 * c + c * c:,}·H·W")


@pytest.mark.parametrize(("layers", "millions"), [("512C3p1", (462, 2.36)), ("DW3p1 - 512C1", (52.3, 0.27))])
def test_mobilenets_layer_costs_what_its_paper_prints_either_way(layers: str, millions: tuple[float, float]) -> None:
    spec = f"512x14x14 - {layers}"
    macs = netspec.analyze(spec).totals.macs
    assert isinstance(macs, int)
    assert (float(f"{macs / 1e6:.3g}"), round(sum(weights(spec)) / 1e6, 2)) == millions


def test_fully_connected_an_image_of_285x350_has_99_754_003_parameters() -> None:
    totals = netspec.analyze("285x350 - 1000N - 3N").totals
    assert totals.parameters == 285 * 350 * 1000 + 1000 + 1000 * 3 + 3 == 99_754_003


def test_a_thousand_by_a_thousand_pixels_fully_connected_take_four_terabytes_and_a_kernel_ten_thousand() -> None:
    assert netspec.analyze("mlp_1000").totals.weight_bytes == 4 * 10**12
    assert netspec.analyze("1x1000x1000 - 100C10").totals.parameters == 10_100
