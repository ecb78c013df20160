"""From a layer's misuse to a diagnostic: where it was written, what flowed in, which block was being expanded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netspec.diagnostics import Diagnostic, Edit, Help, Label
from netspec.elaborate.resolve import Site
from netspec.graph import Node, Scope
from netspec.language import tree
from netspec.language.shorthand import read_word, title
from netspec.layers import layer_class
from netspec.layers.arguments import arguments_of
from netspec.layers.base import Fix, Misuse
from netspec.shape import Shape
from netspec.source import Span

_SIZES_SHOWN = 8
_BLOCKS_SHOWN = 3


def blame(
    misuse: Misuse, site: Site, nodes: Sequence[Node], inputs: tuple[int, ...] = (), trail: tuple[Scope, ...] = ()
) -> Diagnostic:
    """The diagnostic for a misuse: the argument at fault, the sizes that led there, edits to try."""
    place = site.arguments.get(misuse.at, site.word) if misuse.at is not None else site.word
    notes = list(misuse.notes)
    if len(inputs) == 1 and misuse.code.startswith("E2"):
        notes.append("sizes so far: " + " → ".join(sizes_so_far(nodes, inputs[0])))
    labels = (Label(place, misuse.here), *expansion_labels(trail))
    helps = tuple(help for fix in misuse.fixes for help in (edited(fix, site),) if help is not None)
    return Diagnostic(misuse.code, misuse.what, labels, tuple(notes), helps)


def expansion_labels(trail: tuple[Scope, ...]) -> list[Label]:
    """Which blocks were being expanded, innermost first."""
    named = [scope for scope in reversed(trail) if scope.name]
    return [Label(scope.span, f"while expanding `{scope.title}`") for scope in named[:_BLOCKS_SHOWN]]


def sizes_so_far(nodes: Sequence[Node], number: int) -> list[str]:
    """The shapes on the way from the input to a node, each change once, the oldest left out when there are many."""
    shapes: list[str] = []
    while True:
        text = str(nodes[number].shape)
        if not shapes or shapes[-1] != text:
            shapes.append(text)
        if not nodes[number].inputs or len(shapes) > _SIZES_SHOWN:
            break
        number = nodes[number].inputs[0]
    if len(shapes) > _SIZES_SHOWN:
        shapes[-1] = "…"
    return shapes[::-1]


def edited(fix: Fix, site: Site) -> Help | None:
    """The edits that give a layer other arguments, in the notation in which it was written."""
    if isinstance(site.item, tree.Word):
        return _edited_word(fix, site)
    edits = []
    for name, text in fix.changes.items():
        if name in site.arguments:
            edits.append(Edit(site.arguments[name], text))
        else:
            end = site.span.end - 1
            lead = ", " if site.item.arguments else ""
            edits.append(Edit(Span(site.span.source, end, end), f"{lead}{name}={text}"))
    return Help(fix.why, tuple(edits))


def _edited_word(fix: Fix, site: Site) -> Help | None:
    from netspec.elaborate.literal import literal

    reading = read_word(site.span.text)
    if reading is None:
        return None
    arguments = {part.name: part.value for part in reading.parts}
    arguments.update({name: literal(text) for name, text in fix.changes.items()})
    order = tuple(each.name for each in arguments_of(layer_class(reading.layer)))
    return Help(fix.why, (Edit(site.span, title(reading.layer, arguments, order)),))


# Branches that don't meet


def blame_branches(
    finding: Diagnostic,
    nodes: Sequence[Node],
    sites: Mapping[int, Site],
    inputs: tuple[int, ...],
    branches: Sequence[Span],
) -> Diagnostic:
    """The diagnostic of a merge with, for each branch, the layer that gave it its size, and the stride that may mend it."""
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
    while any(_within(span, branch) for span in (end.origin.span, *(scope.span for scope in end.origin.trail))):
        found.append(end)
        if not end.inputs:
            break
        end = nodes[end.inputs[0]]
    return found


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
