"""The nodes of a graph as a tree of scopes: what a block, a named chain or a use of a share expanded to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from netspec.graph import Node, Scope
from netspec.records import frozen


@frozen
class Part:
    """One scope that has a name: `called` is that name as node names have it, `items` what stands in it, in order."""

    called: str
    scope: Scope
    items: tuple[Item, ...]
    nodes: tuple[Node, ...]

    @property
    def first(self) -> int:
        """The number of its first node; its nodes follow each other."""
        return self.nodes[0].number

    @property
    def last(self) -> int:
        """The number of its last node."""
        return self.nodes[-1].number


Item: TypeAlias = Node | Part


def parts(nodes: Sequence[Node], depth: int = 0, prefix: str = "") -> tuple[Item, ...]:
    """Nodes that stand `depth` named scopes deep, grouped by the next scope; `prefix` begins all their names."""
    items: list[Item] = []
    start = 0
    while start < len(nodes):
        scope = _scope(nodes[start], depth)
        if scope is None:
            items.append(nodes[start])
            start += 1
            continue
        called = _called(nodes[start].name, prefix, scope)
        inner = f"{prefix}{called}."
        stop = start + 1
        while stop < len(nodes) and nodes[stop].name.startswith(inner) and _scope(nodes[stop], depth) == scope:
            stop += 1
        inside = tuple(nodes[start:stop])
        items.append(Part(called, scope, parts(inside, depth + 1, inner), inside))
        start = stop
    return tuple(items)


def _scope(node: Node, depth: int) -> Scope | None:
    """The scope with a name that stands `depth` deep around a node."""
    for scope in node.origin.trail:
        if scope.name:
            if not depth:
                return scope
            depth -= 1
    return None


def _called(name: str, prefix: str, scope: Scope) -> str:
    """What names the scope in a node's name: `unit2` in `stage.unit2.conv1` behind `stage.`.

    The scope of a repeated chain lacks the number of its copy, and a quoted name may itself have dots.
    """
    rest = name[len(prefix) :]
    match = re.match(rf"(?:.*?\.)??{re.escape(scope.name)}(?:_\d+)*(?=\.)", rest)
    return match[0] if match else rest.partition(".")[0]
