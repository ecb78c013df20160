"""The facts of a network: what every report, drawing and check reads. Whole numbers; formatting is the report's.

A figure that depends on an unknown input size is a `Symbol`, a `Polynomial` or `Unknown` instead (`netspec.shape`).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from netspec.graph import Graph, Node
from netspec.layers.base import Weight
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape


@frozen
class Field:
    """What one value sees of one input of the network, per axis of that input.

    `size` is the extent of the field in input pixels (the largest over the units, where upsampling makes them differ);
    `jump` the distance between the fields of neighbouring units (a fraction after upsampling, None where a value has
    no such axis: vectors); `start` the input coordinate of the first unit's first pixel, negative in padding, None
    where it depends on an unknown size; `aligned` whether all branches that meet, here or before, have the same jump
    and centre (None: depends on an unknown size). A value that sees everything has the input's size, start 0 and
    `whole` True.
    """

    size: tuple[Dim, ...]
    jump: tuple[int | Fraction | None, ...]
    start: tuple[int | None, ...]
    aligned: tuple[bool | None, ...]
    whole: bool = False


@frozen
class LayerFacts:
    """All figures of one node, per image.

    `parameters` and `buffers` count only weights that the node owns (shared weights count once, at their owner);
    `activations` is the number of elements that come out; `fields` has the receptive field by name of network input,
    for each map-shaped input that the value depends on.
    """

    node: Node
    inputs: tuple[Shape, ...]
    weights: Mapping[str, Weight]
    parameters: Count
    buffers: Count
    macs: Count
    ops: Count
    activations: Count
    fields: Mapping[str, Field]


@frozen
class Totals:
    """The sums over a network: parameters once, the rest for `Analysis.batch` images.

    `activation_bytes` is the peak of inference, every value freed after its last use; `training_bytes` what autograd
    keeps for the backward pass; both in the analysis' number type.
    """

    parameters: Count
    buffers: Count
    macs: Count
    ops: Count
    weight_bytes: Count
    activation_bytes: Count
    training_bytes: Count

    @property
    def flops(self) -> Count:
        """2 x MACs plus the element operations."""
        return 2 * self.macs + self.ops


@frozen
class Analysis:
    """A network with all its figures: one `LayerFacts` a node, in the order of the graph's nodes."""

    graph: Graph
    layers: tuple[LayerFacts, ...]
    totals: Totals
    dtype: str = "float32"
    batch: int = 1

    def _repr_html_(self) -> str:
        """The table, where a notebook shows the analysis."""
        from netspec.report import html  # the one way up: a notebook asks the object itself

        return html.table(self)
