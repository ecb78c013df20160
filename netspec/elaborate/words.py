"""Single words: blocks, layers, bare numbers, shapes and the notation of papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, Help, Label
from netspec.elaborate.place import NOTHING, POISON
from netspec.elaborate.resolve import Resolved, Unresolved, resolve_number, resolve_word
from netspec.elaborate.scope import Frame
from netspec.elaborate.uses import is_own, place_layer, use_own
from netspec.language import tree
from netspec.language.reading import is_number
from netspec.language.shorthand import Reading, is_shape
from netspec.layers import TABLE

if TYPE_CHECKING:
    from netspec.elaborate.expand import Expander

PASSED_OVER = ("activation", "normalisation", "regularisation")
"""Families behind which a bare number still follows a dense layer or a pool."""


def word(
    expander: Expander,
    item: tree.Word,
    frame: Frame,
    flow: int,
    name: str | None = None,
    copy: tuple[int, int] = (0, 1),
) -> int:
    """A word: a block, a shared chain, a layer, a number, a shape, or a paper's notation."""
    text = item.text
    if is_own(item, frame):
        return use_own(expander, item, frame, flow, name, copy)
    if text == "identity":
        return expander.flowing(flow, item, frame)  # the value itself: no node, or an edge would hide behind it
    known = expander.resolved.get(id(item))
    if known is None:
        if text not in TABLE and is_shape(text) and (flow == NOTHING or not is_number(text)):
            return _shape(expander, item, frame, flow)
        known = _resolved(expander, item, frame, flow)
        if known is None:
            return flow
        if known.constant:
            expander.resolved[id(item)] = known
    if flow == NOTHING:
        flow = expander.flowing(flow, item, frame)
    return place_layer(expander, known, flow, frame, name)


def _resolved(expander: Expander, item: tree.Word, frame: Frame, flow: int) -> Resolved | None:
    """The layer of a word, or None for a marker (`Input`, `Output`), which lets the flow pass."""
    if is_number(item.text):
        return _bare_number(expander, item, frame, flow)
    number = expander.numbered.get(id(frame.module), 0) + 1
    resolved = resolve_word(item, frame, number)
    if isinstance(resolved, Reading):
        return None
    if not resolved.constant:
        expander.numbered[id(frame.module)] = number
    return resolved


def _shape(expander: Expander, item: tree.Word, frame: Frame, flow: int) -> int:
    """A shape where a layer may stand: the network's input, if nothing flows yet."""
    if flow == NOTHING and not expander.inputs and not frame.trail:
        return expander.statement(tree.Input(None, item, item.span), frame, flow)
    shape = expander.shape_of(flow)
    here = f"{shape} flows in here" if shape is not None else "the input is known already"
    title = f"`{item.text}` is a shape, and shapes stand at the beginning only"
    return expander.fail(Diagnostic("E122", title, (Label(item.span, here),)), frame)


def _bare_number(expander: Expander, item: tree.Word, frame: Frame, flow: int) -> Resolved:
    """A number without a letter: a dense layer behind a pool, a dense layer, or wherever a vector flows."""
    resolved = resolve_number(item, frame)
    if flow not in (POISON, NOTHING) and not _dense_follows(expander, flow):
        shape = expander.shape_of(flow)
        title = f"a bare `{item.text}` where a map flows may be a dense layer or a slip"
        help = Help(f"write `{item.text}N` for a dense layer of {item.text}, `{item.text}C1` for a 1x1 convolution")
        raise Unresolved(Diagnostic("E121", title, (Label(item.span, f"{shape} flows in"),), helps=(help,)))
    return resolved


def _dense_follows(expander: Expander, flow: int) -> bool:
    made = expander.nodes.made
    if not made[flow].shape.is_map:
        return True
    if expander.grouped == flow:
        return True
    node = made[flow]
    while node.layer.family in PASSED_OVER and node.inputs:
        node = made[node.inputs[0]]
    return node.layer.family in ("pooling", "dense")
