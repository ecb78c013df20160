"""A training that is killed and taken up ends with the bits of one that was not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from netspec.training.errors import TrainingError
from netspec.training.resume import resumed
from netspec.training.run import Run
from netspec.training.state import load
from netspec.training.task import read_back, write
from tests.training.small import CPU, IMAGES, folder, prepared, training

ROOT = Path(__file__).parents[2]


def test_killed_at_random_steps_and_while_saving_it_ends_with_the_same_bits(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.training.killed", str(tmp_path), "20", "7"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    killed = re.search(r"(\d+) killed", done.stderr)
    assert killed and int(killed[1]) == 20
    whole, other = Run(tmp_path / "whole"), Run(tmp_path / "killed")
    one, two = load(whole.state), load(other.state)
    assert one.facts.keys() == two.facts.keys() and one.facts["step"] == two.facts["step"] == 40
    assert one.tensors.keys() == two.tensors.keys()
    assert all(torch.equal(each, two.tensors[name]) for name, each in one.tensors.items())
    assert one.facts["optimizer"] == two.facts["optimizer"]
    timed = ("seconds", "images_per_second")
    lines = [
        [{name: each for name, each in row.items() if name not in timed} for row in run.metrics()]
        for run in (whole, other)
    ]
    assert lines[0] == lines[1] and len(lines[0]) == 8
    assert whole.weights("best").read_bytes() == other.weights("best").read_bytes()


def written(tmp_path: Path) -> Run:
    from netspec.training.loop import train

    ready, run = prepared(), folder(tmp_path)
    write(ready.task, run, CPU, ["netspec", "train"])
    made, data = training()
    stops = iter([False] * 3 + [True])
    list(train(made, data, run, stop=lambda: next(stops)))
    return run


def test_a_task_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    run = written(tmp_path)
    made, record = read_back(run)
    before = prepared().task
    assert made.settings == before.settings and made.normalization == before.normalization
    assert (made.data, made.digest, made.classes) == (IMAGES, before.digest, before.classes)
    assert (made.steps, made.test_steps, made.images, made.shape) == ((), (), (1, 6, 6), (1, 6, 6))
    assert record["seed"] == 0 and record["threads"] >= 1 and record["device"] == "cpu"
    assert (run.folder / "spec.spec").read_text().startswith("input 1x6x6\n4C3 - bn - relu")


def test_it_says_why_its_numbers_may_differ(tmp_path: Path) -> None:
    import json

    run = written(tmp_path)
    record = run.read("recipe.json")
    record["versions"]["torch"] = "1.0"
    run.write("recipe.json", json.dumps(record))
    found = resumed(run.folder)
    assert found.training.step == 3 and len(found.remarks) == 1
    assert found.remarks[0].startswith("the run began with torch 1.0, and this is ")


def test_images_that_have_changed_are_refused(tmp_path: Path) -> None:
    import json

    run = written(tmp_path)
    record = run.read("recipe.json")
    record["data"]["digest"] = "0" * 64
    run.write("recipe.json", json.dumps(record))
    with pytest.raises(TrainingError, match="has changed since the run began"):
        resumed(run.folder)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("recipe.json", None, "is no folder of a run"),
        ("recipe.json", "{", "is damaged"),
        ("recipe.json", "{}", "of another version"),
        ("recipe.json", '{"format": 1}', "'data' is not there"),
        ("graph.json", None, "`graph.json` can't be read"),
        ("last/state.safetensors", None, "is not there"),
    ],
)
def test_a_damaged_folder_is_refused(name: str, content: str | None, what: str, tmp_path: Path) -> None:
    run = written(tmp_path)
    (run.folder / name).unlink()
    if content is not None:
        (run.folder / name).write_text(content)
    with pytest.raises(TrainingError, match=what):
        resumed(run.folder)


def test_lines_of_epochs_after_the_state_are_taken_back(tmp_path: Path) -> None:
    run = written(tmp_path)
    run.write_metrics([{"epoch": 1, "step": 5}])
    resumed(run.folder)
    assert run.metrics() == []


def test_it_goes_on_with_as_many_threads_as_it_began_with(tmp_path: Path) -> None:
    import json

    run, before = written(tmp_path), torch.get_num_threads()
    record = run.read("recipe.json")
    record["threads"] = before + 1
    run.write("recipe.json", json.dumps(record))
    try:
        resumed(run.folder)
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)
