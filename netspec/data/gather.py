"""Many image files as the splits of a set: decoded into memory where all have one size and fit, else left on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from netspec.data.dataset import DataError, Images
from netspec.data.pictures import Facts, decoded, facts, reading_threads
from netspec.data.read import Read
from netspec.records import frozen

MOST_IN_MEMORY = 2**30
"""Bytes of pixels that are kept in memory, of all splits together; CIFAR-10 has 184 million."""


@frozen
class Listed:
    """The image files of one split and the number of each one's class."""

    files: tuple[Path, ...]
    labels: tuple[int, ...]


def gathered(classes: tuple[str, ...], listed: Mapping[str, Listed], root: Path) -> Read:
    """The set that these files make. Raises DataError if one of them is no image."""
    for split, each in listed.items():
        if not each.files:
            raise DataError(f"`{root}` has no images in its split `{split}`")
    channels, common = _common(path for each in listed.values() for path in each.files)
    shape = None if common is None else (channels, common.height, common.width)
    count = sum(len(each.files) for each in listed.values())
    small = shape is not None and count * shape[0] * shape[1] * shape[2] <= MOST_IN_MEMORY
    splits = {}
    for split, each in listed.items():
        labels = torch.tensor(each.labels, dtype=torch.int64)
        if small:
            splits[split] = Images(decode_all(each.files, channels), (), labels)
        else:
            splits[split] = Images(torch.empty((0, channels, 0, 0), dtype=torch.uint8), each.files, labels)
    return Read(classes, splits, shape, root)


def decode_all(files: Sequence[Path], channels: int) -> Tensor:
    """The pixels of files of one size: uint8 (N, C, H, W). Raises DataError."""
    with reading_threads() as pool:
        pixels = None
        for at, image in enumerate(pool.map(partial(decoded, channels=channels), files)):
            if pixels is None:
                pixels = torch.empty((len(files), *image.shape), dtype=torch.uint8)
            if image.shape != pixels.shape[1:]:
                raise DataError(f"`{files[at]}` has another size than `{files[0]}`")
            pixels[at] = image
    assert pixels is not None
    return pixels


def _common(files: Iterable[Path]) -> tuple[int, Facts | None]:
    """How many channels the images are read with, and the size that all have, None where they differ.

    One image in colour makes all three channels. Once that is known and two sizes were met, no more heads are read:
    a set of a million files is not opened twice.
    """
    first, same, colour = None, True, False
    for path in files:
        found = facts(path)
        first = first or found
        colour = colour or found.channels == 3
        same = same and (found.height, found.width) == (first.height, first.width)
        if colour and not same:
            break
    return 3 if colour else 1, first if same else None
