"""`netspec export`: the network as a Python file for torch, as ONNX, as JSON; its weights as an archive or as text."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from netspec.cli.usage import Parser, complain, with_color, with_setting

if TYPE_CHECKING:
    from netspec.graph import Graph

FORMATS = {
    "pytorch": (".py", "a Python file that needs torch only"),
    "onnx": (".onnx", "ONNX with weights"),
    "json": (".json", "the graph, which netspec reads back"),
    "npz": (".npz", "every weight by its name, as numpy reads them"),
    "txt": (".txt", "every weight by its name, as text"),
}
"""The formats: the ending by which `-o` knows each, and what it is."""

_EXAMPLES = """\
  netspec export googlenet --to pytorch -o g.py      then: python g.py
  netspec export googlenet -o g.py                   the ending says the format: .py .onnx .json .npz .txt
  netspec export resnet18 --to pytorch --set classes=10
  netspec export resnet18 --input 3x64x64 -o r.onnx
  netspec export resnet18 --weights resnet18-f37072fd.pth -o r.onnx
  netspec export runs/lenet5-2026-11-25-1 -o net.py      and net.pt: python net.py picture.png
  netspec export runs/lenet5-2026-11-25-1 -o net.onnx --pixels
"""


def parser() -> Parser:
    """The options."""
    made = Parser("export", "The network, or a trained one, in another form: PyTorch, ONNX, JSON, weights.", _EXAMPLES)
    what = "a file, `-`, a shipped network's name, the spec itself; or the folder of a run"
    made.add_argument("spec", metavar="SPEC|RUN", help=what)
    with_setting(made)
    listed = "; ".join(f"{name}: {about}" for name, (_, about) in FORMATS.items())
    made.add_argument("--to", choices=tuple(FORMATS), metavar="FORMAT", help=listed)
    made.add_argument("-o", dest="path", metavar="FILE", help="write to a file; its ending says the format")
    kinds = "of a run its best (default) or its last; of a spec a file, else they are new ones"
    made.add_argument("--weights", metavar="best|last|FILE", help=kinds)
    made.add_argument(
        "--pixels", action="store_true", help="ONNX of a run that takes pixels, uint8, and normalises them"
    )
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Write the network."""
    from netspec.cli.reading import graph_of, is_run
    from netspec.files import refusal

    form = _form(options)
    if options.pixels and (form != "onnx" or not is_run(options.spec)):
        parser().error("`--pixels` is for ONNX of a run, which knows how pixels are normalised")
    try:
        if is_run(options.spec):
            return _run_folder(options, form)
        graph = graph_of(options, parser())
        if form in ("onnx", "npz", "txt"):
            return _weighted(graph, form, options)
        if options.weights is not None:
            parser().error(f"`--to {form}` of a spec has no weights; `netspec weights SPEC FILE -o OUT` writes them")
        return _text([written(graph, form)], options.path)
    except OSError as error:
        if options.path is None:
            raise  # standard output: the reader has gone
        complain(refusal(options.path, error))
        return 2


def written(graph: Graph, form: str) -> str:
    """The network as text. Raises SpecError."""
    if form == "json":
        from netspec.report import graph_json

        return graph_json.write(graph)
    from netspec.lowering.source import source

    return source(graph)


def _text(parts: Iterable[str], path: str | None) -> int:
    """Print text, or write it. Raises OSError."""
    from netspec.cli.stream import save

    if path is None:
        for part in parts:
            sys.stdout.write(part)
    else:
        save(path, "".join(parts))
    return 0


# A spec with weights


def _weighted(graph: Graph, form: str, options: Namespace) -> int:
    """Write a network with weights, new ones or those of a file. Raises SpecError, OSError and MissingPackage."""
    from netspec.lowering.npz import ArchiveError
    from netspec.lowering.weight_files import WeightsError

    try:
        if form == "onnx":
            return _onnx(graph, options)
        weights = _weights(graph, options.weights)
        if form == "npz":
            from netspec.lowering import npz

            npz.write(options.path, weights)
            return 0
        from netspec.lowering.weight_text import lines

        return _text((f"{line}\n" for line in lines(weights)), options.path)
    except (WeightsError, ArchiveError) as error:
        complain(str(error))
        return 2


def _onnx(graph: Graph, options: Namespace) -> int:
    """Write ONNX. Raises SpecError, OSError, WeightsError and MissingPackage."""
    from netspec.lowering import onnx

    try:
        if options.weights is None:
            onnx.export(graph, options.path)
        else:
            onnx.export(graph, options.path, weights=_weights(graph, options.weights))
    except onnx.TooLarge as error:
        complain(str(error))
        return 2
    return 0


def _weights(graph: Graph, file: str | None) -> dict[str, Any]:
    """New weights, or those of a file. Raises SpecError, WeightsError and MissingPackage."""
    if file is None:
        from netspec.lowering.initial import fresh_weights

        return fresh_weights(graph)
    from netspec.lowering.build import build_graph
    from netspec.lowering.weights import load_weights

    module = build_graph(graph)
    load_weights(module, file)
    loaded: dict[str, Any] = module.state_dict()
    return loaded


# A run


def _run_folder(options: Namespace, form: str) -> int:
    """Write a trained network. Raises OSError."""
    from netspec.cli.guarded import guarded

    if options.set or options.input:
        parser().error("a run's network is as it was trained: `--set` and `--input` are for specs")
    if form == "pytorch" and options.path is None:
        parser().error("its weights go beside the file: say where to write it, `-o net.py`")
    return guarded(lambda options: _trained(options, form), options)


def _trained(options: Namespace, form: str) -> int:
    from netspec.lowering.npz import ArchiveError
    from netspec.lowering.onnx import TooLarge
    from netspec.lowering.weight_files import WeightsError
    from netspec.training.exporting import export, text
    from netspec.training.run import Run
    from netspec.training.trained import trained

    made = trained(Run(options.spec), options.weights or "best", "cpu")
    if options.path is None:
        return _text(text(made, form), None)
    try:
        files = export(made, form, Path(options.path), pixels=options.pixels)
    except (WeightsError, ArchiveError, TooLarge) as error:
        complain(str(error))
        return 2
    if len(files) > 1:
        name, beside = files
        sys.stdout.write(f"{name}, and its weights {beside}; try it by: python {name} picture.png\n")
    return 0


def _form(options: Namespace) -> str:
    """The format that is wanted; ends with a usage error where nothing says which, or where it can't be printed."""
    ending = PurePath(options.path or "").suffix
    form: str | None = options.to or next((name for name, (known, _) in FORMATS.items() if known == ending), None)
    if form is None:
        what = f"`{options.path}` doesn't say" if options.path else "say"
        *names, last = FORMATS
        parser().error(f"{what} which format: `--to {'`, `'.join(names)}` or `{last}`")
    if form in ("onnx", "npz") and options.path is None:
        name = {"onnx": "ONNX", "npz": "an archive"}[form]
        parser().error(f"{name} is no text: say where to write it, `-o net{FORMATS[form][0]}`")
    return form
