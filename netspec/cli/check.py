"""`netspec check`: every mistake in specs, for editors and CI."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser, with_color, with_setting

if TYPE_CHECKING:
    from netspec.diagnostics import Diagnostic

_EXAMPLES = """\
  netspec check net.spec               exit status 0: clean, 2: there are errors
  netspec check specs/*.spec --strict  1 where there are warnings
  netspec check - --json < net.spec    the findings as data, for an editor
"""


def parser() -> Parser:
    """The options."""
    made = Parser("check", "Find every mistake in specs. Exit status 2 if there are any.", _EXAMPLES)
    made.add_argument(
        "specs", metavar="SPEC", nargs="+", help="a file, `-`, a shipped network's name, or a spec itself"
    )
    with_setting(made)
    made.add_argument("--strict", action="store_true", help="exit status 1 where there are warnings")
    made.add_argument("--json", action="store_true", help="the findings as JSON on standard output")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Check every spec: a line for each while it goes on, then the findings; the worst gives the exit status."""
    from netspec.cli.stream import say

    found: dict[str, tuple[Diagnostic, ...]] = {}
    for spec in dict.fromkeys(options.specs):
        found[spec] = findings(spec, options)
        if not options.json:
            sys.stdout.write(_line(spec, found[spec], alone=len(options.specs) == 1))
    if options.json:
        _print_json(found)
    else:
        say([each for diagnostics in found.values() for each in diagnostics], options.color)
    severities = {each.severity for diagnostics in found.values() for each in diagnostics}
    return 2 if "error" in severities else 1 if options.strict and "warning" in severities else 0


def findings(spec: str, options: Namespace) -> tuple[Diagnostic, ...]:
    """Everything that there is to say about a spec."""
    from netspec.cli.reading import inputs_of
    from netspec.compiler import compile_with
    from netspec.diagnostics import SpecError

    try:
        return compile_with(spec, dict(options.set), inputs=inputs_of(options, parser())).findings
    except SpecError as error:
        return error.diagnostics


def _line(spec: str, diagnostics: tuple[Diagnostic, ...], *, alone: bool) -> str:
    """`net.spec: ok`, or how much was found; nothing where that is all that the findings can be about."""
    from netspec.diagnostics import summary

    if not diagnostics:
        return f"{spec}: ok\n"
    return "" if alone else f"{spec}: {summary(diagnostics)}\n"


def _print_json(found: dict[str, tuple[Diagnostic, ...]]) -> None:
    import json

    from netspec.diagnostics import to_json

    entries = [
        {
            "spec": spec,
            "ok": not any(each.severity == "error" for each in diagnostics),
            "diagnostics": [to_json(each) for each in diagnostics],
        }
        for spec, diagnostics in found.items()
    ]
    sys.stdout.write(json.dumps(entries, ensure_ascii=False, indent=2) + "\n")
