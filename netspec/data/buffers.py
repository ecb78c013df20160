"""Bytes of files as tensors, without numpy."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor

from netspec.data.dataset import DataError, Images
from netspec.lowering.raw import raw


def bytes_of_file(path: Path) -> bytearray:
    """The whole content of a file, writable, as `torch.frombuffer` wants it. Raises DataError."""
    try:
        content = bytearray(path.stat().st_size)
        with path.open("rb") as file:
            read = file.readinto(content)
    except OSError as error:
        raise unreadable(path, error) from None
    if read != len(content):
        raise DataError(f"`{path}` was being changed while it was read")
    return content


def unreadable(path: Path, error: OSError) -> DataError:
    """What to raise where a file can't be read."""
    return DataError(f"`{path}` can't be read: {(error.strerror or str(error)).lower()}")


def tensor(content: bytearray) -> Tensor:
    """The bytes as a tensor that shares their memory: uint8 (N,)."""
    if not content:
        return torch.empty(0, dtype=torch.uint8)
    return torch.frombuffer(content, dtype=torch.uint8)


def digest(name: str, images: Images, root: Path) -> bytes:
    """What identifies one split: sha256 over pixels and labels; for files, over names, sizes in bytes and labels."""
    found = sha256(f"{name} {tuple(images.pixels.shape)} {len(images)}\n".encode())
    found.update(raw(images.labels))
    for part in torch.split(images.pixels, 4096):
        found.update(raw(part))
    for path in images.files:
        found.update(f"{path.relative_to(root).as_posix()} {path.stat().st_size}\n".encode("utf-8", "surrogateescape"))
    return found.digest()
