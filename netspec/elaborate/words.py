"""Single words and the small questions around them: bare numbers, restated figures, titles, arguments of blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, Help, Label, nearest
from netspec.elaborate.place import NOTHING, POISON
from netspec.elaborate.resolve import Resolved, Site, Unresolved, no_such_layer, read_paper, resolve_call, resolve_word
from netspec.elaborate.scope import Frame
from netspec.language import tree
from netspec.language.evaluate import BadExpression, evaluate
from netspec.language.shorthand import Reading, is_shape
from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import Value, bind, show
from netspec.shape import Dim, as_dim, product
from netspec.source import Span

if TYPE_CHECKING:
    from netspec.elaborate.expand import Expander

PASSED_OVER = ("activation", "normalisation", "regularisation")
"""Families behind which a bare number still follows a dense layer or a pool."""


def name_of(item: tree.Word | tree.Call) -> str:
    """The word of an item."""
    return item.text if isinstance(item, tree.Word) else item.name


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
    if text in frame.module.blocks:
        return expander.block(text, (), item.span, frame, flow, name, copy)
    if text in frame.module.shares:
        return expander.shared(text, item.span, frame, flow, name)
    if text == "identity":
        return expander.flowing(flow, item, frame)  # the value itself: no node, or an edge would hide behind it
    known = expander.resolved.get(id(item))
    if known is None:
        if text not in TABLE and is_shape(text) and (flow == NOTHING or not text.isdigit()):
            return _shape(expander, item, frame, flow)
        known = _resolved(expander, item, frame, flow)
        if known is None:
            return flow if flow != NOTHING else NOTHING
        if known.constant:
            expander.resolved[id(item)] = known
    if flow == NOTHING:
        flow = expander.flowing(flow, item, frame)
    return expander.layer(known, flow, frame, name)


def _resolved(expander: Expander, item: tree.Word, frame: Frame, flow: int) -> Resolved | None:
    """The layer of a word, or None for a marker (`Input`, `Output`), which lets the flow pass."""
    if item.text.isdigit():
        return _bare_number(expander, item, frame, flow)
    number = expander.numbered.get(id(frame.module), 0) + 1
    resolved = resolve_word(item, frame, number)
    if isinstance(resolved, Reading):
        for code, text in resolved.notes:
            expander.nodes.report(Diagnostic(code, text, (Label(item.span),)))
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
    if item.text != "0" and item.text.startswith("0"):
        raise Unresolved(Diagnostic("E108", f"`{item.text}` begins with a zero", (Label(item.span),)))
    if flow not in (POISON, NOTHING) and not _dense_follows(expander, flow):
        shape = expander.shape_of(flow)
        title = f"a bare `{item.text}` behind a convolution may be a dense layer or a slip"
        help = Help(f"write `{item.text}N` for a dense layer of {item.text}, `{item.text}C1` for a 1x1 convolution")
        raise Unresolved(Diagnostic("E121", title, (Label(item.span, f"{shape} flows in"),), helps=(help,)))
    site = Site(item.span, item.span, {"units": item.span}, item)
    made = bind(layer_class("dense"), (int(item.text),))
    return Resolved(made, f"{item.text}N", site, constant=False)


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


def head(expander: Expander, item: tree.Word | tree.Call, frame: Frame, flow: int) -> Resolved:
    """The layer that merges branches."""
    if name_of(item) in frame.module.blocks or name_of(item) in frame.module.shares:
        title = f"`{name_of(item)}` is a block of this spec and takes no branches"
        raise Unresolved(Diagnostic("E125", title, (Label(item.span),)))
    if isinstance(item, tree.Call):
        return resolve_call(item, frame, expander.incoming(frame, flow))
    resolved = resolve_word(item, frame) if item.text in TABLE or read_paper(item) is not None else None
    if not isinstance(resolved, Resolved):
        raise Unresolved(no_such_layer(item.text, item.span, frame))
    return resolved


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


def block_title(block: tree.Block, arguments: tuple[tree.Argument, ...], values: Mapping[str, Value]) -> str:
    """A use of a block with its arguments worked out: `basic(128, s=2)`."""
    if not arguments:
        return block.name
    names = [each.name for each in block.parameters]
    shown = []
    for position, argument in enumerate(arguments):
        value = show(values[argument.name or names[position]]).strip("`")
        shown.append(f"{argument.name}={value}" if argument.name else value)
    return f"{block.name}({', '.join(shown)})"


def item_title(item: tree.Item) -> str:
    """A repeated item as a table shows it: its text if that is short, else `{…}`."""
    text = " ".join(item.span.text.split())
    return text if len(text) <= 32 and "#" not in text else f"{text[:28].rstrip()} …" + ("}" if text[0] == "{" else "")


def each_title(item: tree.Each) -> str:
    """`each t, c, n, s`."""
    return "each " + ", ".join(name for name, _ in item.names)


def rows(item: tree.Each, values: Value) -> list[dict[str, Value]]:
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
            label = Label(item.names[0][1].to(item.names[-1][1]), ", ".join(names))
            raise BadExpression(Diagnostic("E116", title, (Label(span), label)))
        found.append(dict(zip(names, entries, strict=True)))
    return found
