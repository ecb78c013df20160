"""CIFAR-10 and CIFAR-100: the binary batches and the Python ones (https://www.cs.toronto.edu/~kriz/cifar.html).

A binary batch is a row of records: the label (for CIFAR-100 the coarse label, then the fine one), then 3,072 bytes: the
red, green and blue planes of 32x32. A Python batch is a pickle of a dict with the same numbers.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from netspec.data.buffers import bytes_of_file, tensor
from netspec.data.dataset import DataError, Images
from netspec.data.known import CIFAR10, Known
from netspec.data.pickles import Array, read_dict
from netspec.data.read import Read, check_labels, names_in
from netspec.records import frozen

PIXELS = 3 * 32 * 32


@frozen
class Form:
    """How a set is laid out: the files of its splits, where its names stand and how a label is written.

    `label_bytes` stand before the pixels of a record, the last of them is the label; 0 says that the files are pickles,
    where `label` is the key.
    """

    splits: dict[str, tuple[str, ...]]
    names: str
    classes: int
    label_bytes: int = 0
    label: str = ""
    label_names: str = ""


BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEN = (
    Form({"train": tuple(f"{each}.bin" for each in BATCHES), "test": ("test_batch.bin",)}, "batches.meta.txt", 10, 1),
    Form({"train": BATCHES, "test": ("test_batch",)}, "batches.meta", 10, label="labels", label_names="label_names"),
)
HUNDRED = (
    Form({"train": ("train.bin",), "test": ("test.bin",)}, "fine_label_names.txt", 100, 2),
    Form({"train": ("train",), "test": ("test",)}, "meta", 100, label="fine_labels", label_names="fine_label_names"),
)


def missing_ten(folder: Path) -> tuple[str, ...]:
    """The files that a folder lacks to be CIFAR-10, in the form that it lacks least of."""
    return min((_missing(folder, form) for form in TEN), key=len)


def missing_hundred(folder: Path) -> tuple[str, ...]:
    """The files that a folder lacks to be CIFAR-100; a Python one is told by its `meta`, since any may have `train`."""
    binary, python = (_missing(folder, form) for form in HUNDRED)
    meta = () if (folder / "meta").is_file() else ("meta",)
    return min(binary, (*python, *meta), key=len)


def read_ten(folder: Path, known: Known | None) -> Read:
    """CIFAR-10. Raises DataError."""
    return _read(folder, next(form for form in TEN if not _missing(folder, form)))


def read_hundred(folder: Path, known: Known | None) -> Read:
    """CIFAR-100 with its fine labels. Raises DataError."""
    return _read(folder, next(form for form in HUNDRED if not _missing(folder, form)))


def _missing(folder: Path, form: Form) -> tuple[str, ...]:
    return tuple(name for names in form.splits.values() for name in names if not (folder / name).is_file())


def _read(folder: Path, form: Form) -> Read:
    splits = {}
    for split, names in form.splits.items():
        batches = [_batch(folder / name, form) for name in names]
        splits[split] = Images(
            torch.cat([pixels for pixels, _ in batches]), (), torch.cat([labels for _, labels in batches])
        )
    return Read(_names(folder / form.names, form), splits)


def _batch(path: Path, form: Form) -> tuple[Tensor, Tensor]:
    """The pixels and labels of one file: uint8 (N, 3, 32, 32), int64 (N,)."""
    pixels, labels = _records(path, form.label_bytes) if form.label_bytes else _pickled(path, form.label)
    check_labels(labels, form.classes, str(path))
    return pixels.reshape(-1, 3, 32, 32), labels


def _records(path: Path, label_bytes: int) -> tuple[Tensor, Tensor]:
    content = bytes_of_file(path)
    record = label_bytes + PIXELS
    if not content or len(content) % record:
        what = f"it has {len(content):,} bytes, and a record has {record:,}"
        raise DataError(f"`{path}` is damaged, or no batch of CIFAR: {what}")
    records = tensor(content).reshape(-1, record)
    return records[:, label_bytes:], records[:, label_bytes - 1].long()


def _pickled(path: Path, key: str) -> tuple[Tensor, Tensor]:
    content = read_dict(path)
    data, labels = content.get("data"), content.get(key)
    if not isinstance(data, Array) or not isinstance(labels, (list, Array)):
        raise DataError(f"`{path}` is no batch of CIFAR: `data` and `{key}` are not there, or no arrays")
    pixels, numbers = data.tensor(path), _numbers(labels, path)
    if pixels.dtype != torch.uint8 or pixels.dim() != 2 or pixels.shape[1] != PIXELS or not len(pixels):
        shape = "x".join(map(str, pixels.shape))
        raise DataError(
            f"`{path}` is no batch of CIFAR: its data are {shape} of {pixels.dtype}, not Nx{PIXELS} of bytes"
        )
    if numbers.shape != (len(pixels),):
        raise DataError(f"`{path}` has {len(pixels):,} images and {numbers.numel():,} labels")
    return pixels, numbers


def _numbers(labels: list[object] | Array, path: Path) -> Tensor:
    if isinstance(labels, Array):
        return labels.tensor(path).long()
    numbers = [each for each in labels if isinstance(each, int) and -(2**31) < each < 2**31]
    if len(numbers) != len(labels):
        raise DataError(f"`{path}` is no batch of CIFAR: a label is no number")
    return torch.tensor(numbers, dtype=torch.int64)


def _names(path: Path, form: Form) -> tuple[str, ...]:
    """The names of the classes, from the file beside the batches; without it those that are known, or numbers."""
    if not path.is_file():
        return CIFAR10 if form.classes == 10 else tuple(map(str, range(form.classes)))
    if form.label_bytes:
        return names_in(path, form.classes)
    found = read_dict(path).get(form.label_names)
    names = [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in found or ()]
    if len(names) != form.classes or not all(isinstance(name, str) for name in names):
        raise DataError(f"`{path}` names {len(names)} classes under `{form.label_names}`, not {form.classes}")
    return tuple(map(str, names))
