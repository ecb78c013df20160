"""What holds for every network that is shipped: its header, its form, its warnings, its recipe."""

from __future__ import annotations

import re

import pytest

import netspec
from netspec.library import folder, networks
from tests.shipped import NAMES, analysed

SYSTEMS = """
    mcdnn lenet5 simple_cnn alexnet alexnet_one_tower zfnet nin nin_imagenet vgg11 vgg11_lrn vgg13 vgg16_c vgg16 vgg19
    stl10_small caltech_small cifar_small mlp_1000
    cifar_baseline cifar_lenet5 cifar_alexnet8 cifar_vgg16 cifar_inception10 cifar_resnet18
    googlenet inception_naive bn_inception inception_v3 inception_v4 resnet18 resnet34 resnet50 resnet101 resnet152
    resnet20 resnet56 plain20 plain56 resnet110 mobilenet squeezenet squeezenet1_1 densenet121 resnext50
    wide_resnet28_10 xception shufflenet_v2 mobilenet_v2 efficientnet_b0 convnext_tiny unet vit_b16
    deepid pyramid_cnn rcnn fast_rcnn stacked_autoencoder
"""
"""What papers and lectures name; of most there are relatives besides."""


def test_the_networks_that_papers_and_lectures_name_are_there() -> None:
    assert set(NAMES) >= set(SYSTEMS.split())


@pytest.mark.parametrize("network", networks(), ids=lambda network: network.name)
def test_a_spec_begins_with_its_paper_its_family_and_its_printed_figures(network: netspec.library.Shipped) -> None:
    lines = network.path.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"# [^:]+: .+", lines[0])
    assert re.fullmatch(r"# family: [a-z]+ · year: (19|20)\d\d", lines[1])
    assert re.fullmatch(r"# printed: .+", lines[2])
    assert 10 <= len(lines) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_a_spec_compiles_without_a_warning(name: str) -> None:
    assert analysed(name).graph.findings == ()


@pytest.mark.parametrize("path", sorted(folder().rglob("*.spec")), ids=lambda path: path.stem)
def test_a_spec_is_in_canonical_form(path: netspec.library.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert netspec.format(text) == text


WITHOUT_CLASSES = {
    "autoencoder_mnist": "gives back its picture",
    "dcgan_discriminator": "real or not",
    "dcgan_generator": "gives a picture",
    "dqn": "a value for each action",
    "espcn": "gives a picture",
    "mlp_1000": "a layer, to count its weights",
    "pyramid_cnn": "how far two faces are apart",
    "siamese_omniglot": "whether two characters are the same",
    "srcnn": "gives a picture",
    "vggish": "gives features",
}
"""Networks that name nothing, and what they do instead."""

BESIDE_THE_MAIN_OUTPUT = {"fast_rcnn": "class", "fast_rcnn_caffenet": "class", "faster_rcnn": "class"}
"""Networks that end in features, with the output that has the classes."""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_CLASSES])
def test_a_parameter_called_classes_sets_the_end_of_the_network(name: str) -> None:
    graph = analysed(name, classes=7).graph
    assert graph.nodes[graph.outputs[BESIDE_THE_MAIN_OUTPUT.get(name, "main")]].shape.channels == 7


@pytest.mark.parametrize("name", WITHOUT_CLASSES)
def test_a_network_that_names_nothing_has_no_classes(name: str) -> None:
    assert "classes" not in analysed(name).graph.parameters


def test_the_trunk_of_detectors_is_vgg16_up_to_conv5_3() -> None:
    trunk = netspec.analyze('use "blocks/vgg.spec"\ninput 3x224x224\nvgg16_trunk()')
    whole = analysed("vgg16").layers
    pairs = list(zip(trunk.layers[1:], whole[1:], strict=False))
    assert pairs[-2][0].node.name.endswith("conv5_3")
    for ours, theirs in pairs:
        assert (ours.node.layer, ours.node.shape) == (theirs.node.layer, theirs.node.shape)


def test_the_thousand_by_thousand_layer_is_counted_not_made() -> None:
    totals = analysed("mlp_1000").totals
    assert totals.parameters == 10**12 and totals.weight_bytes == 4 * 10**12


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [
        ("alexnet", {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}),
        ("mcdnn", {"lr": 0.001}),
        ("simple_cnn", {"lr": 0.1 / 128}),
    ],
)
def test_a_recipe_is_the_papers(name: str, optimizer: dict[str, float]) -> None:
    recipe = analysed(name).graph.train["optimizer"]
    assert recipe["name"] == "sgd"
    assert {key: float(recipe[key]) for key in optimizer} == optimizer
