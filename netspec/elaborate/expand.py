"""Tree to nodes: blocks, repetitions, conditions, branches and names, expanded in the order of flow.

`Expander.chain` walks a chain with the number of the node that flows in and gives the number of the one that flows out.
Laws: 1. an item that makes nothing lets the flow pass; 2. after an error the flow is POISON, and what stands behind it
stays silent; 3. each copy of a repetition and each use of a block is a scope of its own; 4. the work is linear in the
nodes made, and what would make too many is refused before it is expanded.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from netspec.diagnostics import Diagnostic, Help, Label
from netspec.elaborate import branches, repeats, uses, values, words
from netspec.elaborate.blame import blame, expansion_labels
from netspec.elaborate.limits import DEEPEST, Floor
from netspec.elaborate.names import given_names
from netspec.elaborate.place import NOTHING, POISON, Nodes, TooMany
from netspec.elaborate.resolve import MisusedArgument, Resolved, Unresolved
from netspec.elaborate.scope import Frame, Module
from netspec.language import tree
from netspec.language.evaluate import BadExpression
from netspec.shape import Shape
from netspec.source import Span


class Expander:
    """Expands one spec. `nodes` collects what is made."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.outputs: dict[str, tuple[int, Span]] = {}
        self.inputs: dict[str, int] = {}
        self.implicit_input: Callable[[tree.Item, Frame], int] = lambda item, frame: POISON
        self.statement: Callable[[tree.Item, Frame, int], int] = lambda item, frame, flow: flow
        self.grouped = NOTHING
        self.numbered: dict[int, int] = {}
        self.broken: set[str] = set()
        self.unread = False
        self.resolved: dict[Hashable, Resolved] = {}
        self.names_of: dict[int, tuple[str, ...]] = {}
        self.active: list[object] = []
        self.depth = 0
        self.copies = 1
        self._given: dict[int, frozenset[str]] = {}
        self._floors: dict[int, Floor] = {}

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
                if place and branches.begins_with_reference(item):
                    self._joined_reference(item)
                flow = self.item(item, frame, flow)
        self.depth -= 1
        return flow

    def item(self, item: tree.Item, frame: Frame, flow: int, **more: Any) -> int:
        """What flows out of one item; errors are reported and poison the flow."""
        handler = HANDLERS.get(type(item))
        try:
            if handler is None:
                return self.statement(item, frame, flow)
            return handler(self, item, frame, flow, **more)
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

    def given(self, chain: tree.Chain) -> frozenset[str]:
        """The names given in a chain, found once."""
        names = self._given.get(id(chain))
        if names is None:
            names = self._given[id(chain)] = given_names(chain)
        return names

    # Limits

    def floor(self, module: Module) -> Floor:
        """The lower bounds of a module's blocks."""
        found = self._floors.get(id(module))
        if found is None:
            bodies = {name: block.body for name, (block, _) in module.blocks.items()}
            found = self._floors[id(module)] = Floor(bodies)
        return found

    def refuse_too_many(self, least: int, span: Span, frame: Frame) -> None:
        """Give up with E007 before what is at least so many layers is expanded."""
        if len(self.nodes.made) + least > self.nodes.limit:
            self.nodes.too_many(f"at least {len(self.nodes.made) + least:,}", span, frame)


HANDLERS: dict[type, Callable[..., int]] = {
    tree.Word: words.word,
    tree.Call: uses.call,
    tree.Branching: branches.branching,
    tree.Reference: branches.reference,
    tree.Named: branches.named,
    tree.Output: branches.output,
    tree.Group: repeats.group,
    tree.Repeat: repeats.repeat,
    tree.If: repeats.choose,
    tree.Each: repeats.each,
    tree.Define: values.define,
    tree.Assert: values.assertion,
}
"""What expands each kind of item; all others are statements of the file."""
