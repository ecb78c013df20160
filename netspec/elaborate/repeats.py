"""Chains in brackets: groups, copies, conditions and the rounds of `each`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, Label
from netspec.elaborate.scope import Frame
from netspec.elaborate.titles import each_title, item_title, name_of
from netspec.graph import Scope
from netspec.language import tree
from netspec.language.evaluate import BadExpression, condition, evaluate, repetitions
from netspec.layers.arguments import Value, show
from netspec.source import Span

if TYPE_CHECKING:
    from netspec.elaborate.expand import Expander


def group(expander: Expander, item: tree.Group, frame: Frame, flow: int, name: str | None = None) -> int:
    """A chain in brackets: named, it is a scope; else a part of the chain around it."""
    inner = frame if name is None else _named_scope(expander, frame, name, "{…}", item.span, item.body)
    expander.grouped = expander.inside(item.body, inner, flow)
    return expander.grouped


def _named_scope(expander: Expander, frame: Frame, name: str, title: str, span: Span, body: tree.Chain) -> Frame:
    scope = Scope(title, name, span)
    prefix = f"{frame.prefix}{name}{frame.suffix}."
    trail = (*frame.trail, scope)
    return Frame(
        frame.module, frame.values, trail, prefix, taken=expander.given(body), outer=frame, entered=frame.entered
    )


def repeat(expander: Expander, item: tree.Repeat, frame: Frame, flow: int, name: str | None = None) -> int:
    """`n * item`: each copy is a scope of its own."""
    count = repetitions(item.count, frame.values, incoming=expander.incoming(frame, flow))
    inner, title = item.item, item_title(item.item)
    least = count * expander.floor(frame.module).of_item(inner)
    expander.refuse_too_many(expander.copies * least, item.span, frame)
    if name is not None:
        body = tree.Chain(((inner,),), item.span)
        frame = _named_scope(expander, frame, name, f"{count} * {title}", item.span, body)
    expander.copies *= max(count, 1)
    for copy in range(count):
        before = len(expander.nodes.made)
        flow = _copy(expander, inner, title, frame, flow, (copy, count))
        if len(expander.nodes.made) == before:
            break
    expander.copies //= max(count, 1)
    expander.grouped = flow
    return flow


def _copy(expander: Expander, inner: tree.Item, title: str, frame: Frame, flow: int, copy: tuple[int, int]) -> int:
    """One copy of a repeated item. A block's own scope says which copy it is; else the copy gets one."""
    block = isinstance(inner, (tree.Word, tree.Call)) and name_of(inner) in frame.module.blocks
    trail = frame.trail if block else (*frame.trail, Scope(title, "", inner.span, *copy))
    within = frame.repeated(trail, dict(frame.values), copy)
    return expander.item(inner, within, flow, copy=copy) if block else expander.item(inner, within, flow)


def choose(expander: Expander, item: tree.If, frame: Frame, flow: int) -> int:
    """`if condition { … } else { … }`."""
    holds = condition(item.condition, frame.values, incoming=expander.incoming(frame, flow))
    chosen = item.then if holds else item.otherwise
    if chosen is None:
        return flow
    copies, expander.copies = expander.copies, 1
    flow = expander.chain(chosen, frame, flow)
    expander.copies = copies
    return flow


def each(expander: Expander, item: tree.Each, frame: Frame, flow: int) -> int:
    """`each a, b in rows { … }`."""
    rows = rows_of(item, evaluate(item.values, frame.values, incoming=expander.incoming(frame, flow)))
    copies, expander.copies = expander.copies, 1
    for copy, values in enumerate(rows):
        scope = Scope(each_title(item), "", item.span, copy, len(rows))
        within = frame.repeated((*frame.trail, scope), {**frame.values, **values}, (copy, len(rows)))
        flow = expander.inside(item.body, within, flow)
    expander.copies = copies
    return flow


def rows_of(item: tree.Each, values: Value) -> list[dict[str, Value]]:
    """The values of each round. Raises BadExpression E112 for what is no list, E116 for rows of another length."""
    if not isinstance(values, tuple):
        title = f"`each` walks a list, and this is {show(values)}"
        raise BadExpression(Diagnostic("E112", title, (Label(item.values.span),)))
    names = [name for name, _ in item.names]
    found = []
    for number, row in enumerate(values):
        entries = row if isinstance(row, tuple) and len(names) > 1 else (row,)
        if len(entries) != len(names):
            span = item.values.items[number].span if isinstance(item.values, tree.Listing) else item.values.span
            title = f"row {number + 1} has {len(entries)} value{'s' * (len(entries) != 1)} for {len(names)} names"
            label = Label(item.names[0][1].to(item.names[-1][1]), "each row fills these")
            raise BadExpression(Diagnostic("E116", title, (Label(span), label)))
        found.append(dict(zip(names, entries, strict=True)))
    return found
