"""The operations that `auto` draws from: those of RandAugment (Cubuk et al. 2019), at the strengths of torchvision's.

Each takes images, how strong it is from 0 to 1, and a sign for each image, which says which way.
"""

from __future__ import annotations

from collections.abc import Callable
from math import radians
from typing import TypeAlias

import torch
from torch import Tensor

from netspec.data.augmentation.colours import blended, brightened, contrasted, saturated
from netspec.data.augmentation.warps import affine, turned, warped

Operation: TypeAlias = Callable[[Tensor, float, Tensor], Tensor]

DEGREES, SLANT, WAY, AMOUNT, BITS = 30, 0.3, 150 / 331, 0.9, 4
"""At strength 1: degrees turned, pixels slanted a pixel, part of a side moved, change of a factor, bits lost."""

LEVELS = 256
"""Of a colour, where an operation counts them."""


def nothing(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """As it is."""
    return images


def rotate(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """Turned by up to 30 degrees."""
    return warped(images, turned(radians(DEGREES * strength) * signs))


def shear_across(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """Upright lines lean."""
    return warped(images, affine(xy=SLANT * strength * signs))


def shear_down(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """Level lines lean."""
    return warped(images, affine(yx=SLANT * strength * signs))


def move_across(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """To the right or left."""
    return warped(images, affine(x=-WAY * strength * images.shape[3] * signs))


def move_down(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """Down or up."""
    return warped(images, affine(y=-WAY * strength * images.shape[2] * signs))


def brightness(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """Brighter or darker."""
    return brightened(images, 1 + AMOUNT * strength * signs)


def saturation(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """More or less colourful."""
    return saturated(images, 1 + AMOUNT * strength * signs)


def contrast(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """More or less contrast."""
    return contrasted(images, 1 + AMOUNT * strength * signs)


def sharpness(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """Sharper or softer."""
    return blended(softened(images), images, 1 + AMOUNT * strength * signs)


def posterize(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """Colours of 8 bits lose the last of them."""
    lost = round(BITS * strength)
    levels = _levels(images)
    kept: Tensor = levels - levels % 2**lost
    return kept.to(images.dtype) / (LEVELS - 1)


def solarize(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """What is brighter than a threshold becomes its negative."""
    return torch.where(images > 1 - strength, 1 - images, images)


def autocontrast(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """The darkest of each channel becomes 0, the brightest 1."""
    darkest, brightest = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    spread = brightest - darkest
    return torch.where(spread > 0, (images - darkest) / torch.where(spread > 0, spread, 1), images).clamp_(0, 1)


def equalize(images: Tensor, strength: float, signs: Tensor) -> Tensor:
    """All levels of each channel equally often, as Pillow's `ImageOps.equalize` does it."""
    levels = _levels(images).flatten(2).flatten(0, 1)
    counts = levels.new_zeros(len(levels), LEVELS).scatter_add_(1, levels, torch.ones_like(levels))
    brightest = counts.gather(1, levels.amax(1, keepdim=True))
    step = (levels.shape[1] - brightest) // (LEVELS - 1)
    below = counts.cumsum(1) - counts
    table = ((below + step // 2) // step.clamp(min=1)).clamp(max=LEVELS - 1)
    even = (table.gather(1, levels).to(images.dtype) / (LEVELS - 1)).view(images.shape)
    return torch.where((step > 0).view(*images.shape[:2], 1, 1), even, images)


OPERATIONS: tuple[Operation, ...] = (
    nothing,
    autocontrast,
    equalize,
    rotate,
    solarize,
    saturation,
    posterize,
    contrast,
    brightness,
    sharpness,
    shear_across,
    shear_down,
    move_across,
    move_down,
)
"""In the order of the paper's section 3."""


def softened(images: Tensor) -> Tensor:
    """Each pixel but those of the border the mean of its 3x3 neighbours, in which it counts five times."""
    if min(images.shape[2:]) < 3:
        return images
    channels = images.shape[1]
    kernel = images.new_full((channels, 1, 3, 3), 1 / 13)
    kernel[:, :, 1, 1] = 5 / 13
    soft: Tensor = images.clone()
    soft[:, :, 1:-1, 1:-1] = torch.nn.functional.conv2d(images, kernel, groups=channels)
    return soft


def _levels(images: Tensor) -> Tensor:
    """Colours as whole numbers from 0 to 255."""
    return (images * (LEVELS - 1)).round().long()
