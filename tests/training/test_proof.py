"""`--prove-resume`, and the comparison that it makes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from netspec.cli import main
from netspec.cli.proof import text
from netspec.training.loop import train
from netspec.training.proof import compared
from netspec.training.run import Run, create
from netspec.training.state import State, load, save
from tests.training.small import IMAGES, spec, training

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Run, Run]:
    one = create("one", tmp_path / "one")
    made, data = training(epochs=1)
    list(train(made, data, one))
    shutil.copytree(one.folder, tmp_path / "two")
    return one, Run(tmp_path / "two")


def test_two_runs_that_are_alike_are_said_to_be_with_counts(runs: tuple[Run, Run]) -> None:
    found = compared(*runs)
    assert found.same and found.epochs == 1 and found.tensors == len(load(runs[0].state).tensors)
    assert text(found).startswith(f"the same to the bit: {found.tensors} tensors of {found.numbers:,} numbers")


def test_a_bit_of_one_weight_is_seen(runs: tuple[Run, Run]) -> None:
    kept = load(runs[1].state)
    changed = kept.tensors["weights.conv1.weight"].clone()
    changed[0, 0, 0, 0] = torch.nextafter(changed[0, 0, 0, 0], torch.tensor(9.0))
    save(runs[1].state, State({**kept.tensors, "weights.conv1.weight": changed}, kept.facts))
    found = compared(*runs)
    assert len(found.differences) == 1 and found.differences[0].startswith(
        "`weights.conv1.weight`: 1 of 36 numbers, by "
    )
    assert text(found).startswith("not the same: 1 difference in ")


def test_a_fact_a_line_and_the_best_weights_are_seen(runs: tuple[Run, Run]) -> None:
    kept = load(runs[1].state)
    save(runs[1].state, State(kept.tensors, {**kept.facts, "waited": 9}))
    runs[1].write_metrics([{**row, "train_loss": 0.0} for row in runs[1].metrics()])
    runs[1].weights("best").write_bytes(b"others")
    assert compared(*runs).differences == ("`waited` is 0 and 9", "line 0 of the metrics", "the best weights")


def test_the_clock_does_not_count(runs: tuple[Run, Run]) -> None:
    runs[1].write_metrics([{**row, "seconds": 99.0, "images_per_second": 1.0} for row in runs[1].metrics()])
    assert compared(*runs).same


def test_the_command_proves_it(tmp_path: Path, capfd: Capture) -> None:
    words = ["train", spec("  ema = 0.9"), "--data", IMAGES, "--epochs", "2", "--prove-resume"]
    assert main([*words, "-o", str(tmp_path / "p")]) == 0
    out, err = capfd.readouterr()
    lines = out.splitlines()
    assert err == "" and lines[0] == "trained straight: 10 steps" and lines[1].startswith("killed in step ")
    assert lines[2].startswith("the same to the bit: ") and lines[3] == f"both runs are kept in {tmp_path / 'p'}"
    assert load(Run(tmp_path / "p" / "killed").state).facts["step"] == 10


def test_standard_input_is_refused(capsys: Capture) -> None:
    assert main(["train", "-", "--data", IMAGES, "--prove-resume"]) == 2
    assert "give the spec as a file" in capsys.readouterr().err
