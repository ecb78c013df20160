"""All that a report says of a network, as text without layout: every format prints one `Sheet` in its own way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.analysis.facts import Analysis, Totals
from netspec.graph import Graph
from netspec.records import frozen
from netspec.report import figures
from netspec.report.columns import DEFAULT, Column, chosen
from netspec.report.rows import Row, fold
from netspec.shape import Count, Polynomial, Unknown, letter
from netspec.source import Source

CONVENTION = (
    "One MAC is one multiply and one add, in convolutions, dense layers and attention products only.",
    "Biases, activations, norms and pools count element operations (--ops); FLOPs = 2 x MACs + those.",
)
"""How things are counted, said under every table."""

WRITTEN_OUT = Source("").name
"""The name of a source that was given as text: there is no file to name."""


@frozen
class Line:
    """One row of the table as text; `strong` is whether it owns parameters, so that a format may make it stand out."""

    cells: tuple[str, ...]
    strong: bool


@frozen
class Sheet:
    """A report in words: `flow` is what goes in and comes out, `total` the cells under the table.

    `summary` are labelled figures, `letters` what is to say about unknown sizes, `remarks` what the reader must know of
    this network, `convention` how was counted.
    """

    title: str
    origin: str
    flow: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: tuple[str, ...]
    summary: tuple[tuple[str, str], ...]
    letters: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    convention: tuple[str, ...] = CONVENTION


def sheet(
    analysis: Analysis, *, columns: Sequence[str] = DEFAULT, depth: int | None = None, ops: bool = False
) -> Sheet:
    """The report of a network.

    Args:
        analysis: the facts.
        columns: keys of `COLUMNS`.
        depth: how many levels of blocks to open; None: as many as make a table of 50 rows.
        ops: show element operations and FLOPs.

    Raises:
        KeyError: on a column that there isn't.
    """
    picked = chosen(columns, ops=ops)
    rows = fold(analysis, depth)
    graph = analysis.graph
    return Sheet(
        title=graph.name or _written(graph),
        origin=graph.source.name if graph.source and graph.source.name != WRITTEN_OUT else "",
        flow=_flow(analysis),
        columns=picked,
        lines=_lines(analysis, picked, rows),
        total=_total(analysis, picked),
        summary=tuple(_summary(analysis, ops="ops" in [column.key for column in picked])),
        letters=tuple(_letters(analysis)),
        remarks=tuple(_remarks(analysis, picked, rows)),
    )


def _written(graph: Graph) -> str:
    """A network without a name is called what it is: its one line."""
    text = graph.source.text.strip() if graph.source else ""
    return text if text and "\n" not in text else "network"


def _flow(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    nodes = analysis.graph.nodes
    flow = []
    for kind, ends in (("input", analysis.graph.inputs), ("output", analysis.graph.outputs)):
        named = len(ends) > 1
        flow += [(f"{kind} {name}" if named else kind, str(nodes[number].shape)) for name, number in ends.items()]
    return tuple(flow)


def _lines(analysis: Analysis, columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Line, ...]:
    by_row = zip(*(column.show(analysis, rows) for column in columns), strict=True)
    return tuple(
        Line(cells, any(facts.weights for facts in row.facts)) for row, cells in zip(rows, by_row, strict=True)
    )


def _total(analysis: Analysis, columns: Sequence[Column]) -> tuple[str, ...]:
    cells = [_in_all(column.total(analysis)) if column.total else "" for column in columns]
    return (cells[0] or "total", *cells[1:])


def _in_all(count: Count) -> str:
    """A total in its column; a sum of products of unknown sizes is too long for one and stands below the table."""
    return "below" if isinstance(count, Polynomial) else figures.figure(count)


def _summary(analysis: Analysis, *, ops: bool) -> Iterator[tuple[str, str]]:
    totals, images = analysis.totals, "an image" if analysis.batch == 1 else f"{analysis.batch:,} images"
    yield "parameters", _parameters(totals, analysis.dtype)
    yield "MACs", f"{_with_short(totals.macs)} for {images}"
    if ops:
        yield "ops", f"{_with_short(totals.ops)} for {images}"
        yield "FLOPs", f"{_with_short(totals.flops)} for {images}"
    yield "memory", _memory(totals, images)


def _parameters(totals: Totals, dtype: str) -> str:
    buffers = f"; {figures.figure(totals.buffers)} more in buffers" if totals.buffers != 0 else ""
    if isinstance(totals.weight_bytes, Unknown):
        return f"{_with_short(totals.parameters)}{buffers}"
    return f"{_with_short(totals.parameters)}; {figures.size(totals.weight_bytes)} of {dtype}{buffers}"


def _with_short(count: Count) -> str:
    """`60,965,224 (61.0 M)`."""
    if not isinstance(count, int) or figures.short(count) == f"{count:,}":
        return figures.figure(count)
    return f"{count:,} ({figures.short(count)})"


def _memory(totals: Totals, images: str) -> str:
    if isinstance(totals.activation_bytes, Unknown):
        return f"unknown: {totals.activation_bytes.reason}"
    peak, kept = figures.size(totals.activation_bytes), figures.size(totals.training_bytes)
    return f"{peak} of activations in inference, {kept} kept for training, for {images}"


def _letters(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """For each unknown size: which values work, which waste no pixel, and which nodes ask for it."""
    graph = analysis.graph
    if all(graph.nodes[number].shape.is_known for number in graph.inputs.values()):
        return
    from netspec.analysis.sizes import sizes

    rows = {graph.nodes[number].shape.rows for number in graph.inputs.values()}
    for report in sizes(graph):
        if report.works is None:
            yield report.letter, report.reason
            continue
        start = "" if f" {report.smallest}" in str(report.works) else f"; the smallest is {report.smallest}"
        yield report.letter, f"works where {report.works}{start}"
        if report.exact is not None and letter(report.letter) not in rows:  # a number of regions has no pixels
            yield "", f"wastes no pixel where {report.exact}"
        for condition in report.conditions:
            yield "", f"`{condition.node.name}` needs {condition.text}"


def _remarks(analysis: Analysis, columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[str]:
    keys = [column.key for column in columns]
    if "rf" in keys and any(False in field.aligned for row in rows for field in row.last.fields.values()):
        yield "* branches that meet here or before see fields with different centres or jumps: not aligned"
    for reason in _reasons(analysis):
        yield f"unknown: {reason}"


def _reasons(analysis: Analysis) -> tuple[str, ...]:
    """Why figures are unknown, each reason once, in the order of the layers."""
    counts: Iterator[Count] = (
        count
        for facts in analysis.layers
        for count in (*facts.node.shape.dims, facts.parameters, facts.macs, facts.ops, facts.activations)
    )
    return tuple(dict.fromkeys(count.reason for count in counts if isinstance(count, Unknown)))
