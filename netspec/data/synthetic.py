"""Images made by arithmetic, for trying out and for timing: `synthetic:3x32x32:10`.

Each class has a coarse pattern of its own, each image the pattern of its class under noise, so that a network learns
them and its loss falls. All numbers are whole: they are the same on every machine.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from netspec.data.dataset import DataError, Images
from netspec.data.read import Read

FORM = "`synthetic:CxHxW:classes`, such as `synthetic:3x32x32:10`, or `synthetic:3x32x32:10:5000` for 5,000 images"
COUNT = 1000
"""Images to train on, unless the name says how many; a fifth as many to test on; in both at least 2 of each class."""

MOST_BYTES = 4 * 2**30
COARSE = 4
"""The pattern of a class has 4x4 fields."""

NOISE = 64
"""Up to which a pixel differs from its pattern, either way."""


def read(words: str) -> Read:
    """The set that the words behind `synthetic:` say. Raises DataError."""
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})x(\d{1,5}):(\d{1,6})(?::(\d{1,9}))?", words)
    if match is None or not all(map(int, match.groups(default="1"))):
        raise DataError(f"`synthetic:{words}` does not say which images: write {FORM}")
    channels, height, width, classes = map(int, match.groups()[:4])
    count = max(int(match[5] or COUNT), 2 * classes)
    if (count + count // 5) * channels * height * width > MOST_BYTES:
        raise DataError(f"`synthetic:{words}`: {count:,} images take more than 4 GiB")
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randint(NOISE, 256 - NOISE, (classes, channels, COARSE, COARSE), generator=generator)
    enlarged = _enlarged(patterns.to(torch.int16), height, width)
    splits = {
        split: _images(enlarged, number, generator)
        for split, number in (("train", count), ("test", max(count // 5, 2 * classes)))
    }
    return Read(tuple(map(str, range(classes))), splits)


def _enlarged(patterns: Tensor, height: int, width: int) -> Tensor:
    """(K, C, 4, 4) -> (K, C, H, W): each field as large as any other, to a pixel."""
    rows = torch.arange(height) * COARSE // height
    columns = torch.arange(width) * COARSE // width
    return patterns[:, :, rows][:, :, :, columns]


def _images(patterns: Tensor, count: int, generator: torch.Generator) -> Images:
    """As many images of each class as of any other, to one: the classes take turns."""
    labels = torch.arange(count) % len(patterns)
    pixels = torch.empty((count, *patterns.shape[1:]), dtype=torch.uint8)
    for at in range(0, count, 256):
        own = patterns[labels[at : at + 256]]
        noise = torch.randint(-NOISE, NOISE, own.shape, generator=generator, dtype=torch.int16)
        pixels[at : at + 256] = (own + noise).to(torch.uint8)
    return Images(pixels, (), labels)
