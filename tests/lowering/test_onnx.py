"""Networks as ONNX: what onnxruntime computes is what torch computes, under the names of the spec."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from hypothesis import HealthCheck, given, settings

import netspec
from netspec.diagnostics import SpecError
from netspec.graph import Graph
from netspec.lowering import extras
from netspec.lowering.build import build_graph
from netspec.lowering.extras import MissingPackage
from netspec.lowering.initial import initialise
from netspec.lowering.onnx import TooLarge, export, model, network
from netspec.source import Source
from tests.lowering.networks import networks
from tests.lowering.onnx_runs import (
    assert_agree,
    assert_same,
    boxes_of,
    by_onnx,
    by_torch,
    session,
    values_for,
    weights_for,
)
from tests.shipped import NAMES, analysed, is_small

TOO_LARGE = ("mlp_1000",)
"""A trillion weights."""

SMALL = [name for name in NAMES if is_small(name)]
LARGE = [name for name in NAMES if name not in (*SMALL, *TOO_LARGE)]


def named(spec: str) -> tuple[Graph, Any]:
    graph = netspec.compile(spec)
    return graph, model(graph, weights_for(graph))


def shapes(values: Any) -> dict[str, list[Any]]:
    """The sizes of inputs or outputs of a model, by name; a size that is not named is 0."""
    return {each.name: [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim] for each in values}


# Networks


@pytest.mark.parametrize("name", SMALL)
def test_a_shipped_network_gives_what_torch_gives(name: str) -> None:
    check_shipped(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_large_shipped_network_gives_what_torch_gives(name: str) -> None:
    check_shipped(name)


def check_shipped(name: str) -> None:
    graph = analysed(name).graph
    module = build_graph(graph)
    initialise(module, graph, {"name": "xavier"}, seed=0)
    state, values = module.state_dict(), values_for(graph, batch=1)
    assert_same(by_onnx(model(graph, state).SerializeToString(), graph, values), by_torch(graph, state, values))


WAYS = {
    "shared weights": """\
input left 1x12x12
input right 1x12x12
share trunk { 4C5 - relu - MP2 - 6N - bn }
distance { | @left - trunk | @right - trunk }""",
    "several outputs": """\
input a 3x8x8
4C3 - relu as c
output class { GAP - 5N - softmax }
output box { @c - GAP - 4N }
@c - GMP - 2N""",
    "boxes": """\
input image 3x24x24
input rois Rx4
@image - 8C3p - relu - MP2 as map
roipool(3, scale=1/2) { | @map | @rois }
16N - relu
output class { 5N - softmax }
output box { 20N }""",
    "tokens": """\
input 3x8x8
block unit(c) { add { | conv(c, 3, pad=1) - bn | 1C1 - dropout } - relu }
2 * unit(1) as a
patches(2, 8) - classtoken - position - attention(2) as t
add { | @t | @t - dense(16) - gelu - dense(8) }
taketoken - 4N - logsoftmax""",
    "odd names": """\
input "a/b" 3x4x4
input "c.d" 3x4x4
add { | @"a/b" - relu as main | @"c.d" - 3C1 as "conv1.weight" }
conv(2, 1) - relu as "conv1/Conv"
silu as "conv1/Conv/Sigmoid" """,
}


@pytest.mark.parametrize("spec", WAYS.values(), ids=WAYS)
def test_a_network_of_several_ways_gives_what_torch_gives(spec: str) -> None:
    assert_agree(netspec.compile(spec))


def test_any_number_of_images_is_taken() -> None:
    graph, made = named("1x12x12 - 4C5 - relu - MP2 - 6N - softmax")
    for batch in (1, 3):
        values = values_for(graph, batch)
        assert_same(by_onnx(made.SerializeToString(), graph, values), by_torch(graph, weights_for(graph), values))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(networks())
def test_random_networks_give_what_torch_gives(text: str) -> None:
    check_random(text)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_many_random_networks_give_what_torch_gives(text: str) -> None:
    check_random(text)


def check_random(text: str) -> None:
    try:
        graph = netspec.compile(Source(text))
    except SpecError:
        return  # the writer of networks makes an illegal one now and then
    layers = {node.layer.name: node for node in graph.nodes}
    if "roialign" in layers or {"groupnorm", "instancenorm"} & layers.keys():
        return  # boxes larger than the map; a norm of one number, which is noise (both are tested by themselves)
    state, values = weights_for(graph), values_for(graph)
    wanted = by_torch(graph, state, values)
    if not all(value.isfinite().all() for value in wanted.values()):
        return  # a window in the padding alone: −∞ and what follows from it
    found = by_onnx(model(graph, state).SerializeToString(), graph, values)
    assert_same(dict(zip(wanted, found.values(), strict=True)), wanted)


# Names


def test_nodes_and_weights_have_the_names_of_the_spec() -> None:
    graph, made = named(
        "input photo 3x8x8\nblock unit(c) { conv(c, 3, pad=1) - bn }\nunit(4) as stage - relu\nGAP - 5N as fc\n"
    )
    assert [node.name for node in made.graph.node] == ["stage.conv1", "stage.bn1", "relu1", "gap1", "fc"]
    assert [node.doc_string for node in made.graph.node] == ["4C3p1", "bn", "relu", "GAP", "5N"]
    weights = [each.name for each in made.graph.initializer if "/" not in each.name]
    assert weights == [
        "stage.conv1.weight", "stage.conv1.bias", "stage.bn1.weight", "stage.bn1.bias", "stage.bn1.running_mean",
        "stage.bn1.running_var", "fc.weight", "fc.bias",
    ]  # fmt: skip
    assert shapes(made.graph.input) == {"photo": ["batch", 3, 8, 8]}
    assert shapes(made.graph.output) == {"main": ["batch", 5]}
    assert graph.source is not None and made.graph.doc_string == graph.source.text
    assert (made.producer_name, made.opset_import[0].version) == ("netspec", 21)


def test_a_layer_of_several_operators_has_its_name_at_the_last() -> None:
    _, made = named("8x4x4 - silu as act")
    assert [(node.name, node.op_type) for node in made.graph.node] == [("act/Sigmoid", "Sigmoid"), ("act", "Mul")]


def test_shared_weights_are_there_once() -> None:
    spec = "input a 4\ninput b 4\nshare twin { 3N }\nadd { | @a - twin | @b - twin }"
    _, made = named(spec)
    assert [each.name for each in made.graph.initializer] == ["twin.dense1.weight", "twin.dense1.bias"]
    assert [node.input[1] for node in made.graph.node if node.op_type == "Gemm"] == ["twin.dense1.weight"] * 2


def test_auxiliary_heads_are_left_out_and_a_final_softmax_is_not() -> None:
    _, made = named("3x8x8 - 4C3 - relu\noutput head { GAP - 5N }\n4C3 - GAP - 5N - softmax")
    assert shapes(made.graph.output) == {"main": ["batch", 5]}
    assert [node.op_type for node in made.graph.node] == ["Conv", "Relu", "Conv", "ReduceMean", "Gemm", "Softmax"]


def test_an_output_that_is_an_input_or_another_output_is_a_copy() -> None:
    graph = netspec.compile("4\noutput same { identity }")
    assert set(graph.outputs.values()) == {0}
    made = model(graph, {})
    assert [(node.op_type, node.input[0], node.output[0]) for node in made.graph.node] == [
        ("Identity", "input", "same"),
        ("Identity", "input", "main"),
    ]


def test_unknown_sizes_keep_their_letters() -> None:
    _, made = named("input 3xHxW\n4C3p - relu")
    assert shapes(made.graph.input) == {"input": ["batch", 3, "H", "W"]}
    assert shapes(made.graph.output) == {"main": ["batch", 4, "H", "W"]}


# Files


def test_a_file_is_written_whole_with_weights_by_the_recipe_and_its_seed(tmp_path: Path) -> None:
    graph = netspec.compile("4 - 3N\ntrain {\n init = normal(std=0.5)\n seed = 3\n}")
    for name, seed in (("a", None), ("b", 3), ("c", 4)):
        export(graph, tmp_path / f"{name}.onnx", seed=seed)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(written) == ["a.onnx", "b.onnx", "c.onnx"]
    assert written["a.onnx"] == written["b.onnx"] != written["c.onnx"]
    assert [each.name for each in session(written["a.onnx"]).get_outputs()] == ["main"]


def test_given_weights_are_written_as_decimals_of_32_bits(tmp_path: Path) -> None:
    graph = netspec.compile("2 - 1N")
    state = {"dense1.weight": torch.tensor([[1.5, -2]], dtype=torch.bfloat16), "dense1.bias": [0.25]}
    export(graph, str(tmp_path / "net.onnx"), weights=state)
    read = onnx.load(tmp_path / "net.onnx")
    numbers = {each.name: onnx.numpy_helper.to_array(each).tolist() for each in read.graph.initializer}
    assert numbers == {"dense1.weight": [[1.5, -2.0]], "dense1.bias": [0.25]}


def test_a_file_that_can_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file or directory"):
        export(netspec.compile("2 - 1N"), tmp_path / "no" / "net.onnx")
    (tmp_path / "net.onnx").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        export(netspec.compile("2 - 1N"), tmp_path / "net.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_a_file_that_is_there_is_replaced_and_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.touch(0o640)
    export(netspec.compile("2 - 1N"), path)
    assert path.stat().st_size > 0 and path.stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with ThreadPoolExecutor() as readers:
        read = readers.submit(path.read_bytes)
        export(netspec.compile("2 - 1N"), path)
        assert onnx.load_from_string(read.result(timeout=10)).producer_name == "netspec"
    assert path.is_fifo()


def test_weights_of_more_than_2_gb_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = netspec.compile("784 - 10N")
    monkeypatch.setattr(network, "LARGEST", 20_000)
    with pytest.raises(TooLarge) as caught:
        model(graph, weights_for(graph))
    assert str(caught.value) == "31,400 bytes of weights are more than the 2 GB that a file of ONNX holds"


def test_a_version_of_operators_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^opset 12 can't be written; 21 to 26 can$"):
        model(netspec.compile("784 - 10N"), {}, opset=12)


@pytest.mark.parametrize("package", ["numpy", "onnx"])
def test_a_package_that_is_missing_is_named_with_its_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        if name == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(MissingPackage) as caught:
        model(netspec.compile("784 - 10N"), {})
    text = f"this needs {package}, which is not installed: pip install 'netspec-compiler[onnx]'"
    assert str(caught.value) == text


def test_boxes_of_a_network_are_found_for_these_tests() -> None:
    assert boxes_of(netspec.compile("input image 3x8x8\ninput boxes 3x4\nroipool(1) { | @image | @boxes }")) == {1}
