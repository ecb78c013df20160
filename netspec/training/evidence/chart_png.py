"""A chart as pixels, by Pillow: it is there already, for images, and brings a font, so no renderer of SVG is needed."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING, Any

from netspec.draw.chart import PAGE, TONES, Chart, Dot, Point, Stroke, Words

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SCALE = 2
"""Pixels of the picture for one of the chart, so that it is sharp in print."""

SMOOTH = 2
"""It is drawn so many times as large and reduced, for lines without steps."""

DASH, SPACE = 5.0, 3.0
ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def png(chart: Chart) -> bytes:
    """The chart on a white page, `SCALE` times its size."""
    from PIL import Image, ImageDraw

    times = SCALE * SMOOTH
    page = Image.new("RGB", (chart.width * times, chart.height * times), PAGE[0])
    draw = ImageDraw.Draw(page)
    for mark in chart.marks:
        if isinstance(mark, Stroke):
            _stroke(draw, mark, times)
        elif isinstance(mark, Dot):
            _dot(draw, mark, times)
    small = page.reduce(SMOOTH)
    draw = ImageDraw.Draw(small)
    for mark in chart.marks:
        if isinstance(mark, Words):
            _words(draw, mark)
    written = BytesIO()
    small.quantize(64).save(written, format="PNG", compress_level=6)
    return written.getvalue()


def _stroke(draw: ImageDraw, mark: Stroke, times: int) -> None:
    pieces = dashes(mark.points) if mark.dashed else [mark.points]
    for piece in pieces:
        places = [(x * times, y * times) for x, y in piece]
        draw.line(places, TONES[mark.tone][0], round(mark.width * times), joint="curve")


def _dot(draw: ImageDraw, mark: Dot, times: int) -> None:
    centre, radius = (mark.at[0] * times, mark.at[1] * times), mark.radius * times
    colour = TONES[mark.tone][0]
    draw.circle(centre, radius + (times if mark.hollow else 0), colour)
    if mark.hollow:
        draw.circle(centre, radius - times, PAGE[0])


def _words(draw: ImageDraw, mark: Words) -> None:
    place = (mark.at[0] * SCALE, mark.at[1] * SCALE)
    stroke = 0.5 if mark.bold else 0
    draw.text(
        place, mark.text, TONES[mark.tone][0], _font(mark.size * SCALE), ANCHORS[mark.anchor], stroke_width=stroke
    )


@cache
def _font(size: float) -> Any:
    """The font that comes with Pillow, so that the picture is the same on every machine."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def dashes(points: tuple[Point, ...]) -> list[list[Point]]:
    """The pieces of a dashed line through points."""
    pieces: list[list[Point]] = [[points[0]]]
    left, drawn = DASH, True
    for (x, y), (to_x, to_y) in pairwise(points):
        length, gone = hypot(to_x - x, to_y - y), 0.0
        while length - gone > left:
            gone += left
            place = (x + (to_x - x) * gone / length, y + (to_y - y) * gone / length)
            if drawn:
                pieces[-1].append(place)
            else:
                pieces.append([place])
            drawn = not drawn
            left = DASH if drawn else SPACE
        left -= length - gone
        if drawn:
            pieces[-1].append((to_x, to_y))
    return [piece for piece in pieces if len(piece) > 1]
