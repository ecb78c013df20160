"""Archives of arrays as numpy writes them, `.npz`, without numpy: a zip file with one `.npy` for each name.

A `.npy` is a magic number, a header that is a Python dict in text (`descr`, `fortran_order`, `shape`), and the numbers
(numpy.lib.format). What is read is numbers and text only, of the size that the header says; a pickle is refused.
"""

from __future__ import annotations

import ast
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from netspec.files import refusal, replaced
from netspec.lowering.raw import raw
from netspec.records import frozen

if TYPE_CHECKING:
    from torch import Tensor

MAGIC = b"\x93NUMPY"
TEXT = "<U"
"""How numpy names text: this, and the characters of the longest."""

WIDTH = 4
"""Bytes of a character."""

LONGEST_HEADER = 65_536

Array: TypeAlias = "Tensor | tuple[str, ...]"


class ArchiveError(Exception):
    """An archive can't be read or written; the text is one line for the user."""


@frozen
class Rows:
    """An array that is too large to be held at once: its shape, and its parts one after the other, float32."""

    shape: tuple[int, ...]
    parts: Iterable[Tensor]


def write(path: str | Path, arrays: Mapping[str, Tensor | Sequence[str] | Rows]) -> None:
    """Write arrays by name, whole or not at all; the same bytes for the same arrays. Raises ArchiveError.

    Numbers that numpy has no type for, bfloat16 say, become float32.
    """
    try:
        with replaced(Path(path)) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for name, each in arrays.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                    _write(file, each)
    except OSError as error:
        raise ArchiveError(refusal(path, error)) from None


def read(path: str | Path) -> dict[str, Array]:
    """The arrays of an archive by name: tensors, and tuples of text. Raises ArchiveError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {each.filename.removesuffix(".npy"): _read(archive, each) for each in archive.infolist()}
    except OSError as error:
        raise ArchiveError(f"`{path}` can't be read: {(error.strerror or str(error)).lower()}") from None
    except zipfile.BadZipFile as error:
        raise ArchiveError(f"`{path}` is damaged, or no .npz archive: {str(error).lower()}") from None
    except (ArchiveError, ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise ArchiveError(f"`{path}` can't be read: {error}") from None


# Writing


def _write(file: IO[bytes], values: Tensor | Sequence[str] | Rows) -> None:
    if isinstance(values, Rows):
        file.write(_header("<f4", values.shape))
        for part in values.parts:
            file.write(raw(part.float()))
        return
    if isinstance(values, Sequence):
        width = max(map(len, values), default=0) or 1
        file.write(_header(f"{TEXT}{width}", (len(values),)))
        for text in values:
            file.write(text.ljust(width, "\0").encode("utf-32-le", "surrogatepass"))
        return
    kinds = {kind: name for name, kind in _types().items()}
    numbers = values.detach().cpu()
    numbers = numbers if numbers.dtype in kinds else numbers.float()
    file.write(_header(kinds[numbers.dtype], tuple(numbers.shape)))
    file.write(raw(numbers))


def _header(kind: str, shape: tuple[int, ...]) -> bytes:
    """The beginning of a `.npy`, padded so that the numbers begin at a multiple of 64."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    text += b" " * (-(len(MAGIC) + 4 + len(text) + 1) % 64) + b"\n"
    return MAGIC + b"\x01\x00" + struct.pack("<H", len(text)) + text


# Reading


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    import torch

    with archive.open(member) as file:
        kind, columns_first, shape, begun = _read_header(file, member.filename)
        text = isinstance(kind, str) and kind.startswith(TEXT) and kind[len(TEXT) :].isdecimal()
        types = _types()
        if not text and kind not in types:
            raise ArchiveError(f"`{member.filename}` holds {kind!r}, and numbers and text are read")
        size = WIDTH * int(kind[len(TEXT) :]) if text else types[kind].itemsize
        if prod(shape) * size != member.file_size - begun:
            raise ArchiveError(f"`{member.filename}` has {member.file_size - begun:,} bytes for {shape} of {kind}")
        content = bytearray(file.read())
    if text:
        each = range(0, len(content), size) if size else range(0)
        return tuple(content[at : at + size].decode("utf-32-le").rstrip("\0") for at in each)
    numbers = torch.frombuffer(content, dtype=types[kind]) if content else torch.empty(0, dtype=types[kind])
    return numbers.reshape(shape[::-1]).permute(*range(len(shape))[::-1]) if columns_first else numbers.reshape(shape)


def _read_header(file: IO[bytes], name: str) -> tuple[Any, bool, tuple[int, ...], int]:
    """Type, order and shape, and how many bytes they take. Raises ArchiveError."""
    start = file.read(len(MAGIC) + 2)
    if not start.startswith(MAGIC) or start[len(MAGIC) : len(MAGIC) + 1] not in (b"\x01", b"\x02", b"\x03"):
        raise ArchiveError(f"`{name}` is no array")
    size = 2 if start[len(MAGIC)] == 1 else 4
    length = int.from_bytes(file.read(size), "little")
    if length > LONGEST_HEADER:
        raise ArchiveError(f"`{name}` has a header of {length:,} bytes")
    try:
        header = ast.literal_eval(file.read(length).decode())
        kind, order, shape = header["descr"], bool(header["fortran_order"]), tuple(map(int, header["shape"]))
    except (SyntaxError, ValueError, KeyError, TypeError, MemoryError, RecursionError):
        raise ArchiveError(f"`{name}` has a header that is none") from None
    if any(each < 0 for each in shape) or not isinstance(kind, str):
        raise ArchiveError(f"`{name}` holds {kind!r} of shape {shape}, and plain numbers are read")
    return kind, order, shape, len(start) + size + length


def _types() -> dict[str, Any]:
    """The number types of numpy that are read and written, as torch's."""
    import torch

    return {
        "<f4": torch.float32,
        "<f8": torch.float64,
        "<f2": torch.float16,
        "<i8": torch.int64,
        "<i4": torch.int32,
        "<i2": torch.int16,
        "|i1": torch.int8,
        "|u1": torch.uint8,
        "|b1": torch.bool,
    }
