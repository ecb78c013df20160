"""`--compile`: the network compiled by torch."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec.cli import main
from netspec.training import compiling, loop
from netspec.training.compiling import eager, failed, is_of_compiling, missing
from netspec.training.errors import TrainingError
from netspec.training.finite import first_not_finite
from netspec.training.run import Run
from tests.training.small import CPU, IMAGES, spec, training

Capture = pytest.CaptureFixture[str]


def interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a compiled module be taken apart by torch, and its parts not be translated, which takes long."""
    monkeypatch.setattr(torch.nn.Module, "compile", lambda module: _as_eager(module))


def _as_eager(module: Any) -> None:
    module._compiled_call_impl = torch.compile(module._call_impl, backend="eager")


def trained(folder: Path, *more: str) -> int:
    return main(["train", spec(), "--data", IMAGES, "--device", "cpu", "--epochs", "2", "-o", str(folder), *more])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_training_says_so_and_is_resumed_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    interpreted(monkeypatch)
    compiled: list[torch.nn.Module] = []
    true = torch.nn.Module.compile
    monkeypatch.setattr(torch.nn.Module, "compile", lambda module: (compiled.append(module), true(module))[1])
    assert trained(tmp_path / "r", "--compile") == 0
    assert "device  cpu, float32, compiled\n" in capsys.readouterr().out and len(compiled) == 1
    assert Run(tmp_path / "r").read("recipe.json")["computing"]["compile"] is True
    from netspec.training.resume import resumed

    resumed(tmp_path / "r")
    assert len(compiled) == 2
    assert main(["test", str(tmp_path / "r")]) == 0  # its weights have the names that they always have


def test_without_a_compiler_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler -O2")
    assert trained(tmp_path / "r", "--compile") == 2
    what = (
        "`--compile` needs a C++ compiler, and `no-such-compiler -O2` is not there (g++ or clang++; CXX names another)"
    )
    assert capsys.readouterr().err == f"netspec: {what}: install it, or train without `--compile`\n"
    assert not (tmp_path / "r").exists()


def test_a_gpu_needs_triton_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling.shutil, "which", lambda name: name)
    monkeypatch.setattr(compiling, "find_spec", lambda name: None)
    assert missing(CPU) is None
    assert missing(torch.device("cuda")) == "triton, and this torch came without it"


def test_what_torch_cannot_compile_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._dynamo.exc import TorchDynamoException

    error = TorchDynamoException("\n  no way to do it\nand much more")
    assert is_of_compiling(error) and not is_of_compiling(RuntimeError("no way"))
    assert failed(error) == "torch can't compile this network: no way to do it; train without `--compile`"
    made, data = training()
    monkeypatch.setattr(loop, "train_step", lambda *given: (_ for _ in ()).throw(error))
    with pytest.raises(TrainingError, match="torch can't compile this network: no way to do it"):
        list(loop.train(made, data, Run(tmp_path)))


def test_the_layer_where_numbers_go_out_of_bounds_is_found_in_a_compiled_network() -> None:
    made, data = training()
    module = made.network.module
    module._compiled_call_impl = lambda *given: pytest.fail("it was called compiled")
    with torch.no_grad():
        module.get_parameter("dense1.bias")[0] = torch.nan
    assert first_not_finite(made.network, data.feed.batch(0)[0]) == "dense1"
    with eager(module):
        assert module._compiled_call_impl is None
    assert module._compiled_call_impl is not None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no compiler")
@pytest.mark.filterwarnings("ignore")
def test_it_trains_compiled_for_the_cpu(tmp_path: Path) -> None:
    words = ["train", "1x6x6-4C3-bn-relu-4N-softmax", "--data", IMAGES, "--device", "cpu", "--epochs", "2", "-o"]
    assert main([*words, str(tmp_path / "plain")]) == main([*words, str(tmp_path / "compiled"), "--compile"]) == 0
    ours, theirs = (Run(tmp_path / name).metrics()[-1]["train_loss"] for name in ("compiled", "plain"))
    assert ours == pytest.approx(theirs, rel=1e-3)
