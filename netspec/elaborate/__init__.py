"""Tree to Graph: parameters, blocks, repetition, conditions, sharing and shapes."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import SpecError
from netspec.elaborate.limits import MOST_LAYERS
from netspec.graph import Graph
from netspec.language import tree
from netspec.layers.arguments import Value

__all__ = ["MOST_LAYERS", "elaborate"]


def elaborate(
    spec: tree.Tree,
    *,
    inputs: Mapping[str | None, str] | None = None,
    parameters: Mapping[str, Value] | None = None,
    limit: int = MOST_LAYERS,
    advise: bool = True,
) -> Graph:
    """The Graph of a spec.

    Args:
        spec: the parsed spec.
        inputs: shapes that replace the spec's own, by name of input; under None for the only one.
        parameters: values for its `param`s.
        limit: the most layers that it may expand to.
        advise: whether the edits that errors suggest are tried.

    Raises:
        SpecError: with all errors found, and the warnings beside them.
    """
    from netspec.elaborate.program import Program

    try:
        return Program(spec, inputs or {}, parameters or {}, limit).run()
    except SpecError as error:
        if not advise:
            raise
        from netspec.elaborate.advise import advised
        from netspec.language.parse import parse

        def again(source: object) -> Graph:
            assert not isinstance(source, str)
            return elaborate(parse(source), inputs=inputs, parameters=parameters, limit=limit, advise=False)  # type: ignore[arg-type]

        raise SpecError(advised(error.diagnostics, spec.source, again)) from None
