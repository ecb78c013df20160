"""Profiles as SVG: small, the same to the byte on every machine, readable on light and on dark pages.

One idea a mark: a bar is a stage; slices are branches side by side; an arch above a bar is a shortcut that is added; a
line between bars brings an earlier value back; a stem below is an output of its own; a number below says how many
layers or blocks follow each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.draw.lengths import length
from netspec.draw.profile import BOTTOM, HEIGHT, WIDTH, Bar, Join, Profile
from netspec.draw.stages import Kind, Stage
from netspec.report.layout import shorten

COLOURS: dict[Kind, str] = {
    "convolution": "#2a62d9",
    "pooling": "#c07f12",
    "dense": "#cf45b0",
    "tokens": "#12a578",
}
"""Far enough apart for colour-blind people, and from white and from GitHub's dark page; `other` is an outline."""

GREY = "#7d8590"

MOST_SLICES = 4
"""More branches than this are not told apart in a bar."""


def picture(profile: Profile, name: str) -> str:
    """The profile of the network of this name as an SVG document; ends with a newline."""
    page = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {page} role="img" aria-labelledby="name what">',
        f'<title id="name">{_escaped(name)}</title>',
        f'<desc id="what">{_escaped(told(profile))}</desc>',
        *(_line(join) for join in profile.joins),
        *(line for bar in profile.bars for line in _bar(bar)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def told(profile: Profile) -> str:
    """The profile in words, for those who can't see it."""
    first, *rest = (bar.stage for bar in profile.bars)
    return f"From {first.shape}: {', '.join(map(_told, rest))}."


def _told(stage: Stage) -> str:
    does = stage.title if stage.kind == "other" else stage.kind
    return f"{stage.units} x {does} to {stage.shape}" if stage.units > 1 else f"{does} to {stage.shape}"


def _bar(bar: Bar) -> Iterator[str]:
    """The bar in slices, with its marks above and below."""
    stage = bar.stage
    yield "<g>"
    yield f"<title>{_escaped(shorten(stage.title, 80))}: {_escaped(str(stage.shape))}</title>"
    slices = max(1, min(MOST_SLICES, stage.branches, int(bar.height // 2)))
    pitch = (bar.height + 1) / slices
    for place in range(slices):
        yield _rectangle(bar, bar.y + place * pitch, pitch - 1)
    if stage.adds:
        yield _arch(bar)
    if stage.exits:
        yield _stem(bar)
    if bar.says:
        style = f'font-family="sans-serif" font-size="7" text-anchor="middle" fill="{GREY}"'
        yield f'<text x="{length(bar.middle)}" y="{HEIGHT - 1}" {style}>{bar.says}</text>'
    yield "</g>"


def _rectangle(bar: Bar, y: float, height: float) -> str:
    colour = COLOURS.get(bar.stage.kind)
    if colour is not None:
        place = _place(bar.x, y, bar.width, height)
        return f'<rect {place} rx="1" fill="{colour}"/>'
    place = _place(bar.x + 0.5, y + 0.5, max(bar.width - 1, 0), max(height - 1, 0))
    return f'<rect {place} rx="1" fill="none" stroke="{GREY}"/>'


def _arch(bar: Bar) -> str:
    half = min(bar.width, 10) / 2
    start, top = length(bar.middle - half), length(bar.y - 1)
    return f'<path d="M{start} {top}q{length(half)} -5 {length(2 * half)} 0" fill="none" stroke="{GREY}"/>'


def _stem(bar: Bar) -> str:
    at = length(max(bar.x + 1, bar.right - 2))
    return f'<path d="M{at} {length(bar.bottom)}V{BOTTOM + 2}" stroke="{COLOURS["dense"]}"/>'


def _line(join: Join) -> str:
    """From the side of a bar that reaches higher than the line, from the top of one that doesn't."""
    start, end, y = join.start, join.end, length(join.y)
    begin = f"M{length(start.right)} {y}" if start.y < join.y else f"M{length(start.middle)} {length(start.y)}V{y}"
    finish = f"H{length(end.x)}" if end.y < join.y else f"H{length(end.middle)}V{length(end.y)}"
    return f'<path d="{begin}{finish}" fill="none" stroke="{GREY}"/>'


def _place(x: float, y: float, width: float, height: float) -> str:
    return f'x="{length(x)}" y="{length(y)}" width="{length(width)}" height="{length(height)}"'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
