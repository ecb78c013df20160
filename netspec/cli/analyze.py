"""`netspec analyze`: the table of a network's figures, for people and for programs."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace
from pathlib import PurePath
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser, complain, whole_from_1, with_color, with_spec

if TYPE_CHECKING:
    from netspec.analysis.facts import Analysis
    from netspec.report.sheet import Sheet

FORMATS = {
    "json": (".json", "JSON, an interface for programs (docs/json.md)"),
    "csv": (".csv", "CSV: every layer a line, every column unless chosen"),
    "markdown": (".md", "a Markdown table"),
    "latex": (".tex", "a LaTeX tabular that needs no package"),
    "html": (".html", "an HTML page"),
}
"""The formats beside the table: the ending by which `-o` knows each, and its help."""

DTYPES = ("float64", "float32", "float16", "bfloat16", "int8")

_EXAMPLES = """\
  netspec analyze alexnet                            a network that comes with netspec
  netspec analyze 1x29x29-20C4-MP2-150N-10N          a network as papers write it
  echo 784-800N-10N | netspec analyze -              from a pipe
  netspec analyze resnet18 --set classes=10 --depth 1
  netspec analyze mobilenet --set width=0.5 --input 3x160x160
  netspec analyze vgg16 --columns name,output,share,weights
  netspec analyze vgg16 --ops --batch 32 --dtype float16
  netspec analyze resnet50 --json | jq .totals
  netspec analyze resnet50 -o table.tex              .json .csv .md .tex .html say the format
"""


def parser() -> Parser:
    """The options."""
    made = Parser("analyze", "Sizes, parameters, MACs and receptive fields of every layer.", _EXAMPLES)
    with_spec(made)
    made.add_argument("--batch", type=whole_from_1, default=1, metavar="N", help="count for N images (default 1)")
    made.add_argument("--dtype", choices=DTYPES, default="float32", help="number type of weights and activations")
    made.add_argument("--columns", type=columns, metavar="A,B,…", help=f"choose among {', '.join(_keys())}")
    made.add_argument("--ops", action="store_true", help="element operations and FLOPs as well")
    made.add_argument("--depth", type=depth, metavar="N", help="levels of blocks to open, or `all`")
    formats = made.add_mutually_exclusive_group()
    for name, (_, help) in FORMATS.items():
        formats.add_argument(f"--{name}", dest="format", action="store_const", const=name, help=help)
    made.add_argument("-o", dest="to", metavar="FILE", help="write to a file (`-`: print); its ending says the format")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Print or write the report."""
    from netspec.cli.reading import analysis_of
    from netspec.cli.stream import save, show
    from netspec.files import refusal

    analysis = analysis_of(options, parser(), dtype=options.dtype, batch=options.batch)
    ending = PurePath(options.to or "").suffix
    form = options.format or next((name for name, (known, _) in FORMATS.items() if known == ending), None)
    if form is None and options.to is None:
        show(_sheet(analysis, options), options.color)
        return 0
    text = written(analysis, form, options)
    if options.to in (None, "-"):
        sys.stdout.write(text)
        return 0
    try:
        save(options.to, text)
    except OSError as error:
        complain(refusal(options.to, error))
        return 2
    return 0


def written(analysis: Analysis, form: str | None, options: Namespace) -> str:
    """The report in one of `FORMATS`, or None: as the plain table."""
    from netspec.report import delimited, html, interface, latex, markdown, plain

    if form == "json":
        return interface.render(analysis)
    if form == "csv":
        return delimited.render(analysis, options.columns or delimited.ALL)
    renders = {"markdown": markdown.render, "latex": latex.render, "html": html.page, None: plain.render}
    return renders[form](_sheet(analysis, options))


def _sheet(analysis: Analysis, options: Namespace) -> Sheet:
    from netspec.report.columns import DEFAULT
    from netspec.report.sheet import sheet

    return sheet(analysis, columns=options.columns or DEFAULT, depth=options.depth, ops=options.ops)


def columns(text: str) -> tuple[str, ...]:
    """Keys of columns, with commas between. Raises ArgumentTypeError with the nearest one."""
    from netspec.diagnostics import nearest

    known = _keys()
    keys = tuple(word.strip() for word in text.split(","))
    for key in keys:
        if key not in known:
            guess = nearest(key, known)
            hint = f"did you mean `{guess}`?" if guess else f"there are {', '.join(known)}"
            raise ArgumentTypeError(f"there is no column `{key}`; {hint}")
    return keys


def depth(text: str) -> int:
    """How many levels to open. Raises ArgumentTypeError."""
    if text == "all":
        return sys.maxsize
    if not text.isdecimal():
        raise ArgumentTypeError(f"`{text}` is neither a whole number nor `all`")
    return int(text[:18])


def _keys() -> tuple[str, ...]:
    from netspec.report.columns import COLUMNS

    return tuple(COLUMNS)
