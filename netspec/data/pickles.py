"""Pickles of plain data: dicts, lists, text, numbers and numpy's arrays, and nothing else.

A pickle can name any function and have it called. Here it gets none: the few names that numpy's arrays are written
with stand for records of ours, so that not even numpy is asked, and any other name is refused before anything is done
with it. Python's reader written in Python is used: the one in C takes as much memory as a number in the file says.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netspec.data.buffers import bytes_of_file
from netspec.data.buffers import tensor as as_tensor
from netspec.data.dataset import DataError
from netspec.records import frozen

MOST_BYTES = 400_000_000
"""Of a pickle; the largest of CIFAR has 155 million."""


class Refused(Exception):
    """A pickle names something that is no plain data."""


class Type:
    """What stands for numpy's `dtype`: its code, such as `u1`, and its byte order."""

    def __init__(self, code: object, *rest: object) -> None:
        self.code = _text(code)
        self.order = "|"

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) > 1:
            self.order = _text(state[1])


class Array:
    """What stands for numpy's `ndarray`: its shape, type, order and bytes, as the pickle gives them."""

    def __init__(self, *ignored: object) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, tuple) else ()

    def tensor(self, path: Path) -> Tensor:
        """The numbers: uint8 or int64, in the array's shape. Raises DataError for any other type or wrong sizes."""
        if len(self.state) != 5 or not isinstance(self.state[2], Type):
            raise DataError(f"`{path}` is damaged: an array in it is incomplete")
        _, shape, kind, fortran, content = self.state
        content = content.encode("latin-1") if isinstance(content, str) else content
        numbers = {"u1": torch.uint8, "i4": torch.int32, "i8": torch.int64}.get(kind.code)
        if numbers is None or kind.order == ">":
            raise DataError(f"`{path}` has an array of `{kind.order}{kind.code}`, not of bytes or whole numbers")
        if not isinstance(content, (bytes, bytearray)) or not isinstance(shape, tuple):
            raise DataError(f"`{path}` is damaged: an array in it is incomplete")
        count = numbers.itemsize
        for size in shape:
            if not isinstance(size, int) or size < 0:
                raise DataError(f"`{path}` is damaged: an array in it has the shape {shape}")
            count *= size
        if count != len(content):
            raise DataError(f"`{path}` is damaged: an array {shape} has {count:,} bytes, not {len(content):,}")
        values = as_tensor(bytearray(content)).view(numbers)
        ordered = values.reshape(shape[::-1]).permute(*range(len(shape))[::-1]) if fortran else values.reshape(shape)
        return ordered.contiguous() if numbers is torch.uint8 else ordered.long()


@frozen
class Stand:
    """A name that is needed as an argument only, such as `numpy.ndarray`."""

    name: str


def _reconstruct(*ignored: object) -> Array:
    return Array()


def _from_buffer(content: object, kind: object, shape: object, order: object) -> Array:
    made = Array()
    made.state = (1, shape, kind, order == "F", content)
    return made


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """How Python 3 writes bytes where Python 2 is to read them."""
    if not isinstance(text, str) or _text(encoding) not in ("latin1", "latin-1"):
        raise Refused("_codecs.encode")
    return text.encode("latin-1")


NAMES: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    ("numpy", "ndarray"): Stand("numpy.ndarray"),
    ("numpy", "dtype"): Type,
    ("_codecs", "encode"): _encode,
}
"""Every name that a pickle may have, and what it stands for."""


_Unpickler: Any = pickle._Unpickler


class _Reader(_Unpickler):  # type: ignore[misc]
    """Reads plain data only."""

    def load_build(self) -> None:
        """Give an object its state: only arrays and their types take one. Raises Refused."""
        if len(self.stack) < 2 or type(self.stack[-2]) not in (Array, Type):
            raise Refused("the state of something that is no array")
        super().load_build()

    dispatch: dict[int, Any] = {**_Unpickler.dispatch, pickle.BUILD[0]: load_build}

    def find_class(self, module: str, name: str) -> Any:
        """What a name stands for. Raises Refused for all but those in `NAMES`."""
        if (module, name) not in NAMES:
            raise Refused(f"{module}.{name}")
        return NAMES[module, name]

    def persistent_load(self, key: object) -> Any:
        """Refused: it refers to something outside."""
        raise Refused("a persistent id")

    def get_extension(self, code: int) -> Any:
        """Refused: it refers to a registry of this program."""
        raise Refused(f"extension {code}")


def read_dict(path: Path) -> dict[str, Any]:
    """The dict that a pickle holds, with text for keys; `Array` stands for arrays. Raises DataError."""
    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"`{path}` has {path.stat().st_size:,} bytes, more than a batch of CIFAR has")
    try:
        content = _Reader(io.BytesIO(bytes_of_file(path)), encoding="bytes").load()
    except Refused as refused:
        why = "only arrays, text and numbers are read, since anything else could run code"
        raise DataError(f"`{path}` is not read: it holds `{refused}`; {why}") from None
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - nonsense makes the reader fail in any way
        why = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"`{path}` is damaged, or no pickle: {why}") from None
    if not isinstance(content, dict):
        raise DataError(f"`{path}` holds no dict, as a batch of CIFAR does")
    return {_text(key): value for key, value in content.items()}


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
