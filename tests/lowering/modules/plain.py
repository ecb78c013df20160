"""Windows, one place at a time: slow and plain, to compare our modules with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import torch
from torch import Tensor

Place = tuple[int, ...]


def places(sizes: Sequence[int]) -> Iterator[Place]:
    """All places of a map of these sizes, row by row."""
    return product(*map(range, sizes))


def window(x: Tensor, place: Place, kernel: Sequence[int], stride: Sequence[int], before: Sequence[int]) -> Tensor:
    """The part of a map `(B, C, *sizes)` that the window at a place of the output sees; less where it reaches out."""
    for axis, (at, k, s, b) in enumerate(zip(place, kernel, stride, before, strict=True), 2):
        first, last = max(at * s - b, 0), min(at * s - b + k, x.shape[axis])
        x = x.narrow(axis, first, last - first)
    return x


def filled(batch: int, channels: int, sizes: Sequence[int], value: Callable[[Place], Tensor]) -> Tensor:
    """A map `(batch, channels, *sizes)` of the value `(batch, channels)` at each place."""
    result = torch.empty(batch, channels, *sizes)
    for place in places(sizes):
        result[(slice(None), slice(None), *place)] = value(place)
    return result
