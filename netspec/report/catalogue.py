"""The page of the shipped networks: `specs/README.md`.

`python -m netspec.report.catalogue > specs/README.md` rewrites that page; `python -m netspec.draw.catalogue` does so
too, and draws the pictures that it shows. A test keeps both true.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby

from netspec.report.entries import Entry, entry
from netspec.report.library import figure, inputs
from netspec.report.markdown import escaped

PICTURES = "../docs/networks"
"""Where the pictures are, seen from the page: not beside it, for what lies in `specs/` is installed."""

LONGEST_PRINT = 80
"""What a paper prints is shown where it has no more characters than this."""

PREFACE = """\
# The networks

Written by `python -m netspec.draw.catalogue` from the {count} specs in this folder. `netspec analyze NAME` gives every
figure of one, `netspec show NAME` its text, `netspec list WORD` finds it; `cp $(netspec show --path NAME) my.spec`
makes a copy to change. Blocks that several networks use are in [blocks](blocks/).

{families}

In the pictures the value flows from left to right, a bar a stage. A bar is as high as its map is large and as wide as
it has channels, both on scales of the picture's own; thin bars are vectors, higher where they have more features. Blue
bars come from convolutions, ochre ones from pools, pink ones from dense layers, green ones from layers on tokens;
outlines are inputs, and layers that only move numbers. Slices are branches side by side, an arch is a shortcut that is
added, a line an earlier value that is merged in, a stem an output of its own. The number below says how many layers or
blocks follow each other. Sizes that are not known are drawn as 256.
"""

HEADINGS = ("network", "year", "profile" + "&nbsp;" * 48, "input", "parameters", "MACs")
"""Browsers shrink pictures in tables to make room for text, but not below a heading that can't be broken."""

RIGHT = frozenset(("parameters", "MACs"))


def markdown(entries: Sequence[Entry]) -> str:
    """The whole page, a table a family."""
    families = [(family, list(group)) for family, group in groupby(entries, key=lambda each: each.shipped.family)]
    listed = " · ".join(f"[{family}](#{family.replace(' ', '-')})" for family, _ in families)
    parts = [PREFACE.format(count=len(entries), families=listed)]
    for family, group in families:
        rows = [HEADINGS, ["---:" if each in RIGHT else "---" for each in HEADINGS], *map(_cells, group)]
        parts.append(f"## {family}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows))
    return "\n".join(parts)


def _cells(entry: Entry) -> list[str]:
    shipped = entry.shipped
    return [
        f"[`{shipped.name}`]({shipped.name}.spec)<br>{escaped(shipped.title)}{_printed(shipped.printed)}",
        str(shipped.year),
        f'<img src="{PICTURES}/{shipped.name}.svg" width="240" alt="profile of {shipped.name}">',
        escaped(inputs(entry)),
        _unbroken(figure(entry.parameters)),
        _unbroken(figure(entry.macs)),
    ]


def _printed(text: str) -> str:
    return "" if not text or text == "no count" or len(text) > LONGEST_PRINT else f"<br>*printed: {escaped(text)}*"


def _unbroken(text: str) -> str:
    """A figure that stays on one line."""
    return escaped(text).replace(" ", "&nbsp;")


def main() -> None:
    """Print the page."""
    from netspec.library import networks

    sys.stdout.write(markdown([entry(each) for each in networks()]))


if __name__ == "__main__":
    main()
