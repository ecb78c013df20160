"""Images of any set as a network takes them: fitted in memory where they fit, else decoded from files by workers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from netspec.data.dataset import Images
from netspec.data.pictures import decoded
from netspec.data.steps import Step, fitted
from netspec.records import replace

MOST_IN_MEMORY = 4 * 2**30
"""Bytes of fitted pixels, of one split, that are kept in memory."""

SAMPLE = 2000
"""Files from which the statistics of a set that stays on disk are taken."""


def in_memory(images: Images, steps: Sequence[Step], shape: tuple[int, int, int], most: int = MOST_IN_MEMORY) -> Images:
    """The images fitted, in memory; files whose pixels would be more than `most` bytes are returned as they are.

    `shape` is the (C, H, W) that comes out of the steps. Raises DataError for a file that can't be read.
    """
    if not images.files:
        return replace(images, pixels=fitted(images.pixels, steps))
    if len(images) * shape[0] * shape[1] * shape[2] > most:
        return images
    return Images(sample(images, steps, range(len(images))), (), images.labels)


def sample(images: Images, steps: Sequence[Step], positions: Sequence[int]) -> Tensor:
    """The fitted images at these positions: uint8 (N, C, H, W). Raises DataError."""
    if not images.files:
        return fitted(images.pixels[torch.tensor(positions, dtype=torch.int64)], steps)
    pictures = Pictures(images, steps)
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        return torch.stack([image for image, _ in pool.map(pictures.__getitem__, positions)])


def evenly(count: int, most: int = SAMPLE) -> Sequence[int]:
    """Positions at even distances, all where there are no more than `most`."""
    return range(count) if count <= most else [at * count // most for at in range(most)]


class Pictures(TorchDataset[tuple[Tensor, int]]):
    """Files decoded and fitted one at a time, with their labels, for torch's DataLoader."""

    def __init__(self, images: Images, steps: Sequence[Step]) -> None:
        self.images = images
        self.steps = tuple(steps)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, position: int) -> tuple[Tensor, int]:
        pixels = decoded(self.images.files[position], self.images.channels)
        return fitted(pixels.unsqueeze(0), self.steps)[0], int(self.images.labels[position])


def batches(
    images: Images, steps: Sequence[Step], order: Iterable[Sequence[int]], *, workers: int = 0, pin: bool = False
) -> Iterable[tuple[Tensor, Tensor]]:
    """Batches of fitted images, uint8 (B, C, H, W), and their labels, (B,), decoded ahead by worker processes.

    Args:
        images: a split whose images are in files.
        steps: what fits them to the network.
        order: the positions of each batch; whoever draws them can go on in the middle of an epoch.
        workers: how many processes decode; 0 is this one.
        pin: whether to put batches into memory that a GPU can fetch from by itself.
    """
    loader: DataLoader[Any] = DataLoader(
        Pictures(images, steps),
        batch_sampler=_Order(order),
        num_workers=workers,
        pin_memory=pin,
        persistent_workers=False,
        prefetch_factor=4 if workers else None,
    )
    return loader


class _Order(torch.utils.data.Sampler[list[int]]):
    """Batches of positions, given."""

    def __init__(self, order: Iterable[Sequence[int]]) -> None:
        self.order = order

    def __iter__(self) -> Any:
        return (list(each) for each in self.order)
