"""MNIST's format: IDX files, packed with gzip or not (LeCun, http://yann.lecun.com/exdb/mnist/).

A file is a magic number (two zero bytes, the type of the numbers, how many axes), the sizes as big-endian 32-bit
numbers, and the numbers themselves: 2051 begins images of unsigned bytes, 2049 labels.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO, cast

from torch import Tensor

from netspec.data.buffers import tensor, unreadable
from netspec.data.dataset import DataError, Images
from netspec.data.known import Known
from netspec.data.read import Read, check_labels

IMAGES, LABELS = 2051, 2049
WHAT = {IMAGES: "images", LABELS: "labels"}
PREFIXES = {"train": "train", "test": "t10k"}
"""How the names of the files of a split begin."""

MOST_BYTES = 4 * 2**30
"""Of one file, unpacked: 70 times those of MNIST's largest."""

DEFLATE = 1032
"""How much smaller gzip can make a file at most."""


def missing(folder: Path) -> tuple[str, ...]:
    """The files that a folder lacks to be a set in this format."""
    wanted = [(prefix, magic) for prefix in PREFIXES.values() for magic in (IMAGES, LABELS)]
    return tuple(_names(prefix, magic)[0] for prefix, magic in wanted if _file(folder, prefix, magic) is None)


def read(folder: Path, known: Known | None) -> Read:
    """The set in a folder with the four files. Raises DataError."""
    splits = {}
    for split, prefix in PREFIXES.items():
        images, labels = (_file(folder, prefix, magic) for magic in (IMAGES, LABELS))
        assert images is not None and labels is not None  # `missing` was asked
        splits[split] = read_pair(images, labels)
    most = 1 + max(int(each.labels.max()) for each in splits.values())
    classes = known.classes if known is not None else tuple(map(str, range(most)))
    for split, each in splits.items():
        path = _file(folder, PREFIXES[split], LABELS)
        check_labels(each.labels, len(classes), str(path))
    return Read(classes, splits)


def read_pair(images: Path, labels: Path) -> Images:
    """The images of one file with the labels of another. Raises DataError."""
    pixels = read_file(images, IMAGES)
    numbers = read_file(labels, LABELS)
    if len(pixels) != len(numbers):
        raise DataError(f"`{images}` has {len(pixels):,} images, and `{labels}` has {len(numbers):,} labels")
    return Images(pixels.unsqueeze(1), (), numbers.long())


def read_file(path: Path, magic: int) -> Tensor:
    """The numbers of one file: uint8 (N, H, W) for images, (N,) for labels. Raises DataError."""
    try:
        with path.open("rb") as head:
            packed = head.read(2) == b"\x1f\x8b"
        size = path.stat().st_size
        with gzip.open(path) if packed else path.open("rb") as opened:
            file = cast("IO[bytes]", opened)
            sizes = _header(file, path, magic)
            return tensor(_body(file, path, sizes, size * DEFLATE if packed else size)).reshape(sizes)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"`{path}` is damaged or was cut off: {str(error).lower()}") from None
    except OSError as error:
        raise unreadable(path, error) from None


def _header(file: IO[bytes], path: Path, wanted: int) -> tuple[int, ...]:
    """The sizes that a header gives, the number of images or labels first."""
    head = file.read(4)
    if len(head) < 4:
        raise DataError(f"`{path}` is no IDX file: it has {len(head)} bytes")
    magic = int.from_bytes(head, "big")
    if magic != wanted:
        swapped = int.from_bytes(head, "little") == wanted
        found = "its bytes are in reverse order" if swapped else f"it begins with {magic}"
        found = f"it is a file of {WHAT[magic]}" if magic in WHAT else found
        raise DataError(f"`{path}` is no IDX file of {WHAT[wanted]}, which begins with {wanted}: {found}")
    axes = wanted & 0xFF
    sizes = file.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise DataError(f"`{path}` is cut off within its header")
    return tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, 4 * axes, 4))


def _body(file: IO[bytes], path: Path, sizes: tuple[int, ...], at_most: int) -> bytearray:
    """The numbers behind the header: as many as it says, no fewer and no more."""
    wanted = 1
    for size in sizes:
        wanted *= size
    shape = "x".join(f"{size:,}" for size in sizes)
    if wanted == 0:
        raise DataError(f"`{path}` is empty: its header says {shape}")
    if wanted > min(at_most, MOST_BYTES):
        raise DataError(f"`{path}` can't hold what its header says: {shape} = {wanted:,} bytes")
    content = bytearray()
    while len(content) <= wanted and (part := file.read(min(2**20, wanted + 1 - len(content)))):
        content += part
    if len(content) != wanted:
        has = f"{len(content):,} follow" if len(content) < wanted else "more follow"
        raise DataError(f"`{path}` is damaged: its header says {shape} = {wanted:,} bytes, and {has}")
    return content


def _names(prefix: str, magic: int) -> tuple[str, ...]:
    """What a file is called, the published name first."""
    axes = f"idx{magic & 0xFF}"
    plain = (f"{prefix}-{WHAT[magic]}-{axes}-ubyte", f"{prefix}-{WHAT[magic]}.{axes}-ubyte")
    return (f"{plain[0]}.gz", plain[0], f"{plain[1]}.gz", plain[1])


def _file(folder: Path, prefix: str, magic: int) -> Path | None:
    return next((folder / name for name in _names(prefix, magic) if (folder / name).is_file()), None)
