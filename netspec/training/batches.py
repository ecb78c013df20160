"""Which images a step trains on, and as what: all of it a function of the seed and the step.

Images come as uint8, from memory or made by processes, and the rest is done on the device where the training is: they
are turned to numbers from 0 to 1, augmented, normalised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import torch
from torch import Tensor

from netspec.data.augment import Augmentation, augmentation
from netspec.data.augmentation.colours import colour_components
from netspec.data.dataset import Images
from netspec.data.normalize import Normalization
from netspec.data.stream import Streamed, batches, looked_at
from netspec.records import frozen, replace
from netspec.training.seeds import derived
from netspec.training.settings import Settings, exact
from netspec.training.supply import Ahead, Held, brought, placed
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

    def size(self, step: int) -> int:
        """How many images a step has."""
        return min(self.batch, self.images - step % self.per_epoch * self.batch)

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
    """Where the training images come from, and what makes batches of them on the training's device.

    Of each batch it gives what this process of `world` computes.
    """

    source: Held | Ahead
    order: Order
    augmentation: Augmentation
    normalization: Normalization
    device: torch.device
    world: World = ALONE

    @property
    def labels(self) -> Tensor:
        """The class of each image: int64 (N,)."""
        return self.source.labels

    def positions(self, step: int) -> Tensor:
        """The positions of the images of a step that are made here: int64 (B,).

        They are all where images are mixed: a mixed image is of two of the batch, whose processes may be others.
        """
        positions = self.order.positions(step)
        return positions if self.augmentation.mixes else positions[self.world.share(len(positions)).own]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W), as they enter the network, and targets: classes (B,), or probabilities (B, K).

        Raises DataError for a file that can't be read.
        """
        share, mixes = self.world.share(self.order.size(step)), self.augmentation.mixes
        pixels, targets = self.source.batch(step, self.positions)
        images = pixels.float() / 255
        if self.augmentation.steps:
            generator = torch.Generator(self.device).manual_seed(derived(self.order.seed, "augment", step))
            first = 0 if mixes else share.first
            images, targets = self.augmentation(images, targets, generator, first=first, whole=share.whole)
        if mixes:
            images, targets = images[share.own], targets[share.own]
        return self.normalization.apply(images), targets

    def close(self) -> None:
        """End the processes that make images, if there are any."""
        self.source.close()


def feed(
    images: Images | Streamed,
    settings: Settings,
    normalization: Normalization,
    classes: int,
    device: torch.device,
    *,
    where: torch.device | None = None,
    steps: int | None = None,
    sampled: bool = False,
) -> Feed:
    """The feed of a training from its images.

    Args:
        images: fitted, or streamed.
        settings: of the training.
        normalization: of the images.
        classes: how many the network tells apart.
        device: of the training.
        where: the device on which images that are held lie; that of the training if it isn't given.
        steps: how many the training has, after which no more batches are made ahead.
        sampled: whether figures about all images are taken from a part of them.

    Raises:
        AugmentationError: for what can't be done to the images.
    """
    colour = any(each["name"] == "colour" for each in settings.augment)
    components = colour_components(looked_at(images, sampled=sampled)) if colour else None
    mean = torch.tensor(normalization.mean)
    chain = [exact(each) for each in settings.augment]
    changes = augmentation(chain, classes=classes, components=components, mean=mean)
    shuffled = order(settings, len(images))
    if isinstance(images, Streamed):
        return Feed(Ahead(images, device, steps), shuffled, changes, normalization, device)
    there = placed(images, where or device)
    return Feed(Held(there.pixels, there.labels, device), shuffled, changes, normalization, device)


def part_of(images: Images | Streamed, share: Share) -> Images | Streamed:
    """The images that a process computes of a split."""
    if not share.divided:
        return images
    if isinstance(images, Streamed):
        return replace(images, images=_part_of(images.images, share))
    return _part_of(images, share)


def _part_of(images: Images, share: Share) -> Images:
    own = share.own
    pixels = images.pixels if images.files else images.pixels[own]
    return replace(images, pixels=pixels, files=images.files[own], labels=images.labels[own])


def in_order(
    images: Images | Streamed, normalization: Normalization, size: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """The images of a split to be tested, in their order: `(images, labels)` for each batch, on the device.

    Raises DataError for a file that can't be read.
    """
    for pixels, labels in _in_order(images, size, pin=device.type == "cuda"):
        yield normalization.apply(brought(pixels, device).float() / 255), brought(labels, device)


def _in_order(images: Images | Streamed, size: int, *, pin: bool) -> Iterable[tuple[Tensor, Tensor]]:
    if not isinstance(images, Streamed):
        return zip(torch.split(images.pixels, size), torch.split(images.labels, size), strict=True)
    order = (range(first, min(first + size, len(images))) for first in range(0, len(images), size))
    return batches(images.images, images.steps, order, workers=images.workers, pin=pin)
