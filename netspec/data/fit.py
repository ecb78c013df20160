"""A network and a set of images made to fit each other: `netspec train vgg16 --data cifar10` works as it stands.

1. A parameter called `classes` takes the number of the data's classes.
2. What the recipe's `input` says is done to the images; a size given by `--input` is what the network gets.
3. Else a network that compiles at the images' own size is trained at that size; windows that the recipe's `augment`
   cuts of the size that the spec was written for become as large as that.
4. Else the images are padded where they are nearly as large as the spec's input, or resized to it; grey ones become
   colour. Colour is never taken away unless the recipe says `input = grey`.
5. Where `augment` cuts windows that are smaller than the images, the network gets the windows, and the middle in tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from netspec.compiler import compile_with, source_of
from netspec.data.dataset import Dataset
from netspec.data.fit_images import Plan, Wanted, planned
from netspec.data.fit_outputs import check_outputs
from netspec.data.fit_report import Sides, misfit
from netspec.data.sizes import ImageShape, by
from netspec.data.steps import Step
from netspec.diagnostics import SpecError
from netspec.graph import Graph
from netspec.library import is_json
from netspec.records import frozen, replace
from netspec.source import Source

CLASSES = "classes"


@frozen
class Fitting:
    """What was fitted.

    `graph` is the network as it is trained; its `train` has the recipe with what was fitted: `input` is `steps`, with
    their sizes. `steps` are done once to all images and make them `images`, (C, H, W); `test_steps` are done after that
    to validation and test images, where training cuts windows at random; `shape` is what flows in. `parameters` and
    `inputs` are what `netspec.compile` makes the graph from. `line` says to people what was fitted.
    """

    graph: Graph
    steps: tuple[Step, ...]
    images: ImageShape
    test_steps: tuple[Step, ...]
    shape: ImageShape
    parameters: Mapping[str, Any]
    inputs: str | None
    line: str


@frozen
class _Network:
    """A spec with values for its parameters; one that is a Graph already, or JSON, stays as it is."""

    spec: Source | Graph
    parameters: Mapping[str, Any]

    @property
    def fixed(self) -> bool:
        return isinstance(self.spec, Graph) or is_json(self.spec)

    def compiled(self, inputs: Mapping[str, str] | str | None = None) -> Graph:
        """Raises SpecError."""
        if isinstance(self.spec, Graph):
            return self.spec
        return compile_with(self.spec, self.parameters, inputs=inputs)


def fit(
    spec: str | Path | Source | Graph,
    dataset: Dataset,
    parameters: Mapping[str, Any] | None = None,
    *,
    inputs: Mapping[str, str] | str | None = None,
) -> Fitting:
    """Make a network and a set of images fit.

    Args:
        spec: what `netspec.compile` takes, or a Graph.
        dataset: the set; its classes and the shape of its images are what counts.
        parameters: values for the spec's parameters and, as `train.…`, its recipe.
        inputs: the shape that is to flow in, whatever the images are.

    Raises:
        DataError: if they can't be fitted; the text shows both sides and the ways out.
        SpecError: if the spec is wrong as it is written.
    """
    given = dict(parameters or {})
    network = _Network(spec if isinstance(spec, Graph) else source_of(spec), given)
    graph = network.compiled(inputs)
    network, graph = _with_classes(network, graph, dataset, inputs)
    sides = Sides(dataset, graph)
    if len(graph.inputs) != 1:
        names = ", ".join(f"`{name}`" for name in graph.inputs)
        raise misfit(f"the spec has the inputs {names}, and one image is there at a time", sides)
    wanted = _wanted(network, graph, inputs)
    plan = planned(sides, wanted, lambda shape: network.compiled(by(shape)))
    return _fitting(network, graph, dataset, plan, wanted)


def _with_classes(
    network: _Network, graph: Graph, dataset: Dataset, inputs: Mapping[str, str] | str | None
) -> tuple[_Network, Graph]:
    """The network with as many classes as the data have, where it has a parameter for it that nobody has set."""
    count = len(dataset.classes)
    if network.fixed or CLASSES not in graph.parameters or CLASSES in network.parameters:
        return network, graph
    if graph.parameters[CLASSES] == count:
        return network, graph
    told = replace(network, parameters={**network.parameters, CLASSES: count})
    return told, told.compiled(inputs)


def _wanted(network: _Network, graph: Graph, inputs: Mapping[str, str] | str | None) -> Wanted:
    """What flows in as the spec is written, and whether it has to."""
    (number,) = graph.inputs.values()
    now = graph.nodes[number].shape
    written = now
    if inputs is not None:
        with suppress(SpecError):  # it compiles at the given size only
            written = network.compiled().nodes[number].shape
    return Wanted(written, now if inputs is not None or network.fixed else None)


def _fitting(network: _Network, graph: Graph, dataset: Dataset, plan: Plan, wanted: Wanted) -> Fitting:
    changed = wanted.forced is None and by(plan.shape) != str(wanted.written)
    inputs = None if network.fixed or (wanted.forced is None and not changed) else by(plan.shape)
    final = network.compiled(inputs) if inputs is not None else graph
    check_outputs(Sides(dataset, final), explicit=CLASSES in network.parameters, fixed=network.fixed)
    recipe = dict(final.train)
    if plan.steps or "input" in recipe:
        recipe["input"] = list(plan.steps)
    if "augment" in recipe:
        recipe["augment"] = list(plan.augment)
    notes = (*_class_note(graph, network, dataset), *plan.notes)
    line = "; ".join(notes) or f"nothing to fit: {by(plan.shape)} and {len(dataset.classes)} classes on both sides"
    return Fitting(
        replace(final, train=recipe),
        plan.steps,
        plan.images,
        plan.test_steps,
        plan.shape,
        network.parameters,
        inputs,
        line,
    )


def _class_note(graph: Graph, network: _Network, dataset: Dataset) -> tuple[str, ...]:
    if CLASSES not in graph.parameters or CLASSES not in network.parameters:
        return ()
    count = graph.parameters[CLASSES]
    of = "" if count == len(dataset.classes) else f", and the data have {len(dataset.classes)}"
    return (f"classes = {count}{of}",)
