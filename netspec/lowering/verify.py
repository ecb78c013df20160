"""Compare netspec's figures with torch's, on the module itself: nothing that is said here rests on netspec's word.

The module is built on the meta device, where tensors have shapes but no memory, and followed through a run in inference
and one in training. Compared are, for every layer: the shape that comes out, the names and shapes of its weights, the
MACs as `torch.utils.flop_counter` counts them, and the bytes that autograd keeps for the backward pass. At the ends of
stages the receptive field is compared with the footprint of a gradient, on real numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.analysis import analyze
from netspec.analysis.facts import Analysis
from netspec.compiler import compile_with
from netspec.diagnostics import Diagnostic, Help, SpecError
from netspec.graph import Graph
from netspec.lowering.extras import need
from netspec.records import frozen
from netspec.shape import Shape
from netspec.source import Source

if TYPE_CHECKING:
    from netspec.lowering.verification.differences import Difference
    from netspec.lowering.verification.units import Unit

LEAST_SIZE = 32
"""An unknown size of the input is the least from here on that works."""


@frozen
class Verification:
    """What was compared, with netspec's figures for one image, and where torch has others.

    `inputs` are the shapes that flowed in. `kept_bytes` is None where what training keeps depends on the boxes that
    flow in; `field` names the values whose receptive field was measured, None if it wasn't to be.
    """

    name: str
    inputs: Mapping[str, Shape]
    layers: int
    parameters: int
    buffers: int
    macs: int
    kept_bytes: int | None
    field: tuple[str, ...] | None
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether there are no differences."""
        return not self.differences


def verify(
    spec: str | Path | Source,
    *,
    inputs: Mapping[str, str] | str | None = None,
    field: bool = True,
    **parameters: Any,
) -> Verification:
    """Build a spec's module and compare its figures with netspec's. Takes what `netspec.compile` takes.

    Args:
        spec: a shipped network's name, a file, or the text of a spec.
        inputs: a shape that replaces the spec's own input, or shapes by name of input.
        field: whether to measure receptive fields, which takes seconds where they are large.
        parameters: values for the spec's `param`s.

    Raises:
        SpecError: with every error found, or if no size is known that an unknown one could have.
        MissingPackage: if torch is not installed.
    """
    return verify_with(spec, parameters, inputs=inputs, field=field)


def verify_with(
    spec: str | Path | Source,
    parameters: Mapping[str, Any],
    *,
    inputs: Mapping[str, str] | str | None = None,
    field: bool = True,
) -> Verification:
    """As `verify`, with the parameters in a mapping, so that they may have any name."""
    need("torch", extra="torch")
    from netspec.lowering.verification import differences as compared

    graph = compile_with(spec, parameters, inputs=inputs)
    unknown = _unknown_sizes(graph)
    if unknown:
        graph = compile_with(spec, parameters, inputs=_written(unknown))
    analysis = analyze(graph)
    found = list(compared.of_run(analysis))
    measured: tuple[str, ...] | None = None
    if field:
        placed = _placed(spec, parameters, analysis)
        found += compared.of_fields(*placed) if placed else ()
        measured = tuple(placed[0].graph.nodes[unit.node].name for unit in placed[1]) if placed else ()
    return _verification(analysis, measured, found)


def _verification(analysis: Analysis, field: tuple[str, ...] | None, differences: Iterable[Difference]) -> Verification:
    graph, totals = analysis.graph, analysis.totals
    parameters, buffers, macs = totals.parameters, totals.buffers, totals.macs
    assert isinstance(parameters, int) and isinstance(buffers, int) and isinstance(macs, int)
    kept = totals.training_bytes if isinstance(totals.training_bytes, int) else None
    given = {name: graph.nodes[number].shape for name, number in graph.inputs.items()}
    layers = len(graph.nodes) - len(given)
    return Verification(graph.name, given, layers, parameters, buffers, macs, kept, field, tuple(differences))


def _unknown_sizes(graph: Graph) -> Mapping[str, Shape]:
    """Shapes for inputs of unknown size: the least from `LEAST_SIZE` on that work; nothing if all are known.

    Raises:
        SpecError: E130 if there is no telling which work.
    """
    from netspec.analysis.sizes import sizes

    letters: dict[str, int] = {}
    for report in sizes(graph):
        works = report.works
        values = (
            () if works is None else works.values or range(works.least, max(works.least, LEAST_SIZE) + works.modulus)
        )
        fitting = [size for size in values if works is not None and size in works]
        if not fitting:
            help = Help("say which: `--input 3x224x224`")
            title = f"no size is known for `{report.letter}` of the input with which the network can be built"
            raise SpecError((Diagnostic("E130", title, helps=(help,)),))
        letters[report.letter] = next((size for size in fitting if size >= LEAST_SIZE), fitting[-1])
    given = {name: graph.nodes[number].shape for name, number in graph.inputs.items()}
    return {name: shape.at(letters) for name, shape in given.items()} if letters else {}


def _placed(
    spec: str | Path | Source, parameters: Mapping[str, Any], analysis: Analysis
) -> tuple[Analysis, tuple[Unit, ...]] | None:
    """The network at an input on which the units to be measured lie inside; None if there are no such."""
    from netspec.lowering.verification.units import chosen, inputs_to_try, units

    numbers = chosen(analysis)
    if not numbers:
        return None
    for shapes in inputs_to_try(analysis, numbers):
        try:
            grown = analyze(compile_with(spec, parameters, inputs=_written(shapes)))
        except SpecError:
            continue
        same = [node.name for node in grown.graph.nodes] == [node.name for node in analysis.graph.nodes]
        placed = units(grown, numbers) if same else None
        if placed is not None:
            return grown, placed
    return None


def _written(shapes: Mapping[str, Shape]) -> Mapping[str, str] | str:
    """Shapes of inputs as they are given from outside."""
    texts = {name: str(shape) for name, shape in shapes.items()}
    return texts if len(texts) > 1 else next(iter(texts.values()))
