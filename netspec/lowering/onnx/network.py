"""A Graph as an ONNX model: what a module of it computes at inference, for any number of images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from netspec.diagnostics import Diagnostic, Help, Label, SpecError
from netspec.files import save
from netspec.graph import Graph, Node
from netspec.layers.base import OF_TWO, Call
from netspec.lowering.extras import need
from netspec.lowering.names import attribute
from netspec.lowering.roles import TRAINING, roles
from netspec.shape import Dim, Symbol

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

    from netspec.lowering.onnx.writer import Array, Dims, Value, Writer

OPSETS = range(21, 27)
"""Versions of ONNX's operators that can be written."""

OPSET = 21
"""What is written unless another is asked for: the newest of which onnxruntime has all operators (of boxes, from 22 on
it has none)."""

Pixels: TypeAlias = tuple[Sequence[float], Sequence[float]]
"""The means and the deviations of the channels of pixels from 0 to 1."""

LARGEST = 2**31 - 1
"""Bytes that one file of ONNX holds."""


class TooLarge(ValueError):
    """The weights don't fit in one file of ONNX."""


def export(
    graph: Graph,
    path: str | Path,
    *,
    opset: int = OPSET,
    weights: Mapping[str, Any] | None = None,
    seed: int | None = None,
    pixels: Pixels | None = None,
    facts: Mapping[str, str] | None = None,
) -> None:
    """Write the network to an ONNX file, whole or not at all.

    Args:
        graph: the network.
        path: the file.
        opset: the version of ONNX's operators.
        weights: the state_dict of its module, tensors or arrays; without it, weights are drawn as the recipe says.
        seed: of those; the recipe's own unless given.
        pixels: let the network, which has one input, take pixels, uint8, and normalise them by these means and
            deviations; else it takes numbers, as its torch module does.
        facts: what is kept in the file beside the network, `metadata_props`.

    Raises:
        SpecError: E127 where a size must be known and isn't.
        MissingPackage: if torch or onnx is not installed.
        TooLarge: if the weights are more than 2 GB.
        OSError: if the file can't be written.
    """
    if weights is None:
        from netspec.lowering.initial import fresh_weights

        weights = fresh_weights(graph, seed)
    made = model(graph, weights, opset=opset, pixels=pixels, facts=facts)
    save(Path(path), made.SerializeToString())


def model(
    graph: Graph,
    weights: Mapping[str, Any],
    *,
    opset: int = OPSET,
    pixels: Pixels | None = None,
    facts: Mapping[str, str] | None = None,
) -> ModelProto:
    """The network as an ONNX model in memory, checked; arguments and errors as those of `export`."""
    if opset not in OPSETS:
        raise ValueError(f"opset {opset} can't be written; {OPSETS[0]} to {OPSETS[-1]} can")
    need("numpy", extra="onnx")
    need("onnx", extra="onnx")
    from onnx import checker, helper

    made = _Export(graph, weights).run()
    if pixels is not None:
        from netspec.lowering.onnx.pixels import take_pixels

        take_pixels(made, *pixels)
    size_bytes = sum(len(each.raw_data) for each in made.initializer)
    if size_bytes > LARGEST:
        raise TooLarge(f"{size_bytes:,} bytes of weights are more than the 2 GB that a file of ONNX holds")
    imports = [helper.make_opsetid("", opset)]
    result = helper.make_model(
        made,
        opset_imports=imports,
        ir_version=helper.find_min_ir_version_for(imports),
        producer_name="netspec",
    )
    helper.set_model_props(result, dict(facts or {}))
    checker.check_model(result, full_check=True)
    return result


@cache
def targets() -> Mapping[str, Callable[..., Value]]:
    """How each torch call is written: the tables of all families."""
    from netspec.lowering.onnx import axes, dense, grids, pointwise, windows

    return {**windows.TARGETS, **grids.TARGETS, **pointwise.TARGETS, **axes.TARGETS, **dense.TARGETS}


class _Export:
    """Writes one graph: its nodes one after the other."""

    def __init__(self, graph: Graph, weights: Mapping[str, Any]) -> None:
        from netspec.lowering.calls import calls_of
        from netspec.lowering.onnx.writer import Writer

        self.graph = graph
        self.calls = calls_of(graph)
        self.paths = _paths(graph)
        self.weights = weights
        found = roles(graph)
        self.outputs = {name: number for name, number in graph.outputs.items() if name not in found.auxiliary}
        self.left_out = {number for number, when in enumerate(found.when) if when == TRAINING}
        self.names = _names(graph, self.outputs)
        self.boxes = _boxes(graph)
        self.writer: Writer = Writer([*self.names.values(), *self.outputs])
        self.values: dict[int, Value] = {}

    def run(self) -> Any:
        """The ONNX graph."""
        from onnx import helper

        inputs = [self._input(name, number) for name, number in self.graph.inputs.items()]
        for node in self.graph.nodes:
            if node.inputs and node.number not in self.left_out:
                self.values[node.number] = self._node(node)
        outputs = [self._output(name, number) for name, number in self.outputs.items()]
        text = self.graph.source.text if self.graph.source is not None else ""
        return helper.make_graph(
            self.writer.nodes, self.graph.name or "network", inputs, outputs, self.writer.initialisers, doc_string=text
        )

    # Layers

    def _node(self, node: Node) -> Value:
        """A layer: its torch calls, the first to all values that flow in, each other to what the one before gave."""
        from netspec.lowering.onnx.writer import SizeNeeded

        owner = self.graph.nodes[node.owner]
        self.writer.begin(node.name, owner.name, self._weights(owner))
        flowing: Sequence[Value] = [self.values[number] for number in node.inputs]
        try:
            for number, call in enumerate(self.calls[node.number]):
                flowing = [self._call(call, flowing, fold=not number and node.layer.merges)]
        except SizeNeeded:
            raise SpecError((_size_needed(node),)) from None
        return self.writer.end(flowing[0], self.names[node.number], self._dims(node.number), node.title)

    def _call(self, call: Call, values: Sequence[Value], *, fold: bool) -> Value:
        def write(*each: Value) -> Value:
            return targets()[call.target](self.writer, *each, **call.arguments)

        return reduce(write, values) if fold and call.target in OF_TWO else write(*values)

    def _weights(self, node: Node) -> Mapping[str, Array]:
        path = self.paths[node.number]
        names = node.layer.weights(self.graph.inputs_of(node))
        return {name: _array(self.weights[f"{path}.{name}"]) for name in names}

    # Inputs and outputs

    def _input(self, name: str, number: int) -> ValueInfoProto:
        from netspec.lowering.onnx.writer import Value

        self.values[number] = Value(name, self._dims(number))
        return self._info(name, number)

    def _output(self, name: str, number: int) -> ValueInfoProto:
        if self.names[number] != name:  # an input, or a value that is an output twice
            self.writer.begin(name, name, {})
            self.writer.end(self.values[number], name, self._dims(number), "")
        return self._info(name, number)

    def _info(self, name: str, number: int) -> ValueInfoProto:
        from onnx import TensorProto, helper

        shape = self.graph.nodes[number].shape
        batch: int | str = "batch"
        if shape.rows is not None or number in self.boxes:
            batch = str(shape.rows) if isinstance(shape.rows, Symbol) else "boxes"
        elif self.boxes:
            batch = 1  # boxes are those of one image
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *map(_size, self._places(number))])

    # Sizes

    def _places(self, number: int) -> tuple[Dim, ...]:
        """The sizes of a value behind the batch, which for boxes is their number."""
        shape = self.graph.nodes[number].shape
        return shape.dims if shape.rows is None and number not in self.boxes else shape.dims[1:]

    def _dims(self, number: int) -> Dims:
        return (None, *(size if isinstance(size, int) else None for size in self._places(number)))


def _paths(graph: Graph) -> Mapping[int, str]:
    """Where the weights of each node are in a state_dict."""
    from netspec.lowering.plan import plan

    modules = plan(graph).modules
    return {
        node.number: modules.get(node.number) or ".".join(map(attribute, node.name.split("."))) for node in graph.nodes
    }


def _names(graph: Graph, outputs: Mapping[str, int]) -> Mapping[int, str]:
    """The name of each node's value: that of the input or output that it is, else the node's own."""
    names = {number: name for name, number in graph.inputs.items()}
    for name, number in outputs.items():
        names.setdefault(number, name)
    taken = {*names.values(), *outputs}
    for node in graph.nodes:
        if node.number not in names:
            free = (f"{node.name}_{each}" if each else node.name for each in count())
            names[node.number] = next(name for name in free if name not in taken)
            taken.add(names[node.number])
    return names


def _boxes(graph: Graph) -> frozenset[int]:
    """The values that are boxes: what a pool of boxes takes beside its map (`300x4` reads as a signal elsewhere)."""
    found = {node.inputs[1] for node in graph.nodes if node.layer.name in ("roipool", "roialign")}
    for node in reversed(graph.nodes):
        if node.number in found:
            found.update(node.inputs)
    return frozenset(found)


def _size(size: Dim) -> int | str | None:
    """A letter by its name; sizes that follow from it are not named."""
    return size if isinstance(size, int) else str(size) if size == Symbol(str(size)) else None


def _array(tensor: Any) -> Array:
    """A tensor of torch, or what numpy takes, as decimals of 32 bits."""
    import numpy as np

    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu().float().numpy()
    return np.asarray(tensor, np.float32)


def _size_needed(node: Node) -> Diagnostic:
    return Diagnostic(
        "E127",
        f"`{node.name}` can't be written as ONNX: the size of what flows in is not known",
        (Label(node.origin.span, "this must be known when it is written"),),
        helps=(Help("give the size of what flows in: `--input 3x224x224`, or `inputs=` in Python"),),
    )
