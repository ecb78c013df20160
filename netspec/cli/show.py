"""`netspec show`: the text of a spec, in colours on a terminal."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser, complain, with_color

if TYPE_CHECKING:
    from netspec.source import Source

_EXAMPLES = """\
  netspec show resnet50                a network that comes with netspec
  netspec show blocks/resnet           a file of blocks that several of them share
  netspec show resnet50 > my.spec      a copy to change
  cp $(netspec show --path resnet50) my.spec
"""


def parser() -> Parser:
    """The options."""
    made = Parser("show", "The text of specs, as it stands in their files.", _EXAMPLES)
    made.add_argument(
        "specs",
        metavar="NAME",
        nargs="+",
        help="a shipped network's name, `blocks/NAME`, a file, `-`, or a spec itself",
    )
    made.add_argument("--path", action="store_true", help="where the file is, instead of what it holds")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Print the texts with a blank line between them, or the paths; nothing if one of the names is wrong."""
    from netspec.cli.stream import write_exactly
    from netspec.library import find

    sources = [find(spec) for spec in options.specs]
    if not options.path:
        write_exactly("\n".join(_text(source, options.color) for source in sources))
        return 0
    for source in sources:
        if source.path is None:
            complain(f"`{source.text if source.name == '<spec>' else '-'}` is in no file")
            return 2
    write_exactly("".join(f"{source.path}\n" for source in sources))
    return 0


def _text(source: Source, color: str) -> str:
    """A file's text as it is; a spec that was typed gets the end of line that it has no room for."""
    import sys

    from netspec.cli.stream import coloured

    end = "\n" if source.name == "<spec>" and not source.text.endswith("\n") else ""
    if not coloured(sys.stdout, color):
        return source.text + end
    from netspec.report import listing

    return listing.render(source) + end
