"""`netspec layers`: the layers that a spec can use."""

from __future__ import annotations

import sys
from argparse import Namespace

from netspec.cli.usage import Parser, complain, with_color

_EXAMPLES = """\
  netspec layers                       every layer, by family, with one line each
  netspec layers conv                  its arguments, its formulas, and examples computed now
"""


def parser() -> Parser:
    """The options."""
    made = Parser("layers", "The layers that a spec can use.", _EXAMPLES)
    made.add_argument("name", metavar="NAME", nargs="?", help="a layer, for a page about it")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Print the list, or a page."""
    from netspec.diagnostics import nearest
    from netspec.layers import TABLE, layer_class
    from netspec.report import reference

    if options.name is None:
        sys.stdout.write(reference.overview())
        return 0
    if options.name in TABLE:
        sys.stdout.write(reference.page(layer_class(options.name)))
        return 0
    guess = nearest(options.name.lower(), TABLE)
    hint = f"did you mean `{guess}`?" if guess else "`netspec layers` lists them"
    complain(f"there is no layer `{options.name}`; {hint}")
    return 2
