"""Networks run by onnxruntime and by torch, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from netspec.graph import Graph
from netspec.lowering.build import build_graph
from netspec.lowering.onnx import OPSET, model
from netspec.shape import Shape

onnxruntime: Any = pytest.importorskip("onnxruntime")

BOXES = torch.tensor([[0.0, 0.0, 3.0, 3.0], [1.0, 2.0, 2.0, 5.0], [2.0, 0.0, 6.5, 4.2]])
"""Three boxes in an image of 8x8."""

UNKNOWN = {"C": 3, "H": 13, "W": 10, "R": len(BOXES)}
"""What letters of shapes stand for in a run."""


def boxes_of(graph: Graph) -> set[int]:
    """The inputs that are boxes."""
    taken = {node.inputs[1] for node in graph.nodes if node.layer.name in ("roipool", "roialign")}
    return taken | {node.number for node in graph.nodes if not node.inputs and node.shape.rows is not None}


def values_for(graph: Graph, batch: int = 2) -> tuple[Tensor, ...]:
    """A value for each input; boxes are of one image."""
    boxes, made = boxes_of(graph), torch.Generator().manual_seed(7)
    images = 1 if boxes else batch
    return tuple(
        BOXES if number in boxes else torch.randn(images, *sizes(graph.nodes[number].shape), generator=made)
        for number in graph.inputs.values()
    )


def sizes(shape: Shape) -> list[int]:
    """The sizes of a shape in a run."""
    return [size for size in shape.at(UNKNOWN).dims if isinstance(size, int)]


def weights_for(graph: Graph) -> dict[str, Tensor]:
    """A state_dict with numbers of a middling size; variances are positive."""
    made = torch.Generator().manual_seed(8)
    state = {}
    for name, tensor in build_graph(graph).state_dict().items():
        values = torch.randn(tensor.shape, generator=made) / max(1, tensor[0].numel() if tensor.dim() > 1 else 1) ** 0.5
        state[name] = values.abs() + 0.5 if name.endswith("running_var") else values
    return state


def by_torch(graph: Graph, state: dict[str, Tensor], values: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """What the module gives at inference, by name of output."""
    module = build_graph(graph).eval()
    module.load_state_dict({**module.state_dict(), **state})
    with torch.no_grad():
        result = module(*values)
    return result if isinstance(result, dict) else {"main": result}


def session(content: bytes) -> Any:
    """A run of onnxruntime to be: one thread, errors only."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def by_onnx(content: bytes, graph: Graph, values: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """What onnxruntime gives, by name of output."""
    run = session(content)
    given = {name: value.numpy() for name, value in zip(graph.inputs, values, strict=True)}
    names = [each.name for each in run.get_outputs()]
    return dict(zip(names, map(torch.from_numpy, run.run(None, given)), strict=True))


def assert_agree(graph: Graph, *, batch: int = 2, opset: int = OPSET) -> None:
    """Torch and onnxruntime give the same outputs, within 1e-5 of the largest number."""
    state, values = weights_for(graph), values_for(graph, batch)
    wanted = by_torch(graph, state, values)
    assert_same(by_onnx(model(graph, state, opset=opset).SerializeToString(), graph, values), wanted)


def assert_same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert [*found] == [*wanted]
    for name, value in wanted.items():
        assert found[name].shape == value.shape
        largest = float(value.abs().max()) if value.numel() else 0.0
        np.testing.assert_allclose(found[name].numpy(), value.numpy(), rtol=1e-5, atol=1e-5 * max(1.0, largest))
