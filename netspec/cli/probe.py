"""`netspec probe`: how well a linear classifier does on features."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from netspec.cli.features import found_by, with_layer
from netspec.cli.guarded import guarded
from netspec.cli.usage import Parser, complain

if TYPE_CHECKING:
    from netspec.training.probe import Probed

_EXAMPLES = """\
  netspec probe f.npz                                    what `netspec features` wrote, or numpy
  netspec probe runs/lenet5-2026-11-25-1 --at s4         without a file
  netspec probe runs/lenet5-2026-11-25-1 --at f6 --data fashion-mnist --json
"""


def parser() -> Parser:
    """The options."""
    made = Parser(
        "probe", "Fit a linear classifier to features, and test it: logistic regression by L-BFGS.", _EXAMPLES
    )
    made.add_argument("run", metavar="FILE.npz|RUN", help="an archive of features, or the folder of a run with `--at`")
    with_layer(made, required=False)
    made.add_argument("--json", action="store_true", help="the same as data; parts of all are from 0 to 1")
    return made


def run(options: Namespace) -> int:
    """Print what was found."""
    from pathlib import Path

    if Path(options.run).is_dir() and options.at is None:
        parser().error("of a run, say which layer: `--at NAME`")
    if not Path(options.run).is_dir() and (options.at or options.data):
        parser().error(f"`{options.run}` is no folder of a run, which `--at` and `--data` are for")
    return guarded(_probed, options)


def _probed(options: Namespace) -> int:
    from pathlib import Path

    from netspec.lowering.npz import ArchiveError, read
    from netspec.training.probe import probe, table, table_of

    try:
        known = table_of(found_by(options)) if Path(options.run).is_dir() else table(read(options.run), options.run)
    except ArchiveError as error:
        complain(str(error))
        return 2
    found = probe(known)
    what = f"{options.run}, `{options.at}`" if options.at else str(options.run)
    shown = json.dumps(document(found), ensure_ascii=False) + "\n" if options.json else text(found, what)
    sys.stdout.write(shown)
    return 0


def document(found: Probed) -> dict[str, Any]:
    """What was found, for programs."""
    tried = [{"penalty": penalty, "validation_top1": part} for penalty, part in found.tried.items()]
    return {
        "features": found.numbers,
        "classes": found.classes,
        "images": found.images,
        "tried": tried,
        "penalty": found.penalty,
        "validation_top1": found.tried[found.penalty],
        "top1": found.top1,
        "per_class": found.per_class,
    }


def text(found: Probed, what: str) -> str:
    """What was found, for people."""
    counts = ", ".join(f"{count:,} {name}" for name, count in found.images.items() if count)
    lines = [
        f"{what}: {found.numbers:,} numbers for each image, in {len(found.classes)} classes ({counts})",
        "",
        "penalty  validation",
        *(f"{penalty:7g}  {100 * part:8.2f} %" for penalty, part in found.tried.items()),
        "",
    ]
    if found.top1 is None:
        lines.append(f"{100 * found.tried[found.penalty]:.2f} % with penalty {found.penalty:g}; no images to test on")
    else:
        lines.append(f"test top-1  {100 * found.top1:.2f} % with penalty {found.penalty:g}")
    return "\n".join(lines) + "\n"
