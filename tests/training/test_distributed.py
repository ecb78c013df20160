"""A training in several processes ends as in one, stops as one, and fails as one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec.cli import main
from netspec.training.run import Run
from netspec.training.state import load
from tests.training import several
from tests.training.small import IMAGES, spec

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all scenarios were done."""
    folder = tmp_path_factory.mktemp("several")
    command = [sys.executable, "-m", "tests.training.several", str(folder)]
    ended = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return folder


def statuses(done: Path, name: str) -> list[int]:
    found: list[int] = json.loads((done / "statuses.json").read_text())[name]
    return found


def run_of(done: Path, name: str) -> Run:
    return Run(done / name / "run")


def printed(done: Path, name: str, rank: int, stream: str = "err") -> str:
    return (done / name / f"{rank}.{stream}").read_text()


def tensors(run: Run) -> Mapping[str, torch.Tensor]:
    return load(run.state).tensors


def rows(run: Run) -> list[dict[str, Any]]:
    timed = ("seconds", "images_per_second")
    return [{name: each for name, each in row.items() if name not in timed} for row in run.metrics()]


@pytest.mark.parametrize(
    ("one", "more"),
    [("plain-1", "plain-2"), ("plain-1", "plain-3"), ("mixed-1", "mixed-2"), ("heads-1", "heads-2")],
)
def test_more_processes_end_with_the_weights_of_one(one: str, more: str, done: Path) -> None:
    assert set(statuses(done, one) + statuses(done, more)) == {0}
    here, there = tensors(run_of(done, one)), tensors(run_of(done, more))
    assert here.keys() == there.keys()
    for name, each in here.items():
        torch.testing.assert_close(there[name], each, rtol=0, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize(("one", "more"), [("plain-1", "plain-2"), ("plain-1", "plain-3"), ("mixed-1", "mixed-2")])
def test_their_lines_of_the_epochs_are_those_of_one(one: str, more: str, done: Path) -> None:
    here, there = rows(run_of(done, one)), rows(run_of(done, more))
    assert len(here) == len(there) == 3
    for a, b in zip(here, there, strict=True):
        assert a == pytest.approx(b, abs=1e-5)


def test_the_first_process_alone_prints_and_all_is_in_one_folder(done: Path) -> None:
    assert printed(done, "plain-2", 1) == printed(done, "plain-2", 1, "out") == printed(done, "plain-2", 0) == ""
    lines = printed(done, "plain-2", 0, "out").splitlines()
    assert "device  2 x cpu, float32" in lines and lines[-2].startswith("best: epoch ")
    assert sorted(path.name for path in (done / "plain-2").iterdir()) == ["0.err", "0.out", "1.err", "1.out", "run"]
    assert run_of(done, "plain-2").read("recipe.json")["devices"] == 2


@pytest.mark.parametrize("name", ["stopped", "killed"])
def test_taken_up_by_as_many_they_end_with_the_bits_of_a_training_that_was_not_stopped(name: str, done: Path) -> None:
    assert statuses(done, f"{name}, resumed") == [0, 0]
    one, two = tensors(run_of(done, "norms-2")), tensors(run_of(done, name))
    assert one.keys() == two.keys() and all(torch.equal(each, two[own]) for own, each in one.items())
    assert rows(run_of(done, "norms-2")) == rows(run_of(done, name))


def test_a_signal_to_one_stops_all_after_the_same_step(done: Path) -> None:
    assert statuses(done, "stopped") == [143, 143]
    assert f"stopped after step 7 of 15; go on by: netspec resume {done}" in printed(done, "stopped", 0, "out")
    assert f"{done / 'stopped' / 'run'}: on from step 7 of 15\n" in printed(done, "stopped", 0, "out")


def test_numbers_out_of_bounds_in_one_stop_all(done: Path) -> None:
    assert statuses(done, "infinite") == [1, 1]
    assert printed(done, "infinite", 0).startswith(
        "netspec: the loss is not a finite number at step 7; the state after"
    )
    assert printed(done, "infinite", 1) == "" and load(run_of(done, "infinite").state).facts["step"] == 5


def test_an_error_in_one_ends_all_and_the_first_says_it(done: Path) -> None:
    assert statuses(done, "fails") == [2, 2]
    assert printed(done, "fails", 0) == "netspec: process 1 of 2: photos/7.jpg can't be read\n"
    assert printed(done, "fails", 1) == "" and load(run_of(done, "fails").state).facts["step"] == 5


def test_a_folder_that_the_first_cannot_write_to_ends_all(done: Path) -> None:
    assert statuses(done, "disk") == [2, 2] and printed(done, "disk", 0) == "netspec: the disk is full\n"


def test_one_that_is_killed_ends_all(done: Path) -> None:
    assert statuses(done, "killed") == [2, -9]
    assert "another of the 2 processes ended without a word" in printed(done, "killed", 0)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("nowhere", "there is no set `nowhere`"),
        ("wrong", "there is no layer `4Q`"),
        ("small", "a batch of 3 images is too small for 2 devices: each takes two images at least"),
        ("input", "2 processes can't all read standard input"),
    ],
)
def test_a_mistake_is_said_once(name: str, what: str, done: Path) -> None:
    assert statuses(done, name) == [2, 2]
    assert printed(done, name, 0).count(what) == 1 and printed(done, name, 1) == ""
    assert not (done / name / "run").exists()


def test_devices_are_processes_that_it_starts_itself(done: Path, tmp_path: Path) -> None:
    words = several.trained(several.PLAIN.format(""), several.IMAGES, "--devices", "2", "-o", str(tmp_path / "r"))
    command = [sys.executable, "-m", "netspec", *words]
    ended = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("device  2 x cpu, float32\n") == 1
    one, two = tensors(run_of(done, "plain-2")), tensors(Run(tmp_path / "r"))
    assert all(torch.equal(each, two[name]) for name, each in one.items())


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--devices", "2"], "`--devices 2` asks for 2 GPUs, and torch sees none here; 2 processes on the CPU are"),
        (["--devices", "2", "--device", "toaster"], "there is no device `toaster`"),
        (["--devices", "0"], "`0` is not a whole number from 1"),
    ],
)
def test_devices_that_are_not_there_are_said_so(
    words: list[str], what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert main(["train", spec(), "--data", IMAGES, *words, "-o", str(tmp_path / "r")]) == 2
    assert what in capsys.readouterr().err and not (tmp_path / "r").exists()


def test_fewer_gpus_than_devices_are_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert main(["train", spec(), "--data", IMAGES, "--devices", "4"]) == 2
    assert capsys.readouterr().err == "netspec: `--devices 4` asks for 4 GPUs, and torch sees 2 here\n"
    assert main(["train", spec(), "--data", IMAGES, "--devices", "2", "--device", "cuda:1"]) == 2
    assert "`--device cuda:1` is one device, and `--devices 2` asks for 2" in capsys.readouterr().err


def test_a_run_of_several_devices_goes_on_upon_one_if_asked_to(
    done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    shutil.copytree(done / "fails" / "run", tmp_path / "r")
    assert main(["resume", str(tmp_path / "r"), "--devices", "1"]) == 0
    out, err = capsys.readouterr()
    assert err == "netspec: the run began on 2 devices, and this is 1: its numbers may differ\n"
    assert f"{tmp_path / 'r'}: on from step 5 of 15\n" in out


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_two_gpus_end_with_the_weights_of_one(tmp_path: Path) -> None:
    for name, more in (("one", []), ("two", ["--devices", "2"])):
        words = ["train", several.MIXED, "--data", several.FEW, "--device", "cuda", "--set", "train.precision=float32"]
        command = [sys.executable, "-m", "netspec", *words, *more, "-o", str(tmp_path / name)]
        subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, timeout=300)
    one, two = tensors(Run(tmp_path / "one")), tensors(Run(tmp_path / "two"))
    for name, each in one.items():
        torch.testing.assert_close(two[name], each, rtol=0, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}")
