"""Layers that a setting of the recipe names: `["conv2", "conv4..fc7", "basic3", "inception*"]`."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from netspec.diagnostics import Diagnostic, Help, SpecError, nearest
from netspec.graph import Graph, Node


def chosen(graph: Graph, names: Sequence[str], setting: str) -> frozenset[int]:
    """The numbers of the nodes that these names mean.

    A name is a layer's, or a block's with all in it; `from..to` is all from one to another, in the network's order;
    `*` stands for any characters, `?` for one, `[ab]` for one of these.

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
    """The node of this name, or the nodes of the block of this name, or those that a pattern fits."""
    found = tuple(node for node in graph.nodes if node.name == name or node.name.startswith(f"{name}."))
    found = found or tuple(node for node in graph.nodes if any(fnmatchcase(each, name) for each in _names(node)))
    if found and name:
        return found
    known = dict.fromkeys(each for node in graph.nodes for each in _names(node))
    guess = nearest(name, known)
    helps = (Help(f"did you mean `{guess}`?"),) if guess else ()
    raise SpecError((Diagnostic("E402", f"`{setting}` names a layer `{name}`, which is not there", helps=helps),))


def _names(node: Node) -> tuple[str, ...]:
    """The layer's name and those of the blocks around it: `stage1.basic2.conv1`, `stage1`, `stage1.basic2`."""
    parts = node.name.split(".")
    return (node.name, *(".".join(parts[:end]) for end in range(1, len(parts))))
