"""`netspec fmt`: specs in the one canonical form."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from netspec.cli.usage import Parser, complain, with_color

_EXAMPLES = """\
  netspec fmt net.spec                 rewrite a file
  netspec fmt --check specs/*.spec     exit status 1 and a diff where a file would change
  netspec fmt - < net.spec             from standard input to standard output
  netspec fmt '32c3s1p1,relu,mp2'      what a paper's one-liner is in canonical form
"""


def parser() -> Parser:
    """The options."""
    made = Parser("fmt", "Write specs in the one canonical form. Never changes the network.", _EXAMPLES)
    made.add_argument("specs", metavar="FILE", nargs="*", default=["-"], help="files; `-` is standard input")
    made.add_argument("--check", action="store_true", help="change nothing; exit status 1 if a file would change")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Format each; one that is wrong is reported and left as it is."""
    from netspec.cli.usage import failed
    from netspec.diagnostics import SpecError

    worst = 0
    for spec in options.specs:
        try:
            worst = max(worst, _format(spec, options.check))
        except SpecError as error:
            worst = failed(error.diagnostics, options.color)
    return worst


def _format(spec: str, check: bool) -> int:
    from netspec.cli.stream import save
    from netspec.files import refusal
    from netspec.language.format import format as canonical
    from netspec.library import find

    source = find(spec)
    text = canonical(source.text, source.name)
    if check:
        if text == source.text:
            return 0
        _print_difference(source.text, text, source.name)
        return 1
    if not Path(spec).is_file():
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return 0
    if text != source.text:
        try:
            save(spec, text)
        except OSError as error:
            complain(refusal(spec, error))
            return 2
    return 0


def _print_difference(before: str, after: str, name: str) -> None:
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(True), after.splitlines(True), name, f"{name} (formatted)")
    for line in lines:
        sys.stdout.write(line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n")
