"""Tree to nodes: blocks, repetitions, conditions, branches and names, expanded in the order of flow.

`Expander.chain` walks a chain with the number of the node that flows in and gives the number of the one that flows out.
Laws: 1. an item that makes nothing lets the flow pass; 2. after an error the flow is POISON, and what stands behind it
stays silent; 3. each copy of a repetition and each use of a block is a scope of its own; 4. the work is linear in the
nodes made, and what would make too many is refused before it is expanded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from netspec.diagnostics import Diagnostic, Help, Label, nearest
from netspec.elaborate import words
from netspec.elaborate.blame import blame, expansion_labels
from netspec.elaborate.limits import DEEPEST, Floor
from netspec.elaborate.names import given_names
from netspec.elaborate.place import NOTHING, POISON, Nodes, TooMany
from netspec.elaborate.resolve import MisusedArgument, Resolved, Unresolved, resolve_call
from netspec.elaborate.scope import Frame, Module
from netspec.graph import Scope
from netspec.language import tree
from netspec.language.evaluate import BadExpression, condition, evaluate, repetitions
from netspec.shape import Shape
from netspec.source import Span


class Expander:
    """Expands one spec. `top` is its module; `nodes` collects what is made."""

    def __init__(self, nodes: Nodes, top: Module) -> None:
        self.nodes = nodes
        self.top = top
        self.outputs: dict[str, tuple[int, Span]] = {}
        self.inputs: dict[str, int] = {}
        self.implicit_input: Callable[[tree.Item, Frame], int] = lambda item, frame: POISON
        self.statement: Callable[[tree.Item, Frame, int], int] = lambda item, frame, flow: flow
        self.grouped = NOTHING
        self.numbered: dict[int, int] = {}
        self.broken: set[str] = set()
        self.unread = False
        self.resolved: dict[int, Resolved] = {}
        self._active: list[object] = []
        self.depth = 0
        self._copies = 1
        self._given: dict[int, frozenset[str]] = {}
        self._floors: dict[int, Floor] = {}
        self._handlers: dict[type, Callable[..., int]] = {
            tree.Word: partial(words.word, self),
            tree.Call: self.call,
            tree.Branching: self.branching,
            tree.Reference: self.reference,
            tree.Group: self.group,
            tree.Repeat: self.repeat,
            tree.Named: self.named,
            tree.If: self.condition,
            tree.Each: self.each,
            tree.Output: self.output,
            tree.Define: self.define,
            tree.Assert: self.assertion,
        }

    # Chains and items

    def chain(self, chain: tree.Chain, frame: Frame, flow: int) -> int:
        """What flows out of a chain when `flow` flows in."""
        if self.depth >= DEEPEST:
            title = f"blocks and brackets stand more than {DEEPEST} deep in one another"
            self.nodes.report(Diagnostic("E006", title, (Label(chain.span), *expansion_labels(frame.trail))))
            raise TooMany
        self.depth += 1
        for line in chain.lines:
            for place, item in enumerate(line):
                if place and _begins_with_reference(item):
                    self._joined_reference(item)
                flow = self.item(item, frame, flow)
        self.depth -= 1
        return flow

    def item(self, item: tree.Item, frame: Frame, flow: int, **more: Any) -> int:
        """What flows out of one item; errors are reported and poison the flow."""
        handler = self._handlers.get(type(item))
        if handler is None:
            return self.statement(item, frame, flow)
        try:
            return handler(item, frame, flow, **more)
        except BadExpression as bad:
            if not self._follows(bad.diagnostic, frame, flow):
                self.fail(bad.diagnostic, frame)
            if isinstance(item, tree.Define):
                self.broken.add(item.name)
                return flow
        except Unresolved as unresolved:
            if not (self.unread and unresolved.diagnostic.code == "E102"):
                self.fail(unresolved.diagnostic, frame)
        except MisusedArgument as misused:
            self.nodes.report(blame(misused.misuse, misused.site, self.nodes.made, (), frame.trail))
        return POISON

    def _follows(self, diagnostic: Diagnostic, frame: Frame, flow: int) -> bool:
        """Whether an error only follows from another: a size behind an error, a name whose value was one."""
        if POISON in (flow, frame.entered) and diagnostic.code in ("E127", "E128"):
            return True
        return diagnostic.code == "E111" and diagnostic.span is not None and diagnostic.span.text in self.broken

    def fail(self, diagnostic: Diagnostic, frame: Frame) -> int:
        """Report an error, with the blocks that were being expanded; the flow behind it is poison."""
        labels = (*diagnostic.labels, *expansion_labels(frame.trail))
        self.nodes.report(Diagnostic(diagnostic.code, diagnostic.title, labels, diagnostic.notes, diagnostic.helps))
        return POISON

    def shape_of(self, flow: int) -> Shape | None:
        """The shape that flows, if any does."""
        return self.nodes.made[flow].shape if flow >= 0 else None

    def incoming(self, frame: Frame, flow: int) -> Shape | None:
        """The shape that `in.c` asks for: what flows into the innermost block or braces."""
        return self.shape_of(flow if frame.entered is None else frame.entered)

    def inside(self, chain: tree.Chain, frame: Frame, flow: int) -> int:
        """A chain in braces: what flows into it is what `in.c` asks for there."""
        around, frame.entered = frame.entered, flow
        flow = self.chain(chain, frame, flow)
        frame.entered = around
        return flow

    def flowing(self, flow: int, item: tree.Item, frame: Frame) -> int:
        """The flow into a layer: at the beginning of a spec without inputs, an input of unknown size."""
        return self.implicit_input(item, frame) if flow == NOTHING else flow

    def _joined_reference(self, item: tree.Item) -> None:
        label = Label(item.span, "the `-` before it would drop what flows")
        help = Help("begin a line with it, or merge both: `add { | identity | @… }`")
        self.nodes.report(
            Diagnostic("E115", "`@` begins a chain, and here a chain leads into it", (label,), helps=(help,))
        )

    # Layers, blocks and shared chains

    def call(
        self, call: tree.Call, frame: Frame, flow: int, name: str | None = None, copy: tuple[int, int] = (0, 1)
    ) -> int:
        """A layer with arguments, or a block."""
        if call.name in frame.module.blocks:
            return self.block(call.name, call.arguments, call.span, frame, flow, name, copy)
        if call.name in frame.module.shares:
            return self.shared(call.name, call.span, frame, flow, name, arguments=call.arguments)
        if flow == NOTHING:
            flow = self.flowing(flow, call, frame)
        return self.layer(self.resolve(call, frame, flow), flow, frame, name)

    def resolve(self, call: tree.Call, frame: Frame, flow: int) -> Resolved:
        """The layer of a call; one whose arguments are all written out is resolved once."""
        known = self.resolved.get(id(call))
        if known is None:
            known = resolve_call(call, frame, self.incoming(frame, flow))
            if known.constant:
                self.resolved[id(call)] = known
        return known

    def layer(self, resolved: Resolved, flow: int, frame: Frame, name: str | None) -> int:
        """Place a layer that takes one value."""
        if resolved.layer.merges:
            word = resolved.layer.name
            title = f"`{word}` merges branches, and none are given"
            help = Help(f"write them in braces: `{word} {{ | … | … }}`")
            return self.fail(Diagnostic("E125", title, (Label(resolved.site.span),), helps=(help,)), frame)
        for note in resolved.notes:
            self.nodes.report(note)
        if resolved.flows_in is not None and flow >= 0:
            words.check_restated(self, resolved, flow, frame)
        return self.nodes.place(resolved, (flow,), frame, name)

    def block(
        self,
        block_name: str,
        arguments: tuple[tree.Argument, ...],
        span: Span,
        frame: Frame,
        flow: int,
        name: str | None,
        copy: tuple[int, int] = (0, 1),
    ) -> int:
        """Expand a use of a block."""
        block, module = frame.module.blocks[block_name]
        if block in self._active:
            label, defined = Label(span, "uses itself here"), Label(block.name_span, "defined here")
            return self.fail(Diagnostic("E010", f"block `{block.name}` uses itself", (label, defined)), frame)
        if flow == NOTHING:
            flow = self.flowing(flow, block, frame)
        self._refuse_too_many(self.floor(frame.module).of_item(tree.Word(block_name, span)), span, frame)
        values = words.block_values(self, block, arguments, span, frame, flow)
        auto = frame.numbered(block.name)
        called = f"{frame.prefix}{name}{frame.suffix}" if name is not None else auto
        scope = Scope(words.block_title(block, arguments, values), called.rpartition(".")[2], span, *copy)
        inner = Frame(
            module,
            {**module.values, **values},
            (*frame.trail, scope),
            prefix=f"{called}.",
            taken=self.given(block.body),
        )
        self._active.append(block)
        try:
            return self.inside(block.body, inner, flow)
        finally:
            self._active.pop()

    def shared(
        self,
        share_name: str,
        span: Span,
        frame: Frame,
        flow: int,
        name: str | None,
        arguments: tuple[tree.Argument, ...] = (),
    ) -> int:
        """Apply a shared chain: its first use owns the weights."""
        shared, module = frame.module.shares[share_name]
        if arguments:
            label = Label(arguments[0].span)
            return self.fail(Diagnostic("E105", f"`{share_name}` is shared and takes no arguments", (label,)), frame)
        if shared in self._active:
            return self.fail(Diagnostic("E010", f"`{share_name}` uses itself", (Label(span, "here"),)), frame)
        if flow == NOTHING:
            flow = self.flowing(flow, shared.body, frame)
        shared.uses += 1
        called = f"{frame.prefix}{name or share_name}{frame.suffix}"
        if name is None and shared.uses > 1:
            called += str(shared.uses)
        scope = Scope(share_name, called.rpartition(".")[2], span)
        body = shared.body.body
        inner = Frame(module, dict(module.values), (*frame.trail, scope), f"{called}.", taken=self.given(body))
        self._active.append(shared)
        self.nodes.sharing.append((shared, len(self.nodes.made)))
        try:
            return self.inside(body, inner, flow)
        finally:
            self.nodes.sharing.pop()
            self._active.pop()

    # Branches and names

    def branching(self, item: tree.Branching, frame: Frame, flow: int, name: str | None = None) -> int:
        """A merging layer with its branches."""
        if flow == NOTHING and not all(_starts_with_reference(branch) for branch in item.branches):
            flow = self.flowing(flow, item, frame)
        resolved = words.head(self, item.head, frame, flow)
        flows = tuple(self.inside(branch, frame, flow) for branch in item.branches)
        if not resolved.layer.merges:
            title = f"`{resolved.layer.name}` takes no branches"
            help = Help("layers that take branches: add, sub, mul, max, mean, concat, distance, dot")
            return self.fail(Diagnostic("E125", title, (Label(item.head.span),), helps=(help,)), frame)
        spans = tuple(branch.span for branch in item.branches)
        return self.nodes.place(resolved, flows, frame, name, spans)

    def reference(self, item: tree.Reference, frame: Frame, flow: int) -> int:
        """`@name`."""
        found = frame.find(item.name)
        if found is not None:
            return found[0]
        if item.name in self.inputs and frame.prefix == "":
            return self.inputs[item.name]
        guess = nearest(item.name, [*frame.visible(), *self.inputs])
        label = Label(item.span, f"did you mean `@{guess}`?" if guess else "no value has this name here")
        notes = ("names outside a block can't be seen inside it",) if frame.trail and frame.outer is None else ()
        return self.fail(Diagnostic("E103", f"nothing is called `{item.name}`", (label,), notes), frame)

    def named(self, item: tree.Named, frame: Frame, flow: int) -> int:
        """`item as name`."""
        already = frame.names.get(item.name)
        if already is not None:
            labels = (Label(item.name_span, "given again here"), Label(already[1], "given here first"))
            self.fail(Diagnostic("E109", f"two values are called `{item.name}`", labels), frame)
        inner = item.item
        if isinstance(inner, (tree.Word, tree.Call, tree.Branching, tree.Group, tree.Repeat)):
            flow = self.item(inner, frame, flow, name=item.name)
        else:
            flow = self.item(inner, frame, flow)
        frame.names[item.name] = (flow, item.name_span)
        return flow

    def given(self, chain: tree.Chain) -> frozenset[str]:
        """The names given in a chain, found once."""
        names = self._given.get(id(chain))
        if names is None:
            names = self._given[id(chain)] = given_names(chain)
        return names

    # Repetition and conditions

    def group(self, item: tree.Group, frame: Frame, flow: int, name: str | None = None) -> int:
        """A chain in brackets: named, it is a scope; else a part of the chain around it."""
        inner = frame if name is None else self._named_scope(frame, name, "{…}", item.span, item.body)
        inner = frame if name is None else self._named_scope(frame, name, "{…}", item.span, item.body)
        self.grouped = self.inside(item.body, inner, flow)
        return self.grouped

    def _named_scope(self, frame: Frame, name: str, title: str, span: Span, body: tree.Chain) -> Frame:
        scope = Scope(title, name, span)
        prefix = f"{frame.prefix}{name}{frame.suffix}."
        trail = (*frame.trail, scope)
        return Frame(
            frame.module, frame.values, trail, prefix, taken=self.given(body), outer=frame, entered=frame.entered
        )

    def repeat(self, item: tree.Repeat, frame: Frame, flow: int, name: str | None = None) -> int:
        """`n * item`: each copy is a scope of its own."""
        count = repetitions(item.count, frame.values, incoming=self.incoming(frame, flow))
        inner, title = item.item, words.item_title(item.item)
        least = count * self.floor(frame.module).of_item(inner)
        self._refuse_too_many(self._copies * least, item.span, frame)
        if name is not None:
            body = tree.Chain(((inner,),), item.span)
            frame = self._named_scope(frame, name, f"{count} * {title}", item.span, body)
        self._copies *= max(count, 1)
        for copy in range(count):
            before = len(self.nodes.made)
            flow = self._copy(inner, title, frame, flow, (copy, count))
            if len(self.nodes.made) == before:
                break
        self._copies //= max(count, 1)
        self.grouped = flow
        return flow

    def _copy(self, inner: tree.Item, title: str, frame: Frame, flow: int, copy: tuple[int, int]) -> int:
        """One copy of a repeated item. A block's own scope says which copy it is; else the copy gets one."""
        block = isinstance(inner, (tree.Word, tree.Call)) and words.name_of(inner) in frame.module.blocks
        trail = frame.trail if block else (*frame.trail, Scope(title, "", inner.span, *copy))
        within = frame.repeated(trail, dict(frame.values), copy)
        return self.item(inner, within, flow, copy=copy) if block else self.item(inner, within, flow)

    def condition(self, item: tree.If, frame: Frame, flow: int) -> int:
        """`if condition { … } else { … }`."""
        holds = condition(item.condition, frame.values, incoming=self.incoming(frame, flow))
        chosen = item.then if holds else item.otherwise
        if chosen is None:
            return flow
        copies, self._copies = self._copies, 1
        flow = self.chain(chosen, frame, flow)
        self._copies = copies
        return flow

    def each(self, item: tree.Each, frame: Frame, flow: int) -> int:
        """`each a, b in rows { … }`."""
        rows = words.rows(item, evaluate(item.values, frame.values, incoming=self.incoming(frame, flow)))
        copies, self._copies = self._copies, 1
        for copy, values in enumerate(rows):
            scope = Scope(words.each_title(item), "", item.span, copy, len(rows))
            within = frame.repeated((*frame.trail, scope), {**frame.values, **values}, (copy, len(rows)))
            flow = self.inside(item.body, within, flow)
        self._copies = copies
        return flow

    def output(self, item: tree.Output, frame: Frame, flow: int) -> int:
        """`output name { … }`: the flow passes by."""
        end = self.inside(item.body, frame, flow)
        already = self.outputs.get(item.name)
        if already is not None or item.name == "main":
            labels = [Label(item.name_span, "named here")]
            if already is not None:
                labels.append(Label(already[1], "named here first"))
            what = f"two outputs are called `{item.name}`" if already else "`main` is the output at the network's end"
            self.fail(Diagnostic("E109", what, tuple(labels)), frame)
            return flow
        if end == flow and end == NOTHING:
            self.fail(Diagnostic("E115", "nothing flows into this output", (Label(item.name_span),)), frame)
            return flow
        self.outputs[item.name] = (end, item.name_span)
        return flow

    # Values

    def define(self, item: tree.Define, frame: Frame, flow: int) -> int:
        """`let` inside a chain."""
        if item.keyword == "param":
            return self.statement(item, frame, flow)
        frame.values[item.name] = evaluate(item.value, frame.values, incoming=self.incoming(frame, flow))
        return flow

    def assertion(self, item: tree.Assert, frame: Frame, flow: int) -> int:
        """`assert condition, "message"`."""
        if not condition(item.condition, frame.values, incoming=self.incoming(frame, flow)):
            text = item.condition.span.text
            title = item.message or f"`{text}` does not hold"
            shape = self.shape_of(flow)
            here = "this is false" if shape is None else f"this is false; {shape} flows in"
            self.fail(Diagnostic("E114", title, (Label(item.condition.span, here),)), frame)
        return flow

    # Limits

    def floor(self, module: Module) -> Floor:
        """The lower bounds of a module's blocks."""
        found = self._floors.get(id(module))
        if found is None:
            bodies = {name: block.body for name, (block, _) in module.blocks.items()}
            found = self._floors[id(module)] = Floor(bodies)
        return found

    def _refuse_too_many(self, least: int, span: Span, frame: Frame) -> None:
        if len(self.nodes.made) + least > self.nodes.limit:
            self.nodes.too_many(f"at least {len(self.nodes.made) + least:,}", span, frame)


def _begins_with_reference(item: tree.Item) -> bool:
    return isinstance(item, tree.Reference) or (isinstance(item, tree.Named) and isinstance(item.item, tree.Reference))


def _starts_with_reference(chain: tree.Chain) -> bool:
    items = chain.items
    return bool(items) and _begins_with_reference(items[0])
