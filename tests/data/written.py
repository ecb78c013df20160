"""Tiny sets written as their publishers write them."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from netspec.lowering.raw import raw


def numbered(*shape: int, seed: int = 0) -> Tensor:
    """Bytes that differ from place to place."""
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


# IDX


def idx(values: Tensor, magic: int | None = None, sizes: tuple[int, ...] | None = None) -> bytes:
    sizes = tuple(values.shape) if sizes is None else sizes
    return struct.pack(f">{1 + len(sizes)}I", magic or 0x800 + len(sizes), *sizes) + raw(values)


def mnist(folder: Path, train: int = 20, test: int = 10, packed: bool = True, side: int = 28) -> tuple[Tensor, Tensor]:
    """The four files; gives the training images and their labels."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("t10k", test), ("train", train)):
        images, labels = numbered(count, side, side, seed=count), (torch.arange(count) % 10).to(torch.uint8)
        for name, values in ((f"{prefix}-images-idx3-ubyte", images), (f"{prefix}-labels-idx1-ubyte", labels)):
            content = idx(values)
            path = folder / (f"{name}.gz" if packed else name)
            path.write_bytes(gzip.compress(content) if packed else content)
    return images, labels


# CIFAR


def records(images: Tensor, labels: Tensor, coarse: Tensor | None = None) -> bytes:
    columns = [labels.to(torch.uint8).unsqueeze(1), images.reshape(len(images), -1)]
    return raw(torch.cat([coarse.to(torch.uint8).unsqueeze(1), *columns] if coarse is not None else columns, 1))


def cifar10(folder: Path, each: int = 4) -> tuple[Tensor, Tensor]:
    """The binary batches; gives the training images and labels in order."""
    folder.mkdir(parents=True, exist_ok=True)
    images = numbered(5 * each, 3, 32, 32)
    labels = torch.arange(5 * each) % 10
    for number in range(5):
        part = slice(number * each, (number + 1) * each)
        (folder / f"data_batch_{number + 1}.bin").write_bytes(records(images[part], labels[part]))
    (folder / "test_batch.bin").write_bytes(records(images[:each], labels[:each]))
    names = "airplane automobile bird cat deer dog frog horse ship truck"
    (folder / "batches.meta.txt").write_text(names.replace(" ", "\n") + "\n\n")
    return images, labels


def python2_batch(images: Tensor, key: str, labels: list[int]) -> bytes:
    """A pickle as Python 2 and numpy 1 wrote it: CIFAR's own batches have these very opcodes."""

    def short(text: str) -> bytes:
        return b"U" + bytes([len(text)]) + text.encode()

    content = raw(images.reshape(len(images), -1))
    shape = b"M" + struct.pack("<H", len(images)) + b"M" + struct.pack("<H", 3072) + b"\x86"
    kind = b"cnumpy\ndtype\n" + short("u1") + b"K\x00K\x01\x87R(K\x03" + short("|") + b"NNN"
    kind += b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + short("b") + b"\x87R"
    array += b"(K\x01" + shape + kind + b"\x89T" + struct.pack("<I", len(content)) + content + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([each]) for each in labels) + b"e"
    return b"\x80\x02}(" + short("data") + array + short(key) + numbers + b"u."


# STL-10


def stl10(folder: Path, train: int = 3, test: int = 2) -> tuple[Tensor, Tensor]:
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("test", test), ("train", train)):
        images, labels = numbered(count, 3, 96, 96, seed=count), torch.arange(count) % 10
        (folder / f"{split}_X.bin").write_bytes(raw(images.transpose(2, 3).contiguous()))
        (folder / f"{split}_y.bin").write_bytes(bytes((labels + 1).tolist()))
    return images, labels


# Image files


def picture(path: Path, mode: str = "RGB", size: tuple[int, int] = (8, 6), seed: int = 0) -> Path:
    """An image of noise in this mode, (width, height); its ending says the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = len(Image.new(mode, (1, 1)).getbands())
    content = raw(numbered(size[0] * size[1] * channels, seed=seed))
    Image.frombytes(mode, size, content).save(path)
    return path


def png(mode: str = "RGB", size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, format="PNG")
    return file.getvalue()
