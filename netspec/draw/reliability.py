"""How often a network is right against how sure it is: a reliability diagram, as a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from netspec.draw.chart import Chart, Dot, Mark, Stroke, Words

SIDE, LEFT, TOP = 220, 48, 16
LARGEST = 9.0
"""The radius of the dot of a bin that holds all images."""


def reliability(bins: Sequence[Mapping[str, Any]]) -> Chart:
    """A dot for each bin, as large as its images are many; on the dashed line it is as often right as it says."""
    total = sum(each["images"] for each in bins) or 1
    marks: list[Mark] = []
    for part in (0, 0.25, 0.5, 0.75, 1):
        x, y = _place(part, part)
        marks.append(Stroke(((LEFT, y), (LEFT + SIDE, y)), "grid", 1))
        marks.append(Words((LEFT - 6, y + 4), f"{100 * part:g} %", "quiet", 11, "end"))
        marks.append(Words((x, TOP + SIDE + 16), f"{100 * part:g} %", "quiet", 11, "middle"))
    marks.append(Stroke((_place(0, 0), _place(1, 1)), "quiet", 1, dashed=True))
    for each in bins:
        radius = max(3.0, LARGEST * sqrt(each["images"] / total))
        marks.append(Dot(_place(each["confidence"], each["right"]), radius, "validation"))
    marks.append(Words((LEFT + SIDE / 2, TOP + SIDE + 34), "how sure it is", "quiet", 12, "middle"))
    marks.append(Words((LEFT + 4, TOP + 14), "how often it is right", "quiet", 12))
    ways = [f"{100 * each['confidence']:.0f} % sure, {100 * each['right']:.0f} % right" for each in bins]
    return Chart(LEFT + SIDE + 22, TOP + SIDE + 42, tuple(marks), f"How often it is right: {'; '.join(ways)}.")


def _place(sure: float, right: float) -> tuple[float, float]:
    return LEFT + SIDE * sure, TOP + SIDE * (1 - right)
