"""`curves.svg` and `curves.png` in the folder of a run, renewed while it is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from time import perf_counter
from typing import Any

from netspec.draw.chart import Chart
from netspec.draw.chart_svg import svg
from netspec.draw.curves import curves
from netspec.records import mutable
from netspec.training.run import Run

SHARE = 0.01
"""The part of the time that is spent on pictures of pixels, which take a tenth of a second each."""


@mutable
class Curves:
    """The pictures of a run: `since` is when the PNG was written last, `cost` the seconds that it took."""

    run: Run
    since: float = -1e9
    cost: float = 0.0

    def renew(self, rows: Sequence[Mapping[str, Any]], *, last: bool = False) -> None:
        """Draw the epochs so far.

        The SVG is drawn each time, in a few milliseconds; the PNG at most in a hundredth of the time, and at the last.
        Raises TrainingError if it can't be written.
        """
        if not rows:
            return
        chart = curves(rows)
        self.run.write("curves.svg", svg(chart, f"{self.run.folder.name}: {len(rows)} epochs"))
        if last or SHARE * (perf_counter() - self.since) >= self.cost:
            self._draw_pixels(chart)

    def _draw_pixels(self, chart: Chart) -> None:
        if find_spec("PIL") is None:  # an installation without the extra: the SVG is there
            return
        from netspec.training.evidence.chart_png import png

        begun = perf_counter()
        self.run.write_bytes("curves.png", png(chart))
        self.since = perf_counter()
        self.cost = self.since - begun
