"""The way through: these take a spec as a user has it, a name, a path or the text itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec import library
from netspec.diagnostics import Diagnostic, Help, SpecError
from netspec.elaborate import MOST_LAYERS, elaborate
from netspec.elaborate.literal import literal
from netspec.graph import Graph
from netspec.language.shorthand import write_value
from netspec.language.tree import Tree
from netspec.source import Source

if TYPE_CHECKING:
    from netspec.analysis.facts import Analysis


def parse(spec: str | Path | Source) -> Tree:
    """The Tree of a spec: as it is written, nothing looked up. Raises SpecError with all syntax errors."""
    from netspec.language.parse import parse as parse_source

    return parse_source(source_of(spec))


def compile(
    spec: str | Path | Source,
    *,
    inputs: Mapping[str, str] | str | None = None,
    max_layers: int = MOST_LAYERS,
    **parameters: Any,
) -> Graph:
    """The Graph of a spec.

    Args:
        spec: a shipped network's name, a file, or the text of a spec (`"1x29x29-20C4-MP2-40C5-MP3-150N-10N"`); what
            `netspec export --to json` wrote is read back.
        inputs: a shape that replaces the spec's own input (`"3x256x256"`), or shapes by name of input.
        max_layers: the most layers that it may expand to.
        parameters: values for the spec's `param`s: numbers, booleans, or their text.

    Raises:
        SpecError: with every error found.
    """
    return compile_with(spec, parameters, inputs=inputs, max_layers=max_layers)


def compile_with(
    spec: str | Path | Source,
    parameters: Mapping[str, Any],
    *,
    inputs: Mapping[str, str] | str | None = None,
    max_layers: int = MOST_LAYERS,
) -> Graph:
    """As `compile`, with the parameters in a mapping, so that they may have any name (`train.lr`)."""
    source = source_of(spec)
    if library.is_json(source):
        return _read_back(source, parameters, inputs, max_layers)
    tree = parse(source)
    shapes: dict[str | None, str] = (
        {None: inputs} if isinstance(inputs, str) else dict(inputs.items() if inputs else ())
    )
    return elaborate(tree, inputs=shapes, parameters=_values(parameters), limit=max_layers)


def _read_back(
    source: Source, parameters: Mapping[str, Any], inputs: Mapping[str, str] | str | None, max_layers: int
) -> Graph:
    """The Graph of a network in JSON, in which parameters and inputs have the values that they had."""
    from netspec.report.graph_json import read

    graph = read(source, max_layers=max_layers)
    help = Help("give it to the spec when it is written as JSON")
    for name in parameters:
        title = f"a network in JSON has its parameters applied, so `{name}` can't be set"
        raise SpecError((Diagnostic("E113", title, helps=(help,)),))
    if inputs:
        raise SpecError((Diagnostic("E130", "a network in JSON keeps the input that it has", helps=(help,)),))
    return graph


def analyze(
    spec: str | Path | Source | Graph,
    *,
    inputs: Mapping[str, str] | str | None = None,
    dtype: str = "float32",
    batch: int = 1,
    **parameters: Any,
) -> Analysis:
    """All figures of a network: sizes, parameters, multiply-accumulates, receptive fields, memory.

    Takes what `compile` takes, or a Graph. `dtype` is the number type of weights and activations, `batch` the number
    of images that the totals are for.

    Raises:
        SpecError: with every error found.
        ValueError: for a number type or batch that there is none of.
    """
    from netspec.analysis import analyze as analyze_graph

    graph = spec if isinstance(spec, Graph) else compile_with(spec, parameters, inputs=inputs)
    return analyze_graph(graph, dtype=dtype, batch=batch)


def explain(spec: str | Path | Source | Graph, layer: str, **parameters: Any) -> str:
    """The hand calculations of one layer's figures, a line each, as on a blackboard.

    Raises:
        SpecError: with every error found.
        KeyError: if no layer has this name.
    """
    from netspec.analysis.explain import explain as explain_node
    from netspec.analysis.explain import lines

    analysis = analyze(spec, **parameters)
    return "\n".join(lines(explain_node(analysis, analysis.graph[layer])))


def _values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for name, value in parameters.items():
        try:
            values[name] = _text(value) if name.startswith("train.") else literal(value)
        except (TypeError, ValueError):
            help = Help("values are numbers, true or false, sizes such as 1x7, lists of them, or words")
            raise SpecError((Diagnostic("E106", f"`{name}` can't be {value!r}", helps=(help,)),)) from None
    return values


def check(spec: str | Path | Source, **parameters: Any) -> tuple[Diagnostic, ...]:
    """Everything that netspec has to say about a spec: errors, warnings and notes; nothing for a clean one."""
    try:
        return compile(spec, **parameters).findings
    except SpecError as error:
        return error.diagnostics


def source_of(spec: str | Path | Source) -> Source:
    """The text that a user means by this. Raises SpecError E001 to E005."""
    if isinstance(spec, Source):
        return spec
    return library.read(spec) if isinstance(spec, Path) else library.find(spec)


def _text(value: Any) -> str:
    """A setting of the recipe as its text: it is read where the recipe is."""
    return value if isinstance(value, str) else write_value(literal(value))
