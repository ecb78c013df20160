"""The module itself: it runs, it is what the export is, and torch's tools take it."""

from __future__ import annotations

import copy
import io
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.graph import Graph
from netspec.lowering.build import _KEPT, _PREFIX, build, build_graph
from netspec.lowering.extras import MissingPackage, need
from netspec.lowering.names import attribute
from netspec.lowering.plan import plan
from netspec.lowering.source import source
from tests.lowering.test_plan import BASIC
from tests.shipped import NAMES, analysed, is_small, of_known_size

torch = pytest.importorskip("torch")

SMALL = [name for name in NAMES if is_small(name)]
"""Networks that run in a moment; the others are built without memory, and compared by names and shapes."""

CONSTRUCTS = {
    "chain": "input 3x12x12\n4C3p1 - relu - MP2 - 5N - softmax",
    "blocks": f"{BASIC}input 3x12x12\n4 * basic(4) - basic(8, s=2)\nGAP - 5N",
    "heads": "input 3x12x12\n8C3p1 - bn - relu\noutput side { GAP - 2N - softmax }\n8C3p1 - GAP - 5N - softmax",
    "outputs": "input 3x12x12\n4C3 - relu - GAP as f\noutput class { @f - 5N - softmax }\noutput box { @f - 4N }\n3N",
    "shared": "input a 1x12x12\ninput b 1x12x12\nshare t { 4C5 - bn - relu - 6N }\ndistance { | @a - t | @b - t }",
    "written out": "share t { 4C3p1 - relu }\nblock unit() { t - 3C1 }\ninput 3x12x12\n3 * unit",
    "ours": "input 4x12x12\nlocal(4, 3, share=2) - subsample(2) - scale - l2norm(2)\nlowrank(6, 2)",
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def values(graph: Graph, batch: int = 2) -> tuple[Any, ...]:
    """Random inputs for a network."""
    return tuple(torch.randn(batch, *graph.nodes[number].shape.dims) for number in graph.inputs.values())


def exported(graph: Graph) -> Any:
    """The module of the exported file, run where netspec is not."""
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source(graph), "exported.py", "exec"), names)  # noqa: S102 - the file as it is
    classes = [each for each in names.values() if isinstance(each, type) and issubclass(each, torch.nn.Module)]
    return classes[-1]()


def flat(outputs: Any) -> dict[str, Any]:
    return outputs if isinstance(outputs, dict) else {"": outputs}


def same(first: Any, second: Any) -> bool:
    one, two = flat(first), flat(second)
    return list(one) == list(two) and all(torch.equal(one[name], two[name]) for name in one)


# The module and its export


@pytest.mark.parametrize("spec", CONSTRUCTS.values(), ids=CONSTRUCTS)
@pytest.mark.parametrize("training", [False, True])
def test_the_export_loads_the_weights_of_the_module_and_gives_equal_outputs(spec: str, training: bool) -> None:
    graph = netspec.compile(spec)
    ours, theirs = build(graph).train(training), exported(graph).train(training)
    theirs.load_state_dict(ours.state_dict())
    inputs = values(graph)
    assert same(ours(*inputs), theirs(*inputs))


@pytest.mark.parametrize("name", SMALL)
def test_exports_of_small_networks_give_equal_outputs(name: str) -> None:
    graph = analysed(name).graph
    ours, theirs = build(graph).eval(), exported(graph).eval()
    theirs.load_state_dict(ours.state_dict())
    inputs = values(graph, 1)
    with torch.inference_mode():
        assert same(ours(*inputs), theirs(*inputs))


@pytest.mark.parametrize("name", NAMES)
def test_modules_of_all_networks_have_the_weights_of_the_spec(name: str) -> None:
    analysis = analysed(name)
    with torch.device("meta"):
        module, other = build(analysis.graph), exported(analysis.graph)
    expected = {
        f"{'.'.join(map(attribute, node.name.split('.')))}.{weight}": tuple(each.shape)
        for node in analysis.graph.nodes
        for weight, each in analysis.graph.weights_of(node).items()
    }
    found = {key: tuple(each.shape) for key, each in module.state_dict().items() if "num_batches" not in key}
    assert list(found.items()) == list(expected.items())
    assert {key: each.shape for key, each in other.state_dict().items()} == {
        key: each.shape for key, each in module.state_dict().items()
    }
    assert sum(each.numel() for each in module.parameters()) == analysis.totals.parameters


@pytest.mark.parametrize("name", [name for name in NAMES if of_known_size(name)])
def test_modules_of_all_networks_give_the_shapes_of_the_spec(name: str) -> None:
    graph = analysed(name).graph
    with torch.device("meta"):
        outputs = flat(build(graph).eval()(*values(graph, 3)))
        trained = flat(build(graph)(*values(graph, 3)))
    shapes = {name: (3, *graph.nodes[number].shape.dims) for name, number in graph.outputs.items()}
    kept = {name: each for name, each in shapes.items() if name not in plan(graph).auxiliary}
    for found, expected in ((trained, shapes), (outputs, kept)):
        named = expected if len(expected) > 1 else {"": expected["main"]}
        assert {name: tuple(each.shape) for name, each in found.items()} == named


# What comes out


def test_a_final_softmax_is_applied_in_evaluation_only() -> None:
    module = build("input 4\n5N - softmax")
    x = torch.randn(2, 4)
    assert torch.equal(module(x), module.dense1(x))
    assert torch.equal(module.eval()(x), module.dense1(x).softmax(1))


def test_auxiliary_heads_run_in_training_only() -> None:
    module = build(CONSTRUCTS["heads"])
    x = torch.randn(2, 3, 12, 12)
    assert list(module(x)) == ["side", "main"]
    assert tuple(module.eval()(x).shape) == (2, 5)


def test_boxes_are_rows_of_one_image() -> None:
    module = build("input map 4x16x16\ninput rois Rx4\nroipool(3) { | @map | @rois }\n5N")
    boxes = torch.tensor([[0.0, 0, 7, 7], [4, 4, 11, 11], [0, 0, 15, 15]])
    assert tuple(module(torch.randn(1, 4, 16, 16), boxes).shape) == (3, 5)


def test_a_share_has_one_set_of_weights() -> None:
    module = build(CONSTRUCTS["shared"])
    assert list(dict(module.named_children())) == ["t"]
    x = torch.randn(2, 1, 12, 12)
    assert torch.allclose(module.eval()(x, x), torch.full((2, 1), 6**0.5 * 1e-6), atol=1e-6)


def test_a_share_that_pads_otherwise_uses_the_same_weights() -> None:
    spec = "input a 3x8x8\ninput b 3x7x7\nshare t { conv(4, 3, stride=2, pad=same) }\nadd { | @a - t | @b - t }"
    module = build(spec).eval()
    a, b = torch.randn(1, 3, 8, 8), torch.randn(1, 3, 7, 7)
    weight, bias = module.t.conv1.weight, module.t.conv1.bias
    pad, convolve = torch.nn.functional.pad, torch.nn.functional.conv2d
    expected = convolve(pad(a, (0, 1, 0, 1)), weight, bias, 2) + convolve(b, weight, bias, 2, 1)
    assert torch.allclose(module(a, b), expected, atol=1e-6)
    assert list(module.state_dict()) == ["t.conv1.weight", "t.conv1.bias"]


def test_parameters_and_inputs_can_be_given() -> None:
    module = build("param n = 3\ninput 3x8x8\nconv(n, 1) - 2N", inputs="5x4x4", n=6)
    assert (module.conv1.weight.shape, module.dense1.in_features) == ((6, 5, 1, 1), 96)


# Torch's tools


@pytest.mark.parametrize("spec", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_torch_compiles_it_without_a_break(spec: str) -> None:
    graph = netspec.compile(spec)
    module = build(graph)
    inputs = values(graph)
    for training in (True, False):
        module.train(training)
        torch._dynamo.reset()
        compiled = torch.compile(copy.deepcopy(module), fullgraph=True, backend="eager")
        assert same(compiled(*inputs), copy.deepcopy(module)(*inputs))


def test_torch_compiles_a_function_that_uses_it() -> None:
    module = build(CONSTRUCTS["blocks"]).eval()
    x = torch.randn(2, 3, 12, 12)
    twice = torch.compile(lambda value: 2 * module(value), fullgraph=True, backend="aot_eager")
    assert torch.equal(twice(x), 2 * module(x))


@pytest.mark.parametrize("spec", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_torch_exports_it_for_any_batch(spec: str) -> None:
    graph = netspec.compile(spec)
    module = build(graph).eval()
    inputs = values(graph)
    shapes = [{0: torch.export.Dim("batch")}] * len(inputs)
    program = torch.export.export(module, inputs, dynamic_shapes=shapes)
    more = tuple(torch.cat([each, each, each]) for each in inputs)
    one, two = flat(program.module()(*more)), flat(module(*more))
    assert all(torch.allclose(one[name], two[name], atol=1e-6) for name in two)


@pytest.mark.parametrize("spec", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_it_runs_in_lower_precision_and_in_channels_last(spec: str) -> None:
    graph = netspec.compile(spec)
    module = build(graph).eval()
    inputs = values(graph)
    expected = flat(module(*inputs))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = flat(module(*inputs))
    assert all(torch.allclose(each.float(), expected[name], atol=0.1) for name, each in low.items())
    last = copy.deepcopy(module).to(memory_format=torch.channels_last)
    outputs = flat(last(*(each.to(memory_format=torch.channels_last) for each in inputs)))
    assert all(torch.allclose(each, expected[name], atol=1e-5) for name, each in outputs.items())


def test_weights_survive_a_file_that_holds_no_code() -> None:
    module = build(CONSTRUCTS["blocks"])
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other = build(CONSTRUCTS["blocks"])
    other.load_state_dict(torch.load(file, weights_only=True))
    x = torch.randn(2, 3, 12, 12)
    assert torch.equal(module.eval()(x), other.eval()(x))


@pytest.mark.parametrize("spec", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_every_parameter_gets_a_gradient_in_training(spec: str) -> None:
    graph = netspec.compile(spec)
    module = build(graph)
    sum(each.sum() for each in flat(module(*values(graph))).values()).backward()
    assert [name for name, each in module.named_parameters() if each.grad is None] == []


def test_it_trains_in_several_processes() -> None:
    if not torch.distributed.is_available():
        pytest.skip("torch is built without it")
    with tempfile.TemporaryDirectory() as folder:
        store = f"file://{Path(folder) / 'store'}"
        torch.distributed.init_process_group("gloo", init_method=store, rank=0, world_size=1)
        try:
            module = torch.nn.parallel.DistributedDataParallel(build(CONSTRUCTS["heads"]))
            for _ in range(2):  # the second would complain of parameters that the first did not use
                sum(each.sum() for each in module(torch.randn(2, 3, 12, 12)).values()).backward()
        finally:
            torch.distributed.destroy_process_group()


# How it is made


def test_a_network_built_again_has_the_same_classes() -> None:
    first, second = build(CONSTRUCTS["blocks"]), build(netspec.compile(CONSTRUCTS["blocks"]))
    assert type(first) is type(second) and type(first.basic1) is type(second.basic1)
    assert first.dense1 is not second.dense1


def test_classes_of_old_networks_are_let_go() -> None:
    first = build("input 1x2x2\nconv(1, 1)")
    for number in range(_KEPT + 1):
        with torch.device("meta"):
            build_graph(netspec.compile(f"input 1x2x2\nconv({number + 2}, 1)"))
    titles = [name for name in sys.modules if name.startswith(_PREFIX)]
    assert len(titles) <= _KEPT and type(first).__module__ not in titles
    assert tuple(first(torch.randn(1, 1, 2, 2)).shape) == (1, 1, 2, 2)


def test_an_error_at_run_time_shows_the_line_of_the_network() -> None:
    import traceback

    with pytest.raises(RuntimeError) as caught:
        build("3x8x8 - 4C3 - relu")(torch.randn(1, 5, 8, 8))
    assert "x = self.conv1(x)  # 4x6x6" in "".join(traceback.format_exception(caught.value))


def test_the_public_door_is_the_same_function() -> None:
    assert netspec.build is build


# The page about it


def test_the_page_about_it_does_what_it_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lowering.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        exec(block, names)  # noqa: S102 - the page's own code
    assert "outputs" in names


# Without torch


def test_without_torch_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackage) as caught:
        build("3x8x8 - 4C3")
    assert str(caught.value) == "this needs torch, which is not installed: pip install 'netspec-compiler[torch]'"
    assert caught.value.name == "torch"


def test_a_package_that_lacks_another_says_so_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_there.py").write_text("import not_there_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'not_there_at_all'$") as caught:
        need("half_there", extra="torch")
    assert not isinstance(caught.value, MissingPackage)
