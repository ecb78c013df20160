"""How large a value is drawn: sizes and sides as numbers, unknown ones too."""

from __future__ import annotations

from math import pow
from string import ascii_uppercase

from netspec.shape import Count, Polynomial, Shape, Symbol

AT = dict.fromkeys(ascii_uppercase, 256)
"""What unknown sizes are drawn as."""


def number(size: Count) -> int:
    """A size or count as a number from 1, letters at the value that they are drawn with; 1 where nothing is known."""
    known = size.at(AT) if isinstance(size, (Symbol, Polynomial)) else size
    return max(1, known) if isinstance(known, int) else 1


def side(shape: Shape) -> float:
    """The side of a map: of a square, or a cube, with as many places. Tokens count as a square; a vector has side 1."""
    places, axes = 1, len(shape.sizes)
    for size in shape.sizes:
        places *= number(size)
    if shape.tokens is not None:
        places, axes = number(shape.tokens), 2
    return pow(places, 1 / max(1, axes))
