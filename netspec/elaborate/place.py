"""Nodes in their places: shapes are inferred as layers are placed, and misuse becomes a diagnostic."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label
from netspec.elaborate.blame import blame, expansion_labels
from netspec.elaborate.blame_flow import blame_branches, pad_before
from netspec.elaborate.resolve import Resolved, Site
from netspec.elaborate.scope import Frame, Shared
from netspec.graph import Node, Origin
from netspec.layers.arguments import LARGEST
from netspec.layers.base import Layer, Misuse, Shapes
from netspec.shape import Shape
from netspec.source import Span

NOTHING = -1
"""The flow where nothing flows yet."""

POISON = -2
"""The flow behind an error: its value is not known, and layers on it stay silent."""


class TooMany(Exception):
    """Expansion was given up: the error is reported already."""


class Nodes:
    """The nodes made so far, and the findings about them."""

    def __init__(self, limit: int) -> None:
        self.made: list[Node] = []
        self.findings: list[Diagnostic] = []
        self.limit = limit
        self.sites: dict[int, Site] = {}
        self.sharing: list[tuple[Shared, int]] = []
        self._names: set[str] = set()
        self._shapes: dict[tuple[Layer, Shapes], Shape] = {}
        self._known: dict[tuple[int, ...], tuple[Layer, Shape]] = {}
        self._reported: set[tuple[str, Span | str | None]] = set()

    def report(self, finding: Diagnostic) -> None:
        """Keep a finding; the same one from another copy of a repetition is kept once, as is the same remark."""
        key = (finding.code, finding.span if finding.severity != "note" else finding.title)
        if key not in self._reported:
            self._reported.add(key)
            self.findings.append(finding)

    @property
    def failed(self) -> bool:
        """Whether an error was reported."""
        return any(finding.severity == "error" for finding in self.findings)

    def place(
        self,
        resolved: Resolved,
        inputs: tuple[int, ...],
        frame: Frame,
        name: str | None = None,
        branches: Sequence[Span] = (),
    ) -> int:
        """Put a layer behind its inputs; the number of the new node, or POISON after an error."""
        if POISON in inputs:
            return POISON
        shapes = tuple([self.made[number].shape for number in inputs])
        layer = resolved.layer
        try:
            shape = self._infer(layer, shapes)
        except Misuse as misuse:
            finding = blame(misuse, resolved.site, self.made, inputs, frame.trail)
            if misuse.code == "E203":
                finding = pad_before(finding, self.made, self.sites, inputs[0], at_pool=layer.family == "pooling")
            elif len(inputs) > 1 and misuse.code != "E303":  # a branch too many has no size to blame
                finding = blame_branches(finding, self.made, self.sites, inputs, branches)
            self.report(finding)
            return POISON
        self.sites[len(self.made)] = resolved.site
        return self.add(layer, resolved.title, inputs, shape, resolved.site.span, frame, name)

    def _infer(self, layer: Layer, shapes: Shapes) -> Shape:
        """The shape that comes out; copies of a block have the very same layers and shapes, and none is compared."""
        same = (id(layer), *map(id, shapes))  # shapes are those of nodes, and the layer is kept beside its result
        known = self._known.get(same)
        if known is None:
            known = self._known[same] = (layer, self._infer_once(layer, shapes))
        return known[1]

    def _infer_once(self, layer: Layer, shapes: Shapes) -> Shape:
        key = (layer, shapes)
        shape = self._shapes.get(key)
        if shape is None:
            shape = layer.out_shape(shapes)
            largest = max((size for size in shape.dims if isinstance(size, int)), default=0)
            if largest > LARGEST:
                raise Misuse("E008", f"a size of {largest:,} comes out, and sizes go up to {LARGEST:,}")
            self._shapes[key] = shape
        return shape

    def add(
        self,
        layer: Layer,
        title: str,
        inputs: tuple[int, ...],
        shape: Shape,
        span: Span,
        frame: Frame,
        name: str | None = None,
    ) -> int:
        """Make the node. Raises TooMany beyond the limit."""
        number = len(self.made)
        if number >= self.limit:
            self.too_many(f"more than {self.limit:,}", span, frame)
        auto = frame.numbered(layer.name)
        called = f"{frame.prefix}{name}{frame.suffix}" if name is not None else auto
        while called in self._names:
            called += "_"
        self._names.add(called)
        owner = self._owner(layer, inputs, number, span, frame) if self.sharing else number
        self.made.append(Node(number, called, title, layer, inputs, shape, Origin(span, frame.trail), owner))
        return number

    def too_many(self, count: str, span: Span, frame: Frame) -> None:
        """Report E007 and give up."""
        label = Label(span, "while expanding this")
        title = f"this network has {count} layers, and the limit is {self.limit:,}"
        self.report(Diagnostic("E007", title, (label, *expansion_labels(frame.trail))))
        raise TooMany

    def _owner(self, layer: Layer, inputs: tuple[int, ...], number: int, span: Span, frame: Frame) -> int:
        """Whose weights the next node uses, inside a use of a `share`: those of the first use's node in its place."""
        shapes = tuple(self.made[each].shape for each in inputs)
        mine = number
        for shared, begun in self.sharing:
            place = number - begun
            if shared.uses == 1:
                shared.owners.append(number)
                continue
            owner = self.made[shared.owners[place]] if place < len(shared.owners) else None
            if owner is None or owner.layer != layer or not self._same_weights(owner, layer, shapes):
                self._cannot_share(shared, layer, shapes, owner, span, frame)
                break
            mine = owner.owner
        return mine

    def _same_weights(self, owner: Node, layer: Layer, shapes: Shapes) -> bool:
        theirs = owner.layer.weights(tuple(self.made[each].shape for each in owner.inputs))
        return theirs == layer.weights(shapes)

    def _cannot_share(
        self, shared: Shared, layer: Layer, shapes: Shapes, owner: Node | None, span: Span, frame: Frame
    ) -> None:
        name = shared.body.name
        here = "the first use has no layer here"
        if owner is not None:
            first = self.made[owner.inputs[0]].shape if owner.inputs else owner.shape
            here = f"`{layer.name}` is on {shapes[0]} here and was on {first} in the first use"
        label = Label(span, here)
        title = f"`{name}` can't share its weights: they would have another shape in this use"
        self.report(Diagnostic("E211", title, (label, *expansion_labels(frame.trail))))
