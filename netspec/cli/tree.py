"""`netspec tree`: the structure of a network."""

from __future__ import annotations

import sys
from argparse import Namespace

from netspec.cli.analyze import depth
from netspec.cli.usage import Parser, with_color, with_spec

_EXAMPLES = """\
  netspec tree googlenet               blocks, their branches, and the shapes that come out
  netspec tree resnet50 --depth 1      no deeper than this
"""


def parser() -> Parser:
    """The options."""
    made = Parser("tree", "The structure of a network: blocks, branches, layers and shapes.", _EXAMPLES)
    with_spec(made)
    made.add_argument("--depth", type=depth, metavar="N", help="levels of blocks and branches to open (default all)")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Print the tree."""
    from netspec.cli.reading import graph_of
    from netspec.report import tree

    sys.stdout.write(tree.render(graph_of(options, parser()), options.depth))
    return 0
