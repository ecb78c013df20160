"""`let` inside a chain, and what a spec asserts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, Label
from netspec.elaborate.scope import Frame
from netspec.language import tree
from netspec.language.evaluate import condition, evaluate

if TYPE_CHECKING:
    from netspec.elaborate.expand import Expander


def define(expander: Expander, item: tree.Define, frame: Frame, flow: int) -> int:
    """`let` inside a chain."""
    if item.keyword == "param":
        return expander.statement(item, frame, flow)
    frame.values[item.name] = evaluate(item.value, frame.values, incoming=expander.incoming(frame, flow))
    return flow


def assertion(expander: Expander, item: tree.Assert, frame: Frame, flow: int) -> int:
    """`assert condition, "message"`."""
    if not condition(item.condition, frame.values, incoming=expander.incoming(frame, flow)):
        text = item.condition.span.text
        title = item.message or f"`{text}` does not hold"
        shape = expander.shape_of(flow)
        here = "this is false" if shape is None else f"this is false; {shape} flows in"
        expander.fail(Diagnostic("E114", title, (Label(item.condition.span, here),)), frame)
    return flow
