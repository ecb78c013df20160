"""Layers that a setting of the recipe names: `["conv2", "conv4..fc7", "basic3"]`."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Help, SpecError, nearest
from netspec.graph import Graph, Node


def chosen(graph: Graph, names: Sequence[str], setting: str) -> frozenset[int]:
    """The numbers of the nodes that these names mean: a layer, a block with all in it, or all `from..to`.

    Raises:
        SpecError: E402 for a name that is not there, and a range that ends before it begins; `setting` says whose.
    """
    numbers: set[int] = set()
    for name in names:
        first, dots, last = name.partition("..")
        start = _meant(graph, first.strip(), setting)
        end = _meant(graph, last.strip(), setting) if dots else start
        if end[-1].number < start[0].number:
            raise SpecError((Diagnostic("E402", f"`{setting}` names `{name}`, but `{last}` is before `{first}`"),))
        if dots:
            numbers.update(range(start[0].number, end[-1].number + 1))
        else:
            numbers.update(node.number for node in start)
    return frozenset(numbers)


def _meant(graph: Graph, name: str, setting: str) -> tuple[Node, ...]:
    """The node of this name, or the nodes of the block of this name."""
    found = tuple(node for node in graph.nodes if node.name == name or node.name.startswith(f"{name}."))
    if found and name:
        return found
    guess = nearest(name, (node.name for node in graph.nodes))
    helps = (Help(f"did you mean `{guess}`?"),) if guess else ()
    raise SpecError((Diagnostic("E402", f"`{setting}` names a layer `{name}`, which is not there", helps=helps),))
