"""`netspec list`: the networks that come with netspec."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser, with_color

if TYPE_CHECKING:
    from netspec.analysis.facts import Analysis
    from netspec.library import Shipped

_EXAMPLES = """\
  netspec list
  netspec list --json | jq '.[] | select(.parameters < 1000000) | .name'
"""


def parser() -> Parser:
    """The options."""
    made = Parser("list", "The networks that come with netspec, by family and year.", _EXAMPLES)
    made.add_argument("--json", action="store_true", help="as JSON")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Print one line a network."""
    from netspec.cli.stream import window
    from netspec.report import interface, library

    shown = list(analysed())
    if options.json:
        sys.stdout.write(interface.networks([(each.name, each.family, each.year, facts) for each, facts in shown]))
    else:
        sys.stdout.write(library.render(shown, window(sys.stdout)))
    return 0


def analysed() -> Iterator[tuple[Shipped, Analysis]]:
    """Each shipped network with its figures. Raises SpecError."""
    from netspec.analysis import analyze
    from netspec.compiler import compile_with
    from netspec.library import networks

    for each in networks():
        yield each, analyze(compile_with(each.path, {}))
