"""What weights are at first: deviations by the book, seeds, and the words of a recipe."""

from __future__ import annotations

from fractions import Fraction
from math import prod, sqrt

import pytest
import torch

import netspec
from netspec.diagnostics import SpecError, render
from netspec.graph import Graph
from netspec.lowering.build import build_graph
from netspec.lowering.initial import Law, initialise, law
from netspec.source import Source

KAIMING, XAVIER = {"name": "kaiming"}, {"name": "xavier"}


def started(graph: Graph, init=None, seed=0, device="cpu") -> dict[str, torch.Tensor]:
    """The state_dict of a network that was initialised."""
    module = build_graph(graph).to(device)
    initialise(module, graph, init, seed=seed)
    return module.state_dict()


def normal(std="0.01", bias=0, at=None):
    return {"name": "normal", "std": Fraction(std), "bias": bias, "at": at}


def same(a, b) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def laws(init, spec: str) -> dict[str, Law]:
    """The law of each weight that has one in a network of one layer."""
    graph = netspec.compile(spec)
    node = graph.nodes[-1]
    weights = graph.weights_of(node)
    channels = graph.inputs_of(node)[0].channels
    return {
        name: law(init, node.layer, weight.shape, channels)
        for name, weight in weights.items()
        if not name.endswith(("bias", "table"))
    }


def error(graph: Graph, init) -> str:
    with pytest.raises(SpecError) as caught:
        initialise(build_graph(graph), graph, init)
    return "\n".join(render(each) for each in caught.value.diagnostics)


# Laws


@pytest.mark.parametrize(
    ("spec", "fan_in", "fan_out"),
    [
        ("3x9x9-8C3", 27, 72),
        ("3x9x9-conv(8, 1x5)", 15, 40),
        ("4x9x9-conv(8, 3, groups=2)", 18, 36),
        ("4x9x9-DW3", 9, 9),
        ("4x9x9-dwconv(3, multiplier=2)", 9, 18),
        ("4x9x9-8TC2", 16, 32),
        ("4x9x9-tconv(8, 2, groups=2)", 8, 16),
        ("3x9x9-conv(2, 3, connect=[[0], [0, 1, 2]])", 18, 12),
        ("3x9x9-local(8, 3)", 27, 72),
        ("3x20-8C3", 9, 24),
        ("2x9x9x9-8C3", 54, 216),
    ],
)
def test_convolutions_spread_by_the_outputs_that_an_input_feeds(spec, fan_in, fan_out):
    (kaiming,) = laws(KAIMING, spec).values()
    (xavier,) = laws(XAVIER, spec).values()
    assert kaiming == Law(normal=True, size=sqrt(2 / fan_out))
    assert xavier == Law(normal=False, size=sqrt(6 / (fan_in + fan_out)))


def test_dense_layers_spread_by_the_inputs_that_an_output_sees():
    assert laws(KAIMING, "784-10N") == {"weight": Law(normal=True, size=sqrt(2 / 784))}
    assert laws(XAVIER, "784-10N") == {"weight": Law(normal=False, size=sqrt(6 / 794))}
    assert laws(KAIMING, "784-lowrank(10, rank=4)") == {
        "v": Law(normal=True, size=sqrt(2 / 784)),
        "u": Law(normal=True, size=sqrt(2 / 4)),
    }


def test_the_numbers_of_torch_are_ours_where_there_are_no_groups():
    graph = netspec.compile("3x9x9-32C5p2-relu-64C3-10N")
    for (name, tensor), init in ((each, init) for each in started(graph).items() for init in (KAIMING, XAVIER)):
        if name.endswith("bias"):
            continue
        fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(tensor)
        drawn = started(graph, init)[name]
        if init is XAVIER:
            assert drawn.abs().max() <= sqrt(6 / (fan_in + fan_out))
            assert drawn.abs().max() > 0.98 * sqrt(6 / (fan_in + fan_out))
        else:
            expected = sqrt(2 / (fan_out if "conv" in name else fan_in))
            assert drawn.std().item() == pytest.approx(expected, rel=5 / sqrt(drawn.numel()))


@pytest.mark.parametrize("init", [KAIMING, XAVIER, normal(), {"name": "uniform", "limit": Fraction(1, 10)}])
def test_biases_are_nought_and_norms_begin_with_one_and_nought(init):
    weights = started(netspec.compile("3x9x9-8C3-bn-relu-groupnorm(2)-10N"), init)
    assert {name for name, tensor in weights.items() if not tensor.any()} == {
        "conv1.bias",
        "bn1.bias",
        "bn1.running_mean",
        "bn1.num_batches_tracked",
        "groupnorm1.bias",
        "dense1.bias",
    }
    assert all((weights[name] == 1).all() for name in ("bn1.weight", "bn1.running_var", "groupnorm1.weight"))


def test_a_normal_and_a_uniform_law_are_the_same_for_all_layers():
    graph = netspec.compile("3x9x9-64C5-relu-100N")
    drawn = started(graph, normal("0.02", bias=Fraction(1, 2)))
    for name in ("conv1", "dense1"):
        assert drawn[f"{name}.weight"].std().item() == pytest.approx(0.02, rel=0.1)
        assert (drawn[f"{name}.bias"] == 0.5).all()
    drawn = started(graph, {"name": "uniform", "limit": Fraction(1, 20)})
    for name in ("conv1", "dense1"):
        assert 0.045 < drawn[f"{name}.weight"].abs().max() <= 0.05


def test_the_default_is_torchs_own():
    """Uniform up to 1/√(fan in), weights and biases; a norm of 1 and 0; and nothing depends on how it was built."""
    weights = started(netspec.compile("3x9x9-64C5-bn-prelu-100N"))
    for name, fan_in in (("conv1", 75), ("dense1", 1600)):
        for tensor in (weights[f"{name}.weight"], weights[f"{name}.bias"]):
            assert 0.8 / sqrt(fan_in) < tensor.abs().max() <= 1 / sqrt(fan_in)
    assert (weights["bn1.weight"] == 1).all() and (weights["prelu1.weight"] == 0.25).all()


def test_attention_has_torchs_default_and_takes_the_other_laws():
    graph = netspec.compile("3x16x16-patches(4, 8)-classtoken-position-attention(2)-layernorm-taketoken-10N")
    weights = started(graph)
    assert not weights["attention1.in_proj_bias"].any() and not weights["attention1.out_proj.bias"].any()
    wide = started(graph, normal("1", bias=2))
    assert wide["attention1.in_proj_weight"].std() > 0.5 and (wide["attention1.out_proj.bias"] == 2).all()
    assert same({"a": wide["classtoken1.cls_token"]}, {"a": weights["classtoken1.cls_token"]})


def test_the_table_of_a_windows_positions_is_no_kernel():
    """It is added to products, not multiplied by: Swin's own 0.02 stays."""
    graph = netspec.compile("8x8x8-attention(2, window=4)")
    name = "attention1.relative_position_bias_table"
    assert torch.equal(started(graph, normal("1", bias=2))[name], started(graph)[name])
    assert (started(graph)[name] != 0).any() and started(graph)[name].abs().max() < 0.2


@pytest.mark.parametrize("init", [None, KAIMING])
@pytest.mark.parametrize(
    "layer",
    [
        "subsample(2)",
        "conv(4, 3, connect=[[0], [1], [2], [0, 1, 2]])",
        "local(4, 3)",
        "rbf(4)",
        "lowrank(4, rank=2)",
        "l2norm(20)",
        "prelu",
        "scale",
        "instancenorm",
        "patches(3, 4)",
    ],
)
def test_every_layer_with_weights_is_settled_by_the_seed_alone(layer, init):
    graph = netspec.compile(f"3x9x9-{layer}")
    torch.manual_seed(1)
    first = started(graph, init)
    torch.manual_seed(2)
    assert same(first, started(graph, init))
    assert all(tensor.isfinite().all() for tensor in first.values())


# Seeds

NET = "3x9x9-8C3-bn-relu-8C3-relu-10N"


@pytest.mark.parametrize("init", [None, KAIMING, XAVIER, normal()])
def test_a_seed_gives_the_same_weights_and_another_seed_others(init):
    graph = netspec.compile(NET)
    assert same(started(graph, init), started(graph, init))
    other = started(graph, init, seed=1)
    assert not torch.equal(started(graph, init)["conv1.weight"], other["conv1.weight"])


@pytest.mark.parametrize("init", [None, KAIMING])
def test_torchs_own_generator_is_left_as_it_is(init):
    graph = netspec.compile(NET)
    module = build_graph(graph)
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    initialise(module, graph, init)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("init", [None, KAIMING])
def test_a_layers_weights_do_not_depend_on_what_else_is_in_the_network(init):
    short, long = netspec.compile("3x9x9-8C3-bn-relu-8C3"), netspec.compile("3x9x9-8C3-relu-8C3-MP2-20N-10N")
    for name in ("conv1.weight", "conv2.weight", "conv2.bias"):
        assert torch.equal(started(short, init)[name], started(long, init)[name])


@pytest.mark.parametrize("init", [None, KAIMING])
def test_layers_of_one_shape_get_numbers_of_their_own(init):
    weights = started(netspec.compile("8x9x9-8C3p1-8C3p1"), init)
    assert not torch.equal(weights["conv1.weight"], weights["conv2.weight"])


@pytest.mark.parametrize("init", [None, KAIMING])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_another_number_type_gets_the_same_numbers(init, dtype):
    graph = netspec.compile(NET)
    module = build_graph(graph).to(dtype)
    initialise(module, graph, init)
    expected = started(graph, init)
    assert all(torch.equal(tensor, expected[name].to(tensor.dtype)) for name, tensor in module.state_dict().items())


@pytest.mark.gpu
@pytest.mark.parametrize("init", [None, KAIMING])
def test_another_device_gets_the_same_numbers(init):
    graph = netspec.compile(NET)
    there = {name: tensor.cpu() for name, tensor in started(graph, init, device="cuda").items()}
    assert same(there, started(graph, init))


@pytest.mark.parametrize("init", [None, normal()])
def test_the_meta_device_is_left_alone(init):
    graph = netspec.compile(NET)
    with torch.device("meta"):
        module = build_graph(graph)
    initialise(module, graph, init)
    assert all(tensor.is_meta for tensor in module.state_dict().values())


def test_shared_weights_are_set_once():
    graph = netspec.compile("input a 1x8x8\ninput b 1x8x8\nshare t { 4C3 - relu }\nadd { | @a - t | @b - t }")
    assert set(started(graph, normal(bias=3))) == {"t.conv1.weight", "t.conv1.bias"}


def test_names_that_python_cannot_have_are_found():
    graph = netspec.compile('3x9x9\n4C3 as "3x3/a"\n5N as train')
    assert all((tensor == 1).all() for name, tensor in started(graph, normal(bias=1)).items() if "bias" in name)


def test_what_torch_makes_of_a_network_of_zeros_is_gone_with_a_variance_kept():
    """The purpose of `kaiming`: activations neither die out nor explode through twenty layers."""
    graph = netspec.compile("16x12x12-20 * { 16C3p1 - relu }".replace("16x12x12-", "input 16x12x12\n"))
    module = build_graph(graph).eval()
    initialise(module, graph, KAIMING)
    with torch.no_grad():
        out = module(torch.randn(4, 16, 12, 12, generator=torch.Generator().manual_seed(0)))
    assert 0.01 < out.square().mean() < 10
    initialise(module, graph, normal())
    with torch.no_grad():
        assert module(torch.randn(4, 16, 12, 12)).square().mean() < 1e-6


# The words of a recipe


def test_alexnet_starts_as_its_paper_says():
    """Krizhevsky et al. 2012, section 5: deviation 0.01; biases 1 in conv2, conv4, conv5 and fc6, fc7."""
    graph = netspec.compile("alexnet", inputs="3x67x67", classes=10)
    weights = started(graph, graph.train["init"])
    ones = {name.removesuffix(".bias") for name, tensor in weights.items() if "bias" in name and (tensor == 1).all()}
    assert ones == {"conv2", "conv4", "conv5", "fc6", "fc7"}
    assert not weights["conv1.bias"].any() and not weights["conv3.bias"].any() and not weights["fc8.bias"].any()
    assert all(
        tensor.std().item() == pytest.approx(0.01, rel=0.05)
        for name, tensor in weights.items()
        if prod(tensor.shape) > 10_000
    )
    assert same(weights, started(graph, {"name": "paper"}))


def test_a_seed_starts_a_built_network_as_its_recipe_says():
    spec = "3x12x12-8C3-relu-4N\ntrain { init = normal(std=0.5, bias=1) }"
    weights = netspec.build(spec, seed=3).state_dict()
    assert same(weights, started(netspec.compile(spec), normal("0.5", bias=1), seed=3))
    assert not same(weights, netspec.build(spec, seed=4).state_dict())
    kaiming = netspec.build(spec, seed=3, **{"train.init": "kaiming"}).state_dict()
    assert same(kaiming, started(netspec.compile(spec), KAIMING, seed=3))


def test_without_a_seed_a_built_network_draws_from_torchs_own_generator():
    states = []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(netspec.build("3x12x12-8C3-relu-4N").state_dict())
    assert same(*states) and not same(states[0], netspec.build("3x12x12-8C3-relu-4N").state_dict())


def test_a_block_is_named_with_all_that_it_holds():
    graph = netspec.compile("block b(c) { conv(c, 3) - relu }\ninput 3x12x12\nb(4) - b(5) - b(6) - 7N")
    biases = {name: tensor.sum().item() for name, tensor in started(graph, normal(bias=1, at=("b2", "dense1"))).items()}
    assert {name: total for name, total in biases.items() if "bias" in name} == {
        "b1.conv1.bias": 0,
        "b2.conv1.bias": 5,
        "b3.conv1.bias": 0,
        "dense1.bias": 7,
    }


def test_a_range_of_blocks_holds_all_from_the_first_to_the_last():
    graph = netspec.compile("block b(c) { conv(c, 3) - relu }\ninput 3x12x12\nb(4) - b(5) - b(6) - 7N")
    weights = started(graph, normal(bias=1, at=("b1 .. b2",)))
    assert [name for name, tensor in weights.items() if "bias" in name and tensor.any()] == [
        "b1.conv1.bias",
        "b2.conv1.bias",
    ]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("conv9", "error[E402]: `init` names a layer `conv9`, which is not there\n   = help: did you mean `conv1`?"),
        ("conv1..", "error[E402]: `init` names a layer ``, which is not there"),
        ("zzz", "error[E402]: `init` names a layer `zzz`, which is not there"),
        ("dense1..conv1", "error[E402]: `init` names `dense1..conv1`, but `conv1` is before `dense1`"),
    ],
)
def test_a_layer_that_is_not_there_is_an_error(at, said):
    assert error(netspec.compile("3x9x9-8C3-relu-10N"), normal(at=(at,))) == said


def test_the_paper_of_a_network_that_nobody_ships_is_not_known():
    graph = netspec.compile(Source("3x9x9-8C3", "mine.spec"))
    for known in (graph, netspec.compile("lenet5")):
        assert error(known, {"name": "paper"}) == (
            f"error[E402]: `init` can't be `paper`: no shipped network `{known.name}` says what its paper does\n"
            "   = help: write it, as in `init = normal(std=0.01, bias=1, "
            'at=["conv2", "conv4..fc7"])` of `alexnet`'
        )
