"""How pixels become numbers: the mean and deviation that the recipe's `normalize` means, and taking them off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from netspec.data.dataset import DataError
from netspec.records import frozen

if TYPE_CHECKING:
    from torch import Tensor

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Means and deviations of ImageNet's pixels, as everybody's published weights use them."""

LEAST = 1 / 255
"""The least deviation that is divided by: a channel that is the same everywhere has none."""


@frozen
class Normalization:
    """For each channel the mean that is taken off pixels from 0 to 1, and the deviation that they are divided by."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def apply(self, images: Tensor) -> Tensor:
        """(B, C, H, W) of pixels from 0 to 1 -> the same, normalised, on the same device."""
        import torch

        mean = torch.tensor(self.mean, dtype=images.dtype, device=images.device).view(-1, 1, 1)
        std = torch.tensor(self.std, dtype=images.dtype, device=images.device).view(-1, 1, 1)
        return (images - mean) / std


def normalization(choice: Mapping[str, Any] | None, pixels: Tensor) -> Normalization:
    """What a recipe's `normalize` means for these images; `dataset` where it says nothing.

    Args:
        choice: the recipe's `normalize`: `{"name": "given", "mean": …, "std": …}`.
        pixels: the training images as they enter the network, fitted: uint8 (N, C, H, W).

    Raises:
        DataError: if it is for another number of channels, or divides by 0.
    """
    name = "dataset" if choice is None else choice["name"]
    channels = int(pixels.shape[1])
    if name in ("dataset", "mean"):
        mean, std = statistics(pixels)
        return Normalization(mean, std if name == "dataset" else (1.0,) * channels)
    if name in ("unit", "none"):
        return Normalization((0.0,) * channels, (1.0 if name == "unit" else LEAST,) * channels)
    if name == "imagenet":
        return _checked(name, *IMAGENET, channels)
    assert choice is not None
    return _checked(name, choice["mean"], choice["std"], channels)


def statistics(pixels: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel over all images, of pixels from 0 to 1.

    Pixels are counted by value, and the counts are whole numbers: the result doesn't depend on the order of adding.
    """
    import torch

    means, deviations = [], []
    for channel in range(pixels.shape[1]):
        counts = [0] * 256
        for part in torch.split(pixels[:, channel], 4096):
            found = torch.bincount(part.flatten().int(), minlength=256).tolist()
            counts = [a + b for a, b in zip(counts, found, strict=True)]
        number = max(sum(counts), 1)
        total = sum(value * count for value, count in enumerate(counts))
        squares = sum(value * value * count for value, count in enumerate(counts))
        variance = (squares * number - total * total) / (number * number)
        means.append(total / number / 255)
        deviations.append(max(variance**0.5 / 255, LEAST))
    return tuple(means), tuple(deviations)


def _checked(name: str, mean: Sequence[Any], std: Sequence[Any], channels: int) -> Normalization:
    made = Normalization(tuple(map(float, mean)), tuple(map(float, std)))
    if len(made.mean) != channels or len(made.std) != channels:
        counts = f"{len(made.mean)} means and {len(made.std)} deviations"
        raise DataError(
            f"`normalize = {name}` has {counts}, and the images have {channels} channel{'s' * (channels > 1)}"
        )
    if not all(each > 0 and isfinite(each) for each in made.std):
        raise DataError(f"`normalize = {name}` divides by {min(made.std):g}: deviations are over 0")
    return made
