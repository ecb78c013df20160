"""What torch keeps and multiplies, measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.layers.base import Layer
from netspec.shape import Shape


def kept_and_macs(module: Callable[..., Any], *shapes: tuple[int, ...]) -> tuple[int, int]:
    """Elements that autograd keeps besides weights, and multiply-accumulates, for these inputs."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    values = [torch.randn(shape, requires_grad=True) for shape in shapes]
    own = {_storage(each) for each in getattr(module, "parameters", tuple)()}
    kept: dict[int, int] = {}

    def keep(tensor: Any) -> Any:
        if _storage(tensor) not in own:
            kept[_storage(tensor)] = tensor.untyped_storage().nbytes() // tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda each: each):
        module(*values)
    with FlopCounterMode(display=False) as flops, sdpa_kernel(SDPBackend.MATH):
        module(*values)
    return sum(kept.values()), flops.get_total_flops() // 2


def kept_by(layer: Layer, *inputs: Shape) -> object:
    """Elements that a layer says autograd keeps."""
    output = layer.out_shape(inputs)
    keeps = layer.keeps(inputs, output)
    assert keeps.extra_bytes == 0
    whole = sum(inputs[number].elements for number in keeps.inputs)  # type: ignore[misc]
    return whole + keeps.extra + keeps.once + (output.elements if keeps.output else 0)


def _storage(tensor: Any) -> int:
    return tensor.untyped_storage()._cdata
