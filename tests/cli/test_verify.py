"""`netspec verify` as people and programs see it."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

import netspec
from netspec.cli import main

NET = "1x29x29-20C4-MP2-40C5-MP3-150N-10N"
LINE = "6 layers, 76,040 parameters, 1,891,820 MACs"


def wrong_module(monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    """Every network is built as the module of this spec."""
    pytest.importorskip("torch")
    from netspec.lowering.build import build_graph
    from netspec.lowering.verification import differences

    monkeypatch.setattr(differences, "build_graph", lambda graph: build_graph(netspec.compile(spec)))


def test_a_network_with_torchs_figures_gets_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["verify", NET, "cifar_small", NET, "--no-field"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out == (
        f"{NET}: {LINE}, 115.9 kB kept: agree\n"
        "cifar_small: 8 layers, 14,146 parameters, 1,431,600 MACs, 94.98 kB kept: agree\n"
    )


def test_receptive_fields_that_were_measured_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["verify", "1x9x9-2C3", NET]) == 0
    assert capsys.readouterr().out == (
        "1x9x9-2C3: 1 layer, 20 parameters, 882 MACs, 1 field, 324 bytes kept: agree\n"
        f"{NET}: {LINE}, 3 fields, 115.9 kB kept: agree\n"
    )


def test_figures_that_differ_are_a_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wrong_module(monkeypatch, "4 - 3N - sigmoid")
    assert main(["verify", "4 - 2N - sigmoid"]) == 1
    assert capsys.readouterr() == (
        """\
4 - 2N - sigmoid: 11 differences

layer     what                    netspec  torch
------------------------------------------------
all       dense1.weight           2x4      3x4
all       dense1.bias             2        3
all       parameters              10       15
dense1    output                  2x2      2x3
dense1    MACs                    8        12
sigmoid1  output                  2x2      2x3
all       MACs                    8        12
sigmoid1  bytes kept, batch of 2  16       24
all       bytes kept, batch of 2  48       56
sigmoid1  bytes kept, batch of 3  24       36
all       bytes kept, batch of 3  72       84
""",
        "",
    )


def test_one_difference_is_called_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wrong_module(monkeypatch, "4 - tanh")
    assert main(["verify", "4 - sigmoid"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "4 - sigmoid: 1 difference",
        "",
        "layer     what      netspec  torch",
        "----------------------------------",
        "sigmoid1  computes  Sigmoid  Tanh",
    ]


def test_a_wrong_spec_does_not_keep_the_others_from_being_verified(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["verify", "3x4x4-8C5", "4-2N"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error[E203]: a 5x5 kernel does not fit a 4x4 input\n")
    assert captured.out == "4-2N: 1 layer, 10 parameters, 8 MACs, 16 bytes kept: agree\n"


def test_settings_and_inputs_are_those_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    words = ["verify", "resnet18", "--set", "classes=10", "--input", "3x64x64", "--no-field", "--json"]
    assert main(words) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    totals = netspec.analyze("resnet18", inputs="3x64x64", classes=10).totals
    assert entry == {
        "spec": "resnet18",
        "agrees": True,
        "inputs": {"input": "3x64x64"},
        "layers": 68,
        "parameters": totals.parameters,
        "buffers": totals.buffers,
        "macs": totals.macs,
        "kept_bytes": totals.training_bytes,
        "fields": None,
        "differences": [],
    }


def test_json_has_differences_and_what_is_wrong_with_specs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong_module(monkeypatch, "4 - tanh")
    assert main(["verify", "4 - sigmoid", "zzz", "--json"]) == 2
    captured = capsys.readouterr()
    wrong, refused = json.loads(captured.out)
    assert captured.err == ""
    assert wrong["agrees"] is False
    assert wrong["differences"] == [{"layer": "sigmoid1", "what": "computes", "netspec": "Sigmoid", "torch": "Tanh"}]
    assert (refused["spec"], refused["agrees"]) == ("zzz", None)
    assert [each["code"] for each in refused["diagnostics"]] == ["E001"]


def test_without_torch_one_line_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["verify", "4-2N"]) == 2
    assert capsys.readouterr() == (
        "",
        "netspec: this needs torch, which is not installed: pip install 'netspec-compiler[torch]'\n",
    )


def test_an_input_of_unknown_size_gets_one(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["verify", "1xHx40-2C3", "--json"]) == 0
    entry: dict[str, Any] = json.loads(capsys.readouterr().out)[0]
    assert entry["inputs"] == {"input": "1x32x40"}
    assert entry["fields"] == ["conv1"]
