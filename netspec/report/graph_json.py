"""The Graph as JSON: all that a spec came to mean, so that a network can be kept, sent and read back without its spec.

`docs/graph_json.md` describes every key. Law: `write(read(write(graph))) == write(graph)`, and what is read back has
the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netspec.diagnostics import Diagnostic
from netspec.graph import Graph, Node, Scope
from netspec.layers.arguments import arguments_of
from netspec.layers.base import Layer
from netspec.layers.input import Input
from netspec.records import fields
from netspec.report.graph_reading import read
from netspec.report.json_values import FORMAT, VERSION, encode, encode_shape, encode_span
from netspec.source import Source, Span

__all__ = ["read", "write"]


def write(graph: Graph) -> str:
    """The Graph as JSON text, one node a line; ends with a newline."""
    import json

    sources, scopes = _Sources(graph), _Scopes()
    nodes = [_node(graph, node, sources, scopes) for node in graph.nodes]
    findings = [_finding(each, sources) for each in graph.findings]
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": graph.name,
        "source": None if graph.source is None else sources.number(graph.source),
        "inputs": {name: graph.nodes[number].name for name, number in graph.inputs.items()},
        "outputs": {name: graph.nodes[number].name for name, number in graph.outputs.items()},
        "parameters": encode(graph.parameters),
        "train": encode(graph.train),
        "nodes": nodes,
        "scopes": [scopes.encoded(*each, sources) for each in scopes.found],
        "findings": findings,
    }
    content["sources"] = [{"name": name, "text": text} for text, name in sources.numbers]
    lines = (f'  "{key}": {_laid_out(value, json.dumps)}' for key, value in content.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _laid_out(value: Any, dumps: Any) -> str:
    """The text of a key's value: arrays of objects with one a line."""
    if not isinstance(value, list) or not value:
        return str(dumps(value, ensure_ascii=False))
    return "[\n" + ",\n".join("    " + dumps(each, ensure_ascii=False) for each in value) + "\n  ]"


class _Sources:
    """The texts that spans stand in, numbered as they are met; the spec's own first."""

    def __init__(self, graph: Graph) -> None:
        self.numbers: dict[tuple[str, str], int] = {}
        if graph.source is not None:
            self.number(graph.source)

    def number(self, source: Source) -> int:
        # by what is written of them, without the path: a second writing must number them alike
        return self.numbers.setdefault((source.text, source.name), len(self.numbers))

    def span(self, span: Span) -> dict[str, int]:
        return encode_span(span, self.number(span.source))


class _Scopes:
    """The expansions on the trails, numbered as they are met, each with the one around it; outer ones come first."""

    def __init__(self) -> None:
        self.found: list[tuple[Scope, int | None]] = []
        self._numbers: dict[tuple[int | None, int], int] = {}

    def number(self, trail: Iterable[Scope]) -> int | None:
        """The number of the innermost of a trail."""
        around: int | None = None
        for scope in trail:
            key = (around, id(scope))  # two copies that look alike are two expansions
            if key not in self._numbers:
                self._numbers[key] = len(self.found)
                self.found.append((scope, around))
            around = self._numbers[key]
        return around

    @staticmethod
    def encoded(scope: Scope, around: int | None, sources: _Sources) -> dict[str, Any]:
        return {
            "title": scope.title,
            "name": scope.name,
            "copy": scope.copy,
            "copies": scope.copies,
            "within": around,
            "span": sources.span(scope.span),
        }


def _node(graph: Graph, node: Node, sources: _Sources, scopes: _Scopes) -> dict[str, Any]:
    return {
        "name": node.name,
        "layer": node.layer.name,
        "arguments": {} if isinstance(node.layer, Input) else arguments(node.layer),
        "inputs": [graph.nodes[number].name for number in node.inputs],
        "shape": encode_shape(node.shape),
        "title": node.title,
        "owner": graph.nodes[node.owner].name,
        "scope": scopes.number(node.origin.trail),
        "span": sources.span(node.origin.span),
    }


def arguments(layer: Layer) -> Mapping[str, Any]:
    """All arguments of a layer by name, those left to their default too."""
    values = (getattr(layer, each.name) for each in fields(layer))
    return {each.name: encode(value) for each, value in zip(arguments_of(type(layer)), values, strict=True)}


def _finding(finding: Diagnostic, sources: _Sources) -> dict[str, Any]:
    return {
        "code": finding.code,
        "title": finding.title,
        "labels": [{"span": sources.span(each.span), "text": each.text} for each in finding.labels],
        "notes": list(finding.notes),
        "helps": [
            {"text": help.text, "edits": [{"span": sources.span(e.span), "text": e.text} for e in help.edits]}
            for help in finding.helps
        ],
    }
