"""Layers, blocks and shared chains where they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, Help, Label, nearest
from netspec.elaborate.place import NOTHING
from netspec.elaborate.resolve import Resolved, Unresolved, resolve_call
from netspec.elaborate.scope import Frame
from netspec.elaborate.titles import block_title, name_of
from netspec.graph import Scope
from netspec.language import tree
from netspec.language.evaluate import evaluate, names_in
from netspec.layers.arguments import Value
from netspec.shape import Dim, as_dim, product
from netspec.source import Span

if TYPE_CHECKING:
    from netspec.elaborate.expand import Expander


def call(
    expander: Expander,
    item: tree.Call,
    frame: Frame,
    flow: int,
    name: str | None = None,
    copy: tuple[int, int] = (0, 1),
) -> int:
    """A layer with arguments, or a block."""
    if is_own(item, frame):
        return use_own(expander, item, frame, flow, name, copy)
    if flow == NOTHING:
        flow = expander.flowing(flow, item, frame)
    return place_layer(expander, _resolve(expander, item, frame, flow), flow, frame, name)


def _resolve(expander: Expander, item: tree.Call, frame: Frame, flow: int) -> Resolved:
    """The layer of a call, resolved once for the same values of the names in its arguments."""
    names = expander.names_of.get(id(item))
    if names is None:
        found = dict.fromkeys(name for argument in item.arguments for name in names_in(argument.value))
        names = expander.names_of[id(item)] = tuple(found)
    if "in" in names:
        return resolve_call(item, frame, expander.incoming(frame, flow))
    values = [frame.values.get(name) for name in names]
    key = (id(item), *map(type, values), *values)  # with their types, for 1 and `true` are equal to Python
    known = expander.resolved.get(key)
    if known is None:
        known = expander.resolved[key] = resolve_call(item, frame, None)
    return known


def place_layer(expander: Expander, resolved: Resolved, flow: int, frame: Frame, name: str | None) -> int:
    """Place a layer that takes one value."""
    if resolved.layer.merges:
        word = resolved.layer.name
        title = f"`{word}` merges branches, and none are given"
        help = Help(f"write them in braces: `{word} {{ | … | … }}`")
        return expander.fail(Diagnostic("E125", title, (Label(resolved.site.span),), helps=(help,)), frame)
    for note in resolved.notes:
        expander.nodes.report(note)
    if resolved.flows_in is not None and flow >= 0:
        check_restated(expander, resolved, flow, frame)
    return expander.nodes.place(resolved, (flow,), frame, name)


def is_own(item: tree.Word | tree.Call, frame: Frame) -> bool:
    """Whether an item is a block or a shared chain of the spec."""
    return name_of(item) in frame.module.blocks or name_of(item) in frame.module.shares


def use_own(
    expander: Expander,
    item: tree.Word | tree.Call,
    frame: Frame,
    flow: int,
    name: str | None,
    copy: tuple[int, int],
) -> int:
    """Expand a block or a shared chain of the spec."""
    if name_of(item) in frame.module.blocks:
        return use_block(expander, item, frame, flow, name, copy)
    return use_shared(expander, item, frame, flow, name)


def use_block(
    expander: Expander,
    item: tree.Word | tree.Call,
    frame: Frame,
    flow: int,
    name: str | None,
    copy: tuple[int, int],
) -> int:
    """Expand a use of a block."""
    block, module = frame.module.blocks[name_of(item)]
    if any(each is block for each in expander.active):
        labels = (Label(item.span, "uses itself here"), Label(block.name_span, "defined here"))
        return expander.fail(Diagnostic("E010", f"block `{block.name}` uses itself", labels), frame)
    if flow == NOTHING:
        flow = expander.flowing(flow, item, frame)
    expander.refuse_too_many(expander.floor(frame.module).of_item(item), item.span, frame)
    arguments = item.arguments if isinstance(item, tree.Call) else ()
    values = block_values(expander, block, arguments, item.span, frame, flow)
    auto = frame.numbered(block.name)
    called = f"{frame.prefix}{name}{frame.suffix}" if name is not None else auto
    scope = Scope(block_title(block, arguments, values), called.rpartition(".")[2], item.span, *copy)
    trail = (*frame.trail, scope)
    inner = Frame(module, {**module.values, **values}, trail, f"{called}.", taken=expander.given(block.body))
    expander.active.append(block)
    flow = expander.inside(block.body, inner, flow)
    expander.active.pop()
    return flow


def use_shared(expander: Expander, item: tree.Word | tree.Call, frame: Frame, flow: int, name: str | None) -> int:
    """Apply a shared chain: its first use owns the weights."""
    shared, module = frame.module.shares[name_of(item)]
    share = shared.body
    if isinstance(item, tree.Call) and item.arguments:
        label = Label(item.arguments[0].span)
        return expander.fail(Diagnostic("E105", f"`{share.name}` is shared and takes no arguments", (label,)), frame)
    if any(each is shared for each in expander.active):
        return expander.fail(Diagnostic("E010", f"`{share.name}` uses itself", (Label(item.span, "here"),)), frame)
    if flow == NOTHING:
        flow = expander.flowing(flow, item, frame)
    shared.uses += 1
    called = f"{frame.prefix}{name or share.name}{frame.suffix}"
    if name is None and shared.uses > 1:
        called += str(shared.uses)
    trail = (*frame.trail, Scope(share.name, called.rpartition(".")[2], item.span))
    inner = Frame(module, dict(module.values), trail, f"{called}.", taken=expander.given(share.body))
    expander.active.append(shared)
    expander.nodes.sharing.append((shared, len(expander.nodes.made)))
    flow = expander.inside(share.body, inner, flow)
    expander.nodes.sharing.pop()
    expander.active.pop()
    return flow


def block_values(
    expander: Expander, block: tree.Block, arguments: tuple[tree.Argument, ...], span: Span, frame: Frame, flow: int
) -> dict[str, Value]:
    """The arguments of a use of a block by name. Raises Unresolved E104, E105."""
    incoming = expander.incoming(frame, flow)
    names = [each.name for each in block.parameters]
    values: dict[str, Value] = {}
    for position, argument in enumerate(arguments):
        name = argument.name
        if name is None and position >= len(names):
            title = (
                f"`{block.name}` takes {len(names)} argument{'s' * (len(names) != 1)}, but {len(arguments)} are given"
            )
            raise Unresolved(Diagnostic("E105", title, (Label(argument.span), Label(block.name_span, "defined here"))))
        name = name if name is not None else names[position]
        if name not in names:
            guess = nearest(name, names)
            here = f"did you mean `{guess}`?" if guess else "it has " + (", ".join(f"`{n}`" for n in names) or "none")
            raise Unresolved(
                Diagnostic("E104", f"block `{block.name}` has no argument `{name}`", (Label(argument.span, here),))
            )
        if name in values:
            raise Unresolved(Diagnostic("E105", f"`{name}` of `{block.name}` is given twice", (Label(argument.span),)))
        values[name] = evaluate(argument.value, frame.values, incoming=incoming)
    for parameter in block.parameters:
        if parameter.name in values:
            continue
        if parameter.default is None:
            title = f"block `{block.name}` needs `{parameter.name}`"
            raise Unresolved(
                Diagnostic("E105", title, (Label(span, "missing here"), Label(parameter.span, "asked for here")))
            )
        scope = {**frame.module.blocks[block.name][1].values, **values}
        values[parameter.name] = evaluate(parameter.default, scope, incoming=expander.shape_of(flow))
    return values


def check_restated(expander: Expander, resolved: Resolved, flow: int, frame: Frame) -> None:
    """`150MP2` and `1024FC10` say what flows in: E120 if something else does."""
    expected = resolved.flows_in
    assert expected is not None
    shape = expander.nodes.made[flow].shape
    found: Dim = as_dim(product(shape.dims)) if resolved.layer.family == "dense" else shape.channels
    if not isinstance(found, int) or found == expected.number:
        return
    start = resolved.site.span.start
    span = Span(resolved.site.span.source, start + expected.start, start + expected.end)
    what = "numbers" if resolved.layer.family == "dense" else "maps"
    title = f"`{resolved.site.span.text}` says that {expected.number:,} {what} flow in, but {found:,} do"
    expander.fail(Diagnostic("E120", title, (Label(span, f"{shape} flows in"),)), frame)
