"""What torch makes of a layer's calls, measured: on the meta device, where tensors have shapes but no memory."""

from __future__ import annotations

import operator
from functools import reduce
from math import prod
from typing import Any

import pytest

from netspec.layers.base import OF_TWO, Call, Layer
from netspec.shape import Shape


def assert_agreement_with_torch(layer: Layer, inputs: tuple[Shape, ...]) -> None:
    """Shape, weights in their order, MACs and what autograd keeps are as torch has them; skips where it has no such."""
    pytest.importorskip("torch")
    output = layer.out_shape(inputs)
    calls = layer.torch(inputs, output)
    ours = [call.target for call in calls if call.target.startswith("ours.")]
    if ours:
        pytest.skip(f"{ours[0]} is netspec's own module")
    two, three = (Measured(calls, layer.merges, inputs, batch) for batch in (2, 3))
    assert two.shape == (2, *output.dims)
    declared = layer.weights(inputs)
    assert two.parameters == [(name, weight.shape) for name, weight in declared.items() if weight.trained]
    assert two.buffers == [(name, weight.shape) for name, weight in declared.items() if not weight.trained]
    assert two.macs == 2 * layer.macs(inputs, output)
    # Some of what is kept (a mean over the batch) does not grow with the batch: for one image it is kept once.
    assert 2 * two.kept_bytes - three.kept_bytes == _kept_bytes(layer, inputs, output)


class Measured:
    """The figures of a layer's calls for a batch of images."""

    def __init__(self, calls: tuple[Call, ...], merges: bool, inputs: tuple[Shape, ...], batch: int) -> None:
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        with torch.device("meta"):
            values = [torch.randn(batch, *_numbers(shape), requires_grad=True) for shape in inputs]
            steps = [_step(call) for call in calls]
        modules = [step for step in steps if isinstance(step, torch.nn.Module)]
        self.parameters = [(name, tuple(each.shape)) for module in modules for name, each in module.named_parameters()]
        self.buffers = [
            (name, tuple(each.shape))
            for module in modules
            for name, each in module.named_buffers()
            if name != "num_batches_tracked"  # a counter, no part of the network
        ]
        own = {_storage(each) for module in modules for each in (*module.parameters(), *module.buffers())}
        kept: dict[int, Any] = {}

        def keep(tensor: Any) -> Any:
            if _storage(tensor) not in own:
                kept[_storage(tensor)] = tensor
            return tensor

        with FlopCounterMode(display=False) as flops, torch.autograd.graph.saved_tensors_hooks(keep, lambda each: each):
            result = steps[0](*values) if merges else values[0]
            for step in steps[1:] if merges else steps:
                result = step(result)
        self.shape = tuple(result.shape)
        self.macs = flops.get_total_flops() // 2
        self.kept_bytes = sum(each.untyped_storage().nbytes() for each in kept.values())


def _step(call: Call) -> Any:
    """A call as something to apply; a function of two values is folded over the branches that meet."""
    import torch

    family, _, name = call.target.partition(".")
    if family == "nn":
        return getattr(torch.nn, name)(**call.arguments)
    function = getattr({"F": torch.nn.functional, "torch": torch, "operator": operator}[family], name)
    if call.target == "torch.cat":
        return lambda *values: function(values, **call.arguments)
    if call.target in OF_TWO:
        return lambda *values: reduce(lambda a, b: function(a, b, **call.arguments), values)
    return lambda value: function(value, **call.arguments)


def _storage(tensor: Any) -> int:
    return tensor.untyped_storage()._cdata


def _numbers(shape: Shape) -> tuple[int, ...]:
    assert all(isinstance(size, int) for size in shape.dims)
    return shape.dims  # type: ignore[return-value]


def _kept_bytes(layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> int:
    keeps = layer.keeps(inputs, output)
    elements = sum(prod(_numbers(inputs[number])) for number in keeps.inputs) + keeps.extra + keeps.once  # type: ignore[operator]
    return 4 * (elements + (prod(_numbers(output)) if keeps.output else 0)) + keeps.extra_bytes  # type: ignore[operator, return-value]
