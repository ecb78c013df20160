"""Networks that compare or name faces and characters."""

from __future__ import annotations

from tests.shipped import analysed


def shapes(name: str, *kinds: str, input: str = "") -> list[str]:
    layers = analysed(name, input).layers
    return [str(layer.node.shape) for layer in layers if layer.node.layer.name in kinds]


def counts(name: str, **params: object) -> list[object]:
    return [layer.parameters for layer in analysed(name, **params).layers if layer.parameters]


def test_deepid_has_the_maps_and_the_weights_of_its_figure() -> None:
    maps = ["20x36x28", "20x18x14", "40x16x12", "40x8x6", "60x6x4", "60x3x2", "80x2x1"]
    assert shapes("deepid", "conv", "local", "maxpool") == maps
    conv3 = 3 * 2 * 60 * (40 * 3 * 3 + 1)  # one set of kernels for each block of 2x2 of the 6x4 places
    conv4 = 2 * 1 * 80 * (60 * 2 * 2 + 1)  # and one for each place
    features = (60 * 3 * 2 + 80 * 2 * 1) * 160 + 160  # of pool3 and conv4
    assert counts("deepid", classes=10) == [20 * 17, 40 * 181, conv3, conv4, features, 161 * 10]


def test_deepid_gives_its_160_features_for_patches_of_either_shape() -> None:
    for input in ("1x39x31", "3x39x31", "1x31x31", "3x31x31"):
        graph = analysed("deepid", input).graph
        assert str(graph.nodes[graph.outputs["features"]].shape) == "160"


def test_deepface_has_the_maps_and_the_weights_of_its_figure() -> None:
    maps = ["32x142x142", "32x71x71", "16x63x63", "16x55x55", "16x25x25", "16x21x21"]
    assert shapes("deepface", "conv", "local", "maxpool") == maps
    shared = [32 * (3 * 11 * 11 + 1), 16 * (32 * 9 * 9 + 1)]
    own = [55 * 55 * 16 * (16 * 81 + 1), 25 * 25 * 16 * (16 * 49 + 1), 21 * 21 * 16 * (16 * 25 + 1)]
    dense = [4096 * (16 * 21 * 21 + 1), 4030 * (4096 + 1)]
    assert counts("deepface") == [*shared, *own, *dense]
    assert sum(shared) == 53_136
    assert sum(own + dense) / sum(shared + own + dense) > 0.95


def test_the_siamese_network_has_one_set_of_weights_for_both_characters() -> None:
    trunk = [64 * 101, 128 * (64 * 49 + 1), 128 * (128 * 16 + 1), 256 * (128 * 16 + 1), 4096 * (256 * 36 + 1)]
    assert counts("siamese_omniglot") == [*trunk, 4096 + 1]
    one = ["64x96x96", "64x48x48", "128x42x42", "128x21x21", "128x18x18", "128x9x9", "256x6x6"]
    assert shapes("siamese_omniglot", "conv", "maxpool") == one * 2


def test_each_level_of_the_pyramid_sees_more_of_the_face() -> None:
    layers = [layer for layer in analysed("pyramid_cnn").layers if layer.node.layer.name == "maxpool"]
    seen = []
    for layer in layers[::2]:
        (field,) = layer.fields.values()
        seen.append(field.size[0] + (12 - 1) * field.jump[0])
    assert seen == [28, 60, 124]


def test_the_pyramid_has_one_set_of_weights_for_both_faces() -> None:
    banks = [16 * 26, 32 * (16 * 25 + 1), 64 * (32 * 25 + 1)]
    heads = [8 * (maps * 12 * 12 + 1) for maps in (16, 32, 64)]
    assert counts("pyramid_cnn") == [count for pair in zip(banks, heads, strict=True) for count in pair]
    assert counts("pyramid_cnn", features=16)[1::2] == [2 * count for count in heads]
