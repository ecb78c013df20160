"""airbench94: the weights of its author's script, and the operations of a training that he prints."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from tests.shipped import analysed

MACS = {31: 24 * 3 * 4 + 64 * 24 * 9, 15: 64 * 64 * 9 + 256 * 64 * 9, 7: 2 * 256 * 256 * 9, 3: 256 * 256 * 9}
"""Weights that are applied at each place of a map of this size."""


def test_airbench94_has_the_weights_of_the_authors_script() -> None:
    shapes = [weight.shape for layer in analysed("airbench94").layers for weight in layer.weights.values()]
    expected: list[tuple[int, ...]] = [(24, 3, 2, 2), (24,)]
    for before, after in ((24, 64), (64, 256), (256, 256)):
        expected += [(after, before, 3, 3), *[(after,)] * 4, (after, after, 3, 3), *[(after,)] * 4]
    assert shapes == [*expected, (10, 256)]


def test_airbench94_has_the_products_of_its_layers_by_hand() -> None:
    assert analysed("airbench94").totals.macs == sum(n * n * weights for n, weights in MACS.items()) + 256 * 10


def test_a_training_of_airbench94_costs_the_operations_that_are_printed() -> None:
    network = analysed("airbench94")
    train, macs = network.graph.train, network.totals.macs
    assert isinstance(macs, int)
    batch = train["batch"]
    steps = ceil(50_000 // batch * train["epochs"])  # what doesn't fill a batch is left out
    trained = 3 * steps * batch  # forward, and twice as much back
    tested = 6 * 10_000  # each image as it is, moved two ways, and all mirrored
    assert f"{(trained + tested) * 2 * macs / 1e15:.2f}" == "0.36"


def test_airbench94s_recipe_takes_the_steps_of_the_script() -> None:
    sgd = analysed("airbench94").graph.train["optimizer"]
    momentum, rate, decay = Fraction("0.85"), Fraction("11.5"), Fraction("0.0153")
    assert sgd["momentum"] == momentum and sgd["nesterov"] is True
    assert sgd["lr"] == rate / (1 + 1 / (1 - momentum))
    assert sgd["lr"] * sgd["weight_decay"] == decay / (1 + 1 / (1 - momentum))  # the script's, for each 1024 images
