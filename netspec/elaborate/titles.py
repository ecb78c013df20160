"""How expansions are called where people read them: in tables, trees and errors."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.language import tree
from netspec.layers.arguments import Value, show


def name_of(item: tree.Word | tree.Call) -> str:
    """The word of an item."""
    return item.text if isinstance(item, tree.Word) else item.name


def block_title(block: tree.Block, arguments: tuple[tree.Argument, ...], values: Mapping[str, Value]) -> str:
    """A use of a block with its arguments worked out: `basic(128, s=2)`."""
    if not arguments:
        return block.name
    names = [each.name for each in block.parameters]
    shown = []
    for position, argument in enumerate(arguments):
        value = show(values[argument.name or names[position]]).strip("`")
        shown.append(f"{argument.name}={value}" if argument.name else value)
    return f"{block.name}({', '.join(shown)})"


def item_title(item: tree.Item) -> str:
    """A repeated item as a table shows it: its text if that is short, else `{…}`."""
    text = " ".join(item.span.text.split())
    return text if len(text) <= 32 and "#" not in text else f"{text[:28].rstrip()} …" + ("}" if text[0] == "{" else "")


def each_title(item: tree.Each) -> str:
    """`each t, c, n, s`."""
    return "each " + ", ".join(name for name, _ in item.names)
