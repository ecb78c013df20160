"""The trunk of a network: the way of the value from the first input to the output `main`.

Each part of the structure on it is a step: a layer, a block, or a merge with its branches.

Laws: 1. a block or a merge is opened, and its parts are steps themselves, where maps inside it are half again as large,
or as small, as what it takes in and what it gives out (a U-Net's levels, a whole network in a block), so that no great
change of size is left out; 2. a block is also opened where vectors inside it are neither (the dense layers at its end);
3. of the branches of an opened merge the longest belongs to the trunk; 4. what doesn't lead to the output is no step;
5. the last step gives the output.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.draw.sizes import side
from netspec.graph import Graph, Node
from netspec.records import frozen, replace
from netspec.report.structure import Block, Fork, Leaf, Part, structure
from netspec.shape import Shape

FAR = 1.5
"""How many times as large a map is that is not about as large as another."""


@frozen
class Step:
    """A part of the trunk, and how many outputs of their own leave behind it.

    `merges` has, for an opened merge, the nodes whose values its other branches begin with, and is None for every other
    step; `branches` is how many branches like that of the trunk run side by side here.
    """

    part: Part
    exits: int = 0
    branches: int = 1
    merges: tuple[int, ...] | None = None

    @property
    def last(self) -> Node:
        """The node whose value comes out."""
        return self.part.last

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The layers of the part, branches and all; of blocks that are alike, those of one."""
        return tuple(_nodes((self.part,)))


def first_input(graph: Graph) -> Node:
    """The input where the trunk begins."""
    return graph.nodes[next(iter(graph.inputs.values()))]


def trunk(graph: Graph) -> tuple[Step, ...]:
    """The steps from the first input to the output."""
    output = graph.outputs.get("main", max(graph.outputs.values()))
    ways = _Ways(_before(graph, output), frozenset(graph.outputs.values()))
    steps = sorted(_open(structure(graph), first_input(graph).shape, ways), key=lambda step: step.last.number)
    if output in graph.inputs.values() or (steps and steps[-1].last.number == output):
        return tuple(steps)
    return (*steps, Step(Leaf((graph.nodes[output],))))  # it stands among blocks that are alike


@frozen
class _Ways:
    """The nodes that lead to the output of the trunk, and those where the network has an output."""

    lead: frozenset[int]
    end: frozenset[int]


def _before(graph: Graph, output: int) -> frozenset[int]:
    """The nodes whose values flow into one, and itself."""
    found = {output}
    for node in reversed(graph.nodes):
        if node.number in found:
            found.update(node.inputs)
    return frozenset(found)


def _open(parts: Sequence[Part], before: Shape, ways: _Ways) -> list[Step]:
    """The steps of a chain of parts. `before` is the shape that flows in."""
    steps: list[Step] = []
    for part in parts:
        if part.last.number in ways.lead:
            inside = _inside(part, before, ways)
            steps += inside if _is_to_be_opened(part, before, inside) else [Step(part)]
        else:
            steps += _held(part, before, ways)
            if steps and part.last.number in ways.end:
                steps[-1] = replace(steps[-1], exits=steps[-1].exits + 1)
        before = steps[-1].last.shape if steps else before
    return steps


def _held(part: Part, before: Shape, ways: _Ways) -> list[Step]:
    """The steps of the trunk in a part that leads elsewhere: an output may compare what others come from."""
    if isinstance(part, Leaf):
        leading = tuple(node for node in part.nodes if node.number in ways.lead)
        return [Step(Leaf(leading))] if leading else []
    chains = part.branches if isinstance(part, Fork) else (part.parts,)
    return [step for chain in chains for step in _open(chain, before, ways)]


def _inside(part: Part, before: Shape, ways: _Ways) -> list[Step]:
    """The steps that a part would be if it was opened; of blocks that are alike, none is."""
    if isinstance(part, Block) and part.copies == 1:
        return _open(part.parts, before, ways)
    if isinstance(part, Fork):
        lengths = [sum(1 for _ in _nodes(branch)) for branch in part.branches]
        longest = lengths.index(max(lengths))
        alike = lengths.count(lengths[longest])
        steps = _open(part.branches[longest], before, ways)
        begin = list(map(_begins, part.branches, part.sources))
        merges = tuple(number for at, number in enumerate(begin) if at != longest and number is not None)
        return [*(replace(step, branches=max(step.branches, alike)) for step in steps), Step(part, merges=merges)]
    return []


def _is_to_be_opened(part: Part, before: Shape, inside: Sequence[Step]) -> bool:
    """Laws 1 and 2."""
    shapes = [step.last.shape for step in inside]
    known = [side(shape) for shape in (before, part.last.shape) if shape.is_map]
    if any(shape.is_map and all(_far(side(shape), each) for each in known) for shape in shapes):
        return True
    return isinstance(part, Block) and any(
        shape.is_vector and shape not in (before, part.last.shape) for shape in shapes
    )


def _far(one: float, other: float) -> bool:
    return max(one, other) > FAR * min(one, other)


def _begins(branch: Sequence[Part], source: Node) -> int | None:
    """The node whose value a branch begins with; None where that is a network input's own."""
    return next(_nodes(branch)).inputs[0] if branch else source.number


def _nodes(parts: Sequence[Part]) -> Iterator[Node]:
    for part in parts:
        if isinstance(part, Leaf):
            yield from part.nodes
        elif isinstance(part, Block):
            yield from _nodes(part.parts)
        else:
            for branch in part.branches:
                yield from _nodes(branch)
            yield part.node
