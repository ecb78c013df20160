"""Images of any set as a network takes them: fitted in memory where they fit, else made by workers when needed."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler
from torch.utils.data import Dataset as TorchDataset

from netspec.data.dataset import DataError, Images
from netspec.data.pictures import decoded, reading_threads
from netspec.data.sizes import ImageShape, by
from netspec.data.steps import Step, fitted
from netspec.records import frozen, replace

SAMPLE = 2000
"""Files from which the statistics of a set in files are taken, whether it is held in memory or not."""

CHUNK = 1024
"""Images that are looked at together for statistics."""

AHEAD = 2
"""Batches that each process makes ahead."""


@frozen
class Streamed:
    """A split whose images are made when they are needed, by `workers` processes, or here where that is 0.

    `images` are as they were published, in files or not; `steps` fit them to the network, and make them `shape`.
    """

    images: Images
    steps: tuple[Step, ...]
    shape: ImageShape
    workers: int

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labels(self) -> Tensor:
        """The number of each image's class: int64 (N,)."""
        return self.images.labels

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour, as the network takes them."""
        return self.shape[0]


def bytes_in_memory(images: Images, steps: Sequence[Step], shape: ImageShape) -> int:
    """How many bytes the fitted images would take beside what is in memory already."""
    if not images.files and not steps:
        return 0
    channels, height, width = shape
    return len(images) * channels * height * width


def in_memory(images: Images, steps: Sequence[Step]) -> Images:
    """The images fitted, in memory. Raises DataError for a file that can't be read."""
    if not images.files:
        return replace(images, pixels=fitted(images.pixels, steps))
    return Images(sample(images, steps, range(len(images))), (), images.labels)


def sample(images: Images, steps: Sequence[Step], positions: Sequence[int]) -> Tensor:
    """The fitted images at these positions: uint8 (N, C, H, W). Raises DataError."""
    if not images.files:
        return fitted(images.pixels[torch.tensor(positions, dtype=torch.int64)], steps)
    pictures, pixels = Pictures(images, steps), torch.empty(0, dtype=torch.uint8)
    with reading_threads() as pool:
        for at, image in enumerate(pool.map(pictures.image, positions)):
            if not at:
                pixels = torch.empty((len(positions), *image.shape), dtype=torch.uint8)
            pictures.check_size(positions[at], image, pixels[0])
            pixels[at] = image
    return pixels


def evenly(count: int, most: int = SAMPLE) -> Sequence[int]:
    """Positions at even distances, all where there are no more than `most`."""
    return range(count) if count <= most else [at * count // most for at in range(most)]


def looked_at(images: Images | Streamed, *, sampled: bool) -> Iterator[Tensor]:
    """The fitted images that figures about a split are taken from, in chunks: uint8 (N, C, H, W).

    They are all, or, where the split is `sampled`, those at even distances: the same for an `Images` that was fitted
    and held as for what is streamed. Raises DataError.
    """
    positions = evenly(len(images), SAMPLE if sampled else len(images))
    for first in range(0, len(positions), CHUNK):
        yield images_at(images, positions[first : first + CHUNK])


def images_at(images: Images | Streamed, positions: Sequence[int]) -> Tensor:
    """The images at these positions of a split that is fitted, or made now: uint8 (N, C, H, W). Raises DataError."""
    if isinstance(images, Streamed):
        return sample(images.images, images.steps, positions)
    return sample(images, (), positions)


class Pictures(TorchDataset[Any]):
    """A split for torch's DataLoader: batches of images, decoded and fitted one at a time, with their labels.

    The names of the files are one piece of memory: processes that share a million objects end with a copy of each.
    """

    def __init__(self, images: Images, steps: Sequence[Step]) -> None:
        names = [os.fsencode(path) for path in images.files]
        self.names = b"".join(names)
        self.ends = torch.tensor([0, *map(len, names)], dtype=torch.int64).cumsum(0)
        self.pixels, self.labels, self.channels = images.pixels, images.labels, images.channels
        self.steps = tuple(steps)

    def __len__(self) -> int:
        return len(self.labels)

    def image(self, position: int) -> Tensor:
        """One image: uint8 (C, H, W). Raises DataError."""
        if not self.names:
            return fitted(self.pixels[position : position + 1], self.steps)[0]
        return fitted(decoded(self.file(position), self.channels).unsqueeze(0), self.steps)[0]

    def file(self, position: int) -> Path:
        """The file of an image that is in one."""
        first, last = self.ends[position : position + 2].tolist()
        return Path(os.fsdecode(self.names[first:last]))

    def __getitem__(self, positions: Sequence[int]) -> tuple[Tensor, Tensor] | str:
        """Images and labels of a batch; of a file that can't be read what is to be said, for errors lose it."""
        try:
            images = [self.image(each) for each in positions]
            for position, image in zip(positions, images, strict=True):
                self.check_size(position, image, images[0])
        except DataError as error:
            return str(error)
        return torch.stack(images), self.labels[torch.tensor(positions, dtype=torch.int64)]

    def check_size(self, position: int, image: Tensor, other: Tensor) -> None:
        """That an image is as large as another. Raises DataError."""
        if image.shape != other.shape:
            sizes = f"{by(tuple(image.shape))}, and others are {by(tuple(other.shape))}"
            raise DataError(f"`{self.file(position)}` is {sizes}: give them one size, such as `input = resize(64)`")


def batches(
    images: Images, steps: Sequence[Step], order: Iterable[Sequence[int]], *, workers: int = 0, pin: bool = False
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of fitted images, uint8 (B, C, H, W), and their labels, (B,), made ahead by worker processes.

    Args:
        images: a split.
        steps: what fits its images to the network.
        order: the positions of each batch; whoever draws them can go on in the middle of an epoch.
        workers: how many processes work; 0 is this one.
        pin: whether to put batches into memory that a GPU can fetch from by itself.

    Raises:
        DataError: for a file that can't be read, and where a process ended.
    """
    loader: DataLoader[Any] = DataLoader(
        Pictures(images, steps),
        batch_size=None,
        sampler=_Order(order),
        num_workers=workers,
        collate_fn=_as_it_is,
        pin_memory=pin,
        prefetch_factor=AHEAD if workers else None,
        worker_init_fn=_begin,
        generator=torch.Generator(),  # its own, for what a step draws depends on the step alone
    )
    try:
        for made in loader:
            if isinstance(made, str):
                raise DataError(made)
            yield made
    except RuntimeError as error:
        if not is_of_worker(error):
            raise
        raise DataError(ended(error)) from None


def is_of_worker(error: BaseException) -> bool:
    """Whether a process that makes batches has ended; torch says so wherever the program is at that moment."""
    return isinstance(error, RuntimeError) and "DataLoader worker" in str(error)


def ended(error: BaseException) -> str:
    """What to say to a user of such a process."""
    why = str(error).splitlines()[0].strip(" .")
    return f"a process that makes batches has ended: {why}; if memory is short, take fewer: --workers N"


def _begin(number: int) -> None:
    """The first thing in a worker: a signal to all processes of a training is for the one that trains to answer.

    What it shares with that one is kept from the garbage collector, which would write to it, and so make a copy.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    gc.freeze()


def _as_it_is(made: Any) -> Any:
    return made


class _Order(Sampler[list[int]]):
    """Batches of positions, given."""

    def __init__(self, order: Iterable[Sequence[int]]) -> None:
        self.order = order

    def __iter__(self) -> Any:
        return (list(each) for each in self.order)
