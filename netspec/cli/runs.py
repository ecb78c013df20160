"""`netspec runs`: the trainings in a folder, side by side."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser, complain

if TYPE_CHECKING:
    from netspec.training.evidence.overview import Summary

_EXAMPLES = """\
  netspec runs                          those in `runs`, the latest last
  netspec runs --sort top1              the best on validation images first
  netspec runs experiments/augment      those in another folder
  netspec runs --json | jq '.[] | select(.state == "done") | .folder'
"""

HEADINGS = ("run", "data", "epochs", "val top-1", "val loss", "test top-1", "parameters", "time", "state")
LEFT = frozenset(("run", "data", "state"))


def parser() -> Parser:
    """The options."""
    from netspec.training.evidence.overview import ORDERS

    made = Parser("runs", "The trainings in a folder, side by side: how far each is, and how good it got.", _EXAMPLES)
    made.add_argument(
        "folder", metavar="DIR", nargs="?", default="runs", help="a folder of runs, or one run; else `runs`"
    )
    made.add_argument("--sort", choices=tuple(ORDERS), default="begun", help="by what; the best or smallest first")
    made.add_argument("--json", action="store_true", help="as JSON; parts of all are from 0 to 1")
    return made


def run(options: Namespace) -> int:
    """Print one line a run."""
    from pathlib import Path

    from netspec.training.errors import TrainingError
    from netspec.training.evidence.overview import ORDERS, runs, to_json

    folder = Path(options.folder)
    try:
        found = runs(folder)
    except TrainingError as error:
        hint = "; `netspec train` makes it" if options.folder == "runs" and not folder.exists() else ""
        complain(f"{error}{hint}")
        return 2
    found.sort(key=ORDERS[options.sort])
    if options.json:
        sys.stdout.write(json.dumps([to_json(each) for each in found], ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(table(found, folder))
    return 0


def table(found: Sequence[Summary], folder: object) -> str:
    """The runs for people, under each other; the best figures of several are marked."""
    if not found:
        return f"no run is in `{folder}`\n"
    several = len(found) > 1
    top = max((each.top1 for each in found if each.top1 is not None and several), default=None)
    lowest = min((each.loss for each in found if each.loss is not None and several), default=None)
    rows = [HEADINGS, *(_cells(each, top, lowest) for each in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join("  ".join(map(_padded, HEADINGS, row, widths)).rstrip() + "\n" for row in rows)


def _cells(each: Summary, top: float | None, lowest: float | None) -> tuple[str, ...]:
    from pathlib import Path

    from netspec.training.evidence.words import duration

    of = "?" if each.of is None else f"{each.of:g}" if each.of == round(each.of) else f"{each.of:.1f}"
    return (
        Path(each.folder).name or each.folder,
        each.data,
        f"{each.epochs} of {of}",
        _marked("–" if each.top1 is None else f"{100 * each.top1:.2f} %", top is not None and each.top1 == top),
        _marked("–" if each.loss is None else f"{each.loss:.4f}", lowest is not None and each.loss == lowest),
        "–" if each.test_top1 is None else f"{100 * each.test_top1:.2f} %",
        "–" if each.parameters is None else f"{each.parameters:,}",
        duration(each.seconds),
        f"{each.state}, early" if each.state == "done" and each.why else each.state,
    )


def _marked(text: str, best: bool) -> str:
    return f"*{text}" if best else text


def _padded(heading: str, text: str, width: int) -> str:
    return text.ljust(width) if heading in LEFT else text.rjust(width)
