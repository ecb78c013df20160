"""Makes `mnist-mini` from the published files: `python -m netspec.data.mini FOLDER`.

500 images of each digit to train on and 100 to test on, taken at even distances from all of MNIST's images of that
digit, in their published order; so that the two halves of the test set, whose writers differ, are in it alike.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import torch
from torch import Tensor

from netspec.data.idx import IMAGES, LABELS, PREFIXES, WHAT, missing, read
from netspec.data.known import KNOWN
from netspec.files import save
from netspec.lowering.raw import raw

COUNTS = {"train": 500, "test": 100}
"""Images of each class."""

FOLDER = Path(__file__).parent / KNOWN["mnist-mini"].shipped


def chosen(labels: Tensor, count: int) -> Tensor:
    """The positions of `count` images of each class at even distances, rising."""
    positions = []
    for number in range(int(labels.max()) + 1):
        own = (labels == number).nonzero().flatten()
        positions.append(own[torch.arange(count) * len(own) // count])
    return torch.cat(positions).sort().values


def packed(values: Tensor, magic: int) -> bytes:
    """An IDX file packed with gzip, without a date."""
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return gzip.compress(magic.to_bytes(4, "big") + sizes + raw(values), compresslevel=9, mtime=0)


def make(source: Path, into: Path) -> None:
    """Write the four files from those of the whole MNIST. Raises DataError and OSError."""
    assert not missing(source), missing(source)
    for split, images in read(source, KNOWN["mnist"]).splits.items():
        positions = chosen(images.labels, COUNTS[split])
        parts = {IMAGES: images.pixels[positions, 0], LABELS: images.labels[positions].to(torch.uint8)}
        for magic, values in parts.items():
            name = f"{PREFIXES[split]}-{WHAT[magic]}-idx{magic & 0xFF}-ubyte.gz"
            save(into / name, packed(values, magic))


if __name__ == "__main__":
    make(Path(sys.argv[1]), FOLDER)
