"""Folders of images: `class/*.jpg`, with or without `train`, `val` and `test` above them; Caltech-101 is one."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from netspec.data.buffers import unreadable
from netspec.data.dataset import DataError
from netspec.data.gather import Listed, gathered
from netspec.data.known import Known
from netspec.data.pictures import is_picture
from netspec.data.read import Read

NAMES = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
"""What the folder of a split is called, in capitals or not."""

CLUTTER = ("BACKGROUND_Google",)
"""The folder of Caltech-101 that is no class."""


def missing(folder: Path) -> tuple[str, ...]:
    """What a folder lacks to be a set of images in folders of classes."""
    found = any(next(pictures(each), None) for split in split_folders(folder).values() for each in _subfolders(split))
    return () if found else ("folders of classes with images: `class/*.jpg`",)


def read(folder: Path, known: Known | None, leave_out: Collection[str] = ()) -> Read:
    """The set in a folder; classes are in the order of their names. Raises DataError."""
    found = {
        split: {each.name: tuple(pictures(each)) for each in _subfolders(path) if each.name not in leave_out}
        for split, path in split_folders(folder).items()
    }
    classes = tuple(sorted(found["train"]))
    _check(found, classes, folder)
    listed = {split: _listed(own, classes) for split, own in found.items()}
    return gathered(classes, listed, folder)


def read_caltech(folder: Path, known: Known | None) -> Read:
    """Caltech-101 without its 102nd folder, of clutter. There is no published split: all images are to train on."""
    return read(folder, known, CLUTTER)


def split_folders(folder: Path) -> Mapping[str, Path]:
    """The folder of each split; all is to train on where no folder is called `train`."""
    named = {each.name.lower(): each for each in _subfolders(folder)}
    found = {
        split: named[name]
        for split, names in NAMES.items()
        for name in names
        if name in named and _subfolders(named[name])
    }
    return found if "train" in found else {"train": folder}


def pictures(folder: Path) -> Iterator[Path]:
    """The images in a folder and the folders within it, in the order of their names. Raises DataError."""

    def refuse(error: OSError) -> None:
        raise unreadable(Path(error.filename or folder), error)

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in sorted(names):
            if is_picture(name):
                yield Path(place, name)


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(each.path) for each in entries if each.is_dir() and not each.name.startswith("."))
    except OSError as error:
        raise unreadable(folder, error) from None


def _check(found: Mapping[str, Mapping[str, tuple[Path, ...]]], classes: tuple[str, ...], folder: Path) -> None:
    for split, own in found.items():
        other = next((name for name in own if name not in classes), None)
        if other is not None:
            raise DataError(f"`{folder}`: the split `{split}` has a class `{other}`, which `train` doesn't have")
        empty = next((name for name, files in own.items() if not files), None)
        if empty is not None:
            raise DataError(f"`{folder}`: the class `{empty}` has no images in the split `{split}`")


def _listed(own: Mapping[str, tuple[Path, ...]], classes: tuple[str, ...]) -> Listed:
    pairs = [(path, number) for number, name in enumerate(classes) for path in own.get(name, ())]
    return Listed(tuple(path for path, _ in pairs), tuple(number for _, number in pairs))
