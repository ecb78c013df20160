"""Weights as text to be read: each tensor under its name and shape, a row of numbers a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def lines(tensors: Mapping[str, Tensor]) -> Iterator[str]:
    """The lines of the text.

    A line with a name, the shape behind it; then a line for each row along the last axis, with an empty one between
    the matrices of the last two. Decimals have nine digits, which say each number of 32 bits exactly.
    """
    count = sum(each.numel() for each in tensors.values())
    yield f"# {len(tensors):,} tensors, {count:,} numbers"
    for name, tensor in tensors.items():
        yield ""
        yield f"{name}  {shape_of(tensor)}"
        yield from _rows(tensor)


def shape_of(tensor: Tensor) -> str:
    """`6x1x5x5`, or `1` for a single number."""
    return "x".join(map(str, tensor.shape)) or "1"


def _rows(tensor: Tensor) -> Iterator[str]:
    width = tensor.shape[-1] if tensor.dim() else 1
    height = tensor.shape[-2] if tensor.dim() > 2 else prod(tensor.shape[:-1])
    plain = tensor.detach().cpu().float() if tensor.is_floating_point() else tensor.detach().cpu()
    number = "{:>15.9g}" if tensor.is_floating_point() else "{}"
    for at, row in enumerate(plain.reshape(-1, width) if width else ()):
        if at and at % height == 0:
            yield ""
        yield " ".join(map(number.format, row.tolist()))
