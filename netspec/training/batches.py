"""Which images a step trains on, and as what: all of it a function of the seed and the step.

Images are kept in memory, as uint8, on the device where the training is; a batch is made there: picked, turned to
numbers from 0 to 1, augmented, normalised.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from netspec.data.augment import Augmentation, augmentation
from netspec.data.augmentation.colours import colour_components
from netspec.data.dataset import Images
from netspec.data.normalize import Normalization
from netspec.records import frozen, replace
from netspec.training.seeds import derived
from netspec.training.settings import Settings, exact
from netspec.training.world import ALONE, Share, World


@frozen
class Order:
    """The order of the images: each epoch another one, drawn from the seed and the number of the epoch.

    The last batch of an epoch has what is left; a single image that is left, of which no layer can take statistics, is
    left out, another one in each epoch.
    """

    images: int
    batch: int
    seed: int

    @property
    def per_epoch(self) -> int:
        """Steps an epoch."""
        left = self.images % self.batch
        return max(1, self.images // self.batch + (left > 1))

    def epoch(self, step: int) -> int:
        """The epoch, from 0, in which a step is."""
        return step // self.per_epoch

    def positions(self, step: int) -> Tensor:
        """The positions of the images of a step, from 0: int64 (B,)."""
        epoch, place = divmod(step, self.per_epoch)
        if self.batch >= self.images:
            return torch.arange(self.images)
        return _permutation(self.images, derived(self.seed, "order", epoch))[place * self.batch :][: self.batch]


def order(settings: Settings, images: int) -> Order:
    """The order in which a training goes through so many images."""
    return Order(images, min(settings.batch or images, images), settings.seed)


@lru_cache(maxsize=2)
def _permutation(count: int, seed: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


@frozen
class Feed:
    """The training images and what makes batches of them. `pixels` are uint8 (N, C, H, W), `labels` int64 (N,).

    Of each batch it gives what this process of `world` computes.
    """

    pixels: Tensor
    labels: Tensor
    order: Order
    augmentation: Augmentation
    normalization: Normalization
    world: World = ALONE

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W), as they enter the network, and targets: classes (B,), or probabilities (B, K)."""
        device, positions = self.pixels.device, self.order.positions(step)
        share, mixes = self.world.share(len(positions)), self.augmentation.mixes
        at = (positions if mixes else positions[share.own]).to(device)
        images, targets = self.pixels[at].float() / 255, self.labels[at]
        if self.augmentation.steps:
            generator = torch.Generator(device).manual_seed(derived(self.order.seed, "augment", step))
            first = 0 if mixes else share.first
            images, targets = self.augmentation(images, targets, generator, first=first, whole=share.whole)
        if mixes:  # a mixed image is of two of the batch, whose processes may be others
            images, targets = images[share.own], targets[share.own]
        return self.normalization.apply(images), targets


def feed(images: Images, settings: Settings, normalization: Normalization, classes: int, device: torch.device) -> Feed:
    """The feed of a training from its fitted images. Raises AugmentationError for what can't be done to them."""
    colour = any(each["name"] == "colour" for each in settings.augment)
    components = colour_components(torch.split(images.pixels, 1024)) if colour else None
    mean = torch.tensor(normalization.mean)
    chain = [exact(each) for each in settings.augment]
    changes = augmentation(chain, classes=classes, components=components, mean=mean)
    return Feed(
        images.pixels.to(device), images.labels.to(device), order(settings, len(images)), changes, normalization
    )


def part_of(images: Images, share: Share) -> Images:
    """The images that a process computes of a split."""
    if not share.divided:
        return images
    own = share.own
    pixels = images.pixels if images.files else images.pixels[own]
    return replace(images, pixels=pixels, files=images.files[own], labels=images.labels[own])


def in_order(images: Images, normalization: Normalization, size: int, device: torch.device) -> Iterator[Any]:
    """The images of a split to be tested, in their order: `(images, labels)` for each batch, on the device."""
    for pixels, labels in zip(torch.split(images.pixels, size), torch.split(images.labels, size), strict=True):
        yield normalization.apply(pixels.to(device).float() / 255), labels.to(device)
