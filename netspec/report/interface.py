"""The report as JSON: an interface for programs, versioned, documented in `docs/json.md`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from netspec.analysis.facts import Analysis, Field, LayerFacts, Totals
from netspec.report.entries import Entry
from netspec.report.figures import raw
from netspec.shape import Count, Shape, Unknown

VERSION = 1
"""Raised when a key changes its meaning or goes; new keys may come without."""


def render(analysis: Analysis) -> str:
    """The analysis as JSON text, one key and one layer a line; ends with a newline."""
    import json

    content = document(analysis)
    layers = content.pop("layers")
    keys = [f'  "{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in content.items()]
    lines = ",\n".join("    " + json.dumps(layer, ensure_ascii=False) for layer in layers)
    keys.append(f'  "layers": [\n{lines}\n  ]' if layers else '  "layers": []')
    return "{\n" + ",\n".join(keys) + "\n}\n"


def document(analysis: Analysis) -> dict[str, Any]:
    """The analysis as plain data: raw whole numbers, closed forms as text, null with a reason where unknown."""
    graph = analysis.graph
    inputs = {name: sizes(graph.nodes[number].shape) for name, number in graph.inputs.items()}
    taken = frozenset(graph.inputs.values())
    return {
        "version": VERSION,
        "name": graph.name,
        "source": graph.source.name if graph.source else None,
        "input": next(iter(inputs.values()), None),
        "inputs": inputs,
        "outputs": {name: graph.nodes[number].name for name, number in graph.outputs.items()},
        "dtype": analysis.dtype,
        "batch": analysis.batch,
        "totals": totals(analysis.totals),
        "layers": [_layer(analysis, facts) for facts in analysis.layers if facts.node.number not in taken],
    }


def totals(sums: Totals) -> dict[str, Any]:
    """The totals in the order of the interface."""
    return _counts(
        {
            "parameters": sums.parameters,
            "buffers": sums.buffers,
            "macs": sums.macs,
            "ops": sums.ops,
            "flops": sums.flops,
            "weight_bytes": sums.weight_bytes,
            "activation_bytes": sums.activation_bytes,
            "training_bytes": sums.training_bytes,
        }
    )


def sizes(shape: Shape) -> list[int | str | None]:
    """The sizes of a shape in torch's order: [C, H, W], [features], [tokens, features]."""
    return [raw(size) for size in shape.dims]


def _layer(analysis: Analysis, facts: LayerFacts) -> dict[str, Any]:
    node, graph, batch = facts.node, analysis.graph, analysis.batch
    weights = {name: [raw(n) for n in weight.shape] for name, weight in facts.weights.items() if weight.trained}
    buffers = {name: [raw(n) for n in weight.shape] for name, weight in facts.weights.items() if not weight.trained}
    counts: dict[str, Count] = {
        "buffers": facts.buffers,
        "ops": facts.ops * batch,
        "activations": facts.activations * batch,
    }
    layer = {
        "name": node.name,
        "layer": node.title,
        "line": node.origin.span.line,
        "inputs": [graph.nodes[number].name for number in node.inputs],
        "output": sizes(node.shape),
        "weights": weights,
        "parameters": raw(facts.parameters),
        "macs": raw(facts.macs * batch),
        "receptive_field": next((field(each) for each in facts.fields.values()), None),
        **{name: raw(count) for name, count in counts.items()},
        "buffer_shapes": buffers,
        "kind": node.layer.name,
        "shares": graph.nodes[node.owner].name if node.shares else None,
        "path": [scope.name or scope.title for scope in node.origin.trail],
    }
    if len(graph.inputs) > 1:
        layer["receptive_fields"] = {name: field(each) for name, each in facts.fields.items()}
    reason = _reason((*node.shape.dims, facts.parameters, facts.macs, *counts.values()))
    return {**layer, "reason": reason} if reason else layer


def field(seen: Field) -> dict[str, Any]:
    """A receptive field; fractions (a jump of 1/2 after upsampling) as text."""
    return {
        "size": [raw(size) for size in seen.size],
        "jump": [_ratio(jump) for jump in seen.jump],
        "start": list(seen.start),
        "aligned": list(seen.aligned),
        "whole": seen.whole,
    }


def _ratio(value: int | Fraction | None) -> int | str | None:
    return str(value) if isinstance(value, Fraction) else value


def _counts(counts: Mapping[str, Count]) -> dict[str, Any]:
    reason = _reason(counts.values())
    plain: dict[str, Any] = {name: raw(count) for name, count in counts.items()}
    return {**plain, "reason": reason} if reason else plain


def _reason(counts: Iterable[Count]) -> str | None:
    """Why a figure among these is null."""
    return next((count.reason for count in counts if isinstance(count, Unknown)), None)


def networks(entries: Sequence[Entry]) -> str:
    """The list of shipped networks as JSON text, a network a line."""
    import json

    return "[\n" + ",\n".join("  " + json.dumps(_network(each), ensure_ascii=False) for each in entries) + "\n]\n"


def _network(entry: Entry) -> dict[str, Any]:
    shipped = entry.shipped
    return {
        "name": shipped.name,
        "family": shipped.family,
        "year": shipped.year,
        "input": next(map(sizes, entry.inputs.values()), None),
        "parameters": raw(entry.parameters),
        "macs": raw(entry.macs),
        "title": shipped.title,
        "printed": shipped.printed or None,
        "inputs": {name: sizes(shape) for name, shape in entry.inputs.items()},
        "outputs": {name: sizes(shape) for name, shape in entry.outputs.items()},
        "path": str(shipped.path),
    }
