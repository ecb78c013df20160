"""How a training went, as charts: the loss and the accuracy of each epoch, on training and on validation images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, TypeAlias

from netspec.draw.chart import Chart, Dot, Mark, Scale, Stroke, Tone, Words, beside, even, logarithmic, round_step
from netspec.records import frozen

Rows: TypeAlias = Sequence[Mapping[str, Any]]
"""The lines of `metrics.jsonl`."""

WIDTH, HEIGHT = 400, 270
LEFT, RIGHT, TOP, BOTTOM = 46, 76, 52, 38
"""The space around a panel; on the right stand the names of the lines."""

SMALL, PLAIN, LARGE = 11, 12, 15

FOLDS = 10
"""From losses whose largest is so many times the smallest on, the scale is logarithmic."""

MARKED = 30
"""Up to so many epochs each has a dot."""


def curves(rows: Rows) -> Chart:
    """The two panels side by side. Raises ValueError if there are no rows."""
    return beside(panels(rows))


def panels(rows: Rows) -> tuple[Chart, Chart]:
    """The loss and the accuracy, each as a chart. Raises ValueError if there are no rows."""
    if not rows:
        raise ValueError("no epoch was finished: there is nothing to draw")
    return _panel(rows, _LOSS), _panel(rows, _ACCURACY)


@frozen
class _Kind:
    """What a panel shows: the keys of its values in a row, and how they are written."""

    title: str
    train: str
    validation: str
    written: Callable[[float], str]
    tick: Callable[[float], str]
    scale: Callable[[Sequence[float], float, float], Scale]


def _loss_scale(values: Sequence[float], start: float, end: float) -> Scale:
    if min(values) > 0 and max(values) >= FOLDS * min(values):
        return logarithmic(values, start, end)
    return even(values, start, end)


def _part_scale(values: Sequence[float], start: float, end: float) -> Scale:
    return even(values, start, end, most=1.0)


_LOSS = _Kind("Loss", "train_loss", "validation_loss", "{:.4f}".format, "{:g}".format, _loss_scale)
_ACCURACY = _Kind(
    "Accuracy",
    "train_top1",
    "validation_top1",
    lambda part: f"{100 * part:.2f} %",
    lambda part: f"{100 * part:g} %",
    _part_scale,
)


def _panel(rows: Rows, kind: _Kind) -> Chart:
    series: dict[Tone, list[tuple[int, float]]] = {"train": _points(rows, kind.train)}
    tested = _points(rows, kind.validation)
    if tested:
        series["validation"] = tested
    values = [value for points in series.values() for _, value in points]
    up = kind.scale(values or [0.0, 1.0], HEIGHT - BOTTOM, TOP)
    along = _epochs([row["epoch"] for row in rows])
    best = _best(rows, kind.validation) if tested else None
    title = f"{kind.title} (log scale)" if up.logarithmic else kind.title
    marks: list[Mark] = [Words((12, 22), title, "strong", LARGE, bold=True)]
    marks += _grid(up, along, kind)
    if best is not None:
        epoch, value = best
        marks.append(Stroke(((along(epoch), TOP), (along(epoch), HEIGHT - BOTTOM)), "quiet", 1, dashed=True))
    marks += [mark for tone, points in series.items() for mark in _line(tone, points, along, up)]
    if best is not None:
        marks.append(Dot((along(epoch), up(value)), 4.5, "validation", hollow=True))
        said = f"best, epoch {epoch}: {kind.written(value)}"
        marks.append(Words((12, 39), said, "quiet", PLAIN))
    marks += _names(series, up)
    return Chart(WIDTH, HEIGHT, tuple(marks), _told(kind, series, best))


def _points(rows: Rows, key: str) -> list[tuple[int, float]]:
    return [(row["epoch"], row[key]) for row in rows if row.get(key) is not None and isfinite(row[key])]


def _best(rows: Rows, key: str) -> tuple[int, float] | None:
    """The epoch whose weights are kept, and its value."""
    found = _points([row for row in rows if row["best"]], key)
    return found[-1] if found else None


def _epochs(numbers: Sequence[int]) -> Scale:
    first, last = min(numbers), max(numbers)
    step = max(1, int(round_step(max(last - first, 1) / 6) + 0.5))
    ticks = tuple(float(each) for each in range(first, last + 1) if each % step == 0 or (each == first and step == 1))
    return Scale(first, last if last > first else first + 1, LEFT + 6, WIDTH - RIGHT - 6, ticks or (float(first),))


def _grid(up: Scale, along: Scale, kind: _Kind) -> list[Mark]:
    marks: list[Mark] = []
    for value in up.ticks:
        y = up(value)
        marks.append(Stroke(((LEFT, y), (WIDTH - RIGHT, y)), "grid", 1))
        marks.append(Words((LEFT - 6, y + 4), kind.tick(value), "quiet", SMALL, "end"))
    for epoch in along.ticks:
        marks.append(Words((along(epoch), HEIGHT - BOTTOM + 16), f"{epoch:g}", "quiet", SMALL, "middle"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    marks.append(Words((middle, HEIGHT - 7), "epoch", "quiet", SMALL, "middle"))
    return marks


def _line(tone: Tone, points: Sequence[tuple[int, float]], along: Scale, up: Scale) -> list[Mark]:
    places = tuple((along(epoch), up(value)) for epoch, value in points)
    wide = 2.2 if tone == "validation" else 1.6
    marks: list[Mark] = [Stroke(places, tone, wide, dashed=tone == "train")] if len(places) > 1 else []
    if len(places) <= MARKED:
        marks += [Dot(place, 2.4 if tone == "validation" else 1.9, tone) for place in places]
    return marks


def _names(series: Mapping[Tone, Sequence[tuple[int, float]]], up: Scale) -> list[Mark]:
    """The name of each line behind its end, pushed apart where they would touch."""
    ends = sorted((up(points[-1][1]), tone) for tone, points in series.items() if points)
    places = [y for y, _ in ends]
    if len(places) == 2 and places[1] - places[0] < PLAIN + 2:
        middle, half = sum(places) / 2, (PLAIN + 2) / 2
        places = [middle - half, middle + half]
    return [
        Words((WIDTH - RIGHT + 3, y + 4), tone, tone, PLAIN, bold=tone == "validation")
        for y, (_, tone) in zip(places, ends, strict=True)
    ]


def _told(kind: _Kind, series: Mapping[Tone, Sequence[tuple[int, float]]], best: tuple[int, float] | None) -> str:
    """The panel in words, for those who can't see it."""
    ways = [
        f"{tone} from {kind.written(points[0][1])} to {kind.written(points[-1][1])}"
        for tone, points in series.items()
        if points
    ]
    marked = f"; the best epoch is {best[0]}, at {kind.written(best[1])}" if best else ""
    return f"{kind.title} by epoch: {', '.join(ways)}{marked}."
