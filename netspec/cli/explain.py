"""`netspec explain`: the calculation behind each figure, or the page on an error code."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections.abc import Sequence

from netspec.cli.usage import Parser, complain, with_color, with_spec

_EXAMPLES = """\
  netspec explain alexnet conv1        the size, parameters, MACs and receptive field of one layer
  netspec explain resnet18 basic3      of every layer of a block
  netspec explain 1x29x29-20C4-MP2     of every layer there is
  netspec explain E203                 what an error means, and how to mend it
"""


def parser() -> Parser:
    """The options."""
    made = Parser("explain", "The hand calculation of each figure, as on a blackboard; or an error code.", _EXAMPLES)
    with_spec(made)
    made.add_argument("layer", metavar="LAYER", nargs="?", help="a layer or block by its name in the table")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Print the calculations, or the page."""
    if options.layer is None and re.fullmatch("[EWNewn][0-9]{3}", options.spec):
        return _page(options.spec.upper())
    from netspec.analysis.explain import explain, lines
    from netspec.cli.reading import analysis_of

    analysis = analysis_of(options, parser())
    inputs = frozenset(analysis.graph.inputs.values())
    layers = [facts for facts in analysis.layers if facts.node.number not in inputs]
    if options.layer is not None:
        name = options.layer
        found = [facts for facts in layers if facts.node.name == name or facts.node.name.startswith(f"{name}.")]
        if not found:
            return _unknown(name, [facts.node.name for facts in layers])
        layers = found
    for number, facts in enumerate(layers):
        node = facts.node
        flow = ", ".join(map(str, facts.inputs))
        sys.stdout.write(f"{chr(10) if number else ''}{node.name}: {node.title}   {flow} → {node.shape}\n")
        for line in lines(explain(analysis, node)):
            sys.stdout.write(f"  {line}\n")
    return 0


def _page(code: str) -> int:
    from netspec.codes import CODES, page
    from netspec.diagnostics import nearest

    if code in CODES:
        sys.stdout.write(page(code).rstrip("\n") + "\n")
        return 0
    guess = nearest(code, CODES)
    complain(f"there is no code `{code}`" + (f"; did you mean `{guess}`?" if guess else ""))
    return 2


def _unknown(name: str, known: Sequence[str]) -> int:
    from netspec.diagnostics import nearest

    blocks = {each.rpartition(".")[0] for each in known} - {""}
    guess = nearest(name, [*known, *blocks])
    complain(f"there is no layer `{name}`; " + (f"did you mean `{guess}`?" if guess else "the table shows their names"))
    return 2
