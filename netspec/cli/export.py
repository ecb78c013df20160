"""`netspec export`: the network as a Python file for torch, as ONNX, or as netspec's own JSON."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import PurePath
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser, complain, with_color, with_spec

if TYPE_CHECKING:
    from netspec.graph import Graph

FORMATS = {
    "pytorch": (".py", "a Python file that needs torch only"),
    "onnx": (".onnx", "ONNX with the weights of a fresh module"),
    "json": (".json", "the graph, which netspec reads back"),
}
"""The formats: the ending by which `-o` knows each, and what it is."""

_EXAMPLES = """\
  netspec export googlenet --to pytorch -o g.py      then: python g.py
  netspec export googlenet -o g.py                   the ending says the format: .py .onnx .json
  netspec export resnet18 --to pytorch --set classes=10
  netspec export resnet18 --input 3x64x64 -o r.onnx
"""


def parser() -> Parser:
    """The options."""
    made = Parser("export", "The network in another form: PyTorch source, ONNX, JSON.", _EXAMPLES)
    with_spec(made)
    listed = "; ".join(f"{name}: {about}" for name, (_, about) in FORMATS.items())
    made.add_argument("--to", choices=tuple(FORMATS), metavar="FORMAT", help=listed)
    made.add_argument("-o", dest="path", metavar="FILE", help="write to a file; its ending says the format")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Write the network."""
    from netspec.cli.reading import graph_of
    from netspec.cli.stream import save
    from netspec.files import refusal

    form = _form(options)
    graph = graph_of(options, parser())
    try:
        if form == "onnx":
            return _onnx(graph, options.path)
        if options.path is None:
            sys.stdout.write(written(graph, form))
        else:
            save(options.path, written(graph, form))
    except OSError as error:
        if options.path is None:
            raise  # standard output: the reader has gone
        complain(refusal(options.path, error))
        return 2
    return 0


def written(graph: Graph, form: str) -> str:
    """The network as text. Raises SpecError."""
    if form == "json":
        from netspec.report import graph_json

        return graph_json.write(graph)
    from netspec.lowering.source import source

    return source(graph)


def _onnx(graph: Graph, path: str) -> int:
    """Write ONNX. Raises SpecError, OSError and MissingPackage."""
    from netspec.lowering import onnx

    try:
        onnx.export(graph, path)
    except onnx.TooLarge as error:
        complain(str(error))
        return 2
    return 0


def _form(options: Namespace) -> str:
    """The format that is wanted; ends with a usage error where nothing says which, or where it can't be printed."""
    ending = PurePath(options.path or "").suffix
    form: str | None = options.to or next((name for name, (known, _) in FORMATS.items() if known == ending), None)
    if form is None:
        what = f"`{options.path}` doesn't say" if options.path else "say"
        parser().error(f"{what} which format: `--to pytorch`, `onnx` or `json`")
    if form == "onnx" and options.path is None:
        parser().error("ONNX is no text: say where to write it, `-o net.onnx`")
    return form
