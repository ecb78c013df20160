"""The profile of a network as geometry: a bar a stage, from the input on the left to the output on the right.

Laws: 1. bars stand inside the page, in order, and don't overlap; 2. of the maps in a profile, one with a larger side is
at least as high, and one with more channels at least as wide; of the vectors, one with more features is at least as
high; 3. a line stands above the bars that it passes, and above the lines that end between its ends, where the page has
room; 4. numbers don't run into each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import cbrt, sqrt

from netspec.draw.sizes import number, side
from netspec.draw.stages import Stage
from netspec.records import frozen

WIDTH, HEIGHT = 240, 48
"""The page, in pixels."""

MARGIN = 2
TOP, BOTTOM = 6, 38
"""Where the highest bars begin and end; shortcuts are above, numbers and stems below."""

GAP = 2
THIN = 4
"""The width of a vector."""

MOST_STRETCH = 1.5
"""Networks of few stages are drawn larger, up to this."""

DIGIT = 4
"""The width of a digit of the numbers."""


@frozen
class Bar:
    """A stage in its place: `x` and `y` are its upper left corner, `says` the number below it."""

    stage: Stage
    x: float
    y: float
    width: float
    height: float
    says: str = ""

    @property
    def middle(self) -> float:
        """Half way between left and right."""
        return self.x + self.width / 2

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Where its foot is."""
        return self.y + self.height


@frozen
class Join:
    """A line from a bar to the later one that merges its value in, at this height."""

    start: Bar
    end: Bar
    y: float


@frozen
class Profile:
    """All that is drawn: bars from left to right, and the lines between those that aren't neighbours."""

    bars: tuple[Bar, ...]
    joins: tuple[Join, ...]


def profile(stages: Sequence[Stage]) -> Profile:
    """The profile of these stages, of which there is at least one."""
    largest = max(side(stage.shape) for stage in stages)
    natural = [_width(stage) for stage in stages]
    scale = min(MOST_STRETCH, (WIDTH - 2 * MARGIN) / (sum(natural) + GAP * (len(natural) - 1)))
    widths, gap = [width * scale for width in natural], GAP * scale
    places = accumulate((width + gap for width in widths), initial=float(MARGIN))
    bars = [_bar(stage, x, width, largest, gap) for stage, x, width in zip(stages, places, widths, strict=False)]
    return Profile(tuple(bars), tuple(_joins(bars)))


def _bar(stage: Stage, x: float, width: float, largest: float, gap: float) -> Bar:
    height = _height(stage, largest)
    says = str(stage.units) if stage.units > 1 and DIGIT * len(str(stage.units)) <= width + gap else ""
    return Bar(stage, x, (TOP + BOTTOM - height) / 2, width, height, says)


def _width(stage: Stage) -> float:
    """Grows with the cube root of the channels; vectors are thin."""
    return THIN if stage.shape.is_vector else 3 + 2 * cbrt(number(stage.shape.channels))


def _height(stage: Stage, largest: float) -> float:
    """Of a map, grows with the root of its side; of a vector, by 1.5 pixels where the features double."""
    most = BOTTOM - TOP
    if stage.shape.is_vector:
        return min(most, 2 + 1.5 * number(stage.shape.channels).bit_length())
    return 3 + (most - 3) * sqrt(side(stage.shape) / largest)


def _joins(bars: Sequence[Bar]) -> Iterator[Join]:
    """Lines as low as law 3 allows, the shortest first."""
    ways = {(start, end) for end, bar in enumerate(bars) for start in bar.stage.joins if end - start > 1}
    drawn: list[tuple[int, int, float]] = []
    for start, end in sorted(ways, key=lambda way: (way[1] - way[0], way)):
        below = [bar.y for bar in bars[start + 1 : end]]
        below += [y - 1 for first, last, y in drawn if start <= first and last <= end]
        y = max(1.0, min(max(bars[start].y, bars[end].y) + 2, *below) - 1)
        drawn.append((start, end, y))
        yield Join(bars[start], bars[end], y)
