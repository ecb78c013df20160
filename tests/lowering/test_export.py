"""`netspec export`: formats by name and by ending, and what it refuses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import netspec
from netspec.cli import main
from netspec.graph import Graph
from netspec.lowering.source import source

LENET = "1x32x32-6C5-MP2-16C5-MP2-10N"


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(("export", *words)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


def test_pytorch_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("export", LENET, "--to", "pytorch")) == 0
    assert capsys.readouterr().out == source(netspec.compile(LENET))


def test_the_ending_of_the_file_says_the_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.py"
    assert main(("export", "resnet18", "-o", str(path), "--set", "classes=10", "--input", "3x64x64")) == 0
    assert path.read_text(encoding="utf-8") == source(netspec.compile("resnet18", inputs="3x64x64", classes=10))
    assert capsys.readouterr().out == ""
    assert [each.name for each in tmp_path.iterdir()] == ["net.py"]


def test_the_option_wins_over_the_ending(tmp_path: Path) -> None:
    path = tmp_path / "net.txt"
    assert main(("export", LENET, "--to", "pytorch", "-o", str(path))) == 0
    assert "class Network(nn.Module):" in path.read_text(encoding="utf-8")


def test_json_is_the_graph(capsys: pytest.CaptureFixture[str]) -> None:
    from netspec.report import graph_json

    assert main(("export", LENET, "--to", "json")) == 0
    assert capsys.readouterr().out == graph_json.write(netspec.compile(LENET))


def onnx_that(monkeypatch: pytest.MonkeyPatch, export: Callable[[Graph, str], object]) -> Any:
    """The exporter of ONNX replaced."""
    onnx: Any = ModuleType("netspec.lowering.onnx")
    onnx.export, onnx.TooLarge = export, type("TooLarge", (ValueError,), {})
    monkeypatch.setitem(sys.modules, "netspec.lowering.onnx", onnx)
    monkeypatch.setattr("netspec.lowering.onnx", onnx, raising=False)
    return onnx


def test_onnx_is_written_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, str]] = []
    onnx_that(monkeypatch, lambda graph, path: written.append((graph.nodes[-1].name, path)))
    path = str(tmp_path / "net.onnx")
    assert main(("export", LENET, "-o", path)) == 0
    assert written == [("dense1", path)]


def test_weights_that_no_file_of_onnx_holds_are_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(graph: Graph, path: str) -> None:
        raise onnx.TooLarge("4 GB")

    onnx = onnx_that(monkeypatch, export)
    assert refused(capsys, LENET, "-o", "net.onnx") == "netspec: 4 GB\n"


USAGE = "`netspec export --help` shows what it takes, by example\n"


def test_a_format_that_nothing_says_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    which = "which format: `--to pytorch`, `onnx`, `json`, `npz` or `txt`"
    assert refused(capsys, LENET) == f"netspec export: say {which}\n{USAGE}"
    assert refused(capsys, LENET, "-o", "net.doc") == f"netspec export: `net.doc` doesn't say {which}\n{USAGE}"


def test_an_archive_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = refused(capsys, LENET, "--to", "npz")
    assert text == f"netspec export: an archive is no text: say where to write it, `-o net.npz`\n{USAGE}"


def test_new_weights_are_those_that_the_recipe_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = f"{LENET}\ntrain {{ seed = 3 }}"
    state = netspec.build(spec, seed=3).state_dict()
    assert main(("export", spec, "-o", str(tmp_path / "w.npz"))) == 0
    with np.load(tmp_path / "w.npz", allow_pickle=False) as found:
        assert list(found) == list(state)
        assert all(np.array_equal(found[name], tensor.numpy()) for name, tensor in state.items())
    assert main(("export", spec, "--to", "txt")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"# 6 tensors, {sum(each.numel() for each in state.values()):,} numbers"
    at = lines.index("conv1.bias  6")
    assert [np.float32(each) for each in lines[at + 1].split()] == state["conv1.bias"].tolist()


def test_the_weights_of_a_file_are_those_that_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import onnx
    from onnx import numpy_helper

    from netspec.lowering.weight_files import write

    state = netspec.build(LENET, seed=7).state_dict()
    file = str(tmp_path / "w.safetensors")
    write(file, state)
    for ending in ("npz", "onnx"):
        assert main(("export", LENET, "--weights", file, "-o", str(tmp_path / f"n.{ending}"))) == 0
    with np.load(tmp_path / "n.npz") as found:
        assert np.array_equal(found["conv2.weight"], state["conv2.weight"].numpy())
    made = onnx.load(tmp_path / "n.onnx").graph
    arrays = {each.name: numpy_helper.to_array(each) for each in made.initializer}
    assert np.array_equal(arrays["conv2.weight"], state["conv2.weight"].numpy())
    assert "can't be read: no such file" in refused(capsys, LENET, "--weights", "best", "--to", "txt")
    assert "`--to json` of a spec has no weights" in refused(capsys, LENET, "--weights", file, "--to", "json")
    assert "`--pixels` is for ONNX of a run" in refused(capsys, LENET, "-o", "n.onnx", "--pixels")


def test_a_spec_that_is_longer_than_the_name_of_a_file_is_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("export", "1x8x8" + "-4C1" * 300, "--to", "json")) == 0
    assert capsys.readouterr().out.startswith("{")


def test_onnx_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = refused(capsys, LENET, "--to", "onnx")
    assert text == f"netspec export: ONNX is no text: say where to write it, `-o net.onnx`\n{USAGE}"


def test_a_path_that_can_not_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nowhere" / "net.py"
    assert refused(capsys, LENET, "-o", str(path)) == f"netspec: `{path}` can't be written: no such file or directory\n"
    assert list(tmp_path.iterdir()) == []


def test_a_network_of_unknown_size_is_refused_where_that_matters(capsys: pytest.CaptureFixture[str]) -> None:
    assert "error[E127]: `dense1` can't be built" in refused(capsys, "3xHxW-4C3-5N", "--to", "pytorch")


def test_a_missing_package_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from netspec.lowering.extras import need

    onnx_that(monkeypatch, lambda graph, path: need("torch", extra="torch"))
    monkeypatch.setitem(sys.modules, "torch", None)
    text = refused(capsys, LENET, "-o", str(tmp_path / "net.onnx"))
    assert text == "netspec: this needs torch, which is not installed: pip install 'netspec-compiler[torch]'\n"


def test_a_defect_of_ours_is_no_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "netspec.lowering.source", None)
    with pytest.raises(ModuleNotFoundError):
        main(("export", LENET, "--to", "pytorch"))


def test_a_reader_that_has_gone_is_no_error_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    monkeypatch.setattr("netspec.cli._silence", lambda: None)
    assert main(("export", LENET, "--to", "pytorch")) == 141
