"""What torch makes of a network on the meta device, node by node: shapes and MACs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from netspec.graph import Graph
from netspec.lowering.verification.following import Follower
from netspec.lowering.verification.steps import Step, boxes, steps, torch_shape
from netspec.records import frozen


@frozen
class Seen:
    """What a node gave: the shape of its value, and the MACs that torch counted for it."""

    shape: tuple[int, ...]
    macs: int


def batch_of(graph: Graph) -> int:
    """Images in a measured batch: 2, as batch normalisation needs; 1 where boxes are those of one image."""
    return 1 if boxes(graph) else 2


def examples(graph: Graph, batch: int, **options: Any) -> list[torch.Tensor]:
    """A tensor for each input, in order."""
    return [torch.zeros(torch_shape(graph, number, batch), **options) for number in graph.inputs.values()]


def observe(graph: Graph, module: nn.Module, *, training: bool) -> Mapping[int, Seen]:
    """Shape and MACs of every node that runs, for a batch of `batch_of(graph)`.

    Raises:
        Strayed: if the module computes other steps than the graph's.
    """
    seen: dict[int, Seen] = {}
    macs: dict[int, int] = {}
    counted = 0

    def see(step: Step, value: torch.Tensor) -> None:
        nonlocal counted
        total = counter.get_total_flops() // 2
        macs[step.node] = macs.get(step.node, 0) + total - counted
        counted = total
        if step.ends:
            seen[step.node] = Seen(tuple(value.shape), macs[step.node])

    module.train(training)
    values = examples(graph, batch_of(graph), device="meta")
    # One kernel for attention on every device: the products themselves, which the counter knows.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        Follower(steps(graph, training=training), see).run(module, values)
    return seen
