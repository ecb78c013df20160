"""Weights of other implementations in networks of ours: the same numbers must come out."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import netspec
from netspec.cli import main
from netspec.lowering.build import build_graph
from netspec.lowering.weight_files import read
from netspec.lowering.weights import Mismatch, WeightsError, load_weights
from tests.lowering import torchvision_like
from tests.lowering.torchvision_like import settled

NETWORKS = {
    "alexnet": (torchvision_like.alexnet, torchvision_like.ALEXNET, "3x67x67"),
    "vgg16": (torchvision_like.vgg16, "vgg16", "3x32x32"),
    "resnet18": (torchvision_like.resnet18, "resnet18", "3x64x64"),
    "resnet50": (torchvision_like.resnet50, "resnet50", "3x64x64"),
    "mobilenet": (torchvision_like.MobileNet, "mobilenet", "3x64x64"),
}

ROOT = Path(__file__).parents[2]

SMALL = "3x9x9-8C3-relu-8C3p1-bn-relu-8C3p1-relu-10N"


class Small(nn.Module):
    """What `SMALL` says, as somebody else would write it."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(3, 8, 3), nn.ReLU()),
            *(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()),
            *(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()),
        )
        self.head = nn.Linear(8 * 7 * 7, classes)

    def forward(self, x):
        return self.head(self.body(x).flatten(1))


def small(spec: str = SMALL) -> nn.Module:
    return build_graph(netspec.compile(spec)).eval()


def agree(ours: nn.Module, theirs: nn.Module, size: str) -> None:
    """Both give the same for random images, and not the same for all."""
    channels, *sizes = map(int, size.split("x"))
    images = torch.randn(2, channels, *sizes, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        found, expected = ours.eval()(images), theirs(images)
    assert expected.std() > 1e-3
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5 * expected.abs().max().item())


@pytest.mark.parametrize(
    ("name", "ending"),
    [*((name, ".pth") for name in NETWORKS), ("alexnet", ".safetensors"), ("resnet18", ".safetensors")],
)
def test_published_networks_load_and_give_equal_outputs(name, ending, tmp_path):
    make, spec, size = NETWORKS[name]
    theirs = settled(make(10))
    path = tmp_path / f"theirs{ending}"
    torch.save(theirs.state_dict(), path) if ending == ".pth" else save_file(theirs.state_dict(), path)
    graph = netspec.compile(spec, inputs=size, classes=10)
    ours = build_graph(graph)
    matching = load_weights(ours, path)
    assert matching.complete and matching.doubts == ()
    if name == "vgg16":  # ours ends in a softmax, theirs in logits
        theirs = nn.Sequential(theirs, nn.Softmax(1))
    agree(ours, theirs.eval(), size)


def saved(tmp_path, content, name="theirs.pt"):
    torch.save(content, tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
        lambda state: {"model": {f"module._orig_mod.{name}": tensor for name, tensor in state.items()}},
        lambda state: {name: tensor for name, tensor in state.items() if "num_batches" not in name},
        lambda state: {name: tensor.double() for name, tensor in state.items()},
    ],
)
def test_wrapped_prefixed_and_uncounted_state_dicts_load(wrap, tmp_path):
    theirs, ours = settled(Small()), small()
    assert load_weights(ours, saved(tmp_path, wrap(theirs.state_dict()))).complete
    agree(ours, theirs, "3x9x9")


def test_the_count_of_batches_comes_along_where_both_have_it(tmp_path):
    theirs, ours = settled(Small()), small()
    theirs.body[3].num_batches_tracked.fill_(77)
    load_weights(ours, saved(tmp_path, theirs.state_dict()))
    assert ours.bn1.num_batches_tracked == 77


def test_our_own_state_dict_loads_by_name(tmp_path):
    theirs, ours = settled(small(), 1), small()
    matching = load_weights(ours, saved(tmp_path, theirs.state_dict()))
    assert {pair.by for pair in matching.pairs} == {"name"}
    agree(ours, theirs, "3x9x9")


def test_nothing_is_loaded_where_not_all_fits(tmp_path):
    ours = small()
    before = deepcopy(ours.state_dict())
    path = saved(tmp_path, settled(Small(classes=1000)).state_dict())
    with pytest.raises(Mismatch) as caught:
        load_weights(ours, path)
    assert str(caught.value) == (
        f"`{path}` does not fit this network: "
        "2 tensors of the network would get nothing, and 2 tensors of the file would go nowhere"
    )
    assert all(torch.equal(tensor, before[name]) for name, tensor in ours.state_dict().items())


def test_partial_loads_what_matches_and_leaves_the_rest(tmp_path):
    theirs, ours = settled(Small(classes=1000)), small()
    head = ours.dense1.weight.clone()
    matching = load_weights(ours, saved(tmp_path, theirs.state_dict()), partial=True)
    assert list(matching.missing) == ["dense1.weight", "dense1.bias"]
    assert list(matching.left_over) == ["head.weight", "head.bias"]
    assert torch.equal(ours.conv3.weight, theirs.body[5].weight) and torch.equal(ours.dense1.weight, head)


@pytest.mark.parametrize("partial", [False, True])
def test_a_file_of_another_network_altogether_is_refused(tmp_path, partial):
    path = saved(tmp_path, {"a.weight": torch.ones(7, 7)})
    with pytest.raises(Mismatch) as caught:
        load_weights(small(), path, partial)
    assert str(caught.value) == f"nothing in `{path}` fits this network"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda tensor: tensor.long(), "`head.weight` of `F` holds int64, and weights are float32"),
        (lambda tensor: tensor.cfloat(), "`head.weight` of `F` holds complex64, and weights are float32"),
        (lambda tensor: tensor.to_sparse(), "`head.weight` of `F` is not stored as plain numbers"),
    ],
)
def test_tensors_that_are_no_plain_weights_are_refused_before_any_is_loaded(tmp_path, change, what):
    theirs, ours = settled(Small()).state_dict(), small()
    before = deepcopy(ours.state_dict())
    theirs["head.weight"] = change(theirs["head.weight"])
    path = saved(tmp_path, theirs)
    with pytest.raises(WeightsError) as caught:
        load_weights(ours, path)
    assert str(caught.value).replace(str(path), "F") == what
    assert all(torch.equal(tensor, before[name]) for name, tensor in ours.state_dict().items())


def test_a_module_without_numbers_can_not_be_loaded(tmp_path):
    with torch.device("meta"):
        ours = small()
    with pytest.raises(WeightsError) as caught:
        load_weights(ours, saved(tmp_path, settled(Small()).state_dict()))
    assert str(caught.value) == "the network is on the meta device: build it on a real one to load weights"


def test_another_number_type_is_converted(tmp_path):
    theirs, ours = settled(Small()), small().to(torch.bfloat16)
    load_weights(ours, saved(tmp_path, theirs.state_dict()))
    assert torch.equal(ours.conv1.weight, theirs.body[0].weight.bfloat16())


# The command


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """A file `theirs.pt` of `Small` in the folder at hand."""
    monkeypatch.chdir(tmp_path)
    torch.save(settled(Small()).state_dict(), "theirs.pt")
    return tmp_path


TABLE = """\
network  file    tensors                                 by
conv1    body.0  weight 8x3x3x3, bias 8                  shape
conv2    body.2  weight 8x8x3x3, bias 8                  order
bn1      body.3  weight bias running_mean running_var 8  shape
conv3    body.5  weight 8x8x3x3, bias 8                  order
dense1   head    weight 10x392, bias 10                  shape

8 tensors by shape, which no other has
4 tensors by order among layers of the same shapes
"""


def test_the_command_prints_what_went_where(theirs, capsys):
    assert main(["weights", SMALL, "theirs.pt"]) == 0
    assert capsys.readouterr() == (TABLE, "")
    assert [path.name for path in theirs.iterdir()] == ["theirs.pt"]


def test_the_command_gives_data(theirs, capsys):
    assert main(["weights", SMALL, "theirs.pt", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["complete"] and len(document["tensors"]) == 12
    assert document["tensors"][0] == {
        "network": "conv1.weight",
        "file": "body.0.weight",
        "shape": [8, 3, 3, 3],
        "by": "shape",
    }


@pytest.mark.parametrize("out", ["ours.safetensors", "ours.pt", "theirs.pt"])
def test_the_command_writes_a_state_dict_that_the_module_loads(theirs, out):
    assert main(["weights", SMALL, "theirs.pt", "-o", out]) == 0
    ours = small()
    ours.load_state_dict(read(out))
    agree(ours, settled(Small()), "3x9x9")
    assert sorted(path.name for path in theirs.iterdir()) == sorted({"theirs.pt", out})


def test_the_command_says_what_does_not_fit_and_writes_nothing(theirs, capsys):
    other = SMALL.replace("10N", "5N")
    assert main(["weights", other, "theirs.pt", "-o", "ours.pt"]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        "netspec: `theirs.pt` does not fit this network: 2 tensors of the network would get nothing, "
        "and 2 tensors of the file would go nowhere; `--partial` loads what matches\n"
    )
    assert captured.out.partition("\n\n")[2] == (
        "missing in the file\n"
        "  dense1.weight      5x392\n"
        "  dense1.bias        5\n"
        "\n"
        "left over in the file\n"
        "  head.weight          10x392\n"
        "  head.bias            10\n"
        "\n"
        "6 tensors by shape, which no other has\n"
        "4 tensors by order among layers of the same shapes\n"
    )
    assert [path.name for path in theirs.iterdir()] == ["theirs.pt"]


def test_the_rest_of_a_partial_load_is_initialised_as_the_recipe_says(theirs):
    spec = theirs / "net.spec"
    body = SMALL.replace("3x9x9-", "input 3x9x9\n").replace("10N", "5N")
    spec.write_text(f"{body}\ntrain {{ init = normal(std=0.01, bias=3) }}\n")
    for out in ("one.pt", "two.pt"):
        assert main(["weights", str(spec), "theirs.pt", "--partial", "-o", out]) == 0
    one, two = read("one.pt"), read("two.pt")
    assert all(torch.equal(one[name], two[name]) for name in two)
    assert (one["dense1.bias"] == 3).all() and not (one["conv1.bias"] == 3).any()


def test_doubt_is_reported_and_can_be_overruled(theirs, capsys):
    names = {"body.0": "conv0", "body.2": "conv1", "body.3": "norm", "body.5": "conv2", "head": "fc"}
    renamed = {}
    for name, tensor in settled(Small()).state_dict().items():
        layer, _, leaf = name.rpartition(".")
        renamed[f"{names[layer]}.{leaf}"] = tensor
    torch.save(renamed, "theirs.pt")
    assert main(["weights", SMALL, "theirs.pt"]) == 2
    captured = capsys.readouterr()
    assert "\n\n`conv2` is doubtful: by order it gets `conv1`, though the file has a `conv2`\n" in captured.out
    assert main(["weights", SMALL, "theirs.pt", "--in-order", "-o", "ours.pt"]) == 0
    ours = small()
    load_weights(ours, "ours.pt")
    agree(ours, settled(Small()), "3x9x9")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no.pt"], "`no.pt` can't be read: no such file or directory"),
        ([".."], "`..` is a folder, not a file of weights"),
        (["empty.pt"], "`empty.pt` is empty"),
        (
            ["theirs.pt", "-o", "ours.bin"],
            "`ours.bin` can't be written: its ending says no format; give it .safetensors, .pt or .pth",
        ),
        (["theirs.pt", "-o", "no/ours.pt"], "`no/ours.pt` can't be written: no such file or directory"),
    ],
)
def test_a_mistake_is_one_line(theirs, capsys, words, said):
    (theirs / "empty.pt").touch()
    assert main(["weights", SMALL, *words]) == 2
    assert capsys.readouterr().err == f"netspec: {said}\n"


def test_without_torch_the_command_says_what_to_install(theirs):
    code = "import sys; sys.modules['torch'] = None; from netspec.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "weights", SMALL, str(theirs / "theirs.pt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr == "netspec: this needs torch, which is not installed: pip install 'netspec-compiler[torch]'\n"


def test_without_safetensors_a_file_of_it_says_what_to_install(theirs, monkeypatch, capsys):
    save_file(settled(Small()).state_dict(), "theirs.safetensors")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    assert main(["weights", SMALL, "theirs.safetensors"]) == 2
    said = "this needs safetensors, which is not installed: pip install 'netspec-compiler[torch]'"
    assert capsys.readouterr().err == f"netspec: {said}\n"


def test_a_spec_that_is_wrong_is_reported_first(theirs, capsys):
    assert main(["weights", "3x4x4-8C5", "no.pt"]) == 2
    assert capsys.readouterr().err.startswith("error[E203]: ")


def test_the_page_about_weights_shows_what_happens(tmp_path, monkeypatch, capsys):
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (command, shown) = re.findall(r"^```text\n\$ netspec (.*?)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0]
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - the page's own code
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out == shown
    ours = build_graph(netspec.compile(command.split()[1]))
    load_weights(ours, "ours.safetensors")
    agree(ours, names["theirs"].eval(), "1x28x28")


def test_every_option_and_key_is_on_the_page_about_weights(theirs, capsys):
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    main(["weights", SMALL, "theirs.pt", "--json"])
    assert re.findall(r"^\| `(\w+)` \|", page.partition("## The data")[2], re.MULTILINE) == list(
        json.loads(capsys.readouterr().out)
    )
    main(["weights", "--help"])
    options = set(re.findall(r"^  (--?[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    assert options - {"--color", "-h"} <= set(re.findall(r"`(--?[a-z-]+)[` ]", page))
