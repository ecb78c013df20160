"""Torch modules from specs: the exported source, run.

A module and its export can't differ, because they are one text; only that the modules of ours are imported here and
copied there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from hashlib import sha256
from linecache import cache as lines_of_files
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from netspec.graph import Graph
from netspec.lowering.extras import need
from netspec.lowering.plan import Plan, plan
from netspec.lowering.source import classes_of
from netspec.source import Source

if TYPE_CHECKING:
    from torch import nn

_PREFIX = "netspec_built_"
_KEPT = 256


def build(
    spec: str | Path | Source | Graph,
    *,
    inputs: Mapping[str, str] | str | None = None,
    seed: int | None = None,
    **params: Any,
) -> nn.Module:
    """The torch module of a network, freshly initialised, in training mode.

    Its submodules have the spec's names (`basic3.conv1`); `forward` takes a tensor for each input, the batch first, and
    gives the output, or a dict of outputs by name where there are several. A softmax that ends an output is applied in
    evaluation only, and auxiliary heads are there in training only.

    Args:
        spec: what `netspec.compile` takes, or a Graph.
        inputs: a shape that replaces the spec's own input (`"3x256x256"`), or shapes by name of input.
        seed: draws the weights as the recipe's `init` says, the same numbers on every device; without a seed they are
            what torch's modules begin with, drawn from torch's own generator.
        params: values for the spec's `param`s, and for settings of its recipe (`**{"train.init": "kaiming"}`).

    Raises:
        SpecError: with every error found; E127 where a layer's weights depend on a size that is not known.
        MissingPackage: if torch is not installed.
    """
    from netspec.compiler import compile_with

    graph = spec if isinstance(spec, Graph) else compile_with(spec, params, inputs=inputs)
    network = build_graph(graph)
    if seed is not None:
        from netspec.lowering.initial import initialise

        initialise(network, graph, graph.train.get("init"), seed=seed)
    return network


def build_graph(graph: Graph) -> nn.Module:
    """As `build`, of a Graph."""
    return build_plan(plan(graph))


def build_plan(made: Plan) -> nn.Module:
    """As `build`, of a plan: for those who need to know as well where each layer's module is."""
    need("torch", extra="torch")
    text, name = classes_of(made)
    network: nn.Module = getattr(_run(text, name), name)()
    return network


def _run(text: str, name: str) -> ModuleType:
    """The module of Python that this source makes; the same one for the same text, while it is kept.

    It is among the imported ones and its text in the cache of lines, since torch's compiler asks for the one, and
    tracebacks and `inspect` for the other.
    """
    title = f"{_PREFIX}{name.lower()}_{sha256(text.encode()).hexdigest()[:16]}"
    if title in sys.modules:
        return sys.modules[title]
    file = f"<{title}>"
    module = ModuleType(title)
    module.__file__ = file
    exec(compile(text, file, "exec"), vars(module))  # noqa: S102 - the text is our own, from a checked Graph
    for old in [each for each in sys.modules if each.startswith(_PREFIX)][: 1 - _KEPT]:
        del sys.modules[old]
        lines_of_files.pop(f"<{old}>", None)
    lines_of_files[file] = (len(text), None, text.splitlines(keepends=True), file)
    sys.modules[title] = module
    return module
