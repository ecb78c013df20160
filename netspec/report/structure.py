"""The structure of a network as nested parts: blocks as the spec expanded them, branches as the values flow.

A merging layer's branches are the ways from its fork to it. The fork is the last node that all that flows into the
merge has passed (its immediate dominator); what lies between is shared out to the branches by where it leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from netspec.graph import Graph, Node, Scope
from netspec.records import frozen
from netspec.report.rows import Levels, levels_of


@frozen
class Leaf:
    """A layer and the quiet ones behind it (norms, activations, dropout), which go on its line."""

    nodes: tuple[Node, ...]

    @property
    def last(self) -> Node:
        """The node whose value comes out."""
        return self.nodes[-1]


@frozen
class Fork:
    """A merging layer with its branches; a branch without parts is the value of `source` itself."""

    node: Node
    branches: tuple[tuple[Part, ...], ...]
    sources: tuple[Node, ...]

    @property
    def last(self) -> Node:
        """The node whose value comes out."""
        return self.node


@frozen
class Block:
    """An expansion, or `copies` that follow each other and are alike, of which the parts of the first stand here."""

    scope: Scope
    parts: tuple[Part, ...]
    last: Node
    copies: int = 1


Part: TypeAlias = "Leaf | Fork | Block"

QUIET = frozenset({"activation", "normalisation", "regularisation"})
"""Families whose layers join the line of the layer before."""

_ROOT = -1

_Item: TypeAlias = tuple[Node, list[list[Node]]]
"""A node of a chain, and the nodes of each of its branches if it merges some."""


def structure(graph: Graph) -> tuple[Part, ...]:
    """The parts of a network, inputs left out."""
    inputs = frozenset(graph.inputs.values())
    nodes = [node for node in graph.nodes if node.number not in inputs]
    return _Reader(graph).parts(nodes, 0)


def forks(nodes: Sequence[Node]) -> list[int]:
    """For each node, the last node that everything flowing into it has passed; -1 where there is none."""
    above: list[int] = []
    depth: list[int] = []
    for node in nodes:
        found = node.inputs[0] if node.inputs else _ROOT
        for other in node.inputs[1:]:
            while found != other:
                if found == _ROOT or (other != _ROOT and depth[other] > depth[found]):
                    found, other = other, found
                found = above[found]
        above.append(found)
        depth.append(depth[found] + 1 if found != _ROOT else 0)
    return above


class _Reader:
    """Reads the parts of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.levels: Sequence[Levels] = levels_of(graph.nodes)
        self.forks = forks(graph.nodes)
        self.marked = frozenset(graph.outputs.values())

    def parts(self, nodes: Sequence[Node], depth: int) -> tuple[Part, ...]:
        """The parts of a chain of nodes that stand `depth` levels deep."""
        return self._joined(self._blocks(self._items(nodes), depth))

    def _items(self, nodes: Sequence[Node]) -> list[_Item]:
        """The nodes of a chain in order, each merging one with its branches taken out of the chain.

        What lies between a fork and its merge but leads elsewhere, a head with an output of its own, stays in it.
        """
        items: list[_Item] = []
        at = len(nodes) - 1
        while at >= 0:
            node, inside = nodes[at], list[Node]()
            at -= 1
            if len(node.inputs) > 1:
                while at >= 0 and nodes[at].number > self.forks[node.number]:
                    inside.append(nodes[at])
                    at -= 1
            branches, others = _branches(node, inside)
            items.append((node, branches))
            items += reversed(self._items(others)) if others else ()
        return items[::-1]

    def _blocks(self, items: Sequence[_Item], depth: int) -> list[Part]:
        parts: list[Part] = []
        start = 0
        while start < len(items):
            scope, stop = self._level(items[start][0], depth), start + 1
            if scope is None:
                parts.append(self._part(*items[start], depth))
            else:
                while stop < len(items) and self._level(items[stop][0], depth) is scope:
                    stop += 1
                inner = self._joined(self._blocks(items[start:stop], depth + 1))
                parts.append(Block(scope, inner, items[stop - 1][0]))
            start = stop
        return parts

    def _level(self, node: Node, depth: int) -> Scope | None:
        levels = self.levels[node.number]
        return levels[depth] if len(levels) > depth else None

    def _part(self, node: Node, branches: Sequence[Sequence[Node]], depth: int) -> Part:
        if len(node.inputs) < 2:
            return Leaf((node,))
        sources = tuple(self.nodes[number] for number in node.inputs)
        return Fork(node, tuple(self.parts(branch, depth) for branch in branches), sources)

    def _joined(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """Quiet layers joined to the line before; alike blocks that follow each other folded."""
        joined: list[Part] = []
        looks: object = None
        for part in parts:
            before = joined[-1] if joined else None
            if isinstance(part, Block):
                look = appearance(part)
                if isinstance(before, Block) and look == looks:
                    joined[-1] = Block(before.scope, before.parts, part.last, before.copies + 1)
                    continue
                looks = look
            elif isinstance(part, Leaf) and isinstance(before, Leaf) and self._joins(before.last, part.last):
                joined[-1] = Leaf((*before.nodes, part.last))
                continue
            joined.append(part)
        return tuple(joined)

    def _joins(self, before: Node, node: Node) -> bool:
        return node.layer.family in QUIET and node.inputs == (before.number,) and before.number not in self.marked


def _branches(node: Node, inside: Sequence[Node]) -> tuple[list[list[Node]], list[Node]]:
    """The nodes before a merging one, last first, shared out to the first branch that each leads to; and the others."""
    branches: list[list[Node]] = [[] for _ in node.inputs]
    others: list[Node] = []
    leads = {number: branch for branch, number in reversed(list(enumerate(node.inputs)))}
    for each in inside:
        branch = leads.get(each.number)
        if branch is None:
            others.append(each)
            continue
        branches[branch].append(each)
        for number in each.inputs:
            leads[number] = min(branch, leads.get(number, branch))
    return [branch[::-1] for branch in branches], others[::-1]


def appearance(part: Part) -> object:
    """What a part looks like, names left out: parts that look the same are folded."""
    if isinstance(part, Leaf):
        return tuple(node.title for node in part.nodes)
    if isinstance(part, Fork):
        return part.node.title, tuple(tuple(map(appearance, branch)) for branch in part.branches)
    return part.scope.title, part.copies, tuple(map(appearance, part.parts))
