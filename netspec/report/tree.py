"""The structure as a terminal tree: blocks, branches and layers with the shapes that come out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.graph import Graph, Node
from netspec.report.layout import GAP, width
from netspec.report.structure import Block, Fork, Leaf, Part, structure

UNICODE = ("├─ ", "└─ ", "│  ", "   ")
"""Before a part, before the last part, and before what hangs under each."""


def render(graph: Graph, depth: int | None = None) -> str:
    """The tree, shapes in a column; `depth` levels of blocks and branches are opened (None: all)."""
    inputs = [(name, graph.nodes[number]) for name, number in graph.inputs.items()]
    shown = [str(node.shape) if len(inputs) == 1 else f"{name} {node.shape}" for name, node in inputs]
    outputs = {number: name for name, number in graph.outputs.items()} if len(graph.outputs) > 1 else {}
    lines = [(graph.name or "network", ", ".join(shown)), *_lines(structure(graph), "", depth, outputs)]
    widest = max(width(label) for label, _ in lines)
    return "".join(f"{label}{' ' * (widest - width(label))}{GAP}{text}".rstrip() + "\n" for label, text in lines)


def _lines(parts: Sequence[Part], indent: str, depth: int | None, outputs: dict[int, str]) -> Iterator[tuple[str, str]]:
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        yield indent + UNICODE[last] + _label(part), _shape(part.last, outputs)
        if depth != 0:
            below = indent + UNICODE[2 + last]
            deeper = None if depth is None else depth - 1
            if isinstance(part, Block):
                yield from _lines(part.parts, below, deeper, outputs)
            elif isinstance(part, Fork):
                yield from _branches(part, below, deeper, outputs)


def _branches(fork: Fork, indent: str, depth: int | None, outputs: dict[int, str]) -> Iterator[tuple[str, str]]:
    for number, (branch, source) in enumerate(zip(fork.branches, fork.sources, strict=True)):
        last = number == len(fork.branches) - 1
        below = indent + UNICODE[2 + last]
        if not branch:
            yield f"{indent}{UNICODE[last]}| identity", str(source.shape)
        elif len(branch) == 1 and isinstance(branch[0], Leaf):
            yield f"{indent}{UNICODE[last]}| {_label(branch[0])}", _shape(branch[0].last, outputs)
        else:
            yield f"{indent}{UNICODE[last]}|", _shape(branch[-1].last, outputs)
            yield from _lines(branch, below, depth, outputs)


def _label(part: Part) -> str:
    if isinstance(part, Leaf):
        return f"{_own(part.nodes[0].name)}: {' - '.join(node.title for node in part.nodes)}"
    if isinstance(part, Fork):
        return f"{_own(part.node.name)}: {part.node.title}"
    title = part.scope.title if part.copies == 1 else f"{part.copies:,} x {part.scope.title}"
    return f"{part.scope.name}: {title}" if part.scope.name else title


def _own(name: str) -> str:
    """A name without the blocks that it stands in, which the tree shows anyway."""
    return name.rpartition(".")[2]


def _shape(node: Node, outputs: dict[int, str]) -> str:
    output = f" → output {outputs[node.number]}" if node.number in outputs else ""
    return f"{node.shape}{output}"
