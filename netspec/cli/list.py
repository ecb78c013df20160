"""`netspec list`: the networks that come with netspec."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from netspec.cli.usage import Parser, complain, with_color

_EXAMPLES = """\
  netspec list                         all of them, by family and year
  netspec list mobile                  those with `mobile` in their family, name, year or title
  netspec list vgg 2014 --sort macs    those with both words, the cheapest first
  netspec list --json | jq '.[] | select(.parameters < 1000000) | .name'
"""


def parser() -> Parser:
    """The options."""
    from netspec.report.entries import ORDERS

    made = Parser("list", "The networks that come with netspec, by family and year.", _EXAMPLES)
    made.add_argument("words", metavar="WORD", nargs="*", help="only those that have it: family, name, year or title")
    made.add_argument("--sort", choices=tuple(ORDERS), help="one list, smallest first, instead of families")
    made.add_argument("--json", action="store_true", help="as JSON")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Print one line a network."""
    from netspec.cli.stream import window
    from netspec.library import networks
    from netspec.report import interface, library
    from netspec.report.entries import ORDERS, entry, having

    chosen = having(networks(), options.words)
    if not chosen:
        return _nothing(options.words)
    entries = [entry(each) for each in chosen]
    if options.sort:
        entries.sort(key=ORDERS[options.sort])
    if options.json:
        sys.stdout.write(interface.networks(entries))
    else:
        sys.stdout.write(library.render(entries, window(sys.stdout), by_family=options.sort is None))
    return 0


def _nothing(words: Sequence[str]) -> int:
    """Say which word is in no network, and what is near it; or that no network has them all."""
    from netspec.library import networks
    from netspec.report.entries import having, near

    strange = next((word for word in words if not having(networks(), [word])), None)
    if strange is None:
        complain(f"no network has {' and '.join(f'`{word}`' for word in words)} in its family, name, year or title")
        return 2
    found = near(networks(), strange)
    hint = f"did you mean {' or '.join(f'`{each}`' for each in found)}?" if found else "`netspec list` shows them all"
    complain(f"no network has `{strange}` in its family, name, year or title; {hint}")
    return 2
