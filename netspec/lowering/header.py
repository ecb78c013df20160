"""The first and the last thing in an exported file: a docstring that says what the network is, and a `main`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netspec.graph import Graph
from netspec.lowering.layout import Called, docstring, folded, layout
from netspec.lowering.plan import Plan
from netspec.shape import Shape, Symbol

LONGEST = 400
"""So many lines of the spec go into the docstring."""

UNKNOWN = 224
"""The size in `main` where the spec leaves it open and doesn't say what works."""

ROWS = 2
"""How many regions go in there."""


def header(graph: Graph, remark: Sequence[str] = ()) -> list[str]:
    """The docstring of the file: the network's name, its figures, a remark and its spec."""
    from netspec.analysis import analyze
    from netspec.report.figures import figure

    totals = analyze(graph).totals
    shapes = [", ".join(str(graph.nodes[number].shape) for number in each.values())
              for each in (graph.inputs, graph.outputs)]  # fmt: skip
    figures = f"{figure(totals.parameters)} parameters, {figure(totals.macs)} MACs for an image."
    name = graph.name or "A network"
    opening = folded(docstring(f"{name}: {' -> '.join(shapes)}."), opening='"""')
    lines = ["", *folded(figures), *_settings(graph), *([""] if remark else []), *remark]
    if graph.source is not None and graph.source.text.strip():
        text = [line.rstrip() for line in graph.source.text.expandtabs(4).strip("\n").split("\n")]
        more = [f"… and {len(text) - LONGEST} more lines"] if len(text) > LONGEST else []
        lines += ["", "Made by netspec from this spec:", "", *text[:LONGEST], *more]
    return [*opening, docstring("\n".join(lines)), '"""', ""]


def _settings(graph: Graph) -> list[str]:
    """The values of the spec's parameters."""
    if not graph.parameters:
        return []
    from netspec.layers.arguments import show

    return ["", "Parameters: " + ", ".join(f"{name}={show(value)}" for name, value in graph.parameters.items()) + "."]


def main(plan: Plan, name: str) -> list[str]:
    """The lines of `main`, which prints the shape that comes out for a batch of one."""
    several = len([each for each in plan.outputs if each not in plan.auxiliary]) > 1
    lines = ["def main() -> None:", '    """Print the shapes that come out of the network for one image."""']
    lines.append(f"    net = {name}().eval()")
    zeros = tuple(Called("torch.zeros", dims) for dims in _examples(plan.graph))
    lines.append("    with torch.inference_mode():")
    lines += layout(Called("net", zeros), 8, "outputs = " if several else "output = ")
    if several:
        lines.append("    for name, output in outputs.items():")
        lines.append("        print(name, tuple(output.shape))")
    else:
        lines.append("    print(tuple(output.shape))")
    return lines


def _examples(graph: Graph) -> list[tuple[Any, ...]]:
    """The sizes of example inputs, batch of one; boxes, of which the rows are the batch, have two."""
    from netspec.analysis.sizes import sizes

    letters = {report.letter: report.smallest or UNKNOWN for report in sizes(graph)}
    found: list[tuple[Any, ...]] = []
    for number in graph.inputs.values():
        shape = graph.nodes[number].shape
        rows = () if shape.rows is None else (ROWS if isinstance(shape.rows, Symbol) else shape.rows,)
        at = Shape(shape.channels, shape.sizes, shape.tokens).at(letters).dims
        found.append((*(rows or (1,)), *at))
    return found
