"""A chart as SVG: the same to the byte on every machine, on a page of its own that is light or dark as the reader's."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from netspec.draw.chart import PAGE, TONES, Chart, Dot, Mark, Stroke, Words
from netspec.draw.lengths import length

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def _style(place: int) -> str:
    rules = [f".chart .{tone}{{stroke:{colours[place]}}}" for tone, colours in TONES.items()]
    rules += [
        f".chart text.{tone},.chart .{tone}.full{{fill:{colours[place]};stroke:none}}"
        for tone, colours in TONES.items()
    ]
    return f".chart .page,.chart .hollow{{fill:{PAGE[place]}}}" + "".join(rules)


STYLE = (
    f":root{{color-scheme:light dark}}.chart text{{font-family:{FONT}}}.chart path{{fill:none}}"
    f"{_style(0)}@media (prefers-color-scheme:dark){{{_style(1)}}}"
)


def svg(chart: Chart, title: str) -> str:
    """The chart as an SVG document, which may also stand within an HTML page; ends with a newline."""
    size = f'width="{chart.width}" height="{chart.height}" viewBox="0 0 {chart.width} {chart.height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" {size} role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(chart.told)}</desc>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{chart.width}" height="{chart.height}"/>',
        *(line for mark in chart.marks for line in _mark(mark)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _mark(mark: Mark) -> Iterator[str]:
    if isinstance(mark, Stroke):
        dashes = ' stroke-dasharray="5 3"' if mark.dashed else ""
        joins = 'stroke-linejoin="round" stroke-linecap="round"' if not mark.dashed else 'stroke-linejoin="round"'
        path = "L".join(f"{length(x)} {length(y)}" for x, y in mark.points)
        yield f'<path class="{mark.tone}" d="M{path}" stroke-width="{length(mark.width)}" {joins}{dashes}/>'
    elif isinstance(mark, Dot):
        place = f'cx="{length(mark.at[0])}" cy="{length(mark.at[1])}" r="{length(mark.radius)}"'
        yield f'<circle class="{mark.tone} {"hollow" if mark.hollow else "full"}" {place} stroke-width="2"/>'
    else:
        yield _words(mark)


def _words(mark: Words) -> str:
    bold = ' font-weight="600"' if mark.bold else ""
    anchor = f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else ""
    place = f'x="{length(mark.at[0])}" y="{length(mark.at[1])}" font-size="{length(mark.size)}"'
    return f'<text class="{mark.tone}" {place}{anchor}{bold}>{escape(mark.text)}</text>'
