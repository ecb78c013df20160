"""`netspec train`, `resume` and `test` as people and programs see them."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec.cli import main
from netspec.training import loop
from netspec.training.run import Run
from netspec.training.state import load
from tests.training.small import IMAGES, spec

Capture = pytest.CaptureFixture[str]
TRAIN = ["train", spec(), "--data", IMAGES, "--device", "cpu"]


def trained(folder: Path, *more: str) -> int:
    return main([*TRAIN, "-o", str(folder), *more])


def at_step(monkeypatch: pytest.MonkeyPatch, number: int, do: Callable[[loop.Training], None]) -> None:
    """Let something happen within the step of this number, from 0."""
    true = loop._check

    def done(made: loop.Training, *rest: Any, **named: Any) -> None:
        if made.step == number:
            do(made)
        true(made, *rest, **named)

    monkeypatch.setattr(loop, "_check", done)


def test_a_training_says_what_it_does_and_then_a_line_an_epoch(tmp_path: Path, capsys: Capture) -> None:
    assert trained(tmp_path / "r") == 0
    out, err = capsys.readouterr()
    assert err == ""
    network, about, epochs = re.split(r"\n(?=network on)|\n(?=epoch)", out)
    assert "4C3" in network and "parameters  116; 464 bytes of float32; 8 more in buffers" in network
    assert "One MAC is" not in network
    lines = about.splitlines()
    assert lines[:2] == [f"network on {IMAGES}", "fitted  nothing to fit: 1x6x6 and 4 classes on both sides"]
    assert "images  36 to train on, 4 for validation, in 4 classes" in lines
    assert "steps   15, 5 an epoch of 3 epochs" in lines
    assert "device  cpu, float32" in lines and f"run     {tmp_path / 'r'}" in lines
    table = epochs.splitlines()
    assert table[0].split() == ["epoch", "step", "train", "loss", "top-1", "val", "loss", "top-1", "images/s"]
    assert [line.split()[:2] for line in table[1:4]] == [["1", "5"], ["2", "10"], ["3", "15"]]
    assert table[1].endswith("  best")
    assert re.fullmatch(
        r"best: epoch \d, [\d.]+ % of the validation images right; test it by: netspec test \S+", table[4]
    )
    assert table[5:] == [f"report: {tmp_path / 'r' / 'report.html'}"]


def test_the_run_has_its_folder_and_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main([*TRAIN, "--epochs", "1", "--seed", "3", "--set", "train.lr=0.1"]) == 0
    one, two = sorted((tmp_path / "runs").iterdir())
    assert re.fullmatch(r"network-\d{4}-\d\d-\d\d-1", one.name) and two.name == one.name[:-1] + "2"
    files = sorted(path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file())
    assert files == [
        "best/metrics.json",
        "best/weights.safetensors",
        "curves.png",
        "curves.svg",
        "graph.json",
        "last/state.safetensors",
        "last/weights.safetensors",
        "metrics.csv",
        "metrics.jsonl",
        "recipe.json",
        "report.html",
        "spec.spec",
        "status.json",
        "validation.json",
    ]
    record = json.loads((one / "recipe.json").read_text())
    assert record["seed"] == record["settings"]["seed"] == 3 and record["settings"]["epochs"] == 1
    assert record["settings"]["optimizer"]["lr"] == 0.1 and record["command"][0] == "netspec"
    assert set(record["versions"]) == {"netspec", "python", "torch"}
    assert (one / "last" / "weights.safetensors").read_bytes() == (two / "last" / "weights.safetensors").read_bytes()


def test_another_seed_is_another_training(tmp_path: Path) -> None:
    for seed in "01":
        assert trained(tmp_path / seed, "--seed", seed, "--epochs", "1") == 0
    one, two = (Run(tmp_path / seed).weights("last").read_bytes() for seed in "01")
    assert one != two


def test_the_optimiser_of_a_spec_without_a_recipe_can_be_set(tmp_path: Path) -> None:
    words = ["train", "1x6x6-4N", "--data", IMAGES, "--set", "train.lr=0.25", "--set", "train.epochs=1"]
    assert main([*words, "-o", str(tmp_path / "r")]) == 0
    settings = Run(tmp_path / "r").read("recipe.json")["settings"]
    assert (settings["optimizer"]["name"], settings["optimizer"]["lr"]) == ("adam", 0.25)
    assert settings["schedule"]["name"] == "cosine"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_after_its_step_and_it_can_be_resumed(
    number: signal.Signals, status: int, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained(tmp_path / "whole") == 0
    capsys.readouterr()
    at_step(monkeypatch, 6, lambda made: os.kill(os.getpid(), number))
    run = tmp_path / "r"
    assert trained(run) == status
    stopped, report = capsys.readouterr().out.splitlines()[-2:]
    assert stopped == f"stopped after step 7 of 15; go on by: netspec resume {run}"
    assert report == f"report: {run / 'report.html'}" and "Stopped; 7 of 15 steps" in (run / "report.html").read_text()
    monkeypatch.undo()
    assert main(["resume", str(run)]) == 0
    assert capsys.readouterr().out.startswith(f"{run}: on from step 7 of 15\n\nepoch ")
    one, two = load(Run(run).state), load(Run(tmp_path / "whole").state)
    assert all(torch.equal(each, two.tensors[name]) for name, each in one.tensors.items())
    assert main(["resume", str(run)]) == 0
    assert capsys.readouterr().out == "nothing is left to do: all 15 steps are done\n"


def test_a_second_ctrl_c_ends_it_at_once(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(made: loop.Training) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    at_step(monkeypatch, 6, twice)
    assert trained(tmp_path / "r") == 130
    assert "stopped after" not in capsys.readouterr().out
    assert load(Run(tmp_path / "r").state).facts["step"] == 5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_numbers_out_of_bounds_end_it_with_what_to_do(tmp_path: Path, capsys: Capture) -> None:
    assert trained(tmp_path / "r", "--set", "train.lr=1e17", "--set", "train.init=normal(std=1e15)") == 1
    err = capsys.readouterr().err
    step = r"netspec: the loss is not a finite number at step \d+(; the first layer with such numbers is `\w+`)?"
    help = r"; the state after step 0 is kept in `\S+`; try a lower rate, such as --set train.lr=3e\+16\n"
    assert re.fullmatch(step + help, err)


def test_the_best_weights_are_tested_on_the_test_images(tmp_path: Path, capsys: Capture) -> None:
    assert trained(tmp_path / "r") == 0
    capsys.readouterr()
    assert main(["test", str(tmp_path / "r")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"network on {IMAGES}: 8 test images"
    assert re.fullmatch(r"loss   \d+\.\d{4}", lines[1]) and re.fullmatch(r"top-1  [\d.]+ %", lines[2])
    assert lines[4].split() == ["class", "right", "0", "1", "2", "3"]
    assert re.fullmatch(r"calibration error  [\d.]+ %", lines[10])
    assert lines[12].split()[0] == "all" and lines[12].split()[-1] == "8"
    assert main(["test", str(tmp_path / "r"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    known = {"data", "classes", "images", "loss", "top1", "top5", "per_class", "confusion", "calibration"}
    assert set(found) == known
    assert found["images"] == 8 == sum(map(sum, found["confusion"])) and found["top5"] is None
    right = sum(row[at] for at, row in enumerate(found["confusion"]))
    assert found["top1"] == right / 8 and lines[2] == f"top-1  {100 * found['top1']:.2f} %"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("synthetic:1x6x6:3", "has 3 classes, and the run has 4: test it on images of the same classes"),
        ("synthetic:1x7x7:4", "the images are 1x7x7, and the network takes 1x6x6"),
    ],
)
def test_other_images_than_the_run_takes_are_refused(data: str, what: str, tmp_path: Path, capsys: Capture) -> None:
    assert trained(tmp_path / "r", "--epochs", "1") == 0
    assert main(["test", str(tmp_path / "r"), "--data", data]) == 2
    assert what in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--data", "synthetic:nonsense"], "does not say which images"),
        (["--data", IMAGES, "--device", "cuda:77"], "there is no device `cuda:77`: torch sees "),
        (["--data", IMAGES, "--device", "toaster"], "there is no device `toaster`"),
        (["--data", IMAGES, "--device", "meta"], "training on `meta` is not there yet"),
        (["--data", IMAGES, "--seed", "-1"], "`-1` is not a whole number from 0"),
        (["--data", IMAGES, "--epochs", "x"], "there is no `x` here"),
        ([], "the following arguments are required: --data"),
    ],
)
def test_a_mistake_is_said_in_a_line(words: list[str], what: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["train", spec(), *words, "-o", str(tmp_path / "r")]) == 2
    assert what in capsys.readouterr().err and not (tmp_path / "r").exists()


@pytest.mark.parametrize("command", ["resume", "test"])
def test_what_is_no_run_is_said_so(command: str, tmp_path: Path, capsys: Capture) -> None:
    assert main([command, str(tmp_path)]) == 2
    assert "is no folder of a run: `recipe.json` can't be read" in capsys.readouterr().err


def test_a_folder_that_is_taken_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "x").write_text("")
    assert trained(tmp_path) == 2
    assert "two runs never share a folder" in capsys.readouterr().err


def test_a_folder_that_goes_away_under_way_is_said_so(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    def gone(made: Any) -> None:
        shutil.rmtree(tmp_path / "r")

    at_step(monkeypatch, 3, gone)
    assert trained(tmp_path / "r") == 2
    assert "can't be written: no such file or directory" in capsys.readouterr().err


def test_a_spec_is_read_from_standard_input_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1x6x6-4N")))
    assert main(["train", "-", "--data", IMAGES, "--epochs", "1", "-o", str(tmp_path / "r")]) == 0


def test_a_network_in_json_is_trained_as_it_is(tmp_path: Path) -> None:
    assert main(["export", spec(), "--to", "json", "-o", str(tmp_path / "net.json")]) == 0
    assert main(["train", str(tmp_path / "net.json"), "--data", IMAGES, "-o", str(tmp_path / "r")]) == 0
    assert (tmp_path / "r" / "spec.spec").read_text().startswith("input 1x6x6\n4C3 - bn")
    assert main(["resume", str(tmp_path / "r")]) == 0
