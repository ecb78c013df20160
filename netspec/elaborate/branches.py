"""Branches that merge, names for values, and side chains with an output of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, Help, Label, nearest
from netspec.elaborate.place import NOTHING
from netspec.elaborate.resolve import Resolved, Unresolved, no_such_layer, read_paper, resolve_call, resolve_word
from netspec.elaborate.scope import Frame
from netspec.elaborate.titles import name_of
from netspec.elaborate.uses import is_own
from netspec.language import tree
from netspec.layers import TABLE

if TYPE_CHECKING:
    from netspec.elaborate.expand import Expander

_NAMES_SHOWN = 8


def branching(expander: Expander, item: tree.Branching, frame: Frame, flow: int, name: str | None = None) -> int:
    """A merging layer with its branches."""
    if flow == NOTHING and not all(_starts_with_reference(branch) for branch in item.branches):
        flow = expander.flowing(flow, item, frame)
    resolved = head(expander, item.head, frame, flow)
    flows = tuple(expander.inside(branch, frame, flow) for branch in item.branches)
    if not resolved.layer.merges:
        title = f"`{resolved.layer.name}` takes no branches"
        help = Help("layers that take branches: add, sub, mul, max, mean, concat, distance, dot")
        return expander.fail(Diagnostic("E125", title, (Label(item.head.span),), helps=(help,)), frame)
    spans = tuple(branch.span for branch in item.branches)
    return expander.nodes.place(resolved, flows, frame, name, spans)


def reference(expander: Expander, item: tree.Reference, frame: Frame, flow: int) -> int:
    """`@name`."""
    found = frame.find(item.name)
    if found is not None:
        return found[0]
    if item.name in expander.inputs and frame.prefix == "":
        return expander.inputs[item.name]
    guess = nearest(item.name, frame.visible())
    known = ", ".join(f"`{name}`" for name in sorted(set(frame.visible()))[:_NAMES_SHOWN])
    here = f"did you mean `@{guess}`?" if guess else f"the names here: {known}" if known else "no value has a name here"
    label = Label(item.span, here)
    notes = ("names outside a block can't be seen inside it",) if frame.trail and frame.outer is None else ()
    return expander.fail(Diagnostic("E103", f"nothing is called `{item.name}`", (label,), notes), frame)


def named(expander: Expander, item: tree.Named, frame: Frame, flow: int) -> int:
    """`item as name`."""
    already = frame.names.get(item.name)
    if already is not None:
        labels = (Label(item.name_span, "given again here"), Label(already[1], "given here first"))
        expander.fail(Diagnostic("E109", f"two values are called `{item.name}`", labels), frame)
    inner = item.item
    if isinstance(inner, (tree.Word, tree.Call, tree.Branching, tree.Group, tree.Repeat)):
        flow = expander.item(inner, frame, flow, name=item.name)
    else:
        flow = expander.item(inner, frame, flow)
    frame.names[item.name] = (flow, item.name_span)
    return flow


def output(expander: Expander, item: tree.Output, frame: Frame, flow: int) -> int:
    """`output name { … }`: the flow passes by."""
    end = expander.inside(item.body, frame, flow)
    already = expander.outputs.get(item.name)
    if already is not None or item.name == "main":
        labels = [Label(item.name_span, "named here")]
        if already is not None:
            labels.append(Label(already[1], "named here first"))
        what = f"two outputs are called `{item.name}`" if already else "`main` is the output at the network's end"
        expander.fail(Diagnostic("E109", what, tuple(labels)), frame)
        return flow
    if end == flow and end == NOTHING:
        expander.fail(Diagnostic("E115", "nothing flows into this output", (Label(item.name_span),)), frame)
        return flow
    expander.outputs[item.name] = (end, item.name_span)
    return flow


def head(expander: Expander, item: tree.Word | tree.Call, frame: Frame, flow: int) -> Resolved:
    """The layer that merges branches."""
    if is_own(item, frame):
        title = f"`{name_of(item)}` is a block of this spec and takes no branches"
        raise Unresolved(Diagnostic("E125", title, (Label(item.span),)))
    if isinstance(item, tree.Call):
        return resolve_call(item, frame, expander.incoming(frame, flow))
    resolved = resolve_word(item, frame) if item.text in TABLE or read_paper(item) is not None else None
    if not isinstance(resolved, Resolved):
        raise Unresolved(no_such_layer(item.text, item.span, frame))
    return resolved


def begins_with_reference(item: tree.Item) -> bool:
    """Whether an item is `@name`, or another name for it."""
    return isinstance(item, tree.Reference) or (isinstance(item, tree.Named) and isinstance(item.item, tree.Reference))


def _starts_with_reference(chain: tree.Chain) -> bool:
    items = chain.items
    return bool(items) and begins_with_reference(items[0])
