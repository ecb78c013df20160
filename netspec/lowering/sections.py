"""From a Graph to sections: which scope becomes a module of its own, which is called again, which is written out.

1. A scope of the spec whose weights are all its own, and whose layers all run at the same times, is a section.
2. A further use of a share does what the first did: the first use's section is called again.
3. Any other scope (a block that uses a share of the file; one in which an auxiliary head begins; a share used on a
   size that needs other padding) is written out in the section around it, and a section without steps, at its place,
   holds what weights it has. So every parameter has the name that the spec gives it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from math import inf
from re import fullmatch

from netspec.diagnostics import Diagnostic, Label, SpecError
from netspec.graph import Graph, Node
from netspec.layers.base import Call
from netspec.lowering.calls import calls_of, is_module
from netspec.lowering.names import WORDS, attribute, unlike
from netspec.lowering.parts import Part, parts
from netspec.lowering.plan import Apply, Path, Plan, Section, Step
from netspec.lowering.roles import ALWAYS, EVALUATION, roles
from netspec.records import field, mutable


@mutable
class Draft:
    """A section while it is made. `when` is when it runs, `prefix` begins the names of its nodes in the spec."""

    path: Path
    prefix: str = ""
    when: str = ALWAYS
    members: dict[str, Call | Section] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def free(self, name: str) -> str:
        """An attribute for this name that no member has yet."""
        return unlike(attribute(name), self.members)

    def add(self, name: str, call: Call) -> Path:
        """A member of this name, or one like it; where it is."""
        called = self.free(name)
        self.members[called] = call
        return (*self.path, called)


class Planner:
    """Plans one graph. `paths` are the places of each node's modules, `known` those of sections by what they do."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.calls = calls_of(graph)
        self.roles = roles(graph)
        self.paths: dict[int, tuple[Path | None, ...]] = {}
        self.known: dict[Hashable, Path] = {}
        self.owners = [node.owner for node in graph.nodes]
        self.when = [ALWAYS if when == EVALUATION else when for when in self.roles.when]
        self.shares = any(node.shares for node in graph.nodes)
        self.same: dict[int, int] = {}
        for node in graph.nodes:  # what makes no call is its input: a layer that never runs, one that does nothing
            if node.inputs and (node.number in self.roles.never or not self.calls[node.number]):
                self.same[node.number] = self._value(node.inputs[0])
        self.results = {name: self._value(number) for name, number in graph.outputs.items()}
        self.last_use = self._last_uses()

    def run(self) -> Plan:
        """The plan of the whole."""
        graph = self.graph
        inputs = frozenset(graph.inputs.values())
        draft = Draft(())
        self._fill(parts([node for node in graph.nodes if node.number not in inputs]), draft, draft)
        outputs = tuple(dict.fromkeys(self.results.values()))
        root = Section(
            (), graph.name, graph.name, draft.members, tuple(draft.steps), tuple(graph.inputs.values()), outputs
        )
        return Plan(
            graph,
            root,
            _arguments(graph),
            self.results,
            self.roles.auxiliary,
            self.paths,
        )

    # Values

    def _value(self, number: int) -> int:
        """The value that a node gives: its own, or where it does nothing the one that flows in."""
        return self.same.get(number, number)

    def _last_uses(self) -> dict[int, float]:
        """The last node that uses each value; outputs are used for ever."""
        uses: dict[int, float] = {}
        for node in self.graph.nodes:
            if node.number not in self.same:
                uses.update((self._value(number), node.number) for number in node.inputs)
        return {**uses, **dict.fromkeys(self.results.values(), inf)}

    # Sections

    def _fill(self, items: Sequence[Node | Part], holder: Draft, around: Draft) -> None:
        """Members of these into `holder`, their steps into the section `around` it; mostly the two are the same."""
        for item in items:
            if isinstance(item, Node):
                if item.number not in self.same:
                    self._layer(item, holder, around)
            elif any(node.number not in self.same for node in item.nodes):
                self._part(item, holder, around)

    def _part(self, part: Part, holder: Draft, around: Draft) -> None:
        nodes = slice(part.first, part.last + 1)
        when, owners = set(self.when[nodes]), self.owners[nodes]
        signature = self._signature(part) if self.shares else ()
        inputs, outputs = self._flow(part)
        if len(when) == 1 and min(owners) >= part.first and max(owners) <= part.last:
            name = holder.free(part.called)
            path = (*holder.path, name)
            inner = Draft(path, f"{holder.prefix}{part.called}.", next(iter(when)))
            self._fill(part.items, inner, inner)
            steps, title = tuple(inner.steps), part.scope.title
            holder.members[name] = Section(path, _word(part), title, inner.members, steps, inputs, outputs)
            self.known.setdefault((tuple(node.number for node in part.nodes), signature), path)
        else:
            known = self.known.get((tuple(node.owner for node in part.nodes), signature)) if len(when) == 1 else None
            if known is None:
                self._written_out(part, holder, around)
                return
            path = known
            self.paths.update((node.number, self.paths[node.owner]) for node in part.nodes if node.owner in self.paths)
        call = Apply(None, path[len(around.path) :], part.scope.title)
        self._step(around, (call,), inputs, outputs, next(iter(when)), given(part.called, _word(part)))

    def _written_out(self, part: Part, holder: Draft, around: Draft) -> None:
        """The part's steps into the section around; what members it has into a section that only holds them."""
        name = holder.free(part.called)
        inner = Draft((*holder.path, name), f"{holder.prefix}{part.called}.")
        self._fill(part.items, inner, around)
        if inner.members:
            holder.members[name] = Section(inner.path, _word(part), part.scope.title, inner.members)

    def _flow(self, part: Part) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The values that flow into a part, in order of use, and those that flow out."""
        first, last, same, last_use = part.first, part.last, self.same, self.last_use
        made = [node.number for node in part.nodes if node.number not in same]
        used = [same.get(value, value) for number in made for value in self.graph.nodes[number].inputs]
        inputs = tuple(dict.fromkeys([value for value in used if value < first]))
        outputs = tuple([value for value in made if last_use.get(value, -1) > last])
        return inputs, outputs or tuple(made[-1:])

    def _signature(self, part: Part) -> Hashable:
        """All that a part does, apart from where it stands."""
        inputs, outputs = self._flow(part)
        return (
            tuple(
                (
                    str(self.calls[node.number]),
                    tuple(
                        (value >= part.first, value - part.first if value >= part.first else inputs.index(value))
                        for value in map(self._value, node.inputs)
                        if node.number not in self.same
                    ),
                    self.roles.when[node.number] == EVALUATION,
                )
                for node in part.nodes
            ),
            tuple(value - part.first for value in outputs),
        )

    # Layers

    def _layer(self, node: Node, holder: Draft, around: Draft) -> None:
        calls = self.calls[node.number]
        self.paths[node.number] = paths = self._members(node, calls, holder)
        above = len(around.path)
        applies = [Apply(call, () if path is None else path[above:]) for call, path in zip(calls, paths, strict=True)]
        inputs = tuple([self.same.get(value, value) for value in node.inputs])
        name = given(node.name[len(holder.prefix) :], node.layer.name)
        self._step(around, tuple(applies), inputs, (node.number,), self.roles.when[node.number], name)

    def _members(self, node: Node, calls: tuple[Call, ...], holder: Draft) -> tuple[Path | None, ...]:
        """Where the module of each call is, None for functions; the last module has the node's own name.

        A node that shares another's weights uses that one's modules; what has no weights and differs is made anew.
        """
        own = node.name[len(holder.prefix) :]
        modules = [number for number, call in enumerate(calls) if is_module(call)]
        if len(calls) == len(modules) == 1 and not node.shares:
            return (holder.add(own, calls[0]),)
        paths: list[Path | None] = [None] * len(calls)
        theirs = self._modules_of(node.owner) if node.shares else []
        for number in modules:
            call, main = calls[number], number == modules[-1]
            shared = next((path for path, its_call in theirs if its_call == call), None)
            if shared is not None:
                paths[number] = shared
                continue
            if main and theirs and node.layer.weights(self.graph.inputs_of(node)):
                raise SpecError((_cannot_share(node, call, self.graph.nodes[node.owner], theirs[-1][1]),))
            paths[number] = holder.add(own if main else f"{own}_{call.target.partition('.')[2].lower()}", call)
        return tuple(paths)

    def _modules_of(self, number: int) -> list[tuple[Path, Call]]:
        """The modules of a node and where they are."""
        pairs = zip(self.paths.get(number, ()), self.calls[number], strict=False)
        return [(path, call) for path, call in pairs if path is not None]

    def _step(
        self,
        around: Draft,
        applies: tuple[Apply, ...],
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        when: str,
        name: str,
    ) -> None:
        shapes = tuple([self.graph.nodes[value].shape for value in outputs])
        around.steps.append(Step(applies, inputs, outputs, shapes, name, ALWAYS if when == around.when else when))


def _cannot_share(node: Node, call: Call, owner: Node, its_call: Call) -> Diagnostic:
    title = f"`{node.name}` can't share the module of `{owner.name}`: torch has another one for what flows in here"
    return Diagnostic("E211", title, (Label(node.origin.span, f"`{call}` here, `{its_call}` there"),))


@lru_cache(maxsize=4096)
def given(name: str, kind: str) -> str:
    """The name if the author gave it, with `as`; empty if it is a kind and its number, which netspec gives."""
    return "" if name.startswith(kind) and fullmatch(r"\d+(_\d+)*_*", name[len(kind) :]) else name


def _word(part: Part) -> str:
    """The block or share that a part is a use of, else its own name."""
    match = fullmatch(r"(\w+)(\(.*\))?", part.scope.title, re.DOTALL)
    return match[1] if match else part.called


def _arguments(graph: Graph) -> Mapping[str, int]:
    """The names of what `forward` takes: the inputs' own; one that the spec does not name is `x`."""
    names: dict[str, int] = {}
    for name, number in graph.inputs.items():
        names[unlike("x" if name == "input" else attribute(name), {*names, *WORDS})] = number
    return names
