"""What a table shows: one row a layer, or one row for all the layers of a block, folded where blocks repeat.

A node's trail names the expansions around it, outermost first; its levels are those of them that a reader would open.
At depth d the first d levels are open: layers below are summed in the row of their expansion, and expansions of one
title that follow each other fold into one row:

    name      layer            output
    conv1     64C7s2p3         64x112x112
    basic1–2  2 x basic(64)    64x56x56

Laws: 1. every layer is in exactly one row, in order, so that rows sum to the totals; 2. a deeper table has at least as
many rows; 3. the work is linear in layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from netspec.analysis.facts import Analysis, LayerFacts
from netspec.graph import Node, Scope
from netspec.records import frozen
from netspec.shape import Count, total

MOST_ROWS = 50
"""A table opens blocks as deep as it can without getting longer than this."""

Levels: TypeAlias = tuple[Scope, ...]


@frozen
class Row:
    """A line of a table: the facts that it sums, and what it is called.

    `folded` is whether it stands for an expansion; a layer on its own is a row with one element of `facts`.
    """

    name: str
    title: str
    facts: tuple[LayerFacts, ...]
    folded: bool = False

    @property
    def last(self) -> LayerFacts:
        """The layer whose value comes out: it gives the row its output and receptive field."""
        return self.facts[-1]

    def sum(self, of: Callable[[LayerFacts], Count]) -> Count:
        """The sum of one figure over the layers of the row."""
        return total(map(of, self.facts))


def fold(analysis: Analysis, depth: int | None = None) -> tuple[Row, ...]:
    """The rows of a table with `depth` levels opened; None: as deep as `MOST_ROWS` allows."""
    nodes = analysis.graph.nodes
    levels = levels_of(nodes)
    if depth is None:
        depth = deepest(nodes, levels)
    return tuple(_row(analysis.layers, levels, run, depth) for run in _runs(nodes, levels, depth))


def levels_of(nodes: Sequence[Node]) -> list[Levels]:
    """Each node's levels: its trail without the expansions that add nothing to see.

    `each` shows its rows as if they were written out, and a repetition whose copies are one block each shows the
    blocks: `3 * basic(64)` is three times `basic(64)`, not three repetitions of one block each.
    """
    only: dict[int, Scope | None] = {}
    for node in nodes:
        trail = node.origin.trail
        for at, scope in enumerate(trail):
            inner = trail[at + 1] if at + 1 < len(trail) else None
            if only.setdefault(id(scope), inner) is not inner:
                only[id(scope)] = None

    def is_level(scope: Scope) -> bool:
        return bool(scope.name) or not (scope.title.startswith("each ") or only[id(scope)])

    return [tuple(filter(is_level, node.origin.trail)) for node in nodes]


def deepest(nodes: Sequence[Node], levels: Sequence[Levels], most: int = MOST_ROWS) -> int:
    """The deepest table that has at most `most` rows; 0 if even that one has more."""
    bottom = max(map(len, levels), default=0)
    for depth in range(1, bottom + 1):
        if sum(1 for _ in islice(_runs(nodes, levels, depth), most + 1)) > most:
            return depth - 1
    return bottom


@frozen
class _Run:
    """The layers `start` up to `stop` of one row: `copies` expansions that follow each other; 0 copies: one layer."""

    start: int
    stop: int
    copies: int


def _runs(nodes: Sequence[Node], levels: Sequence[Levels], depth: int) -> Iterator[_Run]:
    scope: Scope | None = None
    start = copies = 0
    for number, node in enumerate(nodes):
        inner = levels[number][depth] if len(levels[number]) > depth else None
        if inner is not None and scope is not None:
            if inner is scope:
                continue
            if inner.title == scope.title and _follows(node, scope, inner) and _together(levels, number, depth):
                scope, copies = inner, copies + 1
                continue
        if scope is not None:
            yield _Run(start, number, copies)
        if inner is None:
            yield _Run(number, number + 1, 0)
        scope, start, copies = inner, number, 1
    if scope is not None:
        yield _Run(start, len(nodes), copies)


def _follows(node: Node, before: Scope, scope: Scope) -> bool:
    """Whether an expansion that `node` begins goes on where the one before ended, and isn't a branch beside it."""
    return node.number - 1 in node.inputs or (scope.span == before.span and scope.copy == before.copy + 1)


def _together(levels: Sequence[Levels], number: int, depth: int) -> bool:
    """Whether a node and the one before it are in the same expansions above this depth."""
    return all(map(lambda one, other: one is other, levels[number][:depth], levels[number - 1][:depth]))


def _row(layers: tuple[LayerFacts, ...], levels: Sequence[Levels], run: _Run, depth: int) -> Row:
    facts = layers[run.start : run.stop]
    if run.copies == 0:
        return Row(facts[0].node.name, facts[0].node.title, facts)
    title = levels[run.start][depth].title
    if run.copies > 1:
        title = f"{run.copies:,} x {title}"
    first, last = (".".join(scope.name for scope in levels[at][: depth + 1] if scope.name)
                   for at in (run.start, run.stop - 1))  # fmt: skip
    return Row(_from_to(first, last), title, facts, folded=True)


def _from_to(first: str, last: str) -> str:
    """`basic1–3` for a run of numbered names, else `first … last`."""
    if first == last:
        return first
    stem = first.rstrip("0123456789")
    number = last[len(stem) :]
    if stem != first and last.startswith(stem) and number.isdecimal():
        return f"{first}–{number}"
    return f"{first} … {last}"
