"""Every layer as onnxruntime computes it is what torch computes."""

from __future__ import annotations

import pytest

import netspec
from netspec.diagnostics import SpecError
from netspec.layers import TABLE, layer_class
from netspec.layers.base import Example
from netspec.lowering.onnx import OPSETS, model
from netspec.lowering.onnx.network import targets
from netspec.shape import letter
from tests.layers.reading import layer_of, shapes_of
from tests.lowering.one_layer import network_of
from tests.lowering.onnx_runs import assert_agree, weights_for

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")


EXAMPLES = [example for name in TABLE for example in layer_class(name).examples]
LARGEST = 6_000_000


def is_small(example: Example) -> bool:
    """Whether the layer is run in a moment: few weights and products, small maps."""
    sizes = [shape.at({"R": 3}).elements for shape in shapes_of(example.inputs)]
    return example.parameters + example.macs + 50 * sum(size for size in sizes if isinstance(size, int)) < LARGEST


@pytest.mark.parametrize("example", [*filter(is_small, EXAMPLES)], ids=lambda each: f"{each.spec} on {each.inputs}")
def test_an_example_gives_what_torch_gives(example: Example) -> None:
    layer, inputs = layer_of(example.spec), shapes_of(example.inputs)
    assert_agree(network_of(layer, inputs))


def test_every_torch_call_that_a_layer_makes_can_be_written() -> None:
    made = {
        call.target
        for example in EXAMPLES
        for layer, inputs in [(layer_of(example.spec), shapes_of(example.inputs))]
        for call in layer.torch(inputs, layer.out_shape(inputs))
    }
    assert made - set(targets()) == set()
    assert len(made) > 70


@pytest.mark.parametrize(
    "spec",
    [
        "input 2x9x7\nmaxpool(2, ceil=true)",
        "input 2x9x7\nmaxpool(3, stride=2, pad=1, ceil=true)",
        "input 2x11x8\nmaxpool(2, stride=3, ceil=true)",
        "input 2x3x3\nmaxpool(2, stride=2, pad=1, ceil=true)",
        "input 2x20\nmaxpool(3, stride=2, dilation=2, ceil=true)",
        "input 2x9x9\navgpool(3, stride=2, ceil=true)",
        "input 2x10x7\navgpool(3, stride=2, pad=1, ceil=true)",
        "input 2x10x7\navgpool(3, stride=2, pad=1, ceil=true, count_pad=false)",
        "input 2x10x7\navgpool(3, stride=2, pad=[0, 1], count_pad=false)",
        "input 2x10x7\navgpool(4, stride=3, pad=same)",
        "input 2x5x6x7\navgpool(2, ceil=true)",
        "input 2x2x3x7\navgpool(3, stride=2, pad=1, ceil=true)",
        "input 2x1x4x4\navgpool(3, stride=2, pad=1, ceil=true, count_pad=false)",
        "input 2x2x5x5\navgpool(3, pad=same)",
        "input 2x5x6x7\ntconv(3, 3, stride=2, pad=1, output_pad=1)",
        "input 2x5x6\ntconv(3, 3, dilation=2, output_pad=1)",
        "input 2x5x6\ntconv(3, 3, pad=1, dilation=3, output_pad=2, bias=false)",
        "input 4x9x7\nconv(3, 3x2, stride=2x1, pad=[[1, 0], [0, 1]], connect=[[0, 1], [2], [0, 3]], bias=false)",
        "input 4x9x7\nlrn(4)",
        "input 4x9\nlrn(3)",
        "input 4x9x7x3\nlrn(3)",
        "input 4x9\ngroupnorm(2)",
        "input 4x9\ninstancenorm",
        "input 4x3x3x3\ninstancenorm(affine=true)",
        "input 4x9x7\nlayernorm",
        "input 4x3x3x3\nbn(affine=false)",
        "input 3x8x8\npatches(2, 8) - bn - prelu - l2norm",
        "input 2x13x11\nadaptivepool(5x4, mode=max) - adaptivepool(2)",
        "input 2x13\nadaptivepool(5)",
        "input 2x4x6x5\nadaptivepool(3, mode=max)",
        "input 2x4x6x5\nadaptivepool(1, mode=max) - adaptivepool(1)",
        "input 2x9\nspp([3, 1])",
        "input 3x9x8\nlocal(4, 3, stride=2, share=3x2)",
        "input 3x5x6x4\nlocal(2, 2, share=2, bias=false)",
        "input 8x9x5\nattention(2, window=4, shift=2)",
        "input 8x4x9\nattention(2, window=4, shift=1, relative=false, bias=false)",
        "input 8x4x4\nattention(2, window=4, shift=2)",
        "input 4x5x6\nmul { | identity | GAP | 1C1 }",
        "input 4x5x6\nmul { | GAP | identity | conv(4, 1) - GAP }",
        "input 6x5x4x5\nshuffle(3) - slice(1, 5) - permute([0, 3, 1, 2])",
        "input 4x5\nupsample(3, mode=linear, corners=true)",
        "input 4x3x4x5\nupsample(2, mode=trilinear)",
        "input 4x3x4x5\nupsample(2)",
        "input 5x9x8\nconcat(crop=true) { | identity | MP2 | 3C3 } - crop(3)",
        "input 5x9x8\nflatten - flatten - 4N - flatten",
        "input image 8x8x8\ninput boxes 3x4\nroipool(3, scale=1/2) { | @image | @boxes - identity }",
        "input image 8x8x8\ninput boxes Rx4\nroialign(3x2, scale=1/2, samples=0) { | @image | @boxes }\n4N",
    ],
)
def test_what_examples_leave_out_is_what_torch_gives(spec: str) -> None:
    assert_agree(netspec.compile(spec))


@pytest.mark.parametrize(
    "layers",
    [
        "conv(4, 3, stride=2, pad=same) - relu",
        "maxpool(3, stride=2, pad=same) - maxpool(2, ceil=true)",
        "avgpool(3, stride=2, pad=same, count_pad=false) - avgpool(2, ceil=true)",
        "6C1 - shuffle(2) - maxout(3)",
        "4C1 - groupnorm(2) - lrn(2)",
        "patches(2, 8) - classtoken - attention(2) - taketoken",
        "concat(crop=true) { | identity | MP2 } - crop(3x2)",
        "adaptivepool(1) - flatten - 4N",
        "adaptivepool(1, mode=max) - spp([1])",
        "pixelshuffle(1) - upsample(2) - GMP",
        "tconv(2, 3, stride=2) - zeropad(1, 0) - flatten",
    ],
)
def test_a_map_of_unknown_size_is_taken_at_any(layers: str) -> None:
    assert_agree(netspec.compile(f"input 3xHxW\n{layers}"))


def test_sizes_of_which_one_is_known_are_taken() -> None:
    assert_agree(netspec.compile("input 3x8xW\n6C1 - shuffle(2) - concat(crop=true) { | identity | MP2 }"))


@pytest.mark.parametrize(
    "layers", ["adaptivepool(3)", "adaptivepool(3, mode=max)", "spp([2])", "attention(1, window=2)"]
)
def test_a_layer_that_needs_the_size_says_so(layers: str) -> None:
    graph = netspec.compile(f"input 3xHxW\n{layers}")
    with pytest.raises(SpecError) as caught:
        model(graph, weights_for(graph))
    name = graph.nodes[-1].name
    span = f"{'^' * len(layers)} this must be known when it is written"
    assert str(caught.value) == (
        f"error[E127]: `{name}` can't be written as ONNX: the size of what flows in is not known\n"
        f"  --> <spec>:2:1\n   |\n 2 | {layers}\n   | {span}\n   |\n"
        "   = help: give the size of what flows in: `--input 3x224x224`, or `inputs=` in Python"
    )


@pytest.mark.parametrize("opset", OPSETS)
def test_every_version_of_the_operators_gives_the_same(opset: int) -> None:
    spec = "input 3x9x8\n8C3p - bn - relu - lrn(5) - maxpool(3, stride=2, ceil=true)\nupsample(2) - layernorm - gelu"
    assert_agree(netspec.compile(f"{spec} - GAP - dense(5) - softmax"), opset=opset)


def test_boxes_may_be_any_number() -> None:
    graph = netspec.compile("input image 8x8x8\ninput boxes Rx4\nroipool(3) { | @image | @boxes }")
    inputs = {each.name: each for each in model(graph, {}).graph.input}
    shapes = {
        name: [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim] for name, each in inputs.items()
    }
    assert graph.nodes[1].shape.rows == letter("R")
    assert shapes == {"image": [1, 8, 8, 8], "boxes": ["R", 4]}
