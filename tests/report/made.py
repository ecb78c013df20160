"""Networks made by hand, so that what a report shows doesn't hang on the compiler."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netspec.analysis.facts import Analysis, Field, LayerFacts, Totals
from netspec.graph import Graph, Node, Origin, Scope
from netspec.layers.base import Weight
from netspec.layers.conv import Conv
from netspec.library import Shipped
from netspec.report.entries import Entry
from netspec.shape import Count, Shape, product, total
from netspec.source import Source, Span

SOURCE = Source("input 3x8x8\n8C3p1 - relu\n", "made.spec")
SPAN = Span(SOURCE, 12, 17)


def scope(title: str, name: str = "", copy: int = 0, copies: int = 1) -> Scope:
    return Scope(title, name, SPAN, copy, copies)


def node(
    number: int, name: str, title: str, shape: Shape, trail: tuple[Scope, ...] = (), inputs: Sequence[int] = ()
) -> Node:
    before = tuple(inputs) if inputs else (number - 1,) if number else ()
    return Node(number, name, title, Conv(8, 3), before, shape, Origin(SPAN, trail), number)


def facts(
    made: Node,
    weights: dict[str, tuple[int, ...]] | None = None,
    buffers: dict[str, tuple[int, ...]] | None = None,
    macs: Count = 0,
    ops: Count = 0,
    fields: dict[str, Field] | None = None,
) -> LayerFacts:
    owned = {name: Weight(shape) for name, shape in (weights or {}).items()}
    kept = {name: Weight(shape, trained=False) for name, shape in (buffers or {}).items()}
    return LayerFacts(
        made,
        (),
        {**owned, **kept},
        total(product(weight.shape) for weight in owned.values()),
        total(product(weight.shape) for weight in kept.values()),
        macs,
        ops,
        made.shape.elements,
        {"input": seen(1)} if fields is None else fields,
    )


def seen(
    size: int, jump: int | None = 1, start: int | None = 0, aligned: bool | None = True, whole: bool = False
) -> Field:
    return Field((size, size), (jump, jump), (start, start), (aligned, aligned), whole)


def analysis(
    layers: Sequence[LayerFacts], *, batch: int = 1, outputs: dict[str, int] | None = None, **more: object
) -> Analysis:
    nodes = tuple(each.node for each in layers)
    inputs = more.get("inputs", {"input": 0})
    graph = Graph("made", nodes, inputs, outputs or {"main": len(nodes) - 1}, source=SOURCE)  # type: ignore[arg-type]
    parameters, buffers = total(each.parameters for each in layers), total(each.buffers for each in layers)
    totals = Totals(
        parameters,
        buffers,
        total(each.macs for each in layers) * batch,
        total(each.ops for each in layers) * batch,
        (parameters + buffers) * 4,
        1_000 * batch,
        2_000_000 * batch,
    )
    return Analysis(graph, tuple(layers), totals, batch=batch)


def small(batch: int = 1) -> Analysis:
    """3x8x8 - 8C3p1 - bn - relu - GAP - 10N, with its true figures."""
    image, maps = Shape(3, (8, 8)), Shape(8, (8, 8))
    field = {"input": seen(3, start=-1)}
    whole = {"input": Field((8, 8), (None, None), (0, 0), (True, True), whole=True)}
    return analysis(
        [
            facts(node(0, "input", "3x8x8", image)),
            facts(
                node(1, "conv1", "8C3p1", maps), {"weight": (8, 3, 3, 3), "bias": (8,)}, None, 13_824, 512, field
            ),
            facts(
                node(2, "bn1", "bn", maps),
                {"weight": (8,), "bias": (8,)},
                {"running_mean": (8,), "running_var": (8,)},
                0,
                1_024,
                field,
            ),
            facts(node(3, "relu1", "relu", maps), ops=512, fields=field),
            facts(node(4, "gap1", "GAP", Shape(8)), ops=512, fields=whole),
            facts(node(5, "dense1", "10N", Shape(10)), {"weight": (10, 8), "bias": (10,)}, None, 80, 10, whole),
        ],
        batch=batch,
    )  # fmt: skip


def made_entry(
    name: str, *, family: str = "made", year: int = 2000, title: str = "", printed: str = "", **figures: Count
) -> Entry:
    """A network of the library by hand."""
    shipped = Shipped(name, family, year, title or f"{name}: Somebody {year}", Path(f"{name}.spec"), printed)
    image, classes = {"input": Shape(3, (8, 8))}, {"main": Shape(10)}
    return Entry(shipped, image, classes, figures.get("parameters", 330), figures.get("macs", 13_904))
