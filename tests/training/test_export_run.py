"""`netspec export` of a run: what comes out computes what the run does."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import netspec
from netspec.cli import main
from netspec.training.intake import intake
from netspec.training.predicting import probabilities
from netspec.training.run import Run
from netspec.training.stand_alone import stand_alone
from netspec.training.trained import Trained, trained
from tests.training.test_predict import COLOUR, picture
from tests.training.trained_runs import pixels, run

Capture = pytest.CaptureFixture[str]

KINDS: dict[str, dict[str, Any]] = {
    "a softmax at its end": {},
    "mirror images": {"more": "test_flips = true"},
    "distances": {"text": "input 1x6x6\n4C3 - MP2 - 6N - rbf(4)"},
    "scores, padded": {"text": "input 1x7x7\n4C2 - MP2 - 4N", "inputs": "1x7x7"},
    "logarithms, made grey": {
        "text": "input 1x5x5\n4C2 - MP2 - 4N - logsoftmax\ntrain { input { grey - resize(5) } }",
        "images": COLOUR,
        "inputs": "1x5x5",
    },
    "an auxiliary head": {
        "text": "input 1x6x6\n4C3 - relu\noutput head { GAP - 4N - softmax }\nMP2 - 4N - softmax",
    },
    "a map of one place": {"text": "input 1x6x6\n4C3 - relu - 4C4 - softmax"},
}


def of(kind: str) -> Trained:
    return trained(run(**KINDS[kind]))


def shown(folder: Path, *words: str) -> None:
    assert main(["export", str(folder), *words]) == 0


def as_module(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "exported", "__file__": "net.py"}
    exec(compile(text, "net.py", "exec"), names)  # noqa: S102 - our own text
    return names


@pytest.mark.parametrize("kind", KINDS)
def test_the_python_file_gives_the_probabilities_of_the_run(kind: str) -> None:
    made = of(kind)
    names = as_module(stand_alone(made, "net.py"))
    net = names[made.graph.name or "Network"]()
    net.load_state_dict(made.network.module.state_dict())
    images = pixels(made.task.data)
    large = torch.nn.functional.interpolate(images.float(), scale_factor=2).to(torch.uint8)
    for each in (images, large):
        fitted = names["fitted"](each)
        assert torch.equal(fitted, intake(made.task).fitted(each))
        with torch.inference_mode():
            found = names["probabilities"](net.eval(), names["normalised"](fitted))
        assert found.shape == (8, 4)
        torch.testing.assert_close(found, probabilities(made, fitted), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("takes_pixels", [False, True])
def test_onnx_gives_what_torch_gives(kind: str, takes_pixels: bool, tmp_path: Path) -> None:
    made, path = of(kind), tmp_path / "net.onnx"
    shown(run(**KINDS[kind]).folder, "-o", str(path), *(["--pixels"] if takes_pixels else []))
    fitted = intake(made.task).fitted(pixels(made.task.data))
    numbers = intake(made.task).numbers(fitted, made.device)
    session = onnxruntime.InferenceSession(path)
    (entry,) = session.get_inputs()
    assert entry.type == ("tensor(uint8)" if takes_pixels else "tensor(float)")
    (found,) = session.run(None, {entry.name: (fitted if takes_pixels else numbers).numpy()})
    with torch.inference_mode():
        expected = run(**KINDS[kind]).module()(numbers)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_onnx_says_what_its_numbers_are(tmp_path: Path) -> None:
    shown(run().folder, "-o", str(tmp_path / "net.onnx"))
    facts = {each.key: each.value for each in onnx.load(tmp_path / "net.onnx").metadata_props}
    record = run().read("recipe.json")
    assert json.loads(facts["classes"]) == record["data"]["classes"] == ["0", "1", "2", "3"]
    assert json.loads(facts["mean"]) == record["normalization"]["mean"]
    assert json.loads(facts["fitted_by"]) == [{"name": "resize", "size": [6, 6]}]
    assert facts["output"] == "softmax"
    shown(run(**KINDS["distances"]).folder, "-o", str(tmp_path / "d.onnx"))
    facts = {each.key: each.value for each in onnx.load(tmp_path / "d.onnx").metadata_props}
    assert facts["output"] == "distances"


def test_the_file_runs_with_torch_alone_and_finds_its_weights_beside_it(tmp_path: Path, capsys: Capture) -> None:
    shown(run().folder, "-o", str(tmp_path / "net.py"))
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'net.py'}, and its weights {tmp_path / 'net.pt'}; ")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["net.pt", "net.py"]
    tree = ast.parse((tmp_path / "net.py").read_text(encoding="utf-8"))
    early = {alias.name for each in tree.body if isinstance(each, ast.Import) for alias in each.names}
    assert early == {"sys", "torch"}
    picture(pixels()[0]).save(tmp_path / "a.png")
    done = subprocess.run(
        [sys.executable, "net.py", "a.png"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert main(["predict", str(run().folder), str(tmp_path / "a.png")]) == 0
    assert done.stdout.splitlines()[1:] == capsys.readouterr().out.splitlines()[1:]
    names = as_module((tmp_path / "net.py").read_text(encoding="utf-8"))
    names["load"](tmp_path / "net.pt")
    assert names["picture"](tmp_path / "a.png").equal(pixels()[:1])


def test_weights_are_an_archive_that_numpy_reads(tmp_path: Path) -> None:
    state = run().module().state_dict()
    shown(run().folder, "-o", str(tmp_path / "w.npz"))
    with np.load(tmp_path / "w.npz", allow_pickle=False) as found:
        assert list(found) == list(state)
        assert all(np.array_equal(found[name], tensor.numpy()) for name, tensor in state.items())


def test_json_is_the_network_as_it_was_fitted(tmp_path: Path, capsys: Capture) -> None:
    shown(run().folder, "--to", "json")
    assert capsys.readouterr().out == (run().folder / "graph.json").read_text(encoding="utf-8")
    assert main(["analyze", str(run().folder / "graph.json")]) == 0


def test_the_last_weights_are_written_where_they_are_asked_for(capsys: Capture) -> None:
    other = run(more="seed = 5")
    other.weights("last").write_bytes(run(more="seed = 6").weights("last").read_bytes())
    texts = []
    for words in ([], ["--weights", "best"], ["--weights", "last"]):
        shown(other.folder, "--to", "txt", *words)
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--to", "pytorch"], "its weights go beside the file: say where to write it, `-o net.py`"),
        (["--to", "txt", "--set", "a=1"], "a run's network is as it was trained: `--set` and `--input` are for specs"),
        (["--to", "txt", "--weights", "first"], "a run has `best` and `last` weights, and no `first`"),
        (["--to", "pytorch", "-o", "net.pt"], "`net.pt` is the name of its weights"),
        (["-o", "nowhere/net.npz"], "`nowhere/net.npz` can't be written: no such file or directory"),
        (["-o", "nowhere/net.py"], "`nowhere/net.pt` can't be written: no such file or directory"),
        (["-o", "net.npz", "--pixels"], "`--pixels` is for ONNX of a run"),
    ],
)
def test_what_can_not_be_written_is_one_line(
    words: list[str], what: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(run().folder), *words]) == 2
    assert what in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_a_run_is_read_by_its_folder_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lenet5").mkdir()
    before = netspec.compile("lenet5").nodes[-1].name
    assert main(["export", "lenet5", "--to", "json"]) == 0
    assert before in capsys.readouterr().out
    assert Run("lenet5").folder == Path("lenet5")
