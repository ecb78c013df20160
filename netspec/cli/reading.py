"""From the words of a command line to a compiled and analysed network."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING

from netspec.cli.stream import say
from netspec.cli.usage import Parser, shapes

if TYPE_CHECKING:
    from netspec.analysis.facts import Analysis
    from netspec.graph import Graph


def is_run(words: str) -> bool:
    """Whether words that may be a spec, a name or a file are the folder of a run."""
    from pathlib import Path

    try:
        return (Path(words) / "recipe.json").is_file()
    except OSError:  # a spec is no name of a file: it is too long for one
        return False


def inputs_of(options: Namespace, parser: Parser) -> Mapping[str, str] | str | None:
    """What `--input` gave; a usage error if that is no shape and no `name=shape`."""
    try:
        return shapes(options.input)
    except ArgumentTypeError as error:
        parser.error(str(error))


def graph_of(options: Namespace, parser: Parser) -> Graph:
    """The network that the options name; its warnings are printed. Raises SpecError."""
    from netspec.compiler import compile_with

    graph = compile_with(options.spec, dict(options.set), inputs=inputs_of(options, parser))
    say(graph.findings, options.color)
    return graph


def analysis_of(options: Namespace, parser: Parser, *, dtype: str = "float32", batch: int = 1) -> Analysis:
    """The network with all its figures. Raises SpecError."""
    from netspec.analysis import analyze

    return analyze(graph_of(options, parser), dtype=dtype, batch=batch)
