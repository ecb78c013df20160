"""STL-10's binary files (https://cs.stanford.edu/~acoates/stl10/).

`train_X.bin` holds the images one after another: three planes of 96x96 each, written column by column. `train_y.bin`
holds a byte for each: its class from 1 to 10. The 100,000 images without labels are not read.
"""

from __future__ import annotations

from pathlib import Path

from netspec.data.buffers import bytes_of_file, tensor
from netspec.data.dataset import DataError, Images
from netspec.data.known import STL10, Known
from netspec.data.read import Read, names_in

SIDE = 96
IMAGE = 3 * SIDE * SIDE
SPLITS = ("train", "test")


def missing(folder: Path) -> tuple[str, ...]:
    """The files that a folder lacks to be STL-10."""
    names = (f"{split}_{part}.bin" for split in SPLITS for part in "Xy")
    return tuple(name for name in names if not (folder / name).is_file())


def read(folder: Path, known: Known | None) -> Read:
    """STL-10. Raises DataError."""
    names = folder / "class_names.txt"
    classes = names_in(names, len(STL10)) if names.is_file() else STL10
    return Read(classes, {split: _split(folder, split) for split in SPLITS})


def _split(folder: Path, split: str) -> Images:
    images, labels = folder / f"{split}_X.bin", folder / f"{split}_y.bin"
    content = bytes_of_file(images)
    if not content or len(content) % IMAGE:
        what = f"it has {len(content):,} bytes, and an image has {IMAGE:,}"
        raise DataError(f"`{images}` is damaged, or not STL-10: {what}")
    pixels = tensor(content).reshape(-1, 3, SIDE, SIDE).transpose(2, 3).contiguous()
    numbers = tensor(bytes_of_file(labels)).long()
    if len(pixels) != len(numbers):
        raise DataError(f"`{images}` has {len(pixels):,} images, and `{labels}` has {len(numbers):,} labels")
    wrong = ((numbers < 1) | (numbers > len(STL10))).nonzero()
    if len(wrong):
        at = int(wrong[0])
        raise DataError(f"`{labels}`: label {int(numbers[at])} of image {at:,} is not from 1 to {len(STL10)}")
    return Images(pixels, (), numbers - 1)
