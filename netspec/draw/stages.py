"""The stages of a network, from its input to its output: the values that one would draw in a small picture.

Steps of the trunk that follow each other and give values of one shape are one stage, if they are layers of one kind or
uses of one block.

Laws: 1. the first stage is the input, the last has the shape of the output; 2. a dense layer on a map has the vector
before it that the map is flattened to; 3. of layers that only move numbers and follow each other, the last is a stage.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from netspec.draw.trunk import Step, first_input, trunk
from netspec.graph import Graph, Node
from netspec.records import frozen, replace
from netspec.report.structure import Block, Fork, Leaf, Part
from netspec.shape import Shape, as_dim, product

Kind: TypeAlias = Literal["convolution", "pooling", "dense", "tokens", "other"]
"""What gives a stage its value: `other` are inputs and layers that only move numbers, or change them one by one."""

KINDS: dict[str, Kind] = {
    "tokens": "tokens",
    "convolution": "convolution",
    "dense": "dense",
    "pooling": "pooling",
    "other": "other",
}
"""The kind of each family of layers that has one; a block is of the first of these that a layer in it is of."""

RANKS = tuple(KINDS)

MOST = 24
"""A network of more stages than this is told by the sizes of its maps alone, however its channels change."""


@frozen
class Stage:
    """Values of one shape that follow each other.

    `units` is how many layers with weights, or blocks, that takes; `title` what the spec calls them, `block` the name
    of the block, if they are one. `adds` is whether they add a shortcut, `branches` how many branches run side by side
    in them. `exits` counts the outputs that leave the trunk here, `joins` has the numbers of the earlier stages whose
    values are merged in.
    """

    kind: Kind
    shape: Shape
    title: str
    block: str = ""
    units: int = 0
    adds: bool = False
    branches: int = 1
    exits: int = 0
    joins: tuple[int, ...] = ()


def stages(graph: Graph) -> tuple[Stage, ...]:
    """The stages of a network, its input the first."""
    found = _stages(graph, _goes_on)
    return found if len(found) <= MOST else _stages(graph, _is_as_large)


def _goes_on(before: Stage, stage: Stage) -> bool:
    """Whether a stage is more of the one before."""
    same = (before.kind, before.block) == (stage.kind, stage.block) or stage.kind == "other"
    return same and before.shape == stage.shape


def _is_as_large(before: Stage, stage: Stage) -> bool:
    """Whether a stage has maps of the same sizes, by the same kind of layer."""
    return stage.kind in (before.kind, "other") and stage.shape.is_map and before.shape.sizes == stage.shape.sizes


def _stages(graph: Graph, alike: Callable[[Stage, Stage], bool]) -> tuple[Stage, ...]:
    """The stages, where those that follow each other and are alike are one."""
    start = first_input(graph)
    made = [Stage("other", start.shape, "input")]
    place = {start.number: 0}
    for step in trunk(graph):
        stage, before = _stage(graph, step, place), made[-1]
        if stage.kind == "dense" and before.shape.is_map and stage.shape.is_vector:
            before = _flattened(before)
            made.append(before)
        if alike(before, stage) and not stage.joins:
            made[-1] = _joined(before, stage)
        elif len(made) > 1 and before.kind == stage.kind == "other" and not (before.joins or stage.joins):
            made[-1] = replace(stage, exits=before.exits + stage.exits)
        else:
            made.append(stage)
        place[step.last.number] = len(made) - 1
    return tuple(made)


def _stage(graph: Graph, step: Step, place: dict[int, int]) -> Stage:
    """A step as a stage of its own. `place` has the stage of each node whose value the trunk has passed."""
    part = step.part
    if step.merges is not None:
        joins = tuple(place[number] for number in step.merges if number in place)
        return Stage("other", part.last.shape, _title(part), exits=step.exits, joins=joins)
    nodes = step.nodes
    kind = min((_kind(graph, node) for node in nodes), key=RANKS.index)
    beside = [len(node.inputs) for node in nodes if node.layer.name == "concat"]
    return Stage(
        kind,
        part.last.shape,
        _title(part),
        block=part.scope.title.partition("(")[0] if isinstance(part, Block) else "",
        units=_units(part) if isinstance(part, Block) else int(kind in ("convolution", "dense")),
        adds=any(node.layer.name == "add" for node in nodes),
        branches=max((step.branches, *beside)),
        exits=step.exits,
    )


def _kind(graph: Graph, node: Node) -> Kind:
    family = node.layer.family
    if family == "dense" and not node.layer.weights(graph.inputs_of(node)):
        return "other"  # flatten and reshape
    return KINDS.get(family, "other")


def _units(block: Block) -> int:
    """How many blocks a block stands for: its copies, or the residual and other branching blocks that it is made of."""
    made_of = [each for each in block.parts if isinstance(each, Block) and _branches(each)]
    return block.copies * max(1, sum(map(_units, made_of)))


def _branches(block: Block) -> bool:
    return any(node.layer.name in ("add", "concat") for node in Step(block).nodes)


def _title(part: Part) -> str:
    if isinstance(part, Leaf):
        return part.nodes[0].title
    if isinstance(part, Fork):
        return part.node.title
    return part.scope.title if part.copies == 1 else f"{part.copies:,} x {part.scope.title}"


def _flattened(map: Stage) -> Stage:
    """The vector that a map is to a dense layer."""
    shape = map.shape
    features = as_dim(product((shape.channels, *shape.sizes)))
    return Stage("other", Shape(features, rows=shape.rows), "flattened", branches=map.branches)


def _joined(before: Stage, stage: Stage) -> Stage:
    """Both as one, called by what is of its kind."""
    titles = [before.title, *([stage.title] if stage.kind == before.kind else [])]
    return replace(
        before,
        shape=stage.shape,
        title=" - ".join(dict.fromkeys(titles)),
        units=before.units + stage.units,
        adds=before.adds or stage.adds,
        branches=max(before.branches, stage.branches),
        exits=before.exits + stage.exits,
    )
