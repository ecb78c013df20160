"""Chains of augmentations as a recipe writes them: what holds for all of them, and how neighbours are joined."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import netspec
from netspec.data.augment import Augmentation, AugmentationError, augmentation
from netspec.data.augmentation.mixes import Cutout
from netspec.data.augmentation.moves import Crop, Flip, Moves, Shift
from netspec.data.augmentation.warps import Rotate, Warps, Zoom
from netspec.recipe.choices import AUGMENTATIONS

SIZED = {"crop": "crop(12x10, pad=2)", "resizedcrop": "resizedcrop(12x10)"}
EVERY = [SIZED.get(choice.name, choice.name) for choice in AUGMENTATIONS]
"""Every choice with its defaults."""

MIXING = ("mixup", "cutmix")
COMPONENTS = torch.tensor([[0.2, 0.1, 0.0], [0.0, -0.1, 0.1], [0.0, 0.0, 0.05]], dtype=torch.float64)


def chain(text: str) -> list[dict[str, Any]]:
    """The recipe's `augment` as a spec writes it."""
    found: list[dict[str, Any]] = netspec.compile(f"3x32x32\n10N\ntrain {{ augment {{ {text} }} }}").train["augment"]
    return found


def made(text: str, **given: Any) -> Augmentation:
    return augmentation(chain(text), **{"classes": 10, "components": COMPONENTS, **given})


def batch(count: int = 16, channels: int = 3, dtype=torch.float32) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    images = torch.rand(count, channels, 14, 11, generator=generator)
    return images.to(dtype), torch.randint(10, (count,), generator=generator)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# What holds for all


@pytest.mark.parametrize("text", EVERY)
def test_a_seed_gives_the_same_images_and_another_seed_others(text):
    augment, (images, targets) = made(text), batch()
    torch.manual_seed(1)
    first = augment(images, targets, seeded())
    torch.manual_seed(2)
    before = torch.get_rng_state()
    second, other = augment(images, targets, seeded()), augment(images, targets, seeded(1))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(first[0], other[0])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("text", EVERY)
def test_pixels_stay_from_0_to_1_and_something_changes(text):
    augment, (images, targets) = made(text), batch(64)
    result, _ = augment(images, targets, seeded())
    assert result.min() >= 0 and result.max() <= 1
    assert result.shape != images.shape or not torch.equal(result, images)
    assert result.isfinite().all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("text", EVERY)
def test_the_shape_is_kept_or_is_the_one_that_is_asked(text, channels):
    augment = made(text, components=COMPONENTS[:channels, :channels])
    images, targets = batch(channels=channels)
    result, _ = augment(images, targets, seeded())
    size = (12, 10) if "12x10" in text else (14, 11)
    assert result.shape == (16, channels, *size)
    assert augment.sizes(14, 11) == size


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("text", EVERY)
def test_the_number_type_is_kept_and_the_changes_are_the_same_in_all(text, dtype):
    augment = made(text)
    images, targets = batch(dtype=dtype)
    result, _ = augment(images, targets, seeded())
    single, _ = augment(images.float(), targets, seeded())
    assert result.dtype == dtype
    if text == "auto":  # what counts levels of colours jumps
        assert (result.float() - single).abs().median() < 0.01
    else:
        torch.testing.assert_close(result.float(), single, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("text", EVERY)
def test_images_and_targets_that_are_given_stay_as_they_were(text):
    images, targets = batch()
    kept = images.clone(), targets.clone()
    made(text)(images, targets, seeded())
    assert torch.equal(images, kept[0]) and torch.equal(targets, kept[1])


@pytest.mark.parametrize("text", EVERY)
def test_targets_become_probabilities_only_where_images_are_mixed(text):
    images, targets = batch()
    _, result = made(text)(images, targets, seeded())
    if text not in MIXING:
        assert result is targets
        return
    assert result.shape == (16, 10) and result.dtype == torch.float32
    torch.testing.assert_close(result.sum(1), torch.ones(16))


def test_no_gradient_is_kept():
    images, targets = batch()
    result, _ = made("brightness - noise")(images.requires_grad_(), targets, seeded())
    assert not result.requires_grad


class Counted(TorchDispatchMode):
    """Counts torch's operations."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += 1
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("text", [text for text in EVERY if text != "auto"])
def test_as_many_operations_for_many_images_as_for_few(text):
    counts = []
    for count in (3, 60):
        images, targets = batch(count)
        with Counted() as counted:
            made(text)(images, targets, seeded())
        counts.append(counted.count)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "text",
    [
        "hflip(0)",
        "vflip(0)",
        "shift(0)",
        "zoom(0)",
        "rotate(1e-9)",
        "shear(1e-9)",
        "elastic(1e-9)",
        "colour(1e-9)",
        "brightness(0)",
        "contrast(0)",
        "saturation(0)",
        "noise(1e-9)",
        "crop(14x11)",
    ],
)
def test_no_strength_changes_nothing(text):
    images, targets = batch()
    result, _ = made(text)(images, targets, seeded())
    torch.testing.assert_close(result, images, rtol=0, atol=1e-5)


def test_a_generator_on_the_processor_serves_images_elsewhere():
    images = torch.empty(4, 3, 14, 11, device="meta")
    targets = torch.empty(4, dtype=torch.int64, device="meta")
    for text in EVERY:
        if text != "auto":  # it has to know how many images draw which operation
            result, _ = made(text)(images, targets, seeded())
            assert result.device.type == "meta"


# Chains


def test_an_empty_chain_changes_nothing():
    images, targets = batch()
    assert augmentation([])(images, targets, seeded()) == (images, targets)


def test_parts_are_applied_in_their_order():
    images, targets = torch.full((1, 1, 8, 8), 0.5), torch.tensor([0])
    hidden_first, _ = made("cutout(20) - noise(0.1)")(images, targets, seeded())
    hidden_last, _ = made("noise(0.1) - cutout(20)")(images, targets, seeded())
    assert hidden_last.sum() == 0 and hidden_first.sum() > 0


FLIP, TURN, LARGER = Flip(1, 0.5), Rotate(15.0), Zoom(0.1)
MOVE, WINDOW = Shift(Fraction("0.1")), Crop((8, 8), 4, "zero")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("crop(8, pad=4) - hflip", (Moves((WINDOW, FLIP)),)),
        ("hflip - shift - crop(8, pad=4)", (Moves((FLIP, MOVE, WINDOW)),)),
        ("rotate - zoom - shift", (Warps((TURN, LARGER, MOVE)),)),
        ("hflip - rotate", (Warps((FLIP, TURN)),)),
        ("crop(8, pad=4) - hflip - rotate - shift", (Moves((WINDOW, FLIP)), Warps((TURN, MOVE)))),
        ("rotate - crop(8, pad=4)", (Warps((TURN,)), Moves((WINDOW,)))),
        ("hflip - cutout(3) - hflip", (Moves((FLIP,)), Cutout(3), Moves((FLIP,)))),
        ("rotate - cutout(3) - zoom", (Warps((TURN,)), Cutout(3), Warps((LARGER,)))),
    ],
)
def test_neighbours_are_joined(text, steps):
    assert made(text).steps == steps


def test_every_choice_of_the_recipe_is_read():
    assert [len(made(text).steps) for text in EVERY] == [1] * len(AUGMENTATIONS)


def test_arguments_of_the_recipe_arrive():
    """Each argument changed in turn changes what the choice is read as."""
    for choice in AUGMENTATIONS:
        base = chain(SIZED.get(choice.name, choice.name))[0]
        for argument in choice.arguments:
            value = {"size": 5, "mode": "edge"}.get(argument.name, 1)
            assert value != base[argument.name] or argument.name == "alpha"
            changed = [{**base, argument.name: value if argument.name != "alpha" else 3}]
            before, after = (repr(augmentation(each, components=COMPONENTS).steps) for each in ([base], changed))
            assert before != after, (choice.name, argument.name)


def test_cutout_hides_with_the_mean_that_is_given():
    images, targets = torch.ones(2, 3, 4, 4), torch.tensor([0, 1])
    mean = torch.tensor([0.1, 0.2, 0.3])
    result, _ = made("cutout(20)", mean=mean)(images, targets, seeded())
    assert torch.equal(result, mean[None, :, None, None].expand(2, 3, 4, 4))


# What can't be done


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("crop(3x4x5)", "the size of `crop` is for 3 axes, and images have two: `3x4x5`"),
        ("auto(strength=31)", "`strength` of `auto` goes from 0 to 30, and is 31"),
        ("auto(strength=30.5)", "`strength` of `auto` goes from 0 to 30, and is 30.5"),
    ],
)
def test_what_the_recipe_can_say_but_can_not_be_done_is_refused(text, message):
    with pytest.raises(AugmentationError) as caught:
        made(text)
    assert str(caught.value) == message


def test_a_window_is_checked_against_the_size_that_arrives_there():
    augment = made("crop(10) - resizedcrop(20x30) - crop(25, pad=1)")
    with pytest.raises(AugmentationError, match=r"`crop` cuts 25x25 out of images of 20x30, 22x32 with the padding"):
        augment.sizes(14, 11)
    assert made("crop(10) - resizedcrop(20x30) - crop(22, pad=1)").sizes(14, 11) == (22, 22)


def test_the_strongest_is_not_too_strong():
    images, targets = batch()
    assert made("auto(strength=30)")(images, targets, seeded())[0].shape == images.shape


def test_what_only_the_data_know_must_be_given():
    with pytest.raises(ValueError, match="`colour` needs the components"):
        made("colour", components=None)
    with pytest.raises(ValueError, match="the number of classes must be given"):
        made("mixup", classes=None)(*batch(), seeded())


def test_probabilities_are_mixed_without_the_number_of_classes():
    images, _ = batch()
    _, result = made("mixup", classes=None)(images, torch.eye(16), seeded())
    torch.testing.assert_close(result.sum(1), torch.ones(16))
