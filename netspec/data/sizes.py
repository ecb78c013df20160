"""Heights and widths of images, as the recipe and shapes write them."""

from __future__ import annotations

from typing import Any, TypeAlias

from netspec.shape import Shape

Size: TypeAlias = tuple[int, int]
"""Height and width in pixels."""

ImageShape: TypeAlias = tuple[int, int, int]
"""Channels, height and width."""


def size_of(shape: Shape) -> Size | None:
    """Height and width of a map of two axes; None where one of them is open, and for what is no such map."""
    if shape.rank != 2 or not all(isinstance(each, int) for each in shape.sizes):
        return None
    height, width = shape.sizes
    assert isinstance(height, int) and isinstance(width, int)
    return height, width


def pair(size: Any) -> Size:
    """A size of the recipe as (height, width): one number stands for both."""
    numbers = tuple(map(int, size)) if isinstance(size, tuple) else (int(size), int(size))
    return numbers[0], numbers[-1]


def covers(large: Size, small: Size) -> bool:
    """Whether it is no smaller along either side."""
    return large[0] >= small[0] and large[1] >= small[1]


def covering(size: Size, wanted: Size) -> Size:
    """The size of an image, in its own proportions, that covers the wanted one: equal along one side at least."""
    height, width = size
    if wanted[0] * width >= wanted[1] * height:  # the height decides
        return wanted[0], max(wanted[1], round(width * wanted[0] / height))
    return max(wanted[0], round(height * wanted[1] / width)), wanted[1]


def by(numbers: tuple[int, ...]) -> str:
    """`3x32x32`."""
    return "x".join(map(str, numbers))


def short(size: Any) -> str:
    """A size as the recipe writes it: `32` for `32x32`."""
    height, width = pair(size)
    return str(height) if height == width else f"{height}x{width}"
