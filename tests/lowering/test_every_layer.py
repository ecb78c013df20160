"""Every layer's examples as torch computes them, our own modules among them: what the layer declares is what happens.

Shapes, weights, MACs and what autograd keeps are measured on the meta device, and with numbers where they are few.
"""

from __future__ import annotations

import operator
from functools import reduce
from math import prod
from typing import Any

import pytest

from netspec.layers import TABLE, layer_class
from netspec.layers.base import OF_TWO, Call, Example, Layer, trained_count
from netspec.shape import Shape, Unknown
from tests.layers.reading import layer_of, shapes_of

torch = pytest.importorskip("torch")
ours = pytest.importorskip("netspec.lowering.modules")

MORE = (
    Example("avgpool(2, pad=same)", "16x5x5", "16x3x3", note="an odd pixel that does not count"),
    Example("avgpool(3, stride=2, pad=[0, 1], count_pad=false)", "8x9", "8x4"),
    Example("conv(2, 3, stride=2, pad=1, bias=false, connect=[[2], [0, 1]])", "3x9", "2x5", 9, 45),
    Example("conv(2, 2, pad=same, connect=[[1], [0, 1]])", "2x3x4x5", "2x3x4x5", 26, 1_440),
    Example("dwconv(3, stride=2, pad=same)", "4x3x4x8", "4x2x2x4", 112, 1_728),
    Example("local(2, 2, stride=2, share=2x1x2, bias=false)", "2x6x4x7", "2x3x2x3", 256, 576),
    Example("local(3, 2, share=2)", "2x6x8", "3x5x7", 12 * 3 * 9, 840, note="blocks cut off below and to the right"),
    Example("subsample(2x1x3)", "2x4x3x7", "2x2x3x2", 4),
    Example("subsample(3, stride=2)", "4x9", "4x4", 8),
    Example("mul", ("5 tokens x 8", "8", "8"), "5 tokens x 8"),
    Example("mul", ("8", "8x3x4"), "8x3x4"),
    Example("concat(crop=true)", ("2x7x5", "3x4x6", "1x6x9"), "6x4x5"),
    Example("attention(2, 4, shift=1, bias=false)", "8x9x3", "8x9x3", 354, 3 * (4 * 16 * 64 + 2 * 256 * 8)),
    Example("spp([3, 2], mode=avg)", "2x7", "10"),
    Example("spp([2])", "2x7x5x3", "16"),
    Example("scale(0.5)", "12", "12", 12),
)
"""What the examples of the layers leave out: other axes, paddings that differ before and after."""

EXAMPLES = [*(example for name in TABLE for example in layer_class(name).examples), *MORE]
NAMES = [f"{example.spec} on {example.inputs}" for example in EXAMPLES]

every_example = pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)


class Lowered(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
    """A layer's calls one after the other."""

    def __init__(self, layer: Layer, inputs: tuple[Shape, ...]) -> None:
        super().__init__()
        self.merges = layer.merges
        self.steps = [step_of(call) for call in layer.torch(inputs, layer.out_shape(inputs))]
        self.owners = torch.nn.ModuleList(step for step in self.steps if isinstance(step, torch.nn.Module))

    def forward(self, *values: Any) -> Any:
        first, *others = self.steps
        result = first(*values) if self.merges else first(values[0])
        for step in others:
            result = step(result)
        return result

    def weights(self) -> list[tuple[str, tuple[int, ...], bool]]:
        """Name within its module, shape, and whether it is trained."""
        return [
            (name, tuple(tensor.shape), isinstance(tensor, torch.nn.Parameter))
            for module in self.owners
            for name, tensor in module.state_dict(keep_vars=True).items()
            if name != "num_batches_tracked"  # a counter, no part of the network
        ]


def step_of(call: Call) -> Any:
    """A call as something to apply; a function of two values is folded over the branches that meet."""
    family, _, name = call.target.partition(".")
    if family in ("nn", "ours"):
        return getattr({"nn": torch.nn, "ours": ours}[family], name)(**call.arguments)
    function = getattr({"F": torch.nn.functional, "torch": torch, "operator": operator}[family], name)
    if call.target == "torch.cat":
        return lambda *values: function(values, **call.arguments)
    if call.target in OF_TWO:
        return lambda *values: reduce(lambda a, b: function(a, b, **call.arguments), values)
    return lambda value: function(value, **call.arguments)


def values_of(layer: Layer, inputs: tuple[Shape, ...], batch: int) -> list[Any]:
    """Random values for a batch of images; boxes are an `(R, 4)` tensor, of one image."""
    if layer.name not in ("roipool", "roialign"):
        return [torch.randn(batch, *shape.dims, requires_grad=True) for shape in inputs]
    pixels, count = inputs[0], prod(inputs[1].dims) // 4
    corners = torch.rand(count, 4) * torch.tensor([*reversed(pixels.sizes)] * 2) / float(layer.scale)
    boxes = torch.cat([torch.minimum(corners[:, :2], corners[:, 2:]), torch.maximum(corners[:, :2], corners[:, 2:])], 1)
    return [torch.randn(1, *pixels.dims, requires_grad=True), boxes]


def result_shape(layer: Layer, inputs: tuple[Shape, ...], batch: int) -> tuple[int, ...]:
    dims: tuple[int, ...] = layer.out_shape(inputs).dims
    return dims if layer.name in ("roipool", "roialign") else (batch, *dims)


@every_example
def test_weights_have_the_names_the_shapes_and_the_order_that_the_layer_declares(example: Example) -> None:
    layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
    with torch.device("meta"):
        module = Lowered(layer, inputs)
    declared = layer.weights(inputs)
    assert module.weights() == [(name, weight.shape, weight.trained) for name, weight in declared.items()]


@pytest.mark.parametrize("example", MORE, ids=NAMES[-len(MORE) :])
def test_what_the_examples_leave_out_comes_out_as_it_says(example: Example) -> None:
    layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
    output = layer.out_shape(inputs)
    assert str(output) == example.output
    assert trained_count(layer.weights(inputs)) == example.parameters
    assert layer.macs(inputs, output) == example.macs


@every_example
def test_the_shape_comes_out_that_the_layer_declares(example: Example) -> None:
    layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
    with torch.device("meta"):
        module, values = Lowered(layer, inputs), values_of(layer, inputs, 2)
        for each in (module.train(), module.eval()):
            assert tuple(each(*values).shape) == result_shape(layer, inputs, 2)


@every_example
def test_torch_counts_the_macs_that_the_layer_declares(example: Example) -> None:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
    with torch.device("meta"):
        module, values = Lowered(layer, inputs), values_of(layer, inputs, 2)
    # The counter does not know a CPU's own kernel of attention, so that is taken apart.
    with FlopCounterMode(display=False) as flops, sdpa_kernel(SDPBackend.MATH):
        module(*values)
    assert flops.get_total_flops() // 2 == 2 * layer.macs(inputs, layer.out_shape(inputs))


FEW = 20_000_000
"""So many MACs and elements an example may have to be run with numbers in the tests."""


def is_small(example: Example) -> bool:
    inputs = shapes_of(example.inputs)
    output = layer_of(example.spec).out_shape(inputs)
    elements = sum(prod(shape.dims) for shape in (*inputs, output))  # type: ignore[arg-type]
    return max(example.macs, 10 * elements, 10 * example.parameters) < FEW


SMALL = [(example, name) for example, name in zip(EXAMPLES, NAMES, strict=True) if is_small(example)]


def kept(module: Any, values: list[Any]) -> int:
    """The bytes that autograd keeps of a run, besides the tensors that the module owns."""
    own = {storage(each) for each in (*module.parameters(), *module.buffers())}
    kept: dict[int, Any] = {}

    def keep(tensor: Any) -> Any:
        if storage(tensor) not in own:
            kept[storage(tensor)] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda each: each):
        module(*values)
    return sum(each.untyped_storage().nbytes() for each in kept.values())


def storage(tensor: Any) -> int:
    found: int = tensor.untyped_storage()._cdata
    return found


@pytest.mark.parametrize("example", [each for each, _ in SMALL], ids=[name for _, name in SMALL])
def test_autograd_keeps_what_the_layer_declares(example: Example) -> None:
    layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
    output = layer.out_shape(inputs)
    keeps = layer.keeps(inputs, output)
    if isinstance(keeps.extra, Unknown):
        pytest.skip("what it keeps depends on the boxes")
    module = Lowered(layer, inputs)
    two, three = (kept(module, values_of(layer, inputs, batch)) for batch in (2, 3))
    an_image, once = (two, 0) if two == three else (three - two, 3 * two - 2 * three)  # boxes are of one image
    elements = sum(prod(inputs[number].dims) for number in keeps.inputs) + keeps.extra  # type: ignore[arg-type, operator]
    whole = elements + (prod(output.dims) if keeps.output else 0)  # type: ignore[arg-type]
    assert an_image == 4 * whole + keeps.extra_bytes  # type: ignore[operator]
    assert once == 4 * keeps.once  # type: ignore[operator]
