"""The part of a report on classes: which are taken for which, and how many images of each are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

MOST = 20
"""Of more classes the matrix is not shown, but the pairs that are confused most, and the worst classes."""

LONG = 4
"""Longer names stand upright over the columns."""


def classes_section(names: Sequence[str], found: Mapping[str, Any]) -> str:
    """The section: `found` has `confusion` and `per_class` of validation images."""
    counts: Sequence[Sequence[int]] = found["confusion"]
    named = [*names, *(f"#{at}" for at in range(len(names), len(counts[0])))]
    shown = _matrix(named, counts) if len(named) <= MOST else _pairs(named, counts)
    return (
        '<section><h2>Classes</h2><div class="split">'
        f"<div>{shown}</div><div>{_bars(names, counts)}</div></div></section>"
    )


def _matrix(names: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    longest = max(map(len, names))
    kind = ' class="long"' if longest > LONG else ""
    head = "".join(f"<th><span{kind}>{escape(name)}</span></th>" for name in names)
    lines = []
    for at, row in enumerate(counts):
        total = sum(row) or 1
        cells = "".join(_cell(count, count / total, right=at == column) for column, count in enumerate(row))
        lines.append(f"<tr><th>{escape(names[at])}</th>{cells}</tr>")
    return (
        '<p class="quiet">Rows are what images are, columns what they were taken for.</p>'
        f'<div class="wide"><table class="confusion"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _cell(count: int, part: float, *, right: bool) -> str:
    """A count on a ground of blue where it is right, of orange where it is not; mistakes are few, so they glow more."""
    if not count:
        return '<td class="quiet">·</td>'
    strength = 0.1 + 0.35 * part if right else min(0.7, 0.15 + 2.5 * part)
    colour = "42,98,217" if right else "222,104,20"
    return f'<td{" class=right" if right else ""} style="background:rgba({colour},{strength:.2f})">{count:,}</td>'


def _pairs(names: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    pairs = sorted(
        ((count, at, said) for at, row in enumerate(counts) for said, count in enumerate(row) if count and said != at),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    lines = "".join(
        f"<tr><td>{escape(names[at])}</td><td>{escape(names[said])}</td><td>{count:,}</td></tr>"
        for count, at, said in pairs[:MOST]
    )
    return (
        '<p class="quiet">Confused most often.</p><table class="list"><thead><tr><th>is</th><th>was taken for</th>'
        f"<th>times</th></tr></thead><tbody>{lines}</tbody></table>"
    )


def _bars(names: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    found = [(row[at] / sum(row), sum(row), at) for at, row in enumerate(counts) if sum(row)]
    worst = sorted(found)
    first = worst[:MOST] if len(worst) > MOST else sorted(found, key=lambda each: each[2])
    rest = worst[MOST:] if len(worst) > MOST else []
    said = f"The {MOST} worst of {len(worst)} classes." if rest else "Accuracy of each class."
    more = f"<details><summary>the other {len(rest)}</summary>{_bar_table(names, rest)}</details>" if rest else ""
    return f'<p class="quiet">{said}</p>{_bar_table(names, first)}{more}'


def _bar_table(names: Sequence[str], parts: Sequence[tuple[float, int, int]]) -> str:
    lines = "".join(
        f'<tr><td>{escape(names[at])}</td><td class="bar"><i style="width:{100 * part:.1f}%"></i></td>'
        f'<td>{100 * part:.1f} %</td><td class="quiet">of {images:,}</td></tr>'
        for part, images, at in parts
    )
    return f'<div class="wide"><table class="bars"><tbody>{lines}</tbody></table></div>'
