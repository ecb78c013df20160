"""What a reader of a layout gives, and checks that several readers share."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from netspec.data.buffers import unreadable
from netspec.data.dataset import DataError, Images
from netspec.records import frozen

MOST_TEXT = 100_000_000
"""Bytes of a list of names or labels; that of all of ImageNet has 50 million."""


@frozen
class Read:
    """The content of a set: its classes and splits.

    `shape` is (C, H, W) where all images that files hold have it. `root` is the folder that these files are named from
    in the digest.
    """

    classes: tuple[str, ...]
    splits: Mapping[str, Images]
    shape: tuple[int, int, int] | None = None
    root: Path = Path()


def check_labels(labels: Tensor, classes: int, where: str) -> None:
    """That every label is the number of a class. Raises DataError."""
    wrong = ((labels < 0) | (labels >= classes)).nonzero()
    if len(wrong):
        at = int(wrong[0])
        raise DataError(f"`{where}`: label {int(labels[at])} of image {at:,} is none of the {classes} classes")


def lines_of(path: Path) -> list[str]:
    """The lines of a text file, without blank ends. Raises DataError."""
    try:
        if path.stat().st_size > MOST_TEXT:
            raise DataError(f"`{path}` has {path.stat().st_size:,} bytes: too many for a list")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"`{path}` is not UTF-8 text") from None
    except OSError as error:
        raise unreadable(path, error) from None
    return [line.rstrip() for line in text.rstrip().splitlines()]


def names_in(path: Path, count: int | None = None) -> tuple[str, ...]:
    """Names of classes, one a line. Raises DataError if there are not `count`, or one stands twice."""
    names = tuple(line.strip() for line in lines_of(path) if line.strip())
    if count is not None and len(names) != count:
        raise DataError(f"`{path}` names {len(names)} classes, not {count}")
    if not names:
        raise DataError(f"`{path}` names no classes")
    if len(set(names)) != len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise DataError(f"`{path}` names the class `{twice}` twice")
    return names


def rows_of(path: Path) -> list[list[str]]:
    """The rows of a CSV file. Raises DataError."""
    try:
        return list(csv.reader(lines_of(path)))
    except csv.Error as error:
        raise DataError(f"`{path}` is no CSV file: {error}") from None


def inside(root: Path, name: str, where: str) -> Path:
    """The file that a list names, within the folder of the list. Raises DataError if the name leads out of it."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or "\0" in name or ":" in parts[0]:
        raise DataError(f"{where}: `{name}` leads out of the folder `{root}`")
    return root.joinpath(*parts)
