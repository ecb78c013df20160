"""What a Graph computes, layer by layer, straight from the layers' calls: a second opinion on plan, source and module.

It knows no classes, no names of attributes and no order but the graph's own, and every layer is made anew from the
weights that are given for it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from netspec.graph import Graph, Node
from netspec.layers.base import OF_TWO, Call
from netspec.lowering import modules
from netspec.lowering.names import attribute
from netspec.records import frozen

FAMILIES = {"nn": nn, "F": nn.functional, "torch": torch, "operator": operator, "ours": modules}


@frozen
class Interpreted:
    """What a run computed: the value of each node, and the multiply-accumulates that torch counted in it."""

    values: tuple[Tensor, ...]
    macs: tuple[int, ...]


@contextmanager
def counting() -> Iterator[FlopCounterMode]:
    """Torch's counter, with attention as plain products: of the kernel for processors it counts nothing."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as flops:
        yield flops


def interpret(graph: Graph, state: Mapping[str, Tensor], inputs: tuple[Tensor, ...]) -> Interpreted:
    """All values of a graph at inference, with the weights of this state_dict."""
    values: list[Tensor] = []
    macs: list[int] = []
    given = dict(zip(graph.inputs.values(), inputs, strict=True))
    with counting() as flops:
        for node in graph.nodes:
            before = flops.get_total_flops()
            values.append(given[node.number] if node.number in given else _value(graph, node, state, values))
            macs.append((flops.get_total_flops() - before) // 2)
    return Interpreted(tuple(values), tuple(macs))


def path(name: str) -> str:
    """A node's name as a state_dict has it: each part a Python name."""
    return ".".join(map(attribute, name.split(".")))


def _value(graph: Graph, node: Node, state: Mapping[str, Tensor], values: list[Tensor]) -> Tensor:
    flowing: Any = [values[number] for number in node.inputs]
    for number, call in enumerate(node.layer.torch(graph.inputs_of(node), node.shape)):
        function = _function(call, path(graph.nodes[node.owner].name), state)
        if number or not node.layer.merges:
            flowing = function(flowing[0])
        elif call.target in OF_TWO:
            flowing = reduce(function, flowing)
        elif call.target.startswith("ours."):
            flowing = function(*flowing)
        else:
            flowing = function(flowing)
        flowing = [flowing]
    value: Tensor = flowing[0]
    return value


def _function(call: Call, prefix: str, state: Mapping[str, Tensor]) -> Any:
    family, _, name = call.target.partition(".")
    made = getattr(FAMILIES[family], name)
    if family not in ("nn", "ours"):
        return lambda *values: made(*values, **call.arguments)
    module = made(**call.arguments).eval()
    # bn's counter of batches is no weight of the network, and may be missing
    own = {key: state.get(f"{prefix}.{key}", made_so) for key, made_so in module.state_dict().items()}
    module.load_state_dict(own)
    return module
