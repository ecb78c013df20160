"""The Graph: what a spec means, with every block expanded, every size worked out and every name resolved.

It is in the middle of netspec: `elaborate` makes it, and analysis, reports, drawings and modules read it. Nodes are in
topological order and refer to each other by their number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.diagnostics import Diagnostic
from netspec.layers.base import Layer, Weight
from netspec.records import field, frozen
from netspec.shape import Shape
from netspec.source import Source, Span


@frozen
class Scope:
    """One expansion of a block, a shared chain or a repeated item, as it stands on the trail of a node.

    `title` is what the spec wrote (`basic(64)`), the text under which a table folds it; `name` is the part of node
    names that it adds (`basic3`, or what `as` says), empty for a repetition that is not named; `copy` and `copies` say
    which of a repetition's copies this is (from 0) and of how many. Two nodes of one expansion share one Scope object.
    """

    title: str
    name: str
    span: Span
    copy: int = 0
    copies: int = 1


@frozen
class Origin:
    """Where a node comes from: the characters that wrote its layer, and the expansions around it, outermost first."""

    span: Span
    trail: tuple[Scope, ...] = ()


@frozen
class Node:
    """One layer in its place.

    `name` is unique in the graph (`basic3.conv1`); `title` is the layer as the spec writes it, in canonical form
    (`96C11s4`); `inputs` are the numbers of the nodes whose values flow in; `owner` is the number of the node whose
    weights it uses, its own unless the weights are shared.
    """

    number: int
    name: str
    title: str
    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape
    origin: Origin
    owner: int

    @property
    def shares(self) -> bool:
        """Whether its weights belong to another node."""
        return self.owner != self.number


@frozen
class Graph:
    """A network. `inputs` and `outputs` are numbers of nodes by name; without `output` in the spec the one is `main`.

    `parameters` are the spec's `param`s with the values they took; `train` is the recipe as checked data; `findings`
    are the warnings and notes that compiling it gave.
    """

    name: str
    nodes: tuple[Node, ...]
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)
    source: Source | None = None
    findings: tuple[Diagnostic, ...] = ()

    def inputs_of(self, node: Node) -> tuple[Shape, ...]:
        """The shapes that flow into a node."""
        return tuple(self.nodes[number].shape for number in node.inputs)

    def weights_of(self, node: Node) -> Mapping[str, Weight]:
        """The tensors that a node owns; a node that shares another's owns none."""
        return {} if node.shares else node.layer.weights(self.inputs_of(node))

    def __getitem__(self, name: str) -> Node:
        """The node of this name. Raises KeyError."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)
