"""The columns of a table: what each shows of a row, to people and to machines, and what stands in the total."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from netspec.analysis.facts import Analysis, Field, LayerFacts
from netspec.records import frozen
from netspec.report.figures import cell, per_axis, raw, shares
from netspec.report.rows import Row
from netspec.shape import Count, total

Raw: TypeAlias = int | str | None


@frozen
class Column:
    """One column. `show` gives the text of every row, `raw` the plain value of every row, `total` of the last line.

    `right` is whether it is aligned to the right, `help` completes "the column shows …".
    """

    key: str
    title: str
    help: str
    show: Callable[[Analysis, Sequence[Row]], Sequence[str]]
    raw: Callable[[Analysis, Sequence[Row]], Sequence[Raw]]
    total: Callable[[Analysis], Count] | None = None
    right: bool = False


def _text(key: str, title: str, help: str, of: Callable[[Row], str]) -> Column:
    """A column of words: people and machines see the same."""

    def show(analysis: Analysis, rows: Sequence[Row]) -> Sequence[str]:
        return [of(row) for row in rows]

    return Column(key, title, help, show, show)


def _figure(
    key: str,
    title: str,
    help: str,
    of: Callable[[LayerFacts], Count],
    in_all: Callable[[Analysis], Count],
    *,
    per_image: bool = True,
) -> Column:
    """A column of sums; what is counted per image is multiplied by the batch, as the totals are."""

    def counts(analysis: Analysis, rows: Sequence[Row]) -> list[Count]:
        times = analysis.batch if per_image else 1
        return [row.sum(of) * times for row in rows]

    def show(analysis: Analysis, rows: Sequence[Row]) -> Sequence[str]:
        return [cell(count) for count in counts(analysis, rows)]

    def plain(analysis: Analysis, rows: Sequence[Row]) -> Sequence[Raw]:
        return [raw(count) for count in counts(analysis, rows)]

    return Column(key, title, help, show, plain, in_all, right=True)


def _field(key: str, title: str, help: str, of: Callable[[Field], str]) -> Column:
    """A column about the receptive field, for each input of the network that has one."""

    def show(analysis: Analysis, rows: Sequence[Row]) -> Sequence[str]:
        inputs = frozenset(analysis.graph.inputs.values())
        return ["" if row.last.node.number in inputs else _by_input(row.last, of) for row in rows]

    def plain(analysis: Analysis, rows: Sequence[Row]) -> Sequence[str]:
        return [text.replace("−", "-") for text in show(analysis, rows)]

    return Column(key, title, help, show, plain, right=True)


def _by_input(facts: LayerFacts, of: Callable[[Field], str]) -> str:
    texts = {name: of(field) for name, field in facts.fields.items()}
    if len(set(texts.values())) <= 1:
        return next(iter(texts.values()), "")
    return ", ".join(f"{name} {text}" for name, text in texts.items())


def _size(field: Field) -> str:
    if field.whole:
        return "all"
    return per_axis(field.size) + ("*" if False in field.aligned else "")


def _jump(field: Field) -> str:
    return "" if None in field.jump else per_axis(field.jump)


def _start(field: Field) -> str:
    return "" if field.whole else per_axis(field.start)


def _weights(row: Row) -> str:
    shapes = [weight.shape for facts in row.facts for weight in facts.weights.values() if weight.trained]
    if row.folded:
        return f"{len(shapes):,} tensors" if shapes else ""
    return " + ".join("x".join(map(str, shape)) for shape in shapes) or ""


def _activations(analysis: Analysis) -> Count:
    return total(facts.activations for facts in analysis.layers) * analysis.batch


def _shares(analysis: Analysis, rows: Sequence[Row]) -> Sequence[str]:
    return shares([row.sum(lambda facts: facts.macs) for row in rows])


COLUMNS: dict[str, Column] = {
    column.key: column
    for column in (
        _text("name", "name", "the layer's name, from the spec or its block", lambda row: row.name),
        _text("layer", "layer", "the layer as the spec writes it", lambda row: row.title),
        _text("output", "output", "the shape that comes out, channels first", lambda row: str(row.last.node.shape)),
        _text("weights", "weights", "the shapes of the trained tensors that the layer owns", _weights),
        _figure(
            "parameters",
            "parameters",
            "trained parameters",
            lambda facts: facts.parameters,
            lambda analysis: analysis.totals.parameters,
            per_image=False,
        ),
        _figure(
            "macs", "MACs", "multiply-accumulates", lambda facts: facts.macs, lambda analysis: analysis.totals.macs
        ),
        _figure(
            "ops",
            "ops",
            "element operations beside the MACs",
            lambda facts: facts.ops,
            lambda analysis: analysis.totals.ops,
        ),
        _figure("activations", "activations", "numbers that come out", lambda facts: facts.activations, _activations),
        Column("share", "of MACs", "its part of all MACs", _shares, _shares, right=True),
        _field("rf", "field", "size of the receptive field in pixels of the input", _size),
        _field("jump", "jump", "pixels of the input from one unit to the next", _jump),
        _field("start", "start", "first pixel that the first unit sees, negative in the padding", _start),
    )
}
"""Every column by the word that `--columns` takes."""

DEFAULT = ("name", "layer", "output", "parameters", "macs", "rf")


def chosen(keys: Sequence[str], *, ops: bool = False) -> tuple[Column, ...]:
    """The columns of these keys; with `ops`, element operations after the MACs if they aren't there. KeyError."""
    wanted = list(keys)
    if ops and "ops" not in wanted:
        wanted.insert(wanted.index("macs") + 1 if "macs" in wanted else len(wanted), "ops")
    return tuple(COLUMNS[key] for key in wanted)
