"""Where torch has other figures than netspec: one `Difference` each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import torch
from torch import nn

from netspec.analysis.facts import Analysis, Field
from netspec.graph import Graph
from netspec.lowering.build import build_graph
from netspec.lowering.plan import plan
from netspec.lowering.verification.figures import kept_by_node
from netspec.lowering.verification.following import Strayed
from netspec.lowering.verification.footprint import Footprint, footprints
from netspec.lowering.verification.kept import kept_bytes
from netspec.lowering.verification.measures import Seen, batch_of, observe
from netspec.lowering.verification.steps import torch_shape
from netspec.lowering.verification.units import Unit
from netspec.records import frozen

NONE = "none"
"""What is written where one of the two has no such thing."""

NETWORK = "all"
"""The layer of a figure of the whole network."""


@frozen
class Difference:
    """`layer` has `what` by netspec's word and by torch's, as text."""

    layer: str
    what: str
    netspec: str
    torch: str


def of_run(analysis: Analysis) -> Iterator[Difference]:
    """Differences in weights, shapes, MACs and what training keeps."""
    graph, module = analysis.graph, on_meta(analysis.graph)
    yield from of_weights(analysis, module)
    try:
        inference, training = (observe(graph, module, training=flag) for flag in (False, True))
        batches = (1,) if batch_of(graph) == 1 else (2, 3)
        known = isinstance(analysis.totals.training_bytes, int)  # unless it depends on the boxes that flow in
        kept = kept_bytes(graph, module, batches) if known else {}
    except Strayed as strayed:
        yield _strayed(graph, strayed)
        return
    yield from _of_values(analysis, {**inference, **training})
    for batch, sizes in kept.items():  # two batches tell what grows with the images from what doesn't
        yield from _of_kept(graph, batch, sizes)


def of_weights(analysis: Analysis, module: nn.Module) -> Iterator[Difference]:
    """Differences in the names and shapes of weights, trained or not, and in how many numbers they hold."""
    expected = _expected_weights(analysis)
    trained = dict(module.named_parameters())
    found = {
        name: (tuple(value.shape), name in trained)
        for name, value in module.state_dict().items()
        if not name.endswith("num_batches_tracked")  # torch's own counter, no part of the network
    }
    for name in dict.fromkeys((*expected, *found)):
        ours, theirs = expected.get(name), found.get(name)
        if ours != theirs:
            yield Difference(NETWORK, name, _weight(ours), _weight(theirs))
    totals = {"parameters": analysis.totals.parameters, "buffers": analysis.totals.buffers}
    for what, is_trained in (("parameters", True), ("buffers", False)):
        count = sum(prod(shape) for shape, flag in found.values() if flag is is_trained)
        if count != totals[what]:
            yield Difference(NETWORK, what, f"{totals[what]:,}", f"{count:,}")


def of_fields(analysis: Analysis, units: Sequence[Unit]) -> Iterator[Difference]:
    """Differences between receptive fields and footprints of gradients."""
    graph = analysis.graph
    try:
        measured = footprints(graph, on_meta(graph), units)
    except Strayed as strayed:
        yield _strayed(graph, strayed)
        return
    for unit in units:
        fields = {name: _seen(field, unit) for name, field in analysis.layers[unit.node].fields.items()}
        for name in dict.fromkeys((*fields, *measured[unit.node])):
            ours, theirs = fields.get(name), measured[unit.node].get(name)
            if ours != theirs:
                what = f"field of unit {unit.at} in {name}"
                yield Difference(graph.nodes[unit.node].name, what, _footprint(ours), _footprint(theirs))


def on_meta(graph: Graph) -> nn.Module:
    """The network's module with shapes but no numbers."""
    with torch.device("meta"):
        return build_graph(graph)


def _of_values(analysis: Analysis, seen: Mapping[int, Seen]) -> Iterator[Difference]:
    """Differences in what comes out of each layer, and in its MACs, in the batch and for one image."""
    batch = batch_of(analysis.graph)
    for number, value in seen.items():
        node = analysis.graph.nodes[number]
        if value.shape != torch_shape(analysis.graph, number, batch):
            yield Difference(
                node.name, "output", _sizes(torch_shape(analysis.graph, number, batch)), _sizes(value.shape)
            )
        macs = analysis.layers[number].macs
        if value.macs != macs * batch:
            yield Difference(node.name, "MACs", f"{macs:,}", f"{value.macs // batch:,}")
    total = sum(value.macs for value in seen.values()) // batch
    if total != analysis.totals.macs:
        yield Difference(NETWORK, "MACs", f"{analysis.totals.macs:,}", f"{total:,}")


def _of_kept(graph: Graph, batch: int, theirs: Mapping[int, int]) -> Iterator[Difference]:
    """A difference in the bytes that training keeps, and of which layers.

    Layers count only where the sums differ: torch may keep a copy in place of a value, under the layer that made it.
    """
    ours = kept_by_node(graph, batch)
    if sum(ours.values()) == sum(theirs.values()):
        return
    what = "bytes kept" if batch == 1 else f"bytes kept, batch of {batch}"
    for number in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(number, 0), theirs.get(number, 0)
        if one != other:
            yield Difference(graph.nodes[number].name, what, f"{one:,}", f"{other:,}")
    yield Difference(NETWORK, what, f"{sum(ours.values()):,}", f"{sum(theirs.values()):,}")


def _expected_weights(analysis: Analysis) -> dict[str, tuple[tuple[Any, ...], bool]]:
    paths = plan(analysis.graph).modules
    return {
        f"{paths[facts.node.number]}.{name}": (weight.shape, weight.trained)
        for facts in analysis.layers
        for name, weight in facts.weights.items()
    }


def _strayed(graph: Graph, strayed: Strayed) -> Difference:
    where = NETWORK if strayed.node is None else graph.nodes[strayed.node].name
    return Difference(where, "computes", strayed.expected, strayed.found)


def _seen(field: Field, unit: Unit) -> Footprint:
    """What a unit sees by netspec's word: from `start + unit·jump` on `size` pixels, per axis."""
    starts = (start + unit.at * jump for start, jump in zip(field.start, field.jump, strict=True))  # type: ignore[operator]
    return Footprint(tuple(map(int, starts)), tuple(size for size in field.size if isinstance(size, int)))


def _weight(weight: tuple[tuple[Any, ...], bool] | None) -> str:
    if weight is None:
        return NONE
    shape, trained = weight
    return f"{_sizes(shape)}{'' if trained else ', not trained'}"


def _footprint(footprint: Footprint | None) -> str:
    if footprint is None:
        return NONE
    return f"{_sizes(footprint.size)} from {', '.join(map(str, footprint.start))}"


def _sizes(sizes: Iterable[Any]) -> str:
    return "x".join(map(str, sizes)) or "a number"
