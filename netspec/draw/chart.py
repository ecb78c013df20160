"""Charts as frozen geometry: strokes, dots and words, which a writer of SVG or of pixels puts on a page.

Every mark has a tone, by what it stands for and not by its colour: the page's writer says what it looks like on a light
and on a dark page. Lengths are in pixels from the top left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Literal, TypeAlias

from netspec.records import frozen

Tone: TypeAlias = Literal["train", "validation", "strong", "quiet", "grid"]
Anchor: TypeAlias = Literal["start", "middle", "end"]
Point: TypeAlias = tuple[float, float]


@frozen
class Stroke:
    """A line through points; `dashed` tells it from others where colours don't."""

    points: tuple[Point, ...]
    tone: Tone
    width: float
    dashed: bool = False


@frozen
class Dot:
    """A disc, or a ring on the page's colour where it is `hollow`."""

    at: Point
    radius: float
    tone: Tone
    hollow: bool = False


@frozen
class Words:
    """A text whose baseline begins, is centred, or ends at a point."""

    at: Point
    text: str
    tone: Tone
    size: float
    anchor: Anchor = "start"
    bold: bool = False


Mark: TypeAlias = Stroke | Dot | Words


@frozen
class Chart:
    """Marks on a page of a size, and what they show, in words."""

    width: int
    height: int
    marks: tuple[Mark, ...]
    told: str


TONES: dict[Tone, tuple[str, str]] = {
    "train": ("#2a62d9", "#6ea8fe"),
    "validation": ("#c2570c", "#ff9d5c"),
    "strong": ("#1f2328", "#e6edf3"),
    "quiet": ("#59636e", "#9198a1"),
    "grid": ("#d8dee4", "#30363d"),
}
"""The colours on a light and on a dark page: blue and orange, which all kinds of colour-blind people tell apart."""

PAGE = ("#ffffff", "#0d1117")


def beside(charts: Sequence[Chart]) -> Chart:
    """Charts of one height side by side."""
    marks: list[Mark] = []
    across = 0
    for chart in charts:
        marks += [_moved(mark, across) for mark in chart.marks]
        across += chart.width
    return Chart(across, charts[0].height, tuple(marks), " ".join(chart.told for chart in charts))


def _moved(mark: Mark, across: float) -> Mark:
    if isinstance(mark, Stroke):
        return Stroke(tuple((x + across, y) for x, y in mark.points), mark.tone, mark.width, mark.dashed)
    at = (mark.at[0] + across, mark.at[1])
    if isinstance(mark, Dot):
        return Dot(at, mark.radius, mark.tone, mark.hollow)
    return Words(at, mark.text, mark.tone, mark.size, mark.anchor, mark.bold)


# Scales


@frozen
class Scale:
    """From values to pixels, even or logarithmic, with the values at which lines are drawn."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value; what is beyond an end of the scale is at that end."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = log10(low), log10(high), log10(at)
        return self.start + (at - low) / (high - low) * (self.end - self.start)


def even(values: Sequence[float], start: float, end: float, *, most: float | None = None, lines: int = 5) -> Scale:
    """A scale from a round number below all values to one above, or to `most`, with about so many lines."""
    low, high = min(values), max(values)
    if high - low < 1e-9 * max(abs(high), 1e-9):
        low, high = low - 0.05 * abs(low) - 1e-6, high + 0.05 * abs(high) + 1e-6
    step = round_step((high - low) / lines)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    if most is not None:
        last = min(last, floor(most / step + 1e-9))
    ticks = tuple(round(number * step, 12) for number in range(first, last + 1))
    top = ticks[-1] if most is None else min(max(ticks[-1], high), most)
    return Scale(ticks[0], top, start, end, ticks)


def logarithmic(values: Sequence[float], start: float, end: float) -> Scale:
    """A logarithmic scale of positive values, with lines at 1, 2 and 5 of each power of ten, or at the powers."""
    low, high = min(values), max(values)
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    lines = [part * 10.0**power for power in powers for part in (1, 2, 5)]
    below = max(each for each in lines if each <= low * (1 + 1e-9))
    above = min((each for each in lines if each >= high * (1 - 1e-9)), default=high)
    ticks = [each for each in lines if below <= each <= above]
    if len(ticks) > 8:
        ticks = [each for each in ticks if f"{each:e}".startswith("1.0")]
    return Scale(below, above, start, end, tuple(ticks), logarithmic=True)


def round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `least`."""
    power = 10.0 ** floor(log10(least))
    part = next(each for each in (1, 2, 2.5, 5, 10) if each * power >= least * (1 - 1e-9))
    return part * power
