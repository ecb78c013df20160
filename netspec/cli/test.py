"""`netspec test`: how well a trained network does on the test images, which nothing else looks at."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from netspec.cli.guarded import guarded
from netspec.cli.usage import Parser, complain, with_streaming

if TYPE_CHECKING:
    from pathlib import Path

    from netspec.training.evidence.calibration import Calibration
    from netspec.training.testing import Outcome

_EXAMPLES = """\
  netspec test runs/lenet5-2026-11-25-1
  netspec test runs/lenet5-2026-11-25-1 --data mnist      on other images of the same classes
  netspec test runs/lenet5-2026-11-25-1 --json
"""

MOST_COLUMNS = 20
"""Of more classes the confusion matrix is not printed; `--json` has it."""


def parser() -> Parser:
    """The options."""
    made = Parser(
        "test",
        "Test the best weights of a run: loss, top-1, top-5, each class, confusion, calibration.\n"
        "What is found of its own test images is kept in its folder, for `netspec runs` and the report.",
        _EXAMPLES,
    )
    made.add_argument("run", metavar="RUN", help="the folder of the run")
    made.add_argument("--data", metavar="NAME[:PATH]", help="other images of the same classes")
    made.add_argument("--device", help="cpu, cuda or cuda:N; else a GPU if there is one")
    with_streaming(made)
    made.add_argument("--offline", action="store_true", help="download nothing, as NETSPEC_OFFLINE=1 does")
    made.add_argument("--json", action="store_true", help="the same as data; parts of all are from 0 to 1")
    return made


def run(options: Namespace) -> int:
    """Print what was found."""
    return guarded(_tested, options)


def _tested(options: Namespace) -> int:
    from pathlib import Path

    from netspec.training.computing import Computing
    from netspec.training.testing import outcome

    computing = Computing(options.stream, options.workers)
    found = outcome(Path(options.run), options.device, data=options.data, offline=options.offline, computing=computing)
    sys.stdout.write(json.dumps(document(found), ensure_ascii=False) + "\n" if options.json else text(found))
    if options.data is None:
        _keep(Path(options.run), document(found))
    return 0


def _keep(folder: Path, found: dict[str, Any]) -> None:
    """The result among the run's evidence; somebody else's folder may be one to read only, and that is no failure."""
    from netspec.training.errors import TrainingError
    from netspec.training.evidence.report import keep_test
    from netspec.training.run import Run

    try:
        keep_test(Run(folder), found)
    except TrainingError as error:
        complain(f"the result is printed and not kept: {error}")


def document(made: Outcome) -> dict[str, Any]:
    """What was found, for programs."""
    from netspec.training.evaluation import to_json
    from netspec.training.evidence.calibration import to_json as calibration_to_json

    sure = calibration_to_json(made.calibration)
    return {"data": made.data, "classes": made.task.classes, **to_json(made.found), "calibration": sure}


def text(made: Outcome) -> str:
    """What was found, for people."""
    found, classes = made.found, made.task.classes
    lines = [
        f"{made.task.name} on {made.data}: {found.images:,} test images",
        f"loss   {found.loss:.4f}",
        f"top-1  {100 * found.top1:.2f} %",
        *([f"top-5  {100 * found.top5:.2f} %"] if found.top5 is not None else []),
        "",
        *_table(classes, found.per_class, found.confusion),
        "",
        *_calibration(made.calibration),
    ]
    return "\n".join(lines) + "\n"


def _calibration(found: Calibration) -> list[str]:
    """How sure it is against how often it is right, over all images and in bins."""
    images = sum(each.images for each in found.bins)
    lines = [
        f"calibration error  {100 * found.error:.2f} %",
        "   how sure  on average     right    images",
        f"        all  {100 * found.sure:8.2f} %  {100 * found.right:6.2f} %  {images:8,}",
    ]
    for each in found.bins:
        edges = f"{100 * each.low:.0f}-{100 * each.high:.0f} %"
        lines.append(f"{edges:>11}  {100 * each.sure:8.2f} %  {100 * each.right:6.2f} %  {each.images:8,}")
    return lines


def _table(classes: tuple[str, ...], shares: Any, confusion: Any) -> list[str]:
    """Of each class the part that is right, and as what its images were taken."""
    shown = len(confusion[0]) <= MOST_COLUMNS
    named = [*classes, *(f"#{at}" for at in range(len(classes), len(confusion[0])))]
    rows = [["class", "right", *(named if shown else [])]]
    for name, share, counts in zip(classes, shares, confusion, strict=True):
        part = "-" if share is None else f"{100 * share:.1f} %"
        rows.append([name, part, *(map(str, counts) if shown else [])])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *rest in rows:
        numbers = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *numbers]).rstrip())
    return lines
