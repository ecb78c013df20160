"""The parts of a report on single answers: the most wrong images, and how sure the network is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from netspec.draw.chart_svg import svg
from netspec.draw.reliability import reliability


def wrong_section(names: Sequence[str], wrong: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> str:
    """The images whose true class was found least likely, the worst first."""
    count = round((1 - found["top1"]) * found["images"])
    if not wrong:
        return "<section><h2>Most wrong</h2><p>No validation image is wrong.</p></section>"
    figures = "".join(_figure(names, each) for each in wrong)
    which = f"{count:,} are wrong" + (f", of which these are the {len(wrong)} worst" if count > len(wrong) else "")
    said = "what it said, and below what is true, with the probabilities that it gave"
    note = f"Of {found['images']:,} validation images {which}: {said}."
    return f'<section><h2>Most wrong</h2><p class="quiet">{note}</p><div class="images">{figures}</div></section>'


def _figure(names: Sequence[str], each: Mapping[str, Any]) -> str:
    said, true = _name(names, each["said"]), _name(names, each["true"])
    told = f"{escape(true)}, taken for {escape(said)}"
    image = f'<img src="{escape(each["image"])}" alt="{told}">' if each["image"] else ""
    sure, of_true = _percent(each["said_probability"]), _percent(each["true_probability"])
    return (
        f'<figure>{image}<figcaption><span class="said">{escape(said)}</span> {sure}<br>'
        f'is {escape(true)} <span class="quiet">{of_true}</span></figcaption></figure>'
    )


def calibration_section(found: Mapping[str, Any]) -> str:
    """Whether it is as often right as it says."""
    sure, right = found["confidence"], found["right"]
    way = "surer than it is right" if sure > right else "less sure than it is right"
    return (
        '<section><h2>Calibration</h2><div class="split">'
        f"{svg(reliability(found['bins']), 'Calibration')}"
        f"<div><p>On average it gives the class that it says {_percent(sure)}, and {_percent(right)} of its answers "
        f"are right: it is {way}. The expected calibration error, the mean distance of the two within bins of equal "
        f"sureness, is {100 * found['error']:.2f} points.</p>"
        '<p class="quiet">A dot is a bin, as large as its images are many; on the dashed line sureness and rightness '
        "agree, and below it the network is too sure.</p></div></div></section>"
    )


def _name(names: Sequence[str], number: int) -> str:
    return names[number] if number < len(names) else f"#{number}"


def _percent(part: float) -> str:
    """A probability with what digits tell: `97.2 %`, `0.004 %`."""
    return f"{100 * part:.1f} %" if part >= 0.001 else f"{100 * part:.1g} %" if part > 1e-6 else "0 %"
