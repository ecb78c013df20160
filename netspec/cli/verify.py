"""`netspec verify`: netspec's figures against torch's, on the module itself."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netspec.cli.usage import Parser, complain, with_color, with_setting

if TYPE_CHECKING:
    from netspec.lowering.verification.differences import Difference
    from netspec.lowering.verify import Verification

_EXAMPLES = """\
  netspec verify resnet50              exit status 0: torch has the same figures, 1: it has others
  netspec verify specs/*.spec          several; each gets a line
  netspec verify vgg16 --no-field      leave out the receptive fields, which take longest
  netspec verify unet --input 1x188x188 --json
"""


def parser() -> Parser:
    """The options."""
    made = Parser("verify", "Build a network's torch module and compare its figures with netspec's.", _EXAMPLES)
    made.add_argument(
        "specs", metavar="SPEC", nargs="+", help="a file, `-`, a shipped network's name, or a spec itself"
    )
    with_setting(made)
    made.add_argument("--no-field", dest="field", action="store_false", help="no receptive fields")
    made.add_argument("--json", action="store_true", help="what was compared as JSON on standard output")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Verify every spec; the worst of them gives the exit status."""
    from netspec.diagnostics import SpecError

    entries: list[dict[str, Any]] = []
    status = 0
    for spec in dict.fromkeys(options.specs):
        try:
            found = _verified(spec, options)
        except SpecError as error:
            status = 2
            _refused(spec, error, options, entries)
            continue
        except ImportError as error:
            complain(str(error))
            return 2
        status = max(status, 0 if found.agrees else 1)
        if options.json:
            entries.append(entry(spec, found))
        else:
            sys.stdout.write(text(spec, found))
            sys.stdout.flush()
    if options.json:
        import json

        sys.stdout.write(json.dumps(entries, ensure_ascii=False, indent=2) + "\n")
    return status


def _verified(spec: str, options: Namespace) -> Verification:
    from netspec.cli.reading import inputs_of
    from netspec.lowering.verify import verify_with

    return verify_with(spec, dict(options.set), inputs=inputs_of(options, parser()), field=options.field)


def _refused(spec: str, error: Any, options: Namespace, entries: list[dict[str, Any]]) -> None:
    """A spec that is wrong doesn't keep the others from being verified."""
    from netspec.cli.stream import say
    from netspec.diagnostics import to_json

    if options.json:
        entries.append({"spec": spec, "agrees": None, "diagnostics": [to_json(each) for each in error.diagnostics]})
    else:
        say(error.diagnostics, options.color)


def text(spec: str, found: Verification) -> str:
    """A line where all agrees, else a table of what differs. A spec without a name is called by its text."""
    if found.agrees:
        return f"{found.name or spec}: {', '.join(_compared(found))}: agree\n"
    title = f"{found.name or spec}: {_count(len(found.differences), 'difference')}"
    return "\n".join([title, "", *_table(found.differences)]) + "\n"


def entry(spec: str, found: Verification) -> dict[str, Any]:
    """What was compared, for programs."""
    return {
        "spec": spec,
        "agrees": found.agrees,
        "inputs": {name: str(shape) for name, shape in found.inputs.items()},
        "layers": found.layers,
        "parameters": found.parameters,
        "buffers": found.buffers,
        "macs": found.macs,
        "kept_bytes": found.kept_bytes,
        "fields": None if found.field is None else list(found.field),
        "differences": [
            {"layer": each.layer, "what": each.what, "netspec": each.netspec, "torch": each.torch}
            for each in found.differences
        ],
    }


def _compared(found: Verification) -> list[str]:
    from netspec.report.figures import size

    fields = [_count(len(found.field), "field")] if found.field else []
    kept = [] if found.kept_bytes is None else [f"{size(found.kept_bytes)} kept"]
    layers, parameters = _count(found.layers, "layer"), _count(found.parameters, "parameter")
    return [layers, parameters, _count(found.macs, "MAC"), *fields, *kept]


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _table(differences: Sequence[Difference]) -> list[str]:
    from netspec.report.layout import width

    rows = [("layer", "what", "netspec", "torch")]
    rows += [(each.layer, each.what, each.netspec, each.torch) for each in differences]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    padded = [
        "  ".join(cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [padded[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *padded[1:]]
