"""The exported file: its whole text for small networks, and what holds for all of them."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import netspec
from netspec.lowering.copies import copy_of, homes
from netspec.lowering.layout import Called, Raw, docstring, layout, literal
from netspec.lowering.source import source
from netspec.records import replace
from netspec.source import Source
from tests.lowering.test_plan import BASIC
from tests.shipped import NAMES, analysed


def exported(spec: str) -> str:
    return source(netspec.compile(spec))


def network(spec: str) -> str:
    """The exported classes alone."""
    return re.search(r"\n\n\n(class .*)\n\n\ndef main", exported(spec), re.DOTALL)[1] + "\n"  # type: ignore[index]


def forward(spec: str) -> list[str]:
    """The lines of the network's forward."""
    return network(spec).rpartition("    def forward(")[2].splitlines()[1:]


# Whole texts


def test_a_small_network_is_this_file(tmp_path: Path) -> None:
    spec = tmp_path / "small.spec"
    spec.write_text("# LeCun's first\ninput 1x28x28\nconv(20, 5) - relu - MP2\n10N - softmax\n")
    assert source(netspec.compile(spec)) == (
        '"""small: 1x28x28 -> 10.\n'
        "\n"
        "29,330 parameters, 316,800 MACs for an image.\n"
        "\n"
        "Made by netspec from this spec:\n"
        "\n"
        "# LeCun's first\n"
        "input 1x28x28\n"
        "conv(20, 5) - relu - MP2\n"
        "10N - softmax\n"
        '"""\n'
        "\n"
        "from __future__ import annotations\n"
        "\n"
        "import torch\n"
        "from torch import Tensor, nn\n"
        "\n"
        "\n"
        "class Small(nn.Module):\n"
        '    """The network: 1x28x28 -> 10."""\n'
        "\n"
        "    def __init__(self) -> None:\n"
        "        super().__init__()\n"
        "        self.conv1 = nn.Conv2d(1, 20, 5)\n"
        "        self.relu1 = nn.ReLU()\n"
        "        self.maxpool1 = nn.MaxPool2d(2)\n"
        "        self.dense1 = nn.Linear(2880, 10)\n"
        "        self.softmax1 = nn.Softmax(dim=1)\n"
        "\n"
        "    def forward(self, x: Tensor) -> Tensor:\n"
        "        x = self.conv1(x)  # 20x24x24\n"
        "        x = self.relu1(x)  # 20x24x24\n"
        "        x = self.maxpool1(x)  # 20x12x12\n"
        "        x = torch.flatten(x, 1)\n"
        "        x = self.dense1(x)  # 10\n"
        "        if not self.training:\n"
        "            x = self.softmax1(x)  # 10\n"
        "        return x\n"
        "\n"
        "\n"
        "def main() -> None:\n"
        '    """Print the shapes that come out of the network for one image."""\n'
        "    net = Small().eval()\n"
        "    with torch.inference_mode():\n"
        "        output = net(torch.zeros(1, 1, 28, 28))\n"
        "    print(tuple(output.shape))\n"
        "\n"
        "\n"
        'if __name__ == "__main__":\n'
        "    main()\n"
    )


def test_blocks_alike_share_a_class_and_copies_are_a_loop() -> None:
    assert network(f"{BASIC}input 4x16x16\n4 * basic(4) - basic(8, s=2)\nbasic(16, s=2)") == (
        "class Basic(nn.Module):\n"
        '    """`basic(4)` and 3 more; the sizes are those of `basic1`."""\n'
        "\n"
        "    def __init__(self) -> None:\n"
        "        super().__init__()\n"
        "        self.conv1 = nn.Conv2d(4, 4, 3, padding=1)\n"
        "        self.bn1 = nn.BatchNorm2d(4)\n"
        "        self.relu1 = nn.ReLU()\n"
        "        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)\n"
        "        self.bn2 = nn.BatchNorm2d(4)\n"
        "        self.relu2 = nn.ReLU()\n"
        "\n"
        "    def forward(self, x: Tensor) -> Tensor:\n"
        "        y = self.conv1(x)  # 4x16x16\n"
        "        y = self.bn1(y)  # 4x16x16\n"
        "        y = self.relu1(y)  # 4x16x16\n"
        "        y = self.conv2(y)  # 4x16x16\n"
        "        y = self.bn2(y)  # 4x16x16\n"
        "        x = y + x  # 4x16x16\n"
        "        return self.relu2(x)  # 4x16x16\n"
        "\n"
        "\n"
        "class Basic2(nn.Module):\n"
        '    """`basic(8, s=2)` and 1 more; the sizes are those of `basic5`."""\n'
        "\n"
        "    def __init__(self, in_channels: int, out_channels: int) -> None:\n"
        "        super().__init__()\n"
        "        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1)\n"
        "        self.bn1 = nn.BatchNorm2d(out_channels)\n"
        "        self.relu1 = nn.ReLU()\n"
        "        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)\n"
        "        self.bn2 = nn.BatchNorm2d(out_channels)\n"
        "        self.conv3 = nn.Conv2d(in_channels, out_channels, 1, stride=2)\n"
        "        self.bn3 = nn.BatchNorm2d(out_channels)\n"
        "        self.relu2 = nn.ReLU()\n"
        "\n"
        "    def forward(self, x: Tensor) -> Tensor:\n"
        "        y = self.conv1(x)  # 8x8x8\n"
        "        y = self.bn1(y)  # 8x8x8\n"
        "        y = self.relu1(y)  # 8x8x8\n"
        "        y = self.conv2(y)  # 8x8x8\n"
        "        y = self.bn2(y)  # 8x8x8\n"
        "        x = self.conv3(x)  # 8x8x8\n"
        "        x = self.bn3(x)  # 8x8x8\n"
        "        x = y + x  # 8x8x8\n"
        "        return self.relu2(x)  # 8x8x8\n"
        "\n"
        "\n"
        "class Network(nn.Module):\n"
        '    """The network: 4x16x16 -> 16x4x4."""\n'
        "\n"
        "    def __init__(self) -> None:\n"
        "        super().__init__()\n"
        "        for number in range(1, 5):\n"
        '            self.add_module(f"basic{number}", Basic())\n'
        "        self.basic5 = Basic2(4, 8)\n"
        "        self.basic6 = Basic2(8, 16)\n"
        "\n"
        "    def forward(self, x: Tensor) -> Tensor:\n"
        "        for number in range(1, 5):\n"
        '            x = getattr(self, f"basic{number}")(x)  # 4x16x16\n'
        "        x = self.basic5(x)  # 8x8x8\n"
        "        return self.basic6(x)  # 16x4x4\n"
    )


def test_copies_whose_numbers_grow_in_even_steps_are_a_loop_with_a_formula() -> None:
    text = network("""block unit(k) { concat { | identity | conv(k, 3, pad=1) } }
input 4x8x8
4 * unit(4)
2C1
3 * unit(5)
6C1 - conv(4, 3) - { conv(3, 3) } as part1 - { conv(2, 1) } as part2 - { conv(1, 1) } as part3""")
    assert (
        '        for number in range(1, 5):\n            self.add_module(f"unit{number}", Unit(4 * number, 4))\n'
        in text
    )
    assert (
        '        for number in range(5, 8):\n            self.add_module(f"unit{number}", Unit(5 * number - 23, 5))'
        in text
    )
    assert '            x = getattr(self, f"unit{number}")(x)  # 8x8x8, …, 20x8x8\n' in text
    assert "self.part2 = Part2" in text  # chains of their own names are classes of their own


def test_a_value_used_in_several_places_keeps_the_name_that_the_spec_gives_it() -> None:
    assert forward("input 3x8x8\n4C3p1 as skip - relu as torch\n4C3p1 - relu\nadd { | identity | @skip | @torch }") == [
        "        skip = self.skip(x)  # 4x8x8",
        "        torch_ = self.torch(skip)  # 4x8x8",
        "        x = self.conv2(torch_)  # 4x8x8",
        "        x = self.relu2(x)  # 4x8x8",
        "        return x + skip + torch_  # 4x8x8",
    ]


def test_outputs_are_a_dict_and_heads_run_in_training_only() -> None:
    spec = """input 3x8x8
4C3 - relu
output side { GAP - 2N - softmax }
4C3 - GAP as features
output class { 5N - softmax }
output logits { 5N }"""
    text = network(spec)
    assert "    def forward(self, x: Tensor) -> dict[str, Tensor]:\n" in text
    assert forward(spec) == [
        "        x = self.conv1(x)  # 4x6x6",
        "        x = self.relu1(x)  # 4x6x6",
        "        if self.training:",
        "            y = torch.mean(x, dim=(-2, -1))  # 4",
        "            side = self.dense1(y)  # 2",
        "        x = self.conv2(x)  # 4x4x4",
        "        features = torch.mean(x, dim=(-2, -1))  # 4",
        "        x = self.dense2(features)  # 5",
        "        class_ = x if self.training else self.softmax2(x)  # 5",
        "        logits = self.dense3(features)  # 5",
        "        if self.training:",
        '            return {"side": side, "class": class_, "logits": logits, "main": features}',
        '        return {"class": class_, "logits": logits, "main": features}',
    ]
    assert "for name, output in outputs.items():\n        print(name, tuple(output.shape))" in exported(spec)


def test_a_single_output_beside_auxiliary_heads_is_a_tensor_in_evaluation() -> None:
    spec = "input 3x8x8\n4C3 - relu\noutput side { GAP - 2N }\n4C3"
    assert "    def forward(self, x: Tensor) -> Tensor | dict[str, Tensor]:\n" in network(spec)
    assert forward(spec)[-3:] == [
        "        if self.training:",
        '            return {"side": side, "main": x}',
        "        return x",
    ]


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("input 4x8x8\nmax { | relu | tanh | sigmoid }", "return torch.maximum(torch.maximum(y, z), x)  # 4x8x8"),
        ("input 4x8x8\nmean { | relu | tanh }", "return x / 2  # 4x8x8"),
        ("input 4x8x8\nsub { | relu | tanh }", "return y - x  # 4x8x8"),
        ("input 4x8x8\nmul { | identity | GAP }", "return self.mul1(x, y)  # 4x8x8"),
        ("input 4x8x8\nzeropad(1, 0)", "return F.pad(x, (1, 0, 1, 0))  # 4x9x9"),
        ("input 4x8x8\nmaxpool(3, stride=1, pad=[1, 1]) - maxpool(2, pad=[0, 1])",
         'x = F.pad(x, (0, 1, 0, 1), value=float("-inf"))'),
        ("input 4x8x8\nreshape([8, 32])", "return torch.reshape(x, (-1, 8, 32))  # 8x32"),
        ("input 4x8x8\nconcat { | slice(0, 2) | slice(2, 4) }", "return torch.cat((y, x), dim=1)  # 4x8x8"),
    ],
)  # fmt: skip
def test_a_function_is_written_as_people_write_it(spec: str, line: str) -> None:
    assert f"        {line}" in forward(spec)


def test_a_value_that_nobody_uses_is_computed_all_the_same() -> None:
    assert forward("input 3x8x8\n2C1 as a\n5N as lost\n@a - relu as b\nscaledtanh\n@b - 3C1")[1:] == [
        "        _ = torch.flatten(a, 1)",
        "        self.lost(_)  # 5",
        "        b = self.b(a)  # 2x8x8",
        "        _ = b * 0.6666666666666666",
        "        _ = torch.tanh(_)",
        "        _ * 1.7159  # 2x8x8",
        "        return self.conv2(b)  # 3x8x8",
    ]


def test_more_values_at_a_time_than_letters_get_numbers() -> None:
    branches = " | ".join(f"conv({n}, 1)" for n in range(1, 15))
    lines = forward(f"input 3x4x4\nconcat {{ | {branches} | relu }}")
    assert "        x1 = self.conv11(x)  # 11x4x4" in lines
    assert lines[-1] == "        return torch.cat((y, z, u, v, w, a, b, c, d, e, x1, x2, x3, x4, x), dim=1)  # 108x4x4"


def test_a_section_with_several_inputs_and_outputs_passes_them() -> None:
    text = network("""input 3x8x8
4C3p1 as a
4C3p1 as b
{ add { | @a | @b } - relu as inner
  output one { 2C1 }
  3C1 } as stage
output two { relu }
train { loss { one: smooth_l1, two: smooth_l1, main: cross_entropy } }""")
    assert "    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:\n" in text
    assert "        one, x = self.stage(a, x)  # 2x8x8, 3x8x8\n" in text


def test_the_spec_in_the_docstring_does_no_harm() -> None:
    text = 'input 3x8x8  # """ \\" \\N\tbell\n\n4C3 as "w\\"x"  \n'
    tree = ast.parse(source(netspec.compile(Source(text, "odd.spec"))))
    shown = ast.get_docstring(tree, clean=False)
    assert shown is not None and shown.endswith('input 3x8x8  # """ \\" \\N    bell\n\n4C3 as "w\\"x"\n')


def test_a_long_spec_is_shown_in_part() -> None:
    text = "input 3x8x8\n" + "relu\n" * 500
    assert "relu\n… and 101 more lines\n" in source(netspec.compile(Source(text, "long.spec")))


def test_a_graph_without_its_text_is_written_without_it() -> None:
    graph = replace(netspec.compile("input 3x8x8\nrelu"), source=None)
    assert source(graph).startswith('"""A network: 3x8x8 -> 3x8x8.\n\n0 parameters, 0 MACs for an image.\n"""\n')


def test_a_place_that_is_long_is_shown_by_its_last_name() -> None:
    name = "a_name_of_some_length"
    text = network(f"block one() {{ relu - tanh }}\ninput 3x8x8\n{{ {{ 2 * one }} as {name} }} as {name}")
    assert '"""`one` and 1 more; the sizes are those of `one1`."""' in text


def test_copies_that_differ_otherwise_are_written_one_by_one() -> None:
    text = network("""block unit(c, k=1, s=1) { conv(c, k, stride=s) }
input 4x32x32
unit(4) - unit(8) - unit(16, s=2)
relu - unit(4) - unit(4) - unit(4, s=2)
tanh - unit(5) - unit(6) - unit(8)""")
    assert "range" not in text.partition("def forward(self, x: Tensor) -> Tensor:\n        x = self.unit1")[0]


def test_copies_beside_each_other_are_no_loop() -> None:
    assert forward("block unit() { 4C1 - relu }\ninput 4x8x8\nconcat { | unit | unit | unit }") == [
        "        y = self.unit1(x)  # 4x8x8",
        "        z = self.unit2(x)  # 4x8x8",
        "        x = self.unit3(x)  # 4x8x8",
        "        return torch.cat((y, z, x), dim=1)  # 12x8x8",
    ]


def test_blocks_of_the_same_members_that_do_something_else_are_two_classes() -> None:
    text = network(
        "block unit(f) { if f { add { | identity | relu } } else { relu } }\ninput 4\nunit(true) - unit(false)"
    )
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == ["Unit", "Unit2", "Network"]


def test_what_a_convolution_seldom_has_is_an_argument_with_a_default() -> None:
    text = network("block unit(c, s=1) { conv(c, 3, stride=s) }\ninput 3x16x16\nunit(4) - unit(5, s=2) - unit(5)")
    assert "    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:\n" in text
    assert "        self.unit1 = Unit(3, 4)\n        self.unit2 = Unit(4, 5, stride=2)\n" in text


def test_parameters_are_shown() -> None:
    graph = netspec.compile("param n = 3\ninput 3x8x8\nconv(n, 1)", n=5)
    assert "\nParameters: n=5.\n" in source(graph)


def test_an_unknown_size_has_an_example_in_main() -> None:
    text = exported("input 3xHxW\nconv(4, 5, stride=2) - MP2 - GAP - 10N")
    assert "net(torch.zeros(1, 3, 7, 7))" in text
    assert "x = self.conv1(x)  # 4x(⌊(H + 1) / 2⌋ − 2)x(⌊(W + 1) / 2⌋ − 2)" in text


def test_boxes_in_main_are_rows_without_a_batch() -> None:
    text = exported("input map 4x16x16\ninput rois Rx4\nroipool(3) { | @map | @rois }\n5N")
    assert "net(torch.zeros(1, 4, 16, 16), torch.zeros(2, 4))" in text
    assert "def forward(self, map: Tensor, rois: Tensor) -> Tensor:" in text


# Layout


def test_what_does_not_fit_has_one_argument_a_line() -> None:
    name = "a" * 100
    assert layout(Called("f", (Raw(name), 1), {"b": (1, 2)}), 4, "x = ", comment="4x4") == [
        "    # 4x4",
        "    x = f(",
        f"        {name},",
        "        1,",
        "        b=(1, 2),",
        "    )",
    ]
    assert layout({"one": Raw(name), "two": 1.5}, 4, "return ") == [
        "    return {",
        f'        "one": {name},',
        '        "two": 1.5,',
        "    }",
    ]
    assert layout(Raw(name), 8, comment="c" * 20) == ["        # " + "c" * 20, f"        {name}"]
    assert layout((name, "b"), 20)[0] == " " * 20 + "("
    assert layout(Raw("a" * 130), 0) == ["a" * 130]


def test_values_are_written_as_ruff_would() -> None:
    values = (1, 2.5, True, None, "a", 'say "a"', "it's", (1,), (), [1, 2], float("inf"), {"a": 1})
    assert [literal(value) for value in values] == [
        "1", "2.5", "True", "None", '"a"', "'say \"a\"'", '"it\'s"', "(1,)", "()", "(1, 2)", 'float("inf")', '{"a": 1}'
    ]  # fmt: skip
    assert docstring('a\\b"""') == 'a\\\\b\\"\\"\\"'


# Modules of ours


def test_a_module_of_ours_is_copied_as_it_stands() -> None:
    text = exported("input 6x8x8\nsubsample(2)")
    assert "\n".join(copy_of("Subsample")) in text
    assert "        self.subsample1 = Subsample(channels=6, kernel_size=2)\n" in text
    assert "ours." not in text and "netspec." not in text


def test_no_class_of_the_network_takes_the_name_of_a_module_of_ours() -> None:
    text = exported("block subsample2() { subsample(2) }\nblock tensor() { relu }\ninput 6x8x8\nsubsample2 - tensor")
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == ["Subsample", "Subsample2", "Tensor2", "Network"]


def test_every_module_of_ours_is_found() -> None:
    text = (Path(netspec.__file__).parent / "lowering" / "modules" / "__init__.py").read_text(encoding="utf-8")
    assert sorted(homes()) == re.findall(r'^    "(\w+)",$', text, re.MULTILINE)
    for name in homes():
        assert copy_of(name)[0] == f"class {name}(nn.Module):"


# All networks


def test_exports_of_all_networks_are_clean(tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    odd = (
        'param n = 4\ninput 3x8x8\n{ 4C3 as "3a" - conv(n, 1) as "class" } as "my stage"\n2 * { relu }\noutput x { 2N }'
    )
    (tmp_path / "odd.py").write_text(exported(odd), encoding="utf-8")
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(source(analysed(name).graph), encoding="utf-8")
    rules = [
        "--select",
        "E,F,W,I,B,UP,N,C4,RET,SIM,PIE",
        "--ignore",
        "N812",
    ]  # N812: `functional as F` is torch's own habit
    common = ["--isolated", "--no-cache", "--line-length", "120", "."]
    for words in (["check", "--output-format", "concise", *rules], ["format", "--diff"]):
        done = subprocess.run([ruff, *words, *common], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_making_source_loads_no_torch() -> None:
    code = "import sys, netspec; from netspec.lowering.source import source; source(netspec.compile('lenet5')); "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_exported_file_runs_with_torch_alone(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "g.py").write_text(source(analysed("googlenet").graph), encoding="utf-8")
    code = "import sys, runpy; sys.modules['netspec'] = None; runpy.run_path('g.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "(1, 1000)\n", "")
