"""A model that takes pixels: the mean taken off and the division by the deviation are its first operators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import GraphProto, TensorProto, helper, numpy_helper


def take_pixels(graph: GraphProto, mean: Sequence[float], deviation: Sequence[float]) -> None:
    """Let the only input be pixels, uint8 (N, C, H, W), which become ((x / 255) - mean) / deviation before all else."""
    (entry,) = graph.input
    entry.type.tensor_type.elem_type = TensorProto.UINT8
    last = f"{entry.name}/normalised"
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name == entry.name:
                node.input[place] = last
    numbers = {"whole": [255.0], "mean": mean, "deviation": deviation}
    for name, values in numbers.items():
        array = np.asarray(values, np.float32).reshape(-1, 1, 1)
        graph.initializer.append(numpy_helper.from_array(array, f"{entry.name}/{name}"))
    names = [f"{entry.name}/{each}" for each in ("float", "part", "centred", "normalised")]
    first = helper.make_node("Cast", [entry.name], [names[0]], name=names[0], to=TensorProto.FLOAT)
    steps = zip(("Div", "Sub", "Div"), numbers, names[:-1], names[1:], strict=True)
    rest = [helper.make_node(kind, [x, f"{entry.name}/{by}"], [y], name=y) for kind, by, x, y in steps]
    nodes = [first, *rest, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
