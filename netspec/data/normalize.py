"""How pixels become numbers: the mean and deviation that the recipe's `normalize` means, and taking them off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from netspec.data.dataset import DataError
from netspec.records import frozen

if TYPE_CHECKING:
    import torch
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
        mean, std = (_channels(each, images.dtype, images.device) for each in (self.mean, self.std))
        return (images - mean) / std


@lru_cache(maxsize=16)
def _channels(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """A number for each channel: (C, 1, 1). Kept, for bringing it to a GPU makes the program wait for that."""
    import torch

    with torch.inference_mode(False):
        return torch.tensor(values, dtype=dtype, device=device).view(-1, 1, 1)


def normalization(choice: Mapping[str, Any] | None, pixels: Tensor) -> Normalization:
    """As `normalization_of`, for training images that are all in memory: uint8 (N, C, H, W). Raises DataError."""
    return normalization_of(choice, (pixels,), int(pixels.shape[1]))


def normalization_of(choice: Mapping[str, Any] | None, parts: Iterable[Tensor], channels: int) -> Normalization:
    """What a recipe's `normalize` means for these images; `dataset` where it says nothing.

    Args:
        choice: the recipe's `normalize`: `{"name": "given", "mean": …, "std": …}`.
        parts: the training images as they enter the network, fitted: uint8 (N, C, H, W) each; they are looked at where
            their mean is asked for.
        channels: how many they have.

    Raises:
        DataError: if it is for another number of channels, or divides by 0.
    """
    name = "dataset" if choice is None else choice["name"]
    if name in ("dataset", "mean"):
        mean, std = statistics_of(parts, channels)
        return Normalization(mean, std if name == "dataset" else (1.0,) * channels)
    if name in ("unit", "none"):
        return Normalization((0.0,) * channels, (1.0 if name == "unit" else LEAST,) * channels)
    if name == "imagenet":
        return _checked(name, *IMAGENET, channels)
    assert choice is not None
    return _checked(name, choice["mean"], choice["std"], channels)


def statistics(pixels: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """As `statistics_of`, of uint8 (N, C, H, W)."""
    return statistics_of((pixels,), int(pixels.shape[1]))


def statistics_of(parts: Iterable[Tensor], channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel over all images, of pixels from 0 to 1.

    Pixels are counted by value, and the counts are whole numbers: the result doesn't depend on the order of adding.
    """
    counts = [[0] * 256 for _ in range(channels)]
    for pixels in parts:
        for channel, own in enumerate(counts):
            counts[channel] = [a + b for a, b in zip(own, _counts(pixels[:, channel]), strict=True)]
    found = [_mean_and_deviation(each) for each in counts]
    return tuple(mean for mean, _ in found), tuple(deviation for _, deviation in found)


def _counts(pixels: Tensor) -> list[int]:
    """How often each value is there: uint8 (N, H, W) -> 256 counts."""
    import torch

    counts = [0] * 256
    for part in torch.split(pixels, 4096):
        found = torch.bincount(part.flatten().int(), minlength=256).tolist()
        counts = [a + b for a, b in zip(counts, found, strict=True)]
    return counts


def _mean_and_deviation(counts: Sequence[int]) -> tuple[float, float]:
    number = max(sum(counts), 1)
    total = sum(value * count for value, count in enumerate(counts))
    squares = sum(value * value * count for value, count in enumerate(counts))
    variance = (squares * number - total * total) / (number * number)
    return total / number / 255, max(variance**0.5 / 255, LEAST)


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
