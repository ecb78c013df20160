"""Changes of the colours: each pixel stays in its place and within 0 to 1."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from netspec.data.augmentation.draws import Draws
from netspec.records import frozen

LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue are (ITU-R BT.601)."""


@frozen
class Brightness:
    """Times a factor from 1 − `part` to 1 + `part`."""

    part: float

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`."""
        return brightened(images, factors(draws, len(images), self.part))


@frozen
class Contrast:
    """Its distance from the mean grey of the image times a factor from 1 − `part` to 1 + `part`."""

    part: float

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`."""
        return contrasted(images, factors(draws, len(images), self.part))


@frozen
class Saturation:
    """Its distance from grey times a factor from 1 − `part` to 1 + `part`."""

    part: float

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`."""
        return saturated(images, factors(draws, len(images), self.part))


@frozen
class Noise:
    """Normal noise of deviation `std` added to every number."""

    std: float

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`."""
        return (images + self.std * draws.normal(*images.shape).to(images.dtype)).clamp_(0, 1)


@frozen
class Colour:
    """Moved along the principal components of the training set's colours (Krizhevsky et al. 2012, section 4.1).

    Along each by a normal number of deviation `std` times its variance; `components` is what `colour_components` gives.
    """

    std: float
    components: Tensor

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`. Raises ValueError if the components are of other channels."""
        channels = images.shape[1]
        if self.components.shape != (channels, channels):
            raise ValueError(f"components of shape {tuple(self.components.shape)} for images of {channels} channels")
        amounts = self.std * draws.normal(len(images), channels)
        return coloured(images, amounts @ self.components.to(amounts, non_blocking=True))


def factors(draws: Draws, count: int, part: float) -> Tensor:
    """`(count,)` numbers from 1 − part to 1 + part."""
    return draws.uniform(count, low=1 - part, high=1 + part)


def brightened(images: Tensor, factors: Tensor) -> Tensor:
    """Each image times its factor."""
    return (images * _for_each(factors, images)).clamp_(0, 1)


def contrasted(images: Tensor, factors: Tensor) -> Tensor:
    """Each image nearer to its mean grey, or farther from it, by its factor."""
    return blended(grey(images).mean((2, 3), keepdim=True), images, factors)


def saturated(images: Tensor, factors: Tensor) -> Tensor:
    """Each image nearer to grey, or farther from it, by its factor."""
    return blended(grey(images), images, factors)


def coloured(images: Tensor, colours: Tensor) -> Tensor:
    """Each image with its colour added: `(B, C, H, W), (B, C) -> (B, C, H, W)`."""
    return (images + colours.to(images.dtype)[:, :, None, None]).clamp_(0, 1)


def grey(images: Tensor) -> Tensor:
    """`(B, C, H, W) -> (B, 1, H, W)`: how bright each pixel is; the mean where the channels aren't red, green, blue."""
    if images.shape[1] != len(LUMA):
        return images.mean(1, keepdim=True)
    red, green, blue = images.unbind(1)
    return (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue).unsqueeze(1)


def blended(others: Tensor, images: Tensor, factors: Tensor) -> Tensor:
    """From `others` towards `images` and, where its factor is over 1, beyond."""
    return (others + (images - others) * _for_each(factors, images)).clamp_(0, 1)


def colour_components(batches: Iterable[Tensor]) -> Tensor:
    """`(C, C)`: in each row a principal component of all colours times the variance along it, the largest first.

    Args:
        batches: images `(B, C, H, W)` of whole numbers to 255 or of decimals to 1; colours count from 0 to 1.

    Raises:
        ValueError: if there are no images.
    """
    count, sums, products = 0, None, None
    for images in batches:
        colours = images.movedim(1, 0).flatten(1).double() / (1 if images.is_floating_point() else 255)
        count += colours.shape[1]
        sums = colours.sum(1) + (0 if sums is None else sums)
        products = colours @ colours.T + (0 if products is None else products)
    if sums is None or products is None or not count:
        raise ValueError("there are no images to take colours from")
    mean = sums / count
    variances, vectors = torch.linalg.eigh(products / count - torch.outer(mean, mean))
    components: Tensor = (vectors * variances.clamp(min=0)).T.flip(0)
    largest = components.gather(1, components.abs().argmax(1, keepdim=True))
    return components * torch.where(largest < 0, -1.0, 1.0)


def _for_each(factors: Tensor, images: Tensor) -> Tensor:
    return factors.to(images.dtype)[:, None, None, None]
