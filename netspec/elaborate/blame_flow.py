"""Where a size came from: the branches that do not meet, and the convolutions that ate a map away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.diagnostics import Diagnostic, Edit, Help, Label
from netspec.elaborate.blame import edited
from netspec.elaborate.resolve import Site
from netspec.graph import Node
from netspec.layers.base import Fix
from netspec.records import replace
from netspec.shape import Shape
from netspec.source import Span

_MOST_EDITS = 12


def pad_before(
    finding: Diagnostic, nodes: Sequence[Node], sites: Mapping[int, Site], number: int, *, at_pool: bool
) -> Diagnostic:
    """The diagnostic of a window that does not fit, with the edit that pads every convolution before it.

    Papers leave their padding out; where a pool finds the map eaten away, that is the likeliest mend and comes first.
    """
    edits: dict[Span, Edit] = {}
    while nodes[number].inputs:
        node = nodes[number]
        number = node.inputs[0]
        if node.layer.name != "conv" or node.shape.sizes == nodes[number].shape.sizes or node.number not in sites:
            continue
        if getattr(node.layer, "stride", 1) != 1 or any(before or after for before, after in _pads(node)):
            continue
        for edit in edited(Fix("", {"pad": "same"}), sites[node.number]).edits:
            edits.setdefault(edit.span, edit)
    if not edits or len(edits) > _MOST_EDITS:
        return finding
    text = "pad the convolutions before it, as papers do without saying"
    help = Help(text, tuple(edits.values()))
    return replace(finding, helps=(help, *finding.helps) if at_pool else (*finding.helps, help))


def _pads(node: Node) -> Sequence[tuple[int, int]]:
    pad = getattr(node.layer, "pad", ())
    return ((1, 1),) if isinstance(pad, str) else pad


def blame_branches(
    finding: Diagnostic,
    nodes: Sequence[Node],
    sites: Mapping[int, Site],
    inputs: tuple[int, ...],
    branches: Sequence[Span],
) -> Diagnostic:
    """The diagnostic of a merge with, for each branch, what gave it its size, and a stride that may mend it."""
    labels = list(finding.labels)
    helps = list(finding.helps)
    ends = [nodes[number] for number in inputs]
    for end, branch in zip(ends, branches, strict=False):
        inside = _inside(nodes, end, branch)
        labels.append(_branch_label(nodes, sites, end, inside, branch))
        help = _same_stride(sites, end, inside, [each.shape for each in ends])
        if help is not None:
            helps.append(help)
    return replace(finding, labels=tuple(labels), helps=tuple(helps))


def _inside(nodes: Sequence[Node], end: Node, branch: Span) -> list[Node]:
    """The nodes of a branch on the way back from its end, those of blocks that it expands among them."""
    found = []
    while end.inputs and any(_within(span, branch) for span in _spans(end)):
        found.append(end)
        end = nodes[end.inputs[0]]
    return found


def _spans(node: Node) -> list[Span]:
    """Where a node is written, and where the blocks are used that it is in."""
    return [node.origin.span, *(scope.span for scope in node.origin.trail)]


def _within(span: Span, branch: Span) -> bool:
    return span.source is branch.source and branch.start <= span.start < max(branch.end, branch.start + 1)


def _branch_label(
    nodes: Sequence[Node], sites: Mapping[int, Site], end: Node, inside: Sequence[Node], branch: Span
) -> Label:
    for node in inside:
        before = nodes[node.inputs[0]].shape if node.inputs else node.shape
        if before.sizes != node.shape.sizes:
            arguments = sites[node.number].arguments if node.number in sites else {}
            return Label(arguments.get("stride", node.origin.span), _change(before, node.shape))
    for node in inside:
        if node.number in sites and getattr(node.layer, "stride", None) == 1:
            return Label(sites[node.number].word, f"stays {_sizes(node.shape)}: stride is 1 here")
    return Label(inside[-1].origin.span if inside else branch, f"{end.shape} comes out of this branch")


def _change(before: Shape, after: Shape) -> str:
    """What a layer does to the sizes: `halves 32x32 to 16x16`."""
    halves = len(before.sizes) == len(after.sizes) and all(
        isinstance(old, int) and old == 2 * new for old, new in zip(before.sizes, after.sizes, strict=True) if new
    )
    if halves:
        return f"halves {_sizes(before)} to {_sizes(after)}"
    return f"makes {after} of {before}"


def _sizes(shape: Shape) -> str:
    return "x".join(map(str, shape.sizes))


def _same_stride(sites: Mapping[int, Site], end: Node, inside: Sequence[Node], shapes: Sequence[Shape]) -> Help | None:
    """The edit that gives a branch the stride of the one that came out smallest."""
    smallest = min((each.sizes for each in shapes), key=lambda sizes: [size for size in sizes if isinstance(size, int)])
    if smallest == end.shape.sizes or len(smallest) != len(end.shape.sizes):
        return None
    ratios = {
        -(-size // small)
        for size, small in zip(end.shape.sizes, smallest, strict=True)
        if isinstance(size, int) and isinstance(small, int) and small
    }
    strided = [node for node in inside if getattr(node.layer, "stride", None) == 1 and node.number in sites]
    if len(ratios) != 1 or not strided:
        return None
    return edited(Fix("give this branch the same stride", {"stride": str(ratios.pop())}), sites[strided[-1].number])
