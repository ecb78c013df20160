"""How colours are seen: contrast, and the difference for eyes that lack one of the three kinds of cones.

Contrast is that of WCAG 2.1. What colour-blind people see is simulated by the matrices of Machado, Oliveira and
Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency", table 1, severity 1.0, on
linear RGB; the difference is the distance in CIELAB (CIE 1976), of which about 2.3 can just be noticed.
"""

from __future__ import annotations

from itertools import pairwise
from math import cbrt, dist

Matrix = tuple[tuple[float, float, float], ...]

EYES: dict[str, Matrix] = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red ones": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green ones": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "no blue ones": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}

XYZ: Matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def difference(one: str, other: str, eye: Matrix) -> float:
    """How far apart two colours look."""
    return dist(_lab(_times(eye, _linear(one))), _lab(_times(eye, _linear(other))))


def _luminance(colour: str) -> float:
    return _times(XYZ, _linear(colour))[1]


def _linear(colour: str) -> tuple[float, ...]:
    values = [int(colour[start:end], 16) / 255 for start, end in pairwise((1, 3, 5, 7))]
    return tuple(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values)


def _times(matrix: Matrix, vector: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _lab(linear: tuple[float, ...]) -> tuple[float, float, float]:
    shown = tuple(min(1.0, max(0.0, value)) for value in linear)
    x, y, z = (_root(value / white) for value, white in zip(_times(XYZ, shown), WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(value: float) -> float:
    return cbrt(value) if value > 0.008856 else 7.787 * value + 16 / 116
