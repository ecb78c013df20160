"""What autograd keeps of a network for the backward pass, measured node by node by the hooks that torch has for it.

Tensors are fake ones of the CPU: they have no memory, as on the meta device, but torch chooses the kernels that it
would for numbers (of attention, one that keeps no scores).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional

from netspec.graph import Graph
from netspec.lowering.verification.following import Follower
from netspec.lowering.verification.measures import examples
from netspec.lowering.verification.steps import Step, boxes, left_to_the_loss, steps
from netspec.records import field, mutable


def kept_bytes(graph: Graph, module: nn.Module, batches: Iterable[int]) -> Mapping[int, Mapping[int, int]]:
    """For each size of a batch, the bytes that autograd keeps of it, by the node whose value or work they are.

    Every tensor counts once, under the node that gives it, or else the one that keeps it; views are their tensor, and
    weights don't count. Inputs are taken to want a gradient, as those of a layer inside a network do.

    `module` is the graph's; its weights are fake afterwards.

    Raises:
        Strayed: if the module computes other steps than the graph's.
    """
    with FakeTensorMode():
        _fake(module.train())
        return {batch: _kept(graph, module, batch) for batch in batches}


@mutable
class _Ledger:
    """Tensors by their storage: those that are values, with the node, and those saved, with the node whose work it was.

    The tensors are held, since the storage of one that is freed may come again under the same number.
    """

    values: dict[int, tuple[int, torch.Tensor]] = field(default_factory=dict)
    saved: dict[int, tuple[int, torch.Tensor]] = field(default_factory=dict)

    def is_value(self, tensor: torch.Tensor, node: int) -> None:
        """The first node that gives a tensor makes it; the others give views of it."""
        self.values.setdefault(_storage(tensor), (node, tensor))

    def bytes_by_node(self, weights: frozenset[int]) -> dict[int, int]:
        """What was saved."""
        sizes: dict[int, int] = {}
        for storage, (saver, tensor) in self.saved.items():
            if storage not in weights:
                node = self.values[storage][0] if storage in self.values else saver
                sizes[node] = sizes.get(node, 0) + tensor.untyped_storage().nbytes()
        return sizes


def _kept(graph: Graph, module: nn.Module, batch: int) -> Mapping[int, int]:
    ledger, now = _Ledger(), 0

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        step = follower.now
        ledger.saved.setdefault(_storage(tensor), (now if step is None else step.node, tensor))
        return tensor

    def see(step: Step, value: torch.Tensor) -> None:
        if step.ends:
            ledger.is_value(value, step.node)

    given = examples(graph, batch)
    for value, number in zip(given, graph.inputs.values(), strict=True):
        ledger.is_value(value.requires_grad_(number not in boxes(graph)), number)
    follower = Follower(steps(graph, training=True), see)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda each: each):
        outputs = follower.run(module, given)
        for now, logits in _losses(graph, outputs):  # a loss keeps as much as the softmax in its place
            ledger.is_value(functional.softmax(logits, dim=1), now)
    return ledger.bytes_by_node(frozenset(_storage(each) for each in (*module.parameters(), *module.buffers())))


def _losses(graph: Graph, outputs: Any) -> Iterator[tuple[int, torch.Tensor]]:
    """The outputs whose softmax is left to the loss, with its node."""
    left = left_to_the_loss(graph)
    named = outputs if isinstance(outputs, dict) else dict.fromkeys(graph.outputs, outputs)
    return ((number, named[name]) for name, number in graph.outputs.items() if number in left)


def _fake(module: nn.Module) -> None:
    """Give a module weights that are fake tensors."""
    for owner in module.modules():
        for name, weight in list(owner.named_parameters(recurse=False)):
            owner.register_parameter(name, nn.Parameter(torch.empty(weight.shape)))
        for name, buffer in list(owner.named_buffers(recurse=False)):
            owner.register_buffer(name, torch.empty(buffer.shape, dtype=buffer.dtype))


def _storage(tensor: torch.Tensor) -> int:
    number: int = tensor.untyped_storage()._cdata
    return number
