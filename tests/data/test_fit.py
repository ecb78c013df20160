"""A network and a set made to fit: what is changed, what is said of it, and what is refused with the ways out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

import netspec
from netspec.data.dataset import DataError, Dataset, Images
from netspec.data.fit import Fitting, fit
from netspec.data.steps import after, fitted, step
from netspec.diagnostics import SpecError


def made(name: str, shape: tuple[int, int, int] | None, classes: int = 10, channels: int = 3) -> Dataset:
    """A set without images: only its shape and classes count."""
    pixels = torch.empty((0, shape[0] if shape else channels, 0, 0), dtype=torch.uint8)
    images = Images(pixels, (), torch.empty(0, dtype=torch.int64))
    return Dataset(name, tuple(map(str, range(classes))), {"train": images}, shape, "", "")


MNIST = made("mnist", (1, 28, 28))
CIFAR = made("cifar10", (3, 32, 32))
PHOTOS = made("photos", None, 7)
LARGE = made("large", (3, 256, 300), 5)


def refused(spec: Any, dataset: Dataset, parameters: dict[str, Any] | None = None, inputs: Any = None) -> str:
    with pytest.raises(DataError) as error:
        fit(spec, dataset, parameters, inputs=inputs)
    return str(error.value)


def line(spec: Any, dataset: Dataset, parameters: dict[str, Any] | None = None, inputs: Any = None) -> str:
    return fit(spec, dataset, parameters, inputs=inputs).line


def window(found: Fitting) -> Any:
    return [each["size"] for each in found.graph.train["augment"] if "crop" in each["name"]]


# Classes


def test_a_parameter_called_classes_takes_the_datas_number() -> None:
    found = fit("3x8x8 - GAP - 5N", made("d", (3, 8, 8), 5))
    assert (found.parameters, found.line) == ({}, "nothing to fit: 3x8x8 and 5 classes on both sides")
    found = fit("param classes = 3\n3x8x8 - GAP - dense(classes)", made("d", (3, 8, 8), 5))
    assert (found.parameters, found.line) == ({"classes": 5}, "classes = 5")
    assert found.graph.parameters["classes"] == 5


def test_a_user_may_ask_for_more_classes_than_there_are_and_not_for_fewer() -> None:
    spec, data = "param classes = 3\n3x8x8 - GAP - dense(classes)", made("d", (3, 8, 8), 5)
    assert line(spec, data, {"classes": 9}) == "classes = 9, and the data have 5"
    assert refused(spec, data, {"classes": 4}) == (
        "`the spec` does not fit `d`: its output has 4 numbers, and there are 5 classes\n"
        "  the data: 3x8x8, 5 classes\n"
        "  the spec: takes 3x8x8, gives 4\n"
        "  give its parameter: --set classes=5; or use it in the last layer"
    )


def test_without_the_parameter_the_output_must_have_as_many_numbers() -> None:
    assert refused("3x32x32 - 10C3 - 7N", CIFAR) == (
        "`the spec` does not fit `cifar10`: its output has 7 numbers, and there are 10 classes\n"
        "  the data: 3x32x32, 10 classes\n"
        "  the spec: takes 3x32x32, gives 7\n"
        "  make their number a parameter, `param classes = 10`, and use it: `dense(classes)` for `7N`\n"
        "  or name data with as many classes"
    )
    assert "`the spec` does not fit `cifar10`: its output has 11 numbers" in refused("3x32x32 - 10C3 - 11N", CIFAR)


def test_a_map_is_no_vector_of_classes_but_one_of_one_pixel_is() -> None:
    assert "its output is 10x388x388, and a class needs a vector" in refused("unet", MNIST)
    assert fit("1x4x4 - 10C4", made("d", (1, 4, 4))).graph.nodes[-1].shape.dims == (10, 1, 1)


def test_an_output_whose_loss_is_not_about_classes_may_have_any_shape() -> None:
    spec = "1x28x28 - 784N\ntrain { loss = reconstruction }"
    assert fit(spec, MNIST).shape == (1, 28, 28)


def test_every_head_that_is_compared_with_the_class_is_checked() -> None:
    assert fit("googlenet", made("d", (3, 224, 224), 12)).graph.parameters["classes"] == 12
    spec = "1x8x8 - 4C3\noutput aux { GAP - 4N }\nGAP - 10N"
    assert "its output `aux` has 4 numbers" in refused(spec, made("d", (1, 8, 8)))


# The images' own size


def test_a_network_that_compiles_at_the_images_own_size_is_trained_at_it() -> None:
    found = fit("vgg16", CIFAR)
    assert (found.shape, found.images, found.steps, found.inputs) == ((3, 32, 32), (3, 32, 32), (), "3x32x32")
    assert window(found) == [32]
    assert found.line == "classes = 10; trained at 3x32x32 instead of 3x224x224; crop(224) is crop(32)"
    assert netspec.compile("vgg16", inputs=found.inputs, **found.parameters).nodes == found.graph.nodes


def test_an_open_size_becomes_the_images() -> None:
    assert line("20C5-MP2-10N", CIFAR) == "trained at 3x32x32 instead of CxHxW"
    assert line("3xHxW-20C5-MP2-10N", CIFAR) == "trained at 3x32x32 instead of 3xHxW"


def test_a_network_for_vectors_takes_the_pixels() -> None:
    assert line("784-800N-10N", MNIST) == "trained at 1x28x28 instead of 784"


def test_grey_images_make_a_network_for_colour_one_for_grey_where_it_is_trained_at_their_size() -> None:
    found = fit("cifar_small", MNIST)
    assert (found.shape, found.steps) == ((1, 28, 28), ())


def test_a_network_that_compiles_in_colour_only_gets_grey_images_in_colour() -> None:
    found = fit("3x32x32 - 12C5g3 - GAP - 10N", MNIST)
    assert (found.shape, found.steps) == ((3, 28, 28), (step("colour"),))


# The spec's size


def test_images_that_are_nearly_as_large_are_padded() -> None:
    found = fit("lenet5", MNIST)
    assert (found.steps, found.images, found.inputs) == ((step("pad", (32, 32)),), (1, 32, 32), None)
    assert found.line == "images 1x28x28 padded to 32x32"
    assert found.graph.train["input"] == [{"name": "pad", "size": (32, 32)}]


def test_others_are_resized_and_grey_ones_become_colour() -> None:
    found = fit("vgg16", MNIST)
    assert found.steps == (step("resize", (224, 224)), step("colour"))
    assert found.line == "classes = 10; images 1x28x28 resized to 224x224, made colour"
    assert window(found) == [224]
    assert fit("alexnet", CIFAR).steps == (step("resize", (227, 227)),)


def test_images_of_different_sizes_are_resized_to_the_specs() -> None:
    found = fit("caltech_small", PHOTOS)
    assert (found.shape, found.steps) == ((3, 200, 200), (step("resize", (200, 200)),))
    assert found.line == "classes = 7; images of different sizes resized to 200x200"
    grey = fit("caltech_small", made("g", None, 10, channels=1))
    assert grey.steps == (step("resize", (200, 200)), step("colour"))


def test_more_is_kept_of_images_of_different_sizes_where_windows_are_cut() -> None:
    found = fit("vgg16", PHOTOS)
    assert (found.images, found.shape) == ((3, 256, 256), (3, 224, 224))
    assert (found.steps, found.test_steps) == ((step("resize", (256, 256)),), (step("crop", (224, 224)),))
    assert found.line == "classes = 7; images of different sizes resized to 256x256; tested on the middle 224x224"


def test_windows_are_cut_from_larger_images_as_they_are() -> None:
    found = fit("vgg16", LARGE)
    assert (found.images, found.shape, found.steps) == ((3, 256, 300), (3, 224, 224), ())
    assert found.test_steps == (step("crop", (224, 224)),)


def test_windows_of_a_size_that_is_not_the_specs_decide_what_the_network_gets() -> None:
    found = fit("cifar_small", CIFAR, {"train.augment": "{ crop(24) - hflip }"})
    assert (found.images, found.shape, window(found)) == ((3, 32, 32), (3, 24, 24), [24])
    assert found.line == "trained at 3x24x24 instead of 3x32x32; tested on the middle 24x24"
    wide = fit("cifar_small", CIFAR, {"train.augment": "{ crop(36, pad=2) }"})
    assert (wide.images, wide.shape, wide.test_steps) == ((3, 32, 32), (3, 36, 36), (step("pad", (36, 36)),))
    assert wide.line == "trained at 3x36x36 instead of 3x32x32; padded in tests"
    assert "`crop(36)` is larger than the images, 32x32" in refused(
        "cifar_small", CIFAR, {"train.augment": "{ crop(36, pad=1) }"}
    )
    zoomed = fit("cifar_small", CIFAR, {"train.augment": "{ resizedcrop(40) }"})
    assert (zoomed.shape, zoomed.test_steps) == ((3, 40, 40), (step("resize", (40, 40)),))
    padded = fit("cifar_small", CIFAR, {"train.augment": "{ crop(32, pad=4) - hflip }"})
    assert (padded.shape, padded.test_steps) == ((3, 32, 32), ())


# What the recipe or the user asks for


def test_the_recipe_says_what_is_done_to_the_images() -> None:
    assert fit("lenet5", CIFAR, {"train.input": "grey"}).steps == (step("grey"),)
    assert fit("lenet5", MNIST, {"train.input": "resize"}).steps == (step("resize", (32, 32)),)
    found = fit("lenet5", CIFAR, {"train.input": "{ grey - crop(28) - pad(32) }"})
    assert found.steps == (step("grey"), step("crop", (28, 28)), step("pad", (32, 32)))
    assert found.line == "images 3x32x32 made grey, cropped to 28x28, padded to 32x32"
    colour = fit("cifar_small", MNIST, {"train.input": "colour"})
    assert (colour.shape, colour.steps) == ((3, 28, 28), (step("colour"),))


def test_what_the_recipe_asks_for_and_is_so_already_is_left_out() -> None:
    found = fit("lenet5", MNIST, {"train.input": "{ grey - pad(32) }"})
    assert found.steps == (step("pad", (32, 32)),)
    assert fit("caltech_small", PHOTOS, {"train.input": "colour"}).steps == (step("resize", (200, 200)),)
    again = fit("lenet5", MNIST, {"train.input": "pad(32)"})
    assert again.graph.train["input"] == found.graph.train["input"]


def test_a_size_that_is_asked_for_is_trained_at() -> None:
    found = fit("cifar_small", CIFAR, {"train.input": "resize(40)"})
    assert (found.shape, found.inputs) == ((3, 40, 40), "3x40x40")
    whole = fit("vgg16", CIFAR, {"train.input": "resize(256)"})
    assert (whole.images, whole.shape, window(whole)) == ((3, 256, 256), (3, 224, 224), [224])


def test_an_input_that_is_given_is_what_the_network_gets() -> None:
    found = fit("vgg16", CIFAR, inputs="3x64x64")
    assert (found.shape, found.steps, window(found)) == ((3, 64, 64), (step("resize", (64, 64)),), [64])
    found = fit("vgg16", CIFAR, inputs={"input": "3x224x224"})
    assert (found.shape, found.inputs) == ((3, 224, 224), "3x224x224")
    found = fit("lenet5", CIFAR, inputs="3x32x32")
    assert (found.shape, found.steps) == ((3, 32, 32), ())


def test_a_network_that_is_compiled_already_stays_as_it_is(tmp_path: Path) -> None:
    from netspec.report import graph_json

    graph = netspec.compile("mcdnn")
    (tmp_path / "net.json").write_text(graph_json.write(graph), encoding="utf-8")
    for spec in (graph, tmp_path / "net.json"):
        found = fit(spec, MNIST)
        assert (found.shape, found.steps, found.inputs) == ((1, 29, 29), (step("pad", (29, 29)),), None)
        assert found.graph.nodes == graph.nodes if isinstance(spec, netspec.Graph) else True
    assert refused(graph, made("d", (1, 28, 28), 9)).endswith(
        "its parameters were applied when it was compiled: give the spec itself"
    )


# What can't be fitted


def test_colour_is_not_taken_away_unless_that_is_asked_for() -> None:
    assert refused("lenet5", CIFAR) == (
        "`lenet5` does not fit `cifar10`: the images have colour, and the spec takes 1 channel\n"
        "  the data: 3x32x32, 10 classes\n"
        "  the spec: takes 1x32x32, gives 10\n"
        "  make the images grey: `input = grey` in the train section, or --set train.input=grey\n"
        "  or let the network take them as they are: --input 3x32x32"
    )
    assert refused("lenet5", CIFAR, inputs="1x32x32").count("\n") == 3


def test_each_way_out_of_an_error_leads_out() -> None:
    assert fit("lenet5", CIFAR, {"train.input": "grey"}) and fit("lenet5", CIFAR, inputs="3x32x32")
    assert fit("20C5-MP2-7N", PHOTOS, inputs="3x224x224")
    assert fit("param classes = 10\n3x32x32 - 10C3 - dense(classes)", CIFAR)


@pytest.mark.parametrize(
    ("spec", "dataset", "parameters", "inputs", "says", "way"),
    [
        ("20C5-MP2-7N", PHOTOS, {}, None, "the images differ in size, and the spec has none", "give it one: --input"),
        (
            "lenet5",
            MNIST,
            {"train.input": "resize(20)"},
            None,
            "it does not compile at 1x20x20: a 5x5 kernel does not fit a 2x2 input",
            "give another size in `input`",
        ),
        ("lenet5", MNIST, {"train.input": "crop(32)"}, None, "`crop(32x32)` is larger than the images, 28x28", ""),
        ("lenet5", MNIST, {"train.input": "pad(20)"}, None, "`pad(20x20)` is smaller than the images, 28x28", ""),
        (
            "vgg16",
            PHOTOS,
            {"train.input": "crop(100)"},
            None,
            "`input = crop` takes images of one size, and these differ",
            "resize them first: `input { resize(100x100) - crop(100x100) }`",
        ),
        (
            "20C5-10N",
            MNIST,
            {"train.input": "pad"},
            None,
            "`input = pad` needs a size, and the spec has none",
            "`pad(224)`",
        ),
        (
            "cifar_small",
            CIFAR,
            {"train.augment": "{ crop(40) }"},
            None,
            "`crop(40)` is larger than the images, 32x32",
            "leave it out of `augment`",
        ),
        (
            "cifar_small",
            CIFAR,
            {"train.augment": "{ crop(4) }"},
            None,
            "the recipe cuts windows of 4x4, and it does not compile at that: a 5x5 kernel does not fit a 4x4 input",
            "change `augment`",
        ),
        (
            "cifar_small",
            CIFAR,
            {"train.augment": "{ crop(24) }"},
            "3x32x32",
            "the recipe cuts windows of 24x24, and the network gets 32x32",
            "change `augment`",
        ),
        (
            "2x8x8-4C3-GAP-10N",
            CIFAR,
            {},
            None,
            "the images have colour, and the spec takes 2 channels",
            "--input 3x32x32",
        ),
        ("784-10N", CIFAR, {}, "784", "it takes no images", ""),
        (
            "input a 1x8x8\ninput b 1x8x8\nadd { | @a | @b } - GAP - 10N",
            MNIST,
            {},
            None,
            "the spec has the inputs `a`, `b`, and one image is there at a time",
            "",
        ),
    ],
)
def test_what_can_not_be_fitted_shows_both_sides_and_the_ways_out(
    spec: str, dataset: Dataset, parameters: dict[str, Any], inputs: str | None, says: str, way: str
) -> None:
    said = refused(spec, dataset, parameters, inputs).splitlines()
    assert said[0].endswith(f" does not fit `{dataset.name}`: {says}")
    assert said[1].startswith("  the data: ") and said[2].startswith("  the spec: takes ")
    assert way in "\n".join(said[3:]) and bool(way) == (len(said) > 3)


def test_a_spec_that_is_wrong_is_its_own_error() -> None:
    with pytest.raises(SpecError):
        fit("3x4x4-8C5-10N", CIFAR)
    with pytest.raises(SpecError):
        fit("lenet5", MNIST, {"train.input": "squeeze"})


# Laws


@pytest.mark.parametrize("dataset", [MNIST, CIFAR, PHOTOS, LARGE], ids=lambda each: each.name)
@pytest.mark.parametrize("spec", ["vgg16", "resnet18", "lenet5", "mcdnn", "cifar_small", "nin", "alexnet"])
def test_after_its_steps_every_image_is_what_flows_in(spec: str, dataset: Dataset) -> None:
    if dataset.channels == 3 and spec in ("lenet5", "mcdnn"):
        assert "the images have colour" in refused(spec, dataset)
        return
    found = fit(spec, dataset)
    flows = found.graph.nodes[next(iter(found.graph.inputs.values()))].shape.dims
    assert flows == found.shape
    shape = dataset.shape or (3, 333, 500)
    for each in found.steps:
        shape = after(each, shape)
    assert shape == found.images
    for each in found.test_steps:
        shape = after(each, shape)
    assert shape == found.shape
    sizes = window(found) if "augment" in found.graph.train else []
    assert all(size in (found.shape[1], found.shape[1:]) for size in sizes)


def test_fitting_what_was_fitted_changes_nothing() -> None:
    for spec, dataset in (("vgg16", CIFAR), ("vgg16", PHOTOS), ("lenet5", MNIST)):
        once = fit(spec, dataset)
        twice = fit(once.graph, dataset)
        assert (twice.steps, twice.test_steps, twice.shape) == (once.steps, once.test_steps, once.shape)
        assert twice.graph.train == once.graph.train


def test_real_images_go_through_the_network_that_was_fitted() -> None:
    found = fit("lenet5", MNIST)
    images = fitted(torch.zeros((2, 1, 28, 28), dtype=torch.uint8), found.steps)
    assert netspec.build(found.graph)(images.float() / 255).shape == (2, 10)


def test_numbers_of_the_recipe_stay_exact() -> None:
    assert fit("vgg16", CIFAR).graph.train["augment"][1]["chance"] == Fraction(1, 2)
