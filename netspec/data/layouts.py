"""The layouts that are read: `LAYOUTS` is the one table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netspec.data import cifar, folders, idx, imagenet, label_file, stl10
from netspec.data.known import Known
from netspec.data.read import Read
from netspec.records import frozen


@frozen
class Layout:
    """How a set lies on disk: `missing` gives what a folder lacks to be one, nothing for one; `read` reads it."""

    about: str
    missing: Callable[[Path], tuple[str, ...]]
    read: Callable[[Path, Known | None], Read]


LAYOUTS: dict[str, Layout] = {
    "idx": Layout("IDX files, as MNIST's", idx.missing, idx.read),
    "cifar10": Layout("the batches of CIFAR-10, binary or Python's", cifar.missing_ten, cifar.read_ten),
    "cifar100": Layout("the files of CIFAR-100, binary or Python's", cifar.missing_hundred, cifar.read_hundred),
    "stl10": Layout("the binary files of STL-10", stl10.missing, stl10.read),
    "imagenet": Layout("ImageNet's folders", imagenet.missing, imagenet.read),
    "labels": Layout("images with a list of labels", label_file.missing, label_file.read),
    "caltech101": Layout("Caltech-101's folders", folders.missing, folders.read_caltech),
    "folder": Layout("folders of images, `class/*.jpg`", folders.missing, folders.read),
}
"""Every layout; where a folder is named without one, the first that it lacks nothing of is read."""

NEVER_GUESSED = ("caltech101",)
"""Folders are folders: only the name says that one of them is no class."""


def recognised(place: Path) -> str | None:
    """The layout of a place, None if there is none."""
    if place.is_file():
        return "labels" if not label_file.missing(place) else None
    return next((name for name, each in LAYOUTS.items() if name not in NEVER_GUESSED and not each.missing(place)), None)
