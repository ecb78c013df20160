"""`netspec weights`: load the weights of another implementation, and see which tensor went where."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser, complain, with_color, with_spec

if TYPE_CHECKING:
    from netspec.lowering.matching import Matching

_EXAMPLES = """\
  netspec weights resnet18 resnet18-f37072fd.pth                 which tensor is whose
  netspec weights resnet18 resnet18-f37072fd.pth -o ours.safetensors
  netspec weights resnet18 theirs.pt --set classes=10 --partial  all that fits: the trunk
  netspec weights resnet50 theirs.safetensors --json             the same as data
"""


def parser() -> Parser:
    """The options."""
    about = "Load a state_dict of another implementation: by name, else by shape and order. Nothing if not all fits."
    made = Parser("weights", about, _EXAMPLES)
    with_spec(made)
    made.add_argument("file", metavar="FILE", help="a state_dict: .safetensors, .pt or .pth")
    made.add_argument("--partial", action="store_true", help="load what matches, and leave the rest as it is at first")
    made.add_argument(
        "--in-order", action="store_true", help="trust the order of the file where names speak against it"
    )
    made.add_argument(
        "-o", dest="to", metavar="OUT", help="write the network's own state_dict: .safetensors, .pt, .pth"
    )
    made.add_argument("--json", action="store_true", help="the mapping as JSON")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Match, load, print the mapping, and write where that is asked for."""
    from netspec.cli.reading import graph_of
    from netspec.lowering.build import build_graph
    from netspec.lowering.extras import MissingPackage
    from netspec.lowering.initial import initialise
    from netspec.lowering.weight_files import WeightsError, check_ending, write
    from netspec.lowering.weights import Mismatch, load_weights

    graph = graph_of(options, parser())
    try:
        if options.to is not None:
            check_ending(options.to)
        module = build_graph(graph)
        if options.partial:
            initialise(module, graph, graph.train.get("init"), seed=graph.train.get("seed", 0))
        _print(load_weights(module, options.file, options.partial, in_order=options.in_order), options)
        if options.to is not None:
            write(options.to, module.state_dict())
    except Mismatch as error:
        _print(error.matching, options)
        sys.stdout.flush()
        complain(str(error) + ("; `--partial` loads what matches" if error.matching.pairs else ""))
        return 2
    except (WeightsError, MissingPackage) as error:
        complain(str(error))
        return 2
    return 0


def _print(matching: Matching, options: Namespace) -> None:
    import json

    from netspec.lowering.matching_report import document, table

    shown = json.dumps(document(matching), ensure_ascii=False, indent=2) + "\n" if options.json else table(matching)
    sys.stdout.write(shown)
