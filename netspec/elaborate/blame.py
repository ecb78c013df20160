"""From a layer's misuse to a diagnostic: where it was written, what flowed in, which block was being expanded."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Edit, Help, Label
from netspec.elaborate.resolve import Site
from netspec.graph import Node, Scope
from netspec.language import tree
from netspec.language.shorthand import read_word, title
from netspec.layers import layer_class
from netspec.layers.arguments import arguments_of
from netspec.layers.base import Fix, Misuse
from netspec.source import Span

_SIZES_SHOWN = 8
_BLOCKS_SHOWN = 3


def blame(
    misuse: Misuse, site: Site, nodes: Sequence[Node], inputs: tuple[int, ...] = (), trail: tuple[Scope, ...] = ()
) -> Diagnostic:
    """The diagnostic for a misuse: the argument at fault, the sizes that led there, edits to try."""
    place = site.arguments.get(misuse.at, site.word) if misuse.at is not None else site.word
    if misuse.at == "kernel" and isinstance(site.item, tree.Word):
        place = site.word  # `120C5`: its kernel is what the word is about
    notes = list(misuse.notes)
    if len(inputs) == 1 and misuse.code.startswith("E2"):
        sizes = sizes_so_far(nodes, inputs[0])
        notes += [f"sizes so far: {' → '.join(sizes)}"] if len(sizes) > 1 else []
    labels = (Label(place, misuse.here), *expansion_labels(trail))
    helps = tuple(edited(fix, site) for fix in misuse.fixes)
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


def edited(fix: Fix, site: Site) -> Help:
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


def _edited_word(fix: Fix, site: Site) -> Help:
    from netspec.elaborate.literal import literal

    reading = read_word(site.span.text)
    assert reading is not None  # it was read as this layer before
    arguments = {part.name: part.value for part in reading.parts}
    arguments.update({name: literal(text) for name, text in fix.changes.items()})
    order = tuple(each.name for each in arguments_of(layer_class(reading.layer)))
    return Help(fix.why, (Edit(site.span, title(reading.layer, arguments, order)),))
