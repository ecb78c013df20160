"""A labelled set of images, as every reader gives it and training takes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.records import frozen

if TYPE_CHECKING:
    from torch import Tensor

SPLITS = ("train", "validation", "test")
"""The splits that a set can have, in the order in which they are shown."""


class DataError(Exception):
    """Data can't be found, read or fitted; the text says to the user what is wrong, and what to do."""


@frozen
class Images:
    """The images of one split with their labels, in the published order.

    `pixels` are uint8 (N, C, H, W), in memory. Where `files` hold the images, since they differ in size or are too
    many, `pixels` are (0, C, 0, 0): C is how many channels the files are to be read with. `labels` are int64 (N,): the
    number of the class.
    """

    pixels: Tensor
    files: tuple[Path, ...]
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return int(self.pixels.shape[1])


@frozen
class Dataset:
    """A set of labelled images.

    `splits` has "train", and "test" and "validation" where they are published. `shape` is (C, H, W), None where images
    differ in size. `place` says where it was read, for people; `digest` is a sha256 over what was read; `about` is a
    line on what it is.
    """

    name: str
    classes: tuple[str, ...]
    splits: Mapping[str, Images]
    shape: tuple[int, int, int] | None
    place: str
    digest: str
    about: str = ""

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return next(iter(self.splits.values())).channels

    @property
    def size(self) -> str:
        """`1x28x28`, or what can be said of images that differ in size."""
        if self.shape is not None:
            return "x".join(map(str, self.shape))
        return f"{self.channels}xHxW, of different sizes"


def load(words: str, *, offline: bool = False) -> Dataset:
    """The set that a user names: `mnist`, `cifar10:/data/c10`, `synthetic:3x32x32:10`, `folder:photos`, `./photos`.

    A name without a path is looked for in `$NETSPEC_DATA`, the user's cache and well-known places, then downloaded from
    its publisher into the cache, unless `offline` or the environment variable NETSPEC_OFFLINE forbids it.

    Raises:
        DataError: if it can't be found, downloaded or read; the text says where it was looked for.
        MissingPackage: if torch, or Pillow for image files, is not installed.
    """
    from netspec.lowering.extras import need

    need("torch", extra="torch")
    from netspec.data.finding import load_words

    return load_words(words, offline)
